//! The web platform's own tests of URLs: every case of `urltestdata.json` and `setters_tests.json`. The list of
//! expected failures is empty.
#![cfg(feature = "idna")]

mod support;

use plainwire::url::{Options, SetError, Setter, Url};
use serde_json::{Map, Value};
use support::{conformance, dom_json};

fn text<'v>(case: &'v Value, key: &str) -> Option<&'v str> {
    case.get(key).and_then(Value::as_str)
}

fn getters(url: &Url) -> Map<String, Value> {
    let port = url.port().map(|port| port.to_string()).unwrap_or_default();
    assert_eq!(url.port_str(), port);
    let pairs = [
        ("href", url.href()),
        ("protocol", url.protocol()),
        ("username", url.username()),
        ("password", url.password()),
        ("host", url.host_and_port()),
        ("hostname", url.hostname()),
        ("port", &port),
        ("pathname", url.pathname()),
        ("search", url.search()),
        ("hash", url.hash()),
        ("searchParams", &url.search_params().to_string()),
        ("origin", &url.origin().to_string()),
    ];
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}

#[test]
fn urltestdata() {
    let Some(folder) = conformance("wpt-url") else { return };
    let cases = dom_json(&folder.join("urltestdata.json"));
    let mut failures = Vec::new();
    let mut count = 0;
    for case in cases.as_array().unwrap().iter().filter(|case| case.is_object()) {
        count += 1;
        let input = text(case, "input").unwrap();
        let base = text(case, "base").map(Url::parse);
        let url = match &base {
            None => Url::parse(input),
            Some(Ok(base)) => base.join(input),
            Some(Err(error)) => Err(*error),
        };
        // The slow way agrees in every case, error and offset included.
        if let Some(Ok(base)) = &base {
            let options = Options::new().base(base);
            assert_eq!(options.parse_reporting(input, &mut |_| {}), url, "{case}");
            assert_eq!(options.can_parse(input), url.is_ok(), "{case}");
        } else if base.is_none() {
            assert_eq!(Options::new().parse_reporting(input, &mut |_| {}), url, "{case}");
            assert_eq!(Url::can_parse(input), url.is_ok(), "{case}");
        }
        match (url, case.get("failure").is_some()) {
            (Err(_), true) => {}
            (Err(error), false) => failures.push(format!("{case}\n  is refused: {error}")),
            (Ok(url), true) => failures.push(format!("{case}\n  is taken: {url}")),
            (Ok(url), false) => {
                for (name, value) in getters(&url) {
                    if case.get(&name).is_some_and(|expected| *expected != value) {
                        failures.push(format!("{case}\n  {name} is {value}"));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} fail:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(count, 891);
}

fn setter(name: &str) -> Setter {
    let names = ["protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];
    Setter::ALL[names.iter().position(|known| *known == name).unwrap()]
}

#[test]
fn setters_tests() {
    let Some(folder) = conformance("wpt-url") else { return };
    let cases = dom_json(&folder.join("setters_tests.json"));
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, cases) in cases.as_object().unwrap().iter().filter(|(name, _)| *name != "comment") {
        for case in cases.as_array().unwrap() {
            count += 1;
            let before = Url::parse(text(case, "href").unwrap()).unwrap();
            let value = text(case, "new_value").unwrap();
            let mut url = before.clone();
            if name == "href" {
                // The standard's href setter throws where it fails.
                url.set_href(value).unwrap();
            } else {
                let outcome = url.set(setter(name), value);
                if outcome.is_err() && outcome != Err(SetError::InvalidPort) {
                    assert_eq!(url, before, "{case}");
                }
                let mut literally = before.clone();
                literally.set_literally(setter(name), value);
                assert_eq!(url, literally, "{case}");
            }
            let seen = getters(&url);
            for (part, expected) in case["expected"].as_object().unwrap() {
                if seen[part] != *expected {
                    failures.push(format!("{name}: {case}\n  {part} is {}", seen[part]));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} fail:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(count, 278);
}
