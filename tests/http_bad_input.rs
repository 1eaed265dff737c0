//! Servers that lie: every run ends with one line that says what was wrong, curl's exit code for the like, and nothing
//! under the final name.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

#[path = "support/web.rs"]
mod web;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use web::{Ran, Served, Told, get, get_in, names, plainwire};

/// A run that has to fail so: the code, and words of its one line.
#[track_caller]
fn fails(ran: &Ran, code: i32, words: &str) {
    assert_eq!(ran.code, code, "{}", ran.errors);
    assert_eq!(ran.errors.lines().count(), 1, "{}", ran.errors);
    assert!(ran.errors.starts_with("plainwire: ") && ran.errors.contains(words), "{words:?}: {}", ran.errors);
    assert!(ran.errors.len() < 300 && !ran.errors.trim_end().contains(char::is_control), "{:?}", ran.errors);
}

/// Fetches to a file that is there already, and to one that is not: neither is touched.
#[track_caller]
fn refused(url: &str, letters: &[&str], code: i32, words: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old"), "as it was").unwrap();
    for name in ["old", "new"] {
        let ran = get_in(folder.path(), &[&["-o", name], letters, &[url]].concat());
        fails(&ran, code, words);
        assert_eq!(ran.text(), "");
    }
    assert_eq!(names(folder.path()), ["old"]);
    assert_eq!(fs::read_to_string(folder.path().join("old")).unwrap(), "as it was");
}

#[track_caller]
fn says(answer: impl Into<Vec<u8>>, code: i32, words: &str) {
    refused(&Told::says(answer).url("/"), &["--compressed"], code, words);
}

#[test]
fn bodies_that_are_not_what_was_announced() {
    says("", 52, "without an answer");
    says("HTTP/1.1 200 OK\r\nContent-Le", 8, "ended inside a message");
    says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 18, "ends early");
    says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 18, "ends early");
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 18, "ends early");
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", 18, "ends early");
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", 18, "ends early");
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 8, "broke the protocol");
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n", 8, "broke the protocol");
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nab", 8, "broke the protocol");
    for length in ["-1", "+1", "1x", "1, 2", "0x1", "99999999999999999999"] {
        says(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\na"), 8, "broke the protocol");
    }
    says("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 8, "broke the protocol");
    says(
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        8,
        "broke the protocol",
    );
}

#[test]
fn heads_that_are_none() {
    for head in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "hello\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
        "HTTP/1.1 200 OK\r\n X: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: y\r\n\r\n",
        "\u{1b}[2J\u{7}\r\n\r\n",
    ] {
        says(head, 8, "broke the protocol");
    }
    // Unasked for, 101 switches to nothing.
    says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", 8, "broke the protocol");
}

/// Says `start` and then `again` for as long as anybody listens.
fn endless(start: &'static str, again: &'static str) -> Told {
    Told::by(move |_, stream: &mut TcpStream, _| {
        let piece = again.repeat(64 * 1024 / again.len().max(1) + 1);
        let mut ok = stream.write_all(start.as_bytes()).is_ok();
        while ok {
            ok = stream.write_all(piece.as_bytes()).is_ok();
        }
    })
}

#[test]
fn what_never_ends_is_given_up() {
    for (start, again) in [
        ("HTTP/1.1 200 OK\r\nX: ", "x"),
        ("HTTP/1.1 200 OK\r\n", "X: y\r\n"),
        ("HTTP/1.1 200 ", "O"),
        ("", "x"),
        // RFC 9112 2.2 has empty lines ignored before a request: as many octets of them as a head may have, and no more.
        ("", "\r\n"),
        ("", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x=y;"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"),
    ] {
        let ran = get(&["-s", "-S", "-m", "50", &endless(start, again).url("/")]);
        fails(&ran, 8, "broke the protocol");
    }
    // A body may go on for ever: there a time limit helps.
    refused(&endless("HTTP/1.1 200 OK\r\n\r\n", "body").url("/"), &["-m", "0.5"], 28, "took too long");
}

