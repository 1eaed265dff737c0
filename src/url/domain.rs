//! Domains in ASCII and in Unicode: the domain parser of the standard (URL Standard 3.3).
//!
//! A domain that is ASCII after percent-decoding needs no tables: it is lowercased, `xn--` labels included, whatever
//! they decode to. Only a domain with other characters goes through Unicode's IDNA processing (UTS 46), which is
//! there with the feature `idna`; without it such a domain is
//! [`IdnaUnavailable`](super::ParseErrorKind::IdnaUnavailable), and nothing else differs.

use super::error::ParseErrorKind;
use super::host::is_forbidden_in_domain;
use crate::work;
#[cfg(feature = "idna")]
use alloc::borrow::Cow;
use alloc::string::String;

/// The domain parser with `beStrict` false: appends the domain in ASCII to `out`.
pub(super) fn parse(domain: &str, out: &mut String) -> Result<(), ParseErrorKind> {
    work::add(domain.len());
    let start = out.len();
    if domain.is_ascii() {
        out.push_str(domain);
        out[start..].make_ascii_lowercase();
    } else {
        relaxed_to_ascii(domain, out)?;
    }
    if out.len() == start {
        return Err(ParseErrorKind::DomainToAscii);
    }
    if out.as_bytes()[start..].iter().any(|octet| is_forbidden_in_domain(*octet)) {
        out.truncate(start);
        return Err(ParseErrorKind::ForbiddenDomainCodePoint);
    }
    Ok(())
}

#[cfg(feature = "idna")]
fn relaxed_to_ascii(domain: &str, out: &mut String) -> Result<(), ParseErrorKind> {
    // CheckHyphens, UseSTD3ASCIIRules and VerifyDnsLength false; CheckBidi and CheckJoiners true. What the standard
    // forbids in ASCII is judged by the caller, on the result.
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::EMPTY)
        .map_err(|_| ParseErrorKind::DomainToAscii)?;
    out.push_str(&ascii);
    Ok(())
}

#[cfg(not(feature = "idna"))]
fn relaxed_to_ascii(domain: &str, _: &mut String) -> Result<(), ParseErrorKind> {
    // A domain that is not text is refused alike in both builds.
    match domain.contains('\u{FFFD}') {
        true => Err(ParseErrorKind::DomainToAscii),
        false => Err(ParseErrorKind::IdnaUnavailable),
    }
}

/// Whether the domain parser with `beStrict` true takes the domain: what the validation error `domain-to-ASCII` is
/// about. Without the feature `idna`, `xn--` labels are taken on trust.
pub(super) fn is_strict(domain: &str) -> bool {
    #[cfg(feature = "idna")]
    {
        use idna::uts46::{DnsLength, Hyphens, Uts46};
        Uts46::new().to_ascii(domain.as_bytes(), idna::AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify).is_ok()
    }
    #[cfg(not(feature = "idna"))]
    {
        domain.len() <= 253 && domain.split('.').all(is_host_label)
    }
}

/// A label of letters, digits and inner hyphens, 1 to 63 octets long, without `--` where only `xn--` may have it.
#[cfg(not(feature = "idna"))]
fn is_host_label(label: &str) -> bool {
    let octets = label.as_bytes();
    let reserved = octets.get(2..4) == Some(b"--") && !octets[..2].eq_ignore_ascii_case(b"xn");
    (1..=63).contains(&octets.len())
        && octets.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
        && octets[0] != b'-'
        && octets[octets.len() - 1] != b'-'
        && !reserved
}

/// A domain of a URL as a person may read it, its `xn--` labels decoded ("domain to Unicode"). Where any of them is
/// not valid the domain stays as it is.
///
/// Characters that look like others are shown as well: this is not a defence against spoofing.
///
/// ```
/// assert_eq!(plainwire::url::domain_to_unicode("xn--fa-hia.example"), "faß.example");
/// assert_eq!(plainwire::url::domain_to_unicode("xn--8i7caa"), "xn--8i7caa");
/// ```
#[cfg(feature = "idna")]
pub fn domain_to_unicode(domain: &str) -> Cow<'_, str> {
    use idna::uts46::{Hyphens, Uts46};
    work::add(domain.len());
    match Uts46::new().to_unicode(domain.as_bytes(), idna::AsciiDenyList::EMPTY, Hyphens::Allow) {
        (text, Ok(())) => text,
        (_, Err(_)) => Cow::Borrowed(domain),
    }
}
