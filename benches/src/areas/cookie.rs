//! Cookies: `cookie` for the fields, `cookie_store` for the jar.

use crate::measure::Bench;
use plainwire::cookie::{Jar, Place, Request, SetCookie, Timestamp};
use plainwire::url::Url;
use std::hint::black_box;

/// Fields as sites send them: sessions, consent, analytics, logins.
const FIELDS: &[&str] = &[
    "session-id=147-6820192-3728514; Domain=.example.com; Expires=Sun, 23-Nov-2025 10:44:00 GMT; Path=/; Secure",
    "PHPSESSID=r2t5uvjq435r4q7ib3vtdjq120; path=/; HttpOnly",
    "__Host-GAPS=1:kSJq0Xy5TLPyr4mFWRMVzZq9q8u0aA:b1nQ9Hk2Xg0sF7dB; Path=/; Expires=Wed, 19 Nov 2025 10:44:00 GMT; Secure; HttpOnly; Priority=HIGH",
    "csrftoken=bVQ0fWnJmxJ5kF1QJbV3wzXGgMqbH2vT; expires=Mon, 22 Nov 2026 10:44:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax; Secure",
    "_ga=GA1.2.1234567890.1700000000; Path=/; Domain=example.com; Max-Age=63072000; SameSite=None; Secure",
    "lang=en",
    "consent=eyJ2IjoxLCJhIjp0cnVlLCJiIjpmYWxzZX0%3D; Max-Age=15552000; Domain=www.example.com; Path=/; SameSite=Strict",
    "sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; HttpOnly",
];

pub fn run(bench: &mut Bench) {
    bench.pair(
        "parse Set-Cookie, a mix",
        "cookie",
        FIELDS.len() as u64,
        || FIELDS.iter().filter(|field| black_box(SetCookie::parse(field.as_bytes())).is_ok()).count(),
        || FIELDS.iter().filter(|field| black_box(cookie::Cookie::parse(**field)).is_ok()).count(),
    );
    for (case, field) in [("parse Set-Cookie, short", FIELDS[1]), ("parse Set-Cookie, with a date", FIELDS[2])] {
        bench.pair(
            case,
            "cookie",
            1,
            || black_box(SetCookie::parse(black_box(field.as_bytes()))).is_ok(),
            || black_box(cookie::Cookie::parse(black_box(field))).is_ok(),
        );
    }

    // Ten cookies for each of a hundred domains, half of them for the domain and half for the host.
    let hosts: Vec<String> = (0..100).map(|domain| format!("www.site-{domain}.example.com")).collect();
    let addresses: Vec<String> = hosts.iter().map(|host| format!("https://{host}/account/overview")).collect();
    let ours: Vec<Url> = addresses.iter().map(|address| Url::parse(address).unwrap()).collect();
    let theirs: Vec<url::Url> = addresses.iter().map(|address| url::Url::parse(address).unwrap()).collect();
    let fields: Vec<Vec<String>> = (0..100)
        .map(|domain| {
            (0..10)
                .map(|number| match number % 2 {
                    0 => format!("cookie_{number}=value-{number}-of-{domain}; Path=/; Max-Age=86400; Secure; HttpOnly"),
                    _ => format!(
                        "cookie_{number}=value-{number}-of-{domain}; Domain=site-{domain}.example.com; Path=/; Max-Age=86400; Secure"
                    ),
                })
                .collect()
        })
        .collect();
    // The peer reads the clock itself.
    let now = Timestamp(1_700_000_000);
    let fill = || {
        let mut jar = Jar::new();
        for (url, fields) in ours.iter().zip(&fields) {
            let request = Request::to(Place::try_from(url).unwrap());
            for field in fields {
                jar.receive(field.as_bytes(), &request, now).unwrap();
            }
        }
        jar
    };
    let fill_theirs = || {
        let mut store = cookie_store::CookieStore::default();
        for (url, fields) in theirs.iter().zip(&fields) {
            for field in fields {
                store.parse(field, url).unwrap();
            }
        }
        store
    };
    bench.pair(
        "insert 1,000 cookies, each",
        "cookie_store",
        1000,
        || fill().len(),
        || fill_theirs().iter_any().count(),
    );

    let (mut jar, store) = (fill(), fill_theirs());
    let (mut at, mut there) = (0, 0);
    let (mut sent, mut theirs_sent) = (Vec::new(), String::new());
    bench.pair(
        "look up 10 of 1,000",
        "cookie_store",
        1,
        || {
            at = (at + 37) % ours.len();
            sent.clear();
            let request = Request::to(Place::try_from(&ours[at]).unwrap());
            assert_eq!(jar.write_cookie_string(&request, now, &mut sent), 10);
            sent.len()
        },
        || {
            there = (there + 37) % theirs.len();
            theirs_sent.clear();
            for (name, value) in store.get_request_values(&theirs[there]) {
                if !theirs_sent.is_empty() {
                    theirs_sent.push_str("; ");
                }
                theirs_sent.push_str(name);
                theirs_sent.push('=');
                theirs_sent.push_str(value);
            }
            theirs_sent.len()
        },
    );
    let (mut elsewhere, nowhere) = (0, Url::parse("https://www.nobody.example.net/").unwrap());
    let their_nowhere = url::Url::parse("https://www.nobody.example.net/").unwrap();
    bench.pair(
        "look up none of 1,000",
        "cookie_store",
        1,
        || {
            let request = Request::to(Place::try_from(&nowhere).unwrap());
            elsewhere += jar.write_cookie_string(&request, now, &mut sent);
            elsewhere
        },
        || store.get_request_values(&their_nowhere).count(),
    );

    // Not a time: the row's two figures are octets of heap per cookie.
    let (ours, theirs) = (held(fill), held(fill_theirs));
    bench.row("memory per cookie, octets", "cookie_store", ours / 1000.0, theirs / 1000.0, 0.0);
}

/// The octets of heap that what is made holds, with what the allocator adds.
fn held<T>(make: impl Fn() -> T) -> f64 {
    // SAFETY: it reads the allocator's counters.
    let in_use = || unsafe { libc::mallinfo2() }.uordblks;
    let before = in_use();
    let made = make();
    let after = in_use();
    drop(black_box(made));
    after.saturating_sub(before) as f64
}
