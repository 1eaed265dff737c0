use super::*;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use proptest::prelude::*;

/// One user; tokens, certificates and strangers as told.
struct Users {
    name: &'static str,
    record: Record,
}

impl Store for Users {
    fn record(&self, user: &str) -> Option<Record> {
        (user == self.name).then(|| self.record.clone())
    }
    fn token(&self, user: &str, token: &str) -> Option<String> {
        (token == "t0ken" && (user.is_empty() || user == self.name)).then(|| self.name.to_owned())
    }
    fn external(&self) -> Option<String> {
        Some(self.name.to_owned())
    }
    fn anonymous(&self, trace: &str) -> bool {
        trace == "guest"
    }
    fn may_act_as(&self, user: &str, other: &str) -> bool {
        user == other || other == "list"
    }
}

fn users() -> Users {
    let record = Record::from_password("pencil", b"0123456789abcdef", 4096).unwrap().with_password("pencil");
    Users { name: "user", record }
}

const BINDING: BindingKind = BindingKind::TlsExporter;

fn binding(octet: u8) -> Binding {
    Binding { kind: BINDING, octets: [octet; 32].to_vec() }
}

/// Both sides, joined. The client begins where its mechanism lets it and `initial` is set.
fn exchange(mut client: Client, mut server: Server, store: &Users, initial: bool) -> Result<Step, String> {
    let mut says = match client.initial() {
        Some(said) if initial => said,
        Some(said) => {
            assert!(server.begin().is_empty());
            said
        }
        None => client.respond(&server.begin()).map_err(|error| error.to_string())?,
    };
    loop {
        let mut step = server.respond(says.expose()).map_err(|error| error.to_string())?;
        if step == Step::Check {
            step = server.check(store).map_err(|error| error.to_string())?;
        }
        match step {
            Step::Challenge(challenge) => {
                says = client.respond(&challenge).map_err(|error| error.to_string())?;
            }
            Step::Granted(_) => {
                client.finish().map_err(|error| error.to_string())?;
                return Ok(step);
            }
            Step::Denied => {
                return Ok(step);
            }
            Step::Check => unreachable!("a check is answered"),
        }
    }
}

fn setting() -> Setting {
    Setting { binding: Some(binding(1)), ..Setting::new(Nonce::new([5; 18])) }
}

fn credentials(mechanism: Mechanism) -> Credentials {
    match mechanism {
        Mechanism::OAuthBearer | Mechanism::XOAuth2 => Credentials::token("user", "t0ken"),
        Mechanism::External => Credentials::External { act_as: None },
        Mechanism::Anonymous => Credentials::Anonymous { trace: "guest".to_owned() },
        _ => Credentials::password("user", "pencil"),
    }
}

#[test]
fn every_mechanism_meets_its_other_side() {
    for mechanism in Mechanism::ALL {
        for initial in [true, false] {
            let client = Client::new(mechanism, credentials(mechanism), Nonce::new([3; 18])).unwrap().bind(binding(1));
            let outcome = exchange(client, Server::new(mechanism, setting()), &users(), initial);
            let Ok(Step::Granted(identity)) = outcome else { panic!("{mechanism}: {outcome:?}") };
            let name = if mechanism == Mechanism::Anonymous { "guest" } else { "user" };
            assert_eq!((identity.user(), identity.acting_as()), (name, name), "{mechanism}");
        }
    }
}

#[test]
fn a_wrong_secret_is_denied_by_every_mechanism() {
    for mechanism in Mechanism::ALL {
        for name in ["user", "nobody"] {
            let wrong = match credentials(mechanism) {
                Credentials::Password { .. } if name == "nobody" => Credentials::password("nobody", "pencil"),
                Credentials::Password { .. } => Credentials::password("user", "pencils"),
                Credentials::Token { .. } => Credentials::token(name, "token"),
                Credentials::External { .. } => Credentials::External { act_as: Some("root".to_owned()) },
                _ => Credentials::Anonymous { trace: "stranger".to_owned() },
            };
            let client = Client::new(mechanism, wrong, Nonce::new([3; 18])).unwrap().bind(binding(1));
            let outcome = exchange(client, Server::new(mechanism, setting()), &users(), true);
            assert_eq!(outcome, Ok(Step::Denied), "{mechanism}");
        }
    }
}

