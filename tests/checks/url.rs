//! What holds for every input of the URL parser, its setters and its neighbours. Fuzz targets call these, and so does
//! the replay of the corpora. An octet 0xFF, which no UTF-8 has, parts the pieces of an input.
#![allow(unreachable_pub, reason = "fuzz targets include this file too")]

use plainwire::query::Params;
use plainwire::url::{GivenUrl, Host, Options, PathStyle, SetError, Setter, SpecialSchemes, Url, percent};
use plainwire::work;
use std::borrow::Cow;

/// The pieces of an input, as text.
fn pieces(data: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    data.split(|octet| *octet == 0xFF).map(String::from_utf8_lossy)
}

/// Everything that a URL says.
fn parts(url: &Url) -> impl PartialEq + std::fmt::Debug {
    let text = [
        url.href(),
        url.protocol(),
        url.username(),
        url.password(),
        url.host_and_port(),
        url.hostname(),
        url.port_str(),
        url.pathname(),
        url.search(),
        url.hash(),
        url.without_fragment(),
        url.path_and_query(),
    ]
    .map(String::from);
    let host = url.host().map(Host::into_owned);
    (text, host, url.port(), url.query().map(String::from), url.fragment().map(String::from), url.has_authority())
}

/// Its text is ASCII, parses to the same URL, and is the sum of its parts.
fn check_valid(url: &Url, options: &Options<'_>) {
    assert!(url.as_str().is_ascii());
    let again = options.parse(url.as_str()).unwrap_or_else(|error| panic!("{url}: {error}"));
    assert_eq!(parts(&again), parts(url));
    let mut sum = String::from(url.protocol());
    if url.has_authority() {
        sum.push_str("//");
        if url.includes_credentials() {
            sum.push_str(url.username());
            if !url.password().is_empty() {
                sum.push(':');
                sum.push_str(url.password());
            }
            sum.push('@');
        }
        sum.push_str(url.host_and_port());
    } else if url.pathname().starts_with("//") {
        sum.push_str("/.");
    }
    sum.push_str(url.pathname());
    for (mark, part) in [('?', url.query()), ('#', url.fragment())] {
        if let Some(part) = part {
            sum.push(mark);
            sum.push_str(part);
        }
    }
    assert_eq!(sum, url.as_str());
}

/// `url_parse`: an input and, behind a 0xFF, a base. The fast parser, the standard's own machine and `can_parse` agree;
/// what was parsed is stable; the work is linear; and what is derived from a URL leads back to it.
pub(crate) fn parse(data: &[u8]) {
    let mut pieces = pieces(data);
    let input = pieces.next().unwrap_or_default();
    let base = pieces.next().and_then(|base| Url::parse(&base).ok());
    let mut options = Options::new();
    if let Some(base) = &base {
        options = options.base(base);
    }
    let (spent, url) = work::count(|| options.parse(&input));
    let room = (input.len() + base.as_ref().map_or(0, |base| base.as_str().len())) as u64;
    assert!(spent <= 12 * room + 256, "{spent} octets looked at for {room}");
    let mut offsets = Vec::new();
    let slow = options.parse_reporting(&input, &mut |violation| offsets.push(violation.offset));
    assert_eq!(url.as_ref().map(parts), slow.as_ref().map(parts));
    assert_eq!(url.as_ref().err(), slow.as_ref().err());
    assert_eq!(options.can_parse(&input), url.is_ok());
    assert!(offsets.iter().all(|offset| *offset <= input.len()));
    if base.is_none() {
        assert_eq!(Url::can_parse(&input), url.is_ok());
        assert_eq!(Url::parse(&input).as_ref().map(parts), url.as_ref().map(parts));
        let given = GivenUrl::parse(&*input);
        assert_eq!(given.as_ref().map(GivenUrl::url), url.as_ref());
        assert!(given.is_ok_and(|given| given.as_given() == input) || url.is_err());
    }
    let url = match url {
        Ok(url) => url,
        Err(error) => {
            assert!(input.is_char_boundary(error.offset));
            return;
        }
    };
    check_valid(&url, &Options::new());
    assert_eq!(Options::new().max_length(url.as_str().len()).parse(url.as_str()).as_ref(), Ok(&url));
    assert!(Options::new().max_length(url.as_str().len() - 1).parse(url.as_str()).is_err());
    for max in [url.as_str().len() - 1, url.as_str().len(), input.len(), 32 * input.len()] {
        let limited = options.max_length(max);
        assert_eq!(limited.can_parse(&input), limited.parse(&input).is_ok(), "{max}");
    }
    if let Some(base) = &base {
        for (from, to) in [(base, &url), (&url, base)] {
            if let Some(reference) = from.make_relative(to) {
                assert_eq!(from.join(&reference).as_ref(), Ok(to), "{reference}");
            }
        }
    }
    assert_eq!(
        url.make_relative(&url).map(|reference| url.join(&reference).as_ref() == Ok(&url)),
        match url.fragment() {
            None if url.has_opaque_path() => None,
            _ => Some(true),
        }
    );
    // A scheme of one's own is as special as the standard's.
    if let Some(rest) = input.strip_prefix("http:") {
        let schemes = SpecialSchemes::new().with("own", Some(80)).expect("a scheme");
        let own = Options::new().special_schemes(&schemes).parse(&["own:", rest].concat());
        let http = Url::parse(&input);
        assert_eq!(own.as_ref().ok().map(|url| &url.as_str()[3..]), http.as_ref().ok().map(|url| &url.as_str()[4..]));
    }
}

