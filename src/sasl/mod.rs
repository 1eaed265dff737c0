//! SASL, both sides: how a client proves who it is (RFC 4422).
//!
//! SMTP (RFC 4954) and POP3 (RFC 5034) carry these exchanges. [`Client`] and [`Server`] are one exchange each, without
//! any protocol around them: octets in, octets out, [`base64`] at the caller's edge.
//!
//! | mechanism | RFC | shows the password | needs |
//! |---|---|---|---|
//! | `SCRAM-SHA-256-PLUS`, `SCRAM-SHA-1-PLUS` | 7677, 5802, 9266 | never | TLS channel binding |
//! | `SCRAM-SHA-256`, `SCRAM-SHA-1` | 7677, 5802 | never | |
//! | `CRAM-MD5` | 2195 | never | a server that keeps passwords |
//! | `OAUTHBEARER`, `XOAUTH2` | 7628 | the token | TLS |
//! | `PLAIN`, `LOGIN` | 4616 | yes | TLS |
//! | `EXTERNAL` | 4422 A | none | a proof beside SASL, such as a client certificate |
//! | `ANONYMOUS` | 4505 | none | |
//!
//! [`choose`] takes the strongest that both sides have. Secrets are wiped when dropped and print as `***`.
//!
//! ```
//! use plainwire::sasl::{self, Client, Credentials, Mechanism, Nonce, Record, Server, Step, Store};
//!
//! struct One(Record);
//! impl Store for One {
//!     fn record(&self, user: &str) -> Option<Record> {
//!         (user == "ada").then(|| self.0.clone())
//!     }
//! }
//! let store = One(Record::from_password("engine", b"a salt of its own", 4096).unwrap());
//!
//! let credentials = Credentials::password("ada", "engine");
//! let mechanism = sasl::choose(["PLAIN", "SCRAM-SHA-256"], &credentials, &sasl::Policy::default()).unwrap();
//! assert_eq!(mechanism, Mechanism::ScramSha256);
//!
//! let mut client = Client::new(mechanism, credentials, Nonce::new([7; 18])).unwrap();
//! let mut server = Server::new(mechanism, sasl::Setting::new(Nonce::new([9; 18])));
//! let mut says = client.initial().expect("SCRAM lets the client begin");
//! let identity = loop {
//!     match server.respond(says.expose()).unwrap() {
//!         Step::Challenge(challenge) => says = client.respond(&challenge).unwrap(),
//!         Step::Check => match server.check(&store).unwrap() {
//!             Step::Challenge(challenge) => says = client.respond(&challenge).unwrap(),
//!             other => panic!("{other:?}"),
//!         },
//!         Step::Granted(identity) => break identity,
//!         Step::Denied => panic!("denied"),
//!     }
//! };
//! client.finish().unwrap(); // the server proved itself too
//! assert_eq!(identity.user(), "ada");
//! ```

pub mod base64;
mod client;
mod credentials;
mod mechanism;
mod prep;
mod scram;
mod secret;
mod server;
mod store;

#[cfg(test)]
mod tests;

pub use self::client::{Client, ClientError};
pub use self::credentials::{Credentials, InvalidCredentials};
pub use self::mechanism::{Mechanism, Policy, choose};
pub use self::prep::{Unprepared, prepare};
pub use self::scram::{Binding, BindingKind, Hash, InvalidKeys, Iterations, Nonce, ScramKeys};
pub use self::secret::Secret;
#[cfg(feature = "mail")]
pub(crate) use self::server::decoy_salt;
pub use self::server::{Identity, Login, Server, ServerError, Setting, Step};
pub use self::store::{Record, Store};
