mod build;
mod file;
mod jar;
mod place;
#[cfg(feature = "signed")]
mod signed;
mod suffix;
mod time;

use super::file::netscape;
use super::*;
use alloc::format;
use alloc::string::String;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

fn https(host: &str) -> Request<'_> {
    Request::to(Place::new(true, host, "/").unwrap())
}

#[test]
fn secrets_stay_out_of_debug_texts() {
    let mut jar = Jar::new();
    let request = https("a.example");
    jar.receive(b"id=hunter2; Secure", &request, Timestamp(0)).unwrap();
    let issued = Builder::new("id", "hunter2").build().unwrap();
    let mut exchange = Exchange::new(b"id=hunter2");
    exchange.set(issued.clone());
    let texts = [
        format!("{jar:?}"),
        format!("{:?}", jar.iter().next().unwrap()),
        format!("{:?}", jar.records(true)),
        format!("{:?}", SetCookie::parse(b"id=hunter2").unwrap()),
        format!("{:?}", Builder::new("id", "hunter2")),
        format!("{issued:?}"),
        format!("{exchange:?}"),
        format!("{:?}", pairs(b"id=hunter2")),
        format!("{:?}", exchange.brought()),
        format!("{:?}", netscape::read(b"a.example\tFALSE\t/\tFALSE\t0\tid\thunter2\n")),
    ];
    for text in texts {
        assert!(!text.contains("hunter2"), "{text}");
    }
    // And what is no secret is told.
    let cookie = SetCookie::parse(b"i\xd6=hunter2; Path=/a\"; Domain=x").unwrap();
    let text = format!("{cookie:?}");
    for part in [r#"name: "i\xd6""#, r#"path: Some("/a\"")"#, r#"domain: Some("x")"#] {
        assert!(text.contains(part), "{text}");
    }
    assert!(format!("{:?}", jar.records(true)).contains(r#"name: "id""#));
    assert!(format!("{:?}", jar.iter().next().unwrap()).contains(r#"path: "/""#));
}
