//! The fast ways beside the slow one, and the laws of a URL.

use super::*;
use crate::url::{fast, parse};
use std::format;

const SCHEMES: fn() -> SpecialSchemes = || SpecialSchemes::new().with("gem", Some(80)).unwrap();

fn known(result: &Result<Url, ParseError>) -> Result<(String, [u32; 7], Kind, Form), ParseError> {
    result.as_ref().map(fields).map_err(|error| *error)
}

/// Parses in every way there is; they must agree in every field, and in the error and its offset.
fn check(input: &str, base: Option<&Url>, schemes: &SpecialSchemes) -> Result<Url, ParseError> {
    let mut options = Options::new().special_schemes(schemes);
    if let Some(base) = base {
        options = options.base(base);
    }
    let url = options.parse(input);
    let mut violations = Vec::new();
    let slow = options.parse_reporting(input, &mut |violation| violations.push(violation));
    assert_eq!(known(&url), known(&slow), "{input:?} {base:?}");
    assert_eq!(known(&parse::parse(input, &options)), known(&url), "{input:?} {base:?}");
    assert_eq!(options.can_parse(input), url.is_ok(), "{input:?} {base:?}");
    assert!(violations.iter().all(|violation| violation.offset <= input.len()), "{input:?}");
    if let Err(error) = &url {
        assert!(error.offset <= input.len() && input.is_char_boundary(error.offset), "{input:?} {error}");
        // The failure is among the violations, and is one that may be.
        let kind = error.kind.violation();
        assert!(kind.is_none_or(ViolationKind::is_failure), "{input:?} {error}");
        assert!(kind.is_none_or(|kind| violations.iter().any(|seen| seen.kind == kind)), "{input:?} {error}");
    }
    url
}