#[test]
fn whoever_says_nothing_is_left() {
    for said in
        ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "HTTP/1.1 100 Continue\r\n\r\n"]
    {
        let told = Told::by(move |_, stream, _| {
            stream.write_all(said.as_bytes()).unwrap();
            // Until the client goes.
            drop(stream.read(&mut [0]));
        });
        refused(&told.url("/"), &["-m", "0.4"], 28, "took too long");
    }
}

#[test]
fn time_limits_hold_before_anything_is_asked() {
    // It takes connections, and says nothing: neither TLS nor a tunnel comes about.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let start = std::time::Instant::now();
    refused(&format!("https://{address}/"), &["-m", "0.4", "-k"], 28, "connecting took too long");
    refused(
        "https://www.example.test/",
        &["-m", "0.4", "-x", &format!("http://{address}")],
        28,
        "connecting took too long",
    );
    refused(&format!("https://{address}/"), &["--connect-timeout", "0.4", "-k"], 28, "connecting took too long");
    assert!(start.elapsed().as_secs() < 15, "no other limit ended it");
}

#[test]
fn a_connection_that_nobody_verified_is_not_for_others() {
    use plainwire::net::http::{Error, Opener, proxy::Proxies};
    use plainwire::net::tls::Connector;
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    let server = Served::start(&["--echo", "--quiet", "--tls", &at("self.pem"), &at("key.pem")]);
    let url = server.url("/");
    let lax = Opener::new().proxies(Proxies::default()).tls(Connector::builder().unverified().build().unwrap());
    assert_eq!(lax.get(&url).unwrap().text().unwrap(), "hello from plainwire\n");
    let roots = fs::read(folder.path().join("ca.pem")).unwrap();
    let strict = Connector::builder().platform_roots(false).roots_pem(&roots).unwrap().build().unwrap();
    let error = lax.clone().tls(strict).get(&url).unwrap_err();
    assert!(matches!(error, Error::Tls { certificate: true, .. }), "{error}");
    assert_eq!(lax.get(&url).unwrap().text().unwrap(), "hello from plainwire\n");
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

fn coded(coding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[test]
fn codings_that_are_broken_or_bombs() {
    // A thousand octets become a mebibyte, 256 times.
    let bomb = gzip(&vec![0; 1 << 20]).repeat(256);
    says(coded("gzip", &bomb), 61, "became more than");
    says(coded("gzip", b"not gzip at all"), 61, "content coding");
    let whole = gzip(b"hello, world");
    says(coded("gzip", &whole[..whole.len() - 3]), 61, "content coding");
    let mut wrong_sum = whole.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 1;
    says(coded("gzip", &wrong_sum), 61, "content coding");
    says(coded("br", b"\xff\xff\xff"), 61, "content coding");
    says(coded("zstd", b"\x28\xb5\x2f\xfd\xff"), 61, "content coding");
    says(coded("deflate", b"\x78\x9c\xff"), 61, "content coding");
    says(coded("rot13", b"uryyb"), 61, "not known");
    says(coded("gzip, gzip, gzip, gzip, gzip", b"x"), 61, "more than four");
    // Whoever did not ask for a coding gets what came.
    let plain = Told::says(coded("gzip", &bomb[..100]));
    assert_eq!(get(&[&plain.url("/")]).out, &bomb[..100]);
}

#[test]
fn redirects_that_lead_nowhere() {
    let told = Told::says("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
    refused(&told.url("/"), &["-L"], 47, "more than 50 redirects");
    for (location, code, words) in [
        ("http://[::1", 3, "no URL"),
        ("ftp://127.0.0.1/x", 47, "not following"),
        ("file:///etc/passwd", 47, "not following"),
        ("data:,x", 47, "not following"),
        ("javascript:alert(1)", 47, "not following"),
    ] {
        let answer = format!("HTTP/1.1 301 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        refused(&Told::says(answer).url("/"), &["-L"], code, words);
    }
    // None to follow: the answer is what there is.
    let nowhere = Told::says("HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhm");
    assert_eq!(get(&["-L", &nowhere.url("/")]).text(), "hm");
}

#[test]
fn cookies_for_others_are_refused() {
    let told = Told::says(
        "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Domain=other.example\r\nSet-Cookie: b=2; Domain=1\r\nSet-Cookie: good=3\r\n\
         Set-Cookie: s=4; Secure\r\nSet-Cookie: __Host-x=5; Path=/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    let folder = tempfile::tempdir().unwrap();
    let ran = get_in(folder.path(), &["-v", "-c", "jar", &told.url("/")]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.errors.matches("a cookie was refused").count(), 4, "{}", ran.errors);
    let jar = fs::read_to_string(folder.path().join("jar")).unwrap();
    let kept: Vec<_> = jar.lines().filter(|line| line.contains('\t')).collect();
    assert_eq!(kept.len(), 1, "{jar}");
    assert!(kept[0].ends_with("\tgood\t3"), "{jar}");
    // A public suffix is nobody's, and what is kept for one host is not brought to another.
    let proxy = Told::says(
        "HTTP/1.1 200 OK\r\nSet-Cookie: all=1; Domain=co.uk\r\nSet-Cookie: mine=2\r\nContent-Length: 0\r\n\r\n",
    );
    let through = proxy.url("");
    let ran = get_in(folder.path(), &["-x", &through, "-c", "uk", "http://a.co.uk/", "http://b.co.uk/"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert!(!proxy.heads()[1].contains("Cookie"), "{}", proxy.heads()[1]);
    assert!(!fs::read_to_string(folder.path().join("uk")).unwrap().contains("all"));
}

#[test]
fn an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() {
    let told = Told::by(|number, stream, _| {
        let stray = if number == 0 { "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil" } else { "" };
        stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood{stray}").as_bytes()).unwrap();
        drop(stream.read(&mut [0]));
    });
    let ran = get(&[&told.url("/1"), &told.url("/2")]);
    assert_eq!((ran.code, ran.text().as_str()), (0, "goodgood"), "{}", ran.errors);
}

/// Certificates of one authority, and their key, as PEM files.
fn certificates(folder: &Path) {
    use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd};
    let write = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(rcgen::DnType::CommonName, "an authority of tests");
    write("ca.pem", ca.self_signed(&ca_key).unwrap().pem());
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    write("key.pem", key.serialize_pem());
    let sign = |name: &str, host: &str, change: &dyn Fn(&mut CertificateParams)| {
        let mut params = CertificateParams::new([host.to_string()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        change(&mut params);
        write(name, params.signed_by(&key, &issuer).unwrap().pem());
    };
    sign("good.pem", "127.0.0.1", &|_| {});
    sign("name.pem", "elsewhere.example", &|_| {});
    sign("expired.pem", "127.0.0.1", &|params| {
        (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    });
    sign("early.pem", "127.0.0.1", &|params| params.not_before = date_time_ymd(2999, 1, 1));
    sign("purpose.pem", "127.0.0.1", &|params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let own = CertificateParams::new(["127.0.0.1".to_string()]).unwrap();
    write("self.pem", own.self_signed(&key).unwrap().pem());
}

#[test]
fn certificates_that_prove_nothing() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    let ca = at("ca.pem");
    for (certificate, code, words) in [
        ("good.pem", 0, ""),
        ("name.pem", 60, "it is for elsewhere.example, not for 127.0.0.1"),
        ("expired.pem", 60, "it has expired"),
        ("early.pem", 60, "not valid yet"),
        ("purpose.pem", 60, "it is for another purpose"),
        ("self.pem", 60, "it is signed by nobody we trust"),
    ] {
        let server = Served::start(&["--echo", "--quiet", "--tls", &at(certificate), &at("key.pem")]);
        let url = server.url("/");
        if code == 0 {
            let ran = get(&["--cacert", &ca, &url]);
            assert_eq!((ran.code, ran.text().as_str()), (0, "hello from plainwire\n"), "{}", ran.errors);
            // With the platform's roots alone its issuer is not known.
            refused(&url, &[], 60, "it is signed by nobody we trust");
        } else {
            refused(&url, &["--cacert", &ca], code, words);
        }
        assert_eq!(get(&["-k", &url]).text(), "hello from plainwire\n", "{certificate} with -k");
    }
    // Neither side speaks what the other does.
    let clear = Served::echo();
    refused(&clear.base.replace("http:", "https:"), &["--cacert", &ca], 35, "TLS with 127.0.0.1");
    let secure = Served::start(&["--echo", "--quiet", "--tls", &at("good.pem"), &at("key.pem")]);
    let ran = get(&[&secure.base.replace("https:", "http:")]);
    assert!(matches!(ran.code, 8 | 52 | 56), "{} {}", ran.code, ran.errors);
    assert_eq!(ran.errors.lines().count(), 1);
}

#[test]
fn https_leads_to_http_only_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    let target = Told::says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nclear");
    let server = tls_redirect(folder.path(), target.url("/"));
    let ran = get(&["-L", "--cacert", &at("ca.pem"), &server]);
    fails(&ran, 47, "not following the redirect to http://");
    assert!(target.heads().is_empty());
    let ran = get(&["-L", "--allow-downgrade", "--cacert", &at("ca.pem"), &server]);
    assert_eq!((ran.code, ran.text().as_str()), (0, "clear"), "{}", ran.errors);
}

/// A server behind TLS that sends everybody elsewhere; its URL.
fn tls_redirect(folder: &Path, location: String) -> String {
    use plainwire::net::http::serve::{Answer, Begin, Request, Serve};
    use plainwire::net::server::{Options, Port};
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let acceptor = plainwire::net::tls::Acceptor::builder()
        .identity_pem(&read("good.pem"), &read("key.pem"))
        .and_then(plainwire::net::tls::AcceptorBuilder::build)
        .unwrap();
    let app = move |_: &Request| Begin::Answer(Answer::redirect(302, &location));
    let port = Port::bind("127.0.0.1:0", Serve::new(app)).unwrap().tls(acceptor);
    let running = plainwire::net::pool::start(vec![port], Options::default()).unwrap();
    let url = format!("https://{}/", running.addresses()[0]);
    // It serves until the process of the tests ends.
    std::mem::forget(running);
    url
}

#[test]
fn downloads_from_liars_leave_no_file() {
    let head = |fields: &str| format!("HTTP/1.1 206 Partial\r\n{fields}Connection: close\r\n\r\n");
    for (what, code, answer) in [
        (
            "another range",
            18,
            head("ETag: \"v\"\r\nContent-Range: bytes 5-9/100000\r\nContent-Length: 5\r\n") + "abcde",
        ),
        ("no range", 18, head("ETag: \"v\"\r\nContent-Length: 1\r\n") + "a"),
        ("nothing of nothing", 18, head("Content-Range: bytes 0-0/0\r\nContent-Length: 1\r\n") + "a"),
        ("short", 18, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".to_string()),
        ("a broken head", 8, "nonsense\r\n\r\n".to_string()),
        ("nothing", 52, String::new()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let told = Told::says(answer);
        let ran: Ran = plainwire()
            .args(["download", "-s", "--retry", "1", "-n", "2", "-o", "x", &told.url("/")])
            .current_dir(folder.path())
            .output()
            .unwrap()
            .into();
        fails(&ran, code, "");
        assert!(!folder.path().join("x").exists(), "{what}");
    }
}
