//! Query strings: `name=value` fields joined by `&`, as forms send them and URLs carry them.
//!
//! What is read and written by default is `application/x-www-form-urlencoded` of the URL Standard (section 5), octet for
//! octet: [`parse`] never fails, keeps blank values and makes U+FFFD of what is not UTF-8; [`Serializer`] writes what
//! `URLSearchParams` writes. Every other habit is an option: [`Options`] for reading (drop blank values, refuse fields
//! without `=`, another separator, another charset, a limit on the number of fields), [`Spelling`] for writing (which
//! characters stay as they are, `+` or `%20` for a space). [`Options::PYTHON`] and [`Spelling::PYTHON`] are those of
//! Python's `urllib.parse`, whose [`quote`] and [`unquote`] families are here too.
//!
//! ```
//! use plainwire::query::{self, Params, Serializer};
//!
//! // Pairs, borrowed where nothing has to be decoded.
//! let mut pairs = query::parse("q=state+machine&lang=en&lang=de");
//! assert_eq!(pairs.next(), Some(("q".into(), "state machine".into())));
//!
//! // A multi-map that keeps the order.
//! let params = Params::parse("q=state+machine&lang=en&lang=de");
//! assert_eq!(params.get("lang"), Some("en"));
//! assert_eq!(params.get_all("lang").collect::<Vec<_>>(), ["en", "de"]);
//!
//! let mut out = Serializer::new();
//! out.append("price", "5 € & up").append_values("tag", ["a", "b"]);
//! assert_eq!(out.finish(), "price=5+%E2%82%AC+%26+up&tag=a&tag=b");
//! ```
//!
//! | Python | here |
//! |---|---|
//! | `parse_qsl(s, …)` | [`parse`], [`Options::pairs`] |
//! | `parse_qs(s, …)` | [`Params::parse`], [`Options::params`], [`Params::grouped`] |
//! | `parse_qsl(b"…")` | [`parse_octets`], [`octet_pairs`] |
//! | `urlencode(q, doseq=True, safe=…, quote_via=…)` | [`Serializer::spelled`], [`Serializer::append_values`], [`Spelling`] |
//! | `quote`, `quote_plus`, `quote_from_bytes` | [`quote`], [`quote_plus`], [`quote_octets`] |
//! | `unquote`, `unquote_plus`, `unquote_to_bytes` | [`unquote`], [`unquote_plus`], [`unquote_octets`] |
//!
//! With the feature `serde`, `from_str` and `to_string` read and write structs, nested keys (`a[b][c]=1`) and all;
//! with the feature `charset`, every charset of the Encoding Standard is read and written besides UTF-8, ASCII and
//! Latin-1.

mod block;
mod charset;
#[cfg(feature = "serde")]
mod de;
mod decode;
mod error;
mod options;
mod pairs;
mod params;
mod quote;
mod scan;
#[cfg(feature = "serde")]
mod ser;
#[cfg(feature = "serde")]
mod tree;
mod write;

pub use charset::{Charset, Errors};
#[cfg(feature = "serde")]
pub use de::{from_octets, from_str};
pub use error::{QueryError, Unmappable};
pub use options::{OptionPairs, Options};
pub use pairs::{OctetPairs, Pairs, octet_pairs, parse, parse_octets};
pub use params::{Group, Params};
pub use quote::{quote, quote_octets, quote_plus, unquote, unquote_octets, unquote_plus, unquote_with};
#[cfg(feature = "serde")]
pub use ser::to_string;
#[cfg(feature = "serde")]
pub use tree::{Duplicates, Nesting, StructError};
pub use write::{Serializer, Spelling};

#[cfg(test)]
mod tests;