#[test]
fn acting_as_another_has_to_be_allowed() {
    for mechanism in [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha1] {
        for (other, allowed) in [("list", true), ("root", false)] {
            let credentials = Credentials::Password {
                user: "user".to_owned(),
                password: "pencil".into(),
                act_as: Some(other.to_owned()),
            };
            let client = Client::new(mechanism, credentials, Nonce::new([3; 18])).unwrap();
            match exchange(client, Server::new(mechanism, setting()), &users(), true) {
                Ok(Step::Granted(identity)) => assert_eq!((identity.acting_as(), allowed), ("list", true)),
                other => assert_eq!((other, allowed), (Ok(Step::Denied), false)),
            }
        }
    }
}

/// The conversations of RFC 5802 5 and RFC 7677 3, octet by octet, on both sides. The nonces are not ours to choose
/// there, so only what follows from them is compared.
#[test]
fn scram_computes_what_the_rfcs_compute() {
    // RFC 7677 3: user "user", password "pencil".
    let salt = base64::decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let keys = ScramKeys::derive(Hash::Sha256, b"pencil", salt.expose(), 4096);
    let auth = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let verifier = scram::server_signature(&keys.server, Hash::Sha256, auth.as_bytes());
    assert_eq!(base64::to_vec(verifier.as_slice()), b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    let proof = base64::decode(b"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
    let signature = scram::client_signature(&keys.stored, Hash::Sha256, auth.as_bytes());
    let key = scram::Key::from_slice(proof.expose()).unwrap().xor(&signature);
    assert!(Hash::Sha256.digest(key.as_slice()) == keys.stored);

    // RFC 5802 5.
    let salt = base64::decode(b"QSXCR+Q6sek8bf92").unwrap();
    let keys = ScramKeys::derive(Hash::Sha1, b"pencil", salt.expose(), 4096);
    let auth = "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,\
                i=4096,c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j";
    let verifier = scram::server_signature(&keys.server, Hash::Sha1, auth.as_bytes());
    assert_eq!(base64::to_vec(verifier.as_slice()), b"rmF9pqV8S7suAoZWja4dJRkFsKQ=");
}

#[test]
fn scram_client_says_what_the_rfc_shows() {
    // 18 octets whose base64 is a nonce like the RFC's, which is all that differs.
    let nonce = Nonce::new(*b"\x7f\x29\x28\xf9\xdd\xa5\x6d\xb1\x60\x38\xd4\x6f\xf6\xa9\x31\x75\xac\x0b");
    assert_eq!(nonce.text(), "fyko+d2lbbFgONRv9qkxdawL", "the nonce of RFC 5802 5");
    let mut client = Client::new(Mechanism::ScramSha1, Credentials::password("user", "pencil"), nonce).unwrap();
    assert_eq!(client.initial().unwrap().expose(), b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    let said = client.respond(b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096").unwrap();
    assert_eq!(said.expose(), b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
    assert_eq!(client.finish(), Err(ClientError::Unproven), "success before the server's proof is a lie");
    assert_eq!(client.respond(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=").unwrap().expose(), b"");
    assert_eq!(client.finish(), Ok(()));
}

#[test]
fn a_server_that_knows_nothing_is_not_believed() {
    let start = || {
        let mut client =
            Client::new(Mechanism::ScramSha256, Credentials::password("user", "pencil"), Nonce::new([1; 18])).unwrap();
        let first = String::from_utf8(client.initial().unwrap().expose().to_vec()).unwrap();
        let nonce = first.rsplit_once("r=").unwrap().1.to_owned();
        (client, nonce)
    };
    let (mut client, nonce) = start();
    client.respond(format!("r={nonce}x,s=c2FsdA==,i=4096").as_bytes()).unwrap();
    let wrong = client.respond(b"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert_eq!(wrong, Err(ClientError::Unproven));
    assert_eq!(client.finish(), Err(ClientError::Unproven));
    for (first, error) in [
        ("r=other,s=c2FsdA==,i=4096", ClientError::Nonce),
        ("r={},s=c2FsdA==,i=4096", ClientError::Nonce),
        ("r={}x,s=c2FsdA==,i=1", ClientError::Iterations(1)),
        ("r={}x,s=c2FsdA==,i=4294967295", ClientError::Iterations(u32::MAX)),
        ("r={}x,s=c2FsdA==,i=99999999999", ClientError::Malformed),
        ("m=new,r={}x,s=c2FsdA==,i=4096", ClientError::Malformed),
        ("r={}x,s=c2FsdA,i=4096", ClientError::Malformed),
        ("", ClientError::Malformed),
    ] {
        let (mut client, nonce) = start();
        assert_eq!(client.respond(first.replace("{}", &nonce).as_bytes()), Err(error), "{first}");
        assert_eq!(client.finish(), Err(error));
    }
}

#[test]
fn a_stripped_or_foreign_binding_is_noticed() {
    let bound = |mechanism, octet| {
        Client::new(mechanism, Credentials::password("user", "pencil"), Nonce::new([3; 18]))
            .unwrap()
            .bind(binding(octet))
    };
    let outcome = exchange(
        bound(Mechanism::ScramSha256Plus, 2),
        Server::new(Mechanism::ScramSha256Plus, setting()),
        &users(),
        true,
    );
    assert_eq!(outcome, Err(ServerError::Binding.to_string()), "another channel");
    let offered = Setting { plus_offered: true, ..setting() };
    let outcome =
        exchange(bound(Mechanism::ScramSha256, 1), Server::new(Mechanism::ScramSha256, offered), &users(), true);
    assert_eq!(outcome, Err(ServerError::Binding.to_string()), "the offer was taken away");
}

#[test]
fn cram_md5_computes_what_the_rfc_computes() {
    // RFC 2195 2.
    let digest = client::cram_digest(b"tanstaaftanstaaf", b"<1896.697170952@postoffice.reston.mci.net>");
    assert_eq!(u128::from_be_bytes(digest), 0xb913_a602_c7ed_a7a4_95b4_e6e7_334d_3890);
}

#[test]
fn the_strongest_is_chosen_and_nothing_in_clear() {
    let offered = ["LOGIN", "PLAIN", "cram-md5", "X-OTHER", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1"];
    let password = Credentials::password("user", "pencil");
    let chosen = |offered: &[&'static str], policy: Policy| choose(offered.iter().copied(), &password, &policy);
    assert_eq!(chosen(&offered, Policy::default()), Some(Mechanism::ScramSha1));
    let binding = Policy { binding: true, private: true, ..Policy::default() };
    assert_eq!(chosen(&offered, binding), Some(Mechanism::ScramSha256Plus));
    assert_eq!(chosen(&["PLAIN", "LOGIN"], Policy::default()), None);
    assert_eq!(chosen(&["LOGIN", "PLAIN"], Policy { private: true, ..Policy::default() }), Some(Mechanism::Plain));
    assert_eq!(chosen(&["LOGIN"], Policy { in_clear: true, ..Policy::default() }), Some(Mechanism::Login));
    let only = Policy { only: Some(Mechanism::CramMd5), ..Policy::default() };
    assert_eq!(chosen(&offered, only), Some(Mechanism::CramMd5));
}

#[test]
fn no_value_ends_another() {
    for (mechanism, credentials) in [
        (Mechanism::Plain, Credentials::password("user\0root", "pencil")),
        (Mechanism::Plain, Credentials::password("user", "pen\0cil")),
        (Mechanism::Login, Credentials::password("user\r\n", "pencil")),
        (Mechanism::XOAuth2, Credentials::token("user\x01auth=Bearer other", "t0ken")),
        (Mechanism::OAuthBearer, Credentials::token("user", "t0ken\x01host=evil")),
        (Mechanism::External, Credentials::External { act_as: Some("a\0b".to_owned()) }),
        (Mechanism::Anonymous, Credentials::Anonymous { trace: "a\nb".to_owned() }),
    ] {
        let refused = Client::new(mechanism, credentials, Nonce::new([0; 18])).map(|_| ());
        assert_eq!(refused, Err(InvalidCredentials::Character), "{mechanism}");
    }
    let mut client =
        Client::new(Mechanism::ScramSha1, Credentials::password("a,b=c", "pencil"), Nonce::new([0; 18])).unwrap();
    assert!(client.initial().unwrap().expose().starts_with(b"n,,n=a=2Cb=3Dc,r="));
}

#[test]
fn secrets_do_not_print() {
    let credentials = Credentials::password("user", "pencil");
    assert!(!format!("{credentials:?}").contains("pencil"));
    let client = Client::new(Mechanism::Plain, credentials, Nonce::new([0; 18])).unwrap();
    assert!(!format!("{client:?}").contains("pencil"));
    assert!(!format!("{:?}", users().record).contains("pencil"));
}

#[test]
fn keys_are_written_as_rfc_5803_has_it() {
    let text = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:\
                wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    let keys: ScramKeys = text.parse().unwrap();
    assert!(keys.verify(b"pencil"), "the example of RFC 7677, as others store it");
    assert_eq!(keys.to_string(), text);
    for wrong in ["", "SCRAM-SHA-256$0:c2FsdA==$YQ==:YQ==", "SCRAM-MD5$1:c2FsdA==$YQ==:YQ==", &text[..text.len() - 4]] {
        assert_eq!(wrong.parse::<ScramKeys>(), Err(InvalidKeys), "{wrong}");
    }
}

#[test]
fn saslprep_does_what_rfc_4013_shows() {
    // RFC 4013 3.
    assert_eq!(prepare("I\u{AD}X").as_deref(), Ok("IX"));
    assert_eq!(prepare("user").as_deref(), Ok("user"));
    assert_eq!(prepare("USER").as_deref(), Ok("USER"));
    assert_eq!(prepare("\u{AA}").as_deref(), Ok("a"));
    assert_eq!(prepare("\u{2168}").as_deref(), Ok("IX"));
    assert_eq!(prepare("\u{7}"), Err(Unprepared));
    assert_eq!(prepare("\u{627}1"), Err(Unprepared));
}

proptest! {
    /// The crate `stringprep` refuses what Unicode 3.2 did not assign; where it accepts, so do we, and alike.
    #[test]
    fn saslprep_agrees_with_its_peer(text in any::<String>()) {
        if let Ok(theirs) = stringprep::saslprep(&text) {
            prop_assert_eq!(prepare(&text).ok(), Some(theirs));
        }
    }

    #[test]
    fn names_survive_their_escape(name in "[a-z,=]{1,12}") {
        prop_assert_eq!(scram::unescape(&scram::escape(&name)), Some(name));
    }

    #[test]
    fn no_message_breaks_a_server(mechanism in 0usize..11, messages in prop::collection::vec(
        prop_oneof![any::<Vec<u8>>(), "[a-z,=\u{1}\u{0}]{0,40}".prop_map(String::into_bytes)], 0..4)) {
        let mut server = Server::new(Mechanism::ALL[mechanism], setting());
        for message in messages {
            match server.respond(&message) {
                Ok(Step::Check) => { prop_assert!(server.login().is_some()); let _step = server.check(&users()); }
                Ok(Step::Granted(identity)) => prop_assert!(identity.mechanism() == server.mechanism()),
                Ok(_) => {}
                Err(_) => prop_assert_eq!(server.respond(&message), Err(ServerError::OutOfTurn)),
            }
        }
    }
}
