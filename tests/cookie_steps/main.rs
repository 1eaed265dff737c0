//! One scenario or more for each numbered step of RFC 6265bis (draft 20) 5.6, 5.7 and 5.8, named by step.
#![cfg(feature = "cookie")]
#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "methods of a type with a lifetime are no closures over every lifetime"
)]

mod fields;
mod sending;
mod storage;

use plainwire::cookie::{Jar, Outcome, Place, PublicSuffixes, Refusal, Request, SetCookie, Timestamp};
use plainwire::url::Url;

const NOW: Timestamp = Timestamp(1_700_000_000);

/// A jar with one "user", and URLs in place of requests.
struct Browser {
    jar: Jar,
}

impl Browser {
    fn new() -> Self {
        Self { jar: Jar::new().public_suffixes(PublicSuffixes::names(["org", "example", "co.uk"])) }
    }

    fn set(&mut self, url: &str, field: &str) -> Result<Outcome, Refusal> {
        self.set_as(url, field, |request| request)
    }

    fn set_as(
        &mut self,
        url: &str,
        field: &str,
        how: impl for<'a> FnOnce(Request<'a>) -> Request<'a>,
    ) -> Result<Outcome, Refusal> {
        let url = Url::parse(url).unwrap();
        self.jar.receive(field.as_bytes(), &how(Request::to(Place::try_from(&url).unwrap())), NOW)
    }

    fn get(&mut self, url: &str) -> String {
        self.get_as(url, |request| request)
    }

    fn get_as(&mut self, url: &str, how: impl for<'a> FnOnce(Request<'a>) -> Request<'a>) -> String {
        self.get_at(url, NOW, how)
    }

    fn get_at(&mut self, url: &str, now: Timestamp, how: impl for<'a> FnOnce(Request<'a>) -> Request<'a>) -> String {
        let url = Url::parse(url).unwrap();
        let sent = self.jar.cookie_string(&how(Request::to(Place::try_from(&url).unwrap())), now);
        sent.map_or("-".into(), |octets| String::from_utf8(octets).unwrap())
    }
}

fn plain(request: Request<'_>) -> Request<'_> {
    request
}

fn parsed(field: &str) -> SetCookie<'_> {
    SetCookie::parse(field.as_bytes()).unwrap()
}

/// The name and value of a field.
fn pair(field: &str) -> (&str, &str) {
    let cookie = parsed(field);
    (str::from_utf8(cookie.name).unwrap(), str::from_utf8(cookie.value).unwrap())
}
