//! `data:` URLs (RFC 2397, by the rules of the WHATWG Fetch standard).
//!
//! ```
//! use plainwire::net::http::data_url::parse;
//!
//! let (media_type, octets) = parse("data:text/html;charset=utf-8;base64,PGI+").unwrap();
//! assert_eq!((media_type.as_str(), &octets[..]), ("text/html;charset=utf-8", b"<b>".as_slice()));
//! assert_eq!(parse("data:,a%20b").unwrap().0, "text/plain;charset=US-ASCII");
//! ```

use super::disposition::percent_decode;
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// The forgiving base64 of the Infra standard: padding may be missing, spaces are passed over.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The media type and the octets of a serialised `data:` URL (its fragment is no part of it). `None` where it is not
/// one: no comma, or broken base64.
pub fn parse(url: &str) -> Option<(String, Vec<u8>)> {
    let rest = url.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")).map(|_| &url[5..])?;
    let rest = rest.split('#').next().unwrap_or_default();
    let (media_type, data) = rest.split_once(',')?;
    let mut octets = percent_decode(data);
    let trimmed = media_type.trim_matches(' ');
    let media_type = match without_base64(trimmed) {
        Some(media_type) => {
            octets.retain(|octet| !matches!(octet, b'\t' | b'\n' | b'\x0c' | b'\r' | b' '));
            octets = FORGIVING.decode(&octets).ok()?;
            media_type
        }
        None => trimmed,
    };
    let media_type = match media_type {
        "" => "text/plain;charset=US-ASCII".to_string(),
        parameters if parameters.starts_with(';') => format!("text/plain{parameters}"),
        full => full.to_string(),
    };
    Some((media_type, octets))
}

/// What stands before `;base64` at the end, spaces allowed before the word.
fn without_base64(media_type: &str) -> Option<&str> {
    let split = media_type.len().checked_sub(6)?;
    let word = media_type.get(split..)?;
    word.eq_ignore_ascii_case("base64").then_some(())?;
    media_type[..split].trim_end_matches(' ').strip_suffix(';')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_fetch_standard_reads_them() {
        for (url, media_type, octets) in [
            ("data:,x#fragment", "text/plain;charset=US-ASCII", b"x".as_slice()),
            ("DATA:;charset=x,y", "text/plain;charset=x", b"y"),
            ("data:text/plain;  base64,W A==", "text/plain", b"X"),
            ("data:text/plain;  base64,WA", "text/plain", b"X"),
            ("data:;base64,%57A", "text/plain;charset=US-ASCII", b"X"),
        ] {
            assert_eq!(parse(url), Some((media_type.to_string(), octets.to_vec())), "{url}");
        }
        assert_eq!(parse("data:no comma"), None);
        assert_eq!(parse("data:;base64,*"), None);
        assert_eq!(parse("http:,x"), None);
    }
}