/// `url_setters`: a URL, then operations, each an octet that says which and a value. Every setter does what the
/// standard's state machine does, refuses without a change, and keeps the URL valid.
pub(crate) fn setters(data: &[u8]) {
    let mut pieces = pieces(data);
    let Ok(mut url) = Url::parse(&pieces.next().unwrap_or_default()) else { return };
    let mut may_be_invalid = false;
    for operation in pieces.take(16) {
        let Some(which) = operation.chars().next() else { continue };
        let value = &operation[which.len_utf8()..];
        let before = url.clone();
        let outcome = match which {
            'a' => url.append_segment(value),
            'p' => {
                let popped = url.pop_segment();
                assert_eq!(popped, url != before);
                Ok(())
            }
            'q' => url.set_query(Some(value)),
            'f' => url.set_fragment(Some(value)),
            's' => {
                let (name, value) = value.split_once('=').unwrap_or((value, ""));
                url.search_params_mut().set(name, value);
                assert_eq!(url.search_params().get(name), Some(value));
                Ok(())
            }
            _ => {
                let setter = Setter::ALL[u32::from(which) as usize % Setter::ALL.len()];
                let mut literally = before.clone();
                literally.set_literally(setter, value);
                let outcome = url.set(setter, value);
                assert_eq!(parts(&url), parts(&literally), "{before} {setter:?} {value:?}");
                if setter == Setter::Host && outcome == Err(SetError::InvalidPort) { Ok(()) } else { outcome }
            }
        };
        if outcome.is_err() {
            assert_eq!(parts(&url), parts(&before));
        }
        // The standard's own exception: a host `localhost` and a path `/C|` mean something else once the scheme has
        // become `file`, and nothing looks at them again.
        may_be_invalid |= url.scheme() == "file" && before.scheme() != "file";
        if !may_be_invalid {
            check_valid(&url, &Options::new());
        }
    }
}

/// `url_values`: the plain functions: hosts, query parameters, percent-encoding, file paths.
pub(crate) fn values(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for host in [Host::parse(&text), Host::parse_opaque(&text)].into_iter().flatten() {
        let written = host.to_string();
        let again = if matches!(host, Host::Opaque(_)) { Host::parse_opaque(&written) } else { Host::parse(&written) };
        assert_eq!(again.as_ref(), Ok(&host));
    }
    let params = Params::parse_search(&text);
    let written = params.to_string();
    assert!(written.is_ascii());
    let again = Params::parse_search(&written);
    assert_eq!(again, params);
    assert_eq!(again.to_string(), written);
    let mut sorted = params.clone();
    sorted.sort();
    assert_eq!(sorted.len(), params.len());
    for (name, value) in params.iter() {
        assert!(sorted.has_pair(name, value) && params.get(name).is_some());
    }
    for set in [percent::COMPONENT, percent::FORM, percent::NOT_UNRESERVED, percent::Set::ALL] {
        let encoded = percent::encode(data, &set);
        assert_eq!(*percent::decode(encoded.as_bytes()), *data);
        assert_eq!(percent::malformed(encoded.as_bytes()), None);
    }
    let decoded = percent::decode(data);
    assert!(decoded.len() <= data.len());
    assert!(percent::malformed(data).is_none_or(|at| data[at] == b'%'));
    for style in [PathStyle::Posix, PathStyle::Windows] {
        let Ok(url) = Url::from_path_octets(data, style) else { continue };
        check_valid(&url, &Options::new());
        let path = url.to_path_octets(style).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(Url::from_path_octets(&path, style).as_ref(), Ok(&url));
        if style == PathStyle::Posix && !data.split(|octet| *octet == b'/').any(|component| component == b".") {
            assert_eq!(path, data);
        }
    }
    if let Ok(url) = Url::parse(&text) {
        for style in [PathStyle::Posix, PathStyle::Windows] {
            if let Ok(path) = url.to_path_octets(style) {
                assert!(Url::from_path_octets(&path, style).is_ok(), "{url}");
            }
        }
    }
}