/// A URL's text is ASCII and parses to the same URL, under the registry if it was parsed under it.
fn check_valid(url: &Url) {
    assert!(url.as_str().is_ascii());
    let schemes = if matches!(url.kind, Kind::Registered { .. }) { SCHEMES() } else { SpecialSchemes::new() };
    let again = Options::new().special_schemes(&schemes).parse(url.as_str());
    assert_eq!(again.as_ref().map(fields), Ok(fields(url)), "{url}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_way_of_parsing_agrees(input in inputs(), base in prop::option::of(urls())) {
        let schemes = SCHEMES();
        if let Ok(url) = check(&input, base.as_ref(), &schemes) {
            check_valid(&url);
        }
    }

    #[test]
    fn setters_are_those_of_the_standard(
        url in urls(),
        steps in prop::collection::vec((prop::sample::select(&Setter::ALL[..]), inputs()), 1..5),
    ) {
        let mut url = url;
        let mut may_be_invalid = false;
        for (setter, value) in &steps {
            let before = url.clone();
            let mut literally = url.clone();
            literally.set_literally(*setter, value);
            let outcome = url.set(*setter, value);
            prop_assert_eq!(fields(&url), fields(&literally), "{} {:?} {:?}", before, setter, value);
            match outcome {
                Ok(()) => {}
                // The host was set before the port was found to be none.
                Err(SetError::InvalidPort) if *setter == Setter::Host => {}
                Err(error) => prop_assert_eq!(fields(&url), fields(&before), "{:?}", error),
            }
            // The standard's own exception: a host `localhost` and a path `/C|` mean something else once the scheme is
            // `file`, and nothing looks at them again.
            may_be_invalid |= url.scheme() == "file" && before.scheme() != "file";
            if !may_be_invalid {
                check_valid(&url);
            }
        }
    }

    /// Inputs that the short way was made for, and those that just miss it.
    #[test]
    fn the_short_way_is_right(
        scheme in prop::sample::select(&["http://", "https://"][..]),
        host in "[a-z0-9._-]{0,40}",
        rest in "([/?#a-z0-9.%~_=&+'!:@-]|/[.%]){0,90}",
    ) {
        let input = format!("{scheme}{host}{rest}");
        let general = parse::parse(&input, &Options::new());
        if let Some(url) = fast::parse(&input) {
            prop_assert_eq!(Ok(fields(&url)), general.as_ref().map(fields));
        }
        prop_assert!(!fast::can_parse(&input) || general.is_ok());
        check(&input, None, &SpecialSchemes::new()).ok();
    }

    #[test]
    fn one_strange_octet_anywhere(length in 8..100_usize, at in 0..100_usize, c in any::<char>()) {
        let mut input = format!("https://example.org/{}", "a".repeat(length));
        let at = 8 + at % (input.len() - 8);
        input.replace_range(at..=at, c.encode_utf8(&mut [0; 4]));
        check(&input, None, &SpecialSchemes::new()).ok();
        for octet in (0..128_u8).step_by(1 + length % 7) {
            input.replace_range(at..at + input[at..].chars().next().unwrap().len_utf8(), char::from(octet).encode_utf8(&mut [0; 1]));
            let url = fast::parse(&input).as_ref().map(fields);
            prop_assert!(url.is_none() || url == parse::parse(&input, &Options::new()).ok().as_ref().map(fields), "{}", input);
        }
    }

    #[test]
    fn the_relative_reference_leads_there(base in urls(), target in urls(), path in inputs()) {
        let mut near = base.clone();
        let _may_refuse = near.set_pathname(&path);
        for target in [&target, &near, &base] {
            if let Some(reference) = base.make_relative(target) {
                prop_assert_eq!(&base.join(&reference).unwrap(), target, "{} {}", base, reference);
            } else if base.is_special() && base.has_authority() {
                prop_assert_ne!(base.scheme(), target.scheme(), "{} {}", base, target);
            }
        }
    }

    #[test]
    fn a_segment_stays_one(url in urls(), segment in "\\PC{0,12}|[a.%/\\\\|:?#]{0,4}") {
        let mut longer = url.clone();
        match longer.append_segment(&segment) {
            Ok(()) => {
                let last = longer.path_segments().unwrap().next_back().unwrap();
                prop_assert_eq!(&*percent::decode(last.as_bytes()), segment.as_bytes());
                let before = url.path_segments().unwrap().filter(|segment| !segment.is_empty()).count();
                let after = longer.path_segments().unwrap().filter(|segment| !segment.is_empty()).count();
                prop_assert_eq!(before + usize::from(!segment.is_empty()), after);
                prop_assert_eq!((url.query(), url.fragment(), url.hostname()), (longer.query(), longer.fragment(), longer.hostname()));
                check_valid(&longer);
                let mut shorter = longer.clone();
                prop_assert!(shorter.pop_segment() || longer.pathname().len() <= 3);
                check_valid(&shorter);
            }
            Err(error) => {
                prop_assert!(url.has_opaque_path() || matches!(&*segment, "." | ".."), "{:?}", error);
                prop_assert_eq!(fields(&url), fields(&longer));
            }
        }
    }

    #[test]
    fn what_params_write_is_read_back(url in urls(), pairs in prop::collection::vec(("\\PC{0,8}", "\\PC{0,8}"), 0..6)) {
        let mut url = url;
        let path = String::from(url.pathname());
        {
            let mut params = url.search_params_mut();
            params.clear();
            for (name, value) in &pairs {
                params.append(name, value);
            }
        }
        let read: Vec<(String, String)> =
            url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        prop_assert_eq!(&read, &pairs);
        prop_assert_eq!(url.query().is_none(), pairs.is_empty());
        prop_assert_eq!(url.pathname(), path);
        check_valid(&url);
    }

    #[test]
    fn a_path_comes_back(path in "/([a-zA-Z%|:?#é \\\\~]{1,3}/?){0,4}", windows in "[A-Z]:(\\\\[a-z%?# é]{1,3}){1,3}\\\\?") {
        let url = Url::from_path_octets(path.as_bytes(), PathStyle::Posix).unwrap();
        check_valid(&url);
        prop_assert_eq!(url.to_path_octets(PathStyle::Posix).unwrap(), path.as_bytes());
        let url = Url::from_path_octets(windows.as_bytes(), PathStyle::Windows).unwrap();
        check_valid(&url);
        prop_assert_eq!(url.to_path_octets(PathStyle::Windows).unwrap(), windows.as_bytes());
    }
}

/// Real URLs, each with octets replaced here and there: what the short way takes is what the general way makes of it.
#[test]
fn real_urls_and_their_mutations() {
    let root = std::env::var_os("PLAINWIRE_CONFORMANCE").map_or_else(
        || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance")),
        std::path::PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(root.join("urls/kasztp.txt")) else {
        std::eprintln!("SKIPPED: no urls/kasztp.txt in {}; set PLAINWIRE_CONFORMANCE", root.display());
        return;
    };
    let options = Options::new();
    let mut short = 0;
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    for (index, line) in text.lines().enumerate() {
        let general = parse::parse(line, &options);
        if let Some(url) = fast::parse(line) {
            short += 1;
            assert_eq!(Ok(fields(&url)), general.as_ref().map(fields), "{line}");
        }
        assert!(!fast::can_parse(line) || general.is_ok(), "{line}");
        if index % 8 != 0 || !line.is_ascii() {
            continue;
        }
        for _ in 0..4 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut octets = line.as_bytes().to_vec();
            let at = (seed >> 33) as usize % octets.len();
            octets[at] = (seed >> 20) as u8 & 0x7F;
            let line = core::str::from_utf8(&octets).unwrap();
            let general = parse::parse(line, &options);
            if let Some(url) = fast::parse(line) {
                assert_eq!(Ok(fields(&url)), general.as_ref().map(fields), "{line}");
            }
            assert!(!fast::can_parse(line) || general.is_ok(), "{line}");
        }
    }
    assert!(short > 47_000, "{short}");
}
