//! What servers, redirects and challenges can do to a client, and clients to a server, told over real sockets.
#![cfg(all(feature = "web", feature = "testing"))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "it talks over sockets")]

use plainwire::net::http::auth::Credentials;
use plainwire::net::http::download::Download;
use plainwire::net::http::proxy::Proxies;
use plainwire::net::http::serve::{Answer, Begin, Request as Asked, Serve};
use plainwire::net::http::{Error, Layer, Opener, ProxyLogin, Request, Response};
use plainwire::net::server::{Options, Port};
use plainwire::net::{pool, reactor};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A server that answers each request by a function of its number and its head, and remembers the heads.
struct Script {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Script {
    fn new(answer: impl Fn(usize, &str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heads: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let (seen, answer) = (Arc::clone(&heads), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let mut stream = BufReader::new(stream);
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        if stream.read_until(b'\n', &mut head).unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(head.clone());
                        seen.len() - 1
                    };
                    let answer = answer(number, &String::from_utf8_lossy(&head));
                    // A client that has seen enough goes away.
                    let _gone = stream.get_mut().write_all(&answer);
                    let _gone = stream.get_mut().shutdown(std::net::Shutdown::Write);
                    let _gone = std::io::copy(&mut stream, &mut std::io::sink());
                });
            }
        });
        Self { address, heads }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().iter().map(|head| String::from_utf8_lossy(head).into_owned()).collect()
    }
}

fn opener() -> Opener {
    Opener::new().proxies(Proxies::default())
}

fn answer(start: &str, fields: &[&str], body: &str) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {start}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for field in fields {
        text += &format!("{field}\r\n");
    }
    (text + "\r\n" + body).into_bytes()
}

#[test]
fn a_cookie_goes_back_as_it_was_set() {
    let script = Script::new(|number, _| match number {
        0 => b"HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: name=caf\xe9\xff\r\nContent-Length: 0\r\n\r\n"
            .to_vec(),
        _ => answer("200 OK", &[], ""),
    });
    let opener = opener().cookies();
    opener.get(&script.url("/")).unwrap();
    opener.open(Request::get(&script.url("/")).unwrap().field("Cookie", b"own=\xfe").unwrap()).unwrap();
    let heads = script.heads.lock().unwrap();
    let has = |octets: &[u8]| heads[1].windows(octets.len()).any(|window| window == octets);
    assert!(has(b"\r\nCookie: name=caf\xe9\xff; own=\xfe\r\n"), "{}", heads[1].escape_ascii());
}

#[test]
fn a_location_in_another_charset_goes_back_as_it_was_spelled() {
    let script = Script::new(|number, _| match number {
        0 => {
            b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /caf\xe9?a=%25\r\nContent-Length: 0\r\n\r\n".to_vec()
        }
        1 => answer("302 Found", &["Location: /caf\u{e9}"], ""),
        _ => answer("200 OK", &[], "x"),
    });
    opener().get(&script.url("/")).unwrap();
    let heads = script.heads();
    assert!(heads[1].starts_with("GET /caf%E9?a=%25 "), "{}", heads[1]);
    assert!(heads[2].starts_with("GET /caf%C3%A9 "), "{}", heads[2]);
}

#[test]
fn an_upload_that_is_moved_never_becomes_a_get() {
    // RFC 9110 15.4.2: POST alone may change to GET on 301 and 302.
    let script = Script::new(|number, _| match number {
        0 => answer("301 Moved Permanently", &["Location: /new"], ""),
        _ => answer("200 OK", &[], "stored"),
    });
    let put = Request::new("PUT", &script.url("/old")).unwrap().reader(&b"content"[..], Some(7));
    assert!(matches!(opener().open(put), Err(Error::Again)));
    assert_eq!(script.heads().len(), 1);
}

#[test]
fn a_post_that_becomes_a_get_keeps_what_is_not_of_its_body() {
    let script = Script::new(|number, _| match number {
        0 => answer("303 See Other", &["Location: /new"], ""),
        _ => answer("200 OK", &[], ""),
    });
    let post = Request::post(&script.url("/"))
        .unwrap()
        .field("X-Own", "1")
        .unwrap()
        .field("Content-Type", "text/plain")
        .unwrap()
        .without("User-Agent")
        .reader(&b"content"[..], Some(7));
    opener().open(post).unwrap();
    let head = &script.heads()[1];
    assert!(head.starts_with("GET /new ") && head.contains("X-Own: 1\r\n"), "{head}");
    assert!(!head.contains("User-Agent") && !head.contains("Content-"), "{head}");
}

fn digest(realm: &str, nonce: &str, more: &str) -> Vec<u8> {
    let challenge =
        format!("WWW-Authenticate: Digest realm=\"{realm}\", qop=\"auth\", algorithm=SHA-256, nonce=\"{nonce}\"{more}");
    answer("401 Unauthorized", &[&challenge], "")
}

#[test]
fn a_second_realm_of_an_origin_gets_its_own_answer() {
    let script = Script::new(|_, head| {
        let realm = if head.starts_with("GET /a ") { "one" } else { "two" };
        if head.contains(&format!("realm=\"{realm}\"")) { answer("200 OK", &[], realm) } else { digest(realm, "n", "") }
    });
    let opener = opener().credentials(None, Credentials::new("u", "p"));
    for (path, realm) in [("/a", "one"), ("/b", "two"), ("/a", "one")] {
        assert_eq!(opener.get(&script.url(path)).unwrap().text().unwrap(), realm);
    }
    // Refused where it was tried, it is not tried again.
    let script = Script::new(|_, _| digest("r", "n", ""));
    assert_eq!(opener.get(&script.url("/")).unwrap().status(), 401);
    assert_eq!(script.heads().len(), 2);
}

#[test]
fn who_asks_at_the_same_time_is_not_taken_for_refused() {
    // Both ask before either is challenged; the one that comes second finds a digest that another request made.
    let both = std::sync::Barrier::new(2);
    let script = Script::new(move |number, head| {
        if head.contains("Authorization: Digest") {
            return answer("200 OK", &[], "in");
        }
        if number < 2 {
            both.wait();
        }
        digest("r", &format!("n{number}"), "")
    });
    let opener = opener().credentials(None, Credentials::new("u", "p"));
    std::thread::scope(|scope| {
        let ask = || scope.spawn(|| opener.get(&script.url("/")).unwrap().status());
        let (one, other) = (ask(), ask());
        assert_eq!((one.join().unwrap(), other.join().unwrap()), (200, 200));
    });
}

#[test]
fn a_stale_nonce_is_replaced_without_asking() {
    let script = Script::new(|number, head| match number {
        0 => digest("r", "old", ""),
        2 => digest("r", "new", ", stale=true"),
        _ if head.contains("nonce=\"new\"") || number == 1 => answer("200 OK", &[], ""),
        _ => digest("r", "old", ""),
    });
    let opener = opener().credentials(None, Credentials::new("u", "p"));
    for _ in 0..3 {
        assert_eq!(opener.get(&script.url("/")).unwrap().status(), 200);
    }
    let heads = script.heads();
    assert!(heads[2].contains("nc=00000002") && heads[3].contains("nc=00000001"), "{heads:?}");
    assert!(heads[4].contains("nonce=\"new\"") && heads[4].contains("nc=00000002"), "{heads:?}");
}

#[test]
fn a_digest_may_cover_a_file() {
    use sha2::Digest as _;
    let hex =
        |text: &[u8]| -> String { sha2::Sha256::digest(text).iter().map(|octet| format!("{octet:02x}")).collect() };
    let script = Script::new(|_, head| {
        if head.contains("Authorization") {
            return answer("200 OK", &[], "");
        }
        answer(
            "401 Unauthorized",
            &["WWW-Authenticate: Digest realm=\"r\", qop=\"auth-int\", algorithm=SHA-256, nonce=\"n\""],
            "",
        )
    });
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"passed over, content").unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(13)).unwrap();
    let opener = opener().credentials(None, Credentials::new("u", "p"));
    let put = Request::put(&script.url("/f")).unwrap().body(file).expect_continue(false);
    assert_eq!(opener.open(put).unwrap().status(), 200);
    let head = script.heads().pop().unwrap();
    assert!(head.contains("Content-Length: 7\r\n"), "{head}");
    // RFC 7616 3.4.1 and 3.4.3.
    let cnonce = head.split("cnonce=\"").nth(1).unwrap().split('"').next().unwrap();
    let a2 = hex(format!("PUT:/f:{}", hex(b"content")).as_bytes());
    let response = hex(format!("{}:n:00000001:{cnonce}:auth-int:{a2}", hex(b"u:r:p")).as_bytes());
    assert!(head.contains(&format!("response=\"{response}\"")), "{head}");
}

/// An answer to a challenge names the URL that it is for: what a redirect leads to gets one of its own.
#[test]
fn a_redirect_gets_a_digest_of_its_own() {
    let script = Script::new(|_, head| {
        let target = head.split(' ').nth(1).unwrap();
        match head.contains(&format!("uri=\"{target}\"")) {
            false if head.contains("Authorization") => answer("400 Bad Request", &[], ""),
            false => digest("r", "n", ""),
            true if target == "/a" => answer("302 Found", &["Location: /b"], ""),
            true => answer("200 OK", &[], "in"),
        }
    });
    let opener = opener().credentials(None, Credentials::new("u", "p"));
    for _ in 0..2 {
        assert_eq!(opener.get(&script.url("/a")).unwrap().status(), 200, "{:?}", script.heads());
    }
    let counts: Vec<_> =
        script.heads().iter().map(|head| head.split("nc=").nth(1).map(|nc| nc[..8].to_string())).collect();
    let counts: Vec<_> = counts.iter().map(Option::as_deref).collect();
    assert_eq!(counts, [None, Some("00000001"), Some("00000002"), Some("00000003"), Some("00000004")]);
}

#[test]
fn a_body_from_a_reader_is_covered_by_no_digest() {
    let offered = Arc::new(Mutex::new("auth-int"));
    let offers = Arc::clone(&offered);
    let script = Script::new(move |_, head| {
        if head.contains("Authorization") {
            return answer("200 OK", &[], "");
        }
        let challenge =
            format!("WWW-Authenticate: Digest realm=\"r\", qop=\"{}\", nonce=\"n\"", offers.lock().unwrap());
        answer("401 Unauthorized", &[&challenge], "")
    });
    for qop in ["auth-int", "auth-int, auth"] {
        *offered.lock().unwrap() = qop;
        let opener = opener().credentials(None, Credentials::new("u", "p"));
        let put = || Request::put(&script.url("/f")).unwrap().reader(&b"content"[..], Some(7)).expect_continue(false);
        // Nothing is known of the server yet: whoever sends a body from a reader gets to see the 401.
        assert_eq!(opener.open(put()).unwrap().status(), 401);
        assert_eq!(opener.get(&script.url("/")).unwrap().status(), 200);
        let before = script.heads().len();
        let outcome = opener.open(put());
        if qop == "auth-int" {
            let error = outcome.unwrap_err();
            assert!(matches!(error, Error::BodyHash), "{error}");
            assert!(error.to_string().contains("auth-int") && error.exit_code() == 65, "{error}");
            assert_eq!(script.heads().len(), before);
        } else {
            assert_eq!(outcome.unwrap().status(), 200);
            assert!(script.heads()[before].contains("qop=auth, "));
        }
    }
}

fn by_proxy(script: &Script, user: &str) -> Opener {
    let proxy = Some(format!("http://{user}@{}", script.address));
    Opener::new().proxies(Proxies { http: proxy.clone(), https: proxy, ..Proxies::default() })
}

fn proxy_asks(challenges: &[&str]) -> Vec<u8> {
    let fields: Vec<_> = challenges.iter().map(|challenge| format!("Proxy-Authenticate: {challenge}")).collect();
    answer("407 Proxy Authentication Required", &fields.iter().map(String::as_str).collect::<Vec<_>>(), "who?")
}

/// The response of RFC 7616 3.4.1 to `realm="r", qop="auth", algorithm=SHA-256, nonce="n"` for u and p.
fn has_digest(head: &str, method: &str, target: &str, count: &str) -> bool {
    use sha2::Digest as _;
    let hex =
        |text: &str| -> String { sha2::Sha256::digest(text).iter().map(|octet| format!("{octet:02x}")).collect() };
    let Some(rest) = head.split("cnonce=\"").nth(1) else { return false };
    let cnonce = rest.split('"').next().unwrap();
    let a2 = hex(&format!("{method}:{target}"));
    let response = hex(&format!("{}:n:{count}:{cnonce}:auth:{a2}", hex("u:r:p")));
    head.contains(&format!("response=\"{response}\"")) && head.contains(&format!("uri=\"{target}\""))
}

const PROXY_DIGEST: &str = "Digest realm=\"r\", qop=\"auth\", algorithm=SHA-256, nonce=\"n\"";

#[test]
fn a_proxy_that_offers_digest_gets_digest() {
    for (login, first) in [
        (ProxyLogin::Basic, Some("Proxy-Authorization: Basic dTpw")),
        (ProxyLogin::Any, None),
        (ProxyLogin::Digest, None),
    ] {
        let script = Script::new(|_, head| {
            if head.contains("Proxy-Authorization: Digest") {
                return answer("200 OK", &[], "through");
            }
            proxy_asks(&["Basic realm=\"r\"", PROXY_DIGEST])
        });
        let opener = by_proxy(&script, "u:p").proxy_login(login);
        let url = "http://www.example.test/a?b";
        let posts = Request::post(url).unwrap().body("text".to_string());
        assert_eq!(opener.open(posts).unwrap().text().unwrap(), "through");
        assert_eq!(opener.get(url).unwrap().text().unwrap(), "through");
        let heads = script.heads();
        match first {
            Some(said) => assert!(heads[0].contains(said), "{}", heads[0]),
            None => assert!(!heads[0].contains("Authorization"), "{}", heads[0]),
        }
        // RFC 7616 3.4: the URI is the target, and a proxy's is the whole URL.
        assert!(has_digest(&heads[1], "POST", url, "00000001"), "{}", heads[1]);
        assert!(has_digest(&heads[2], "GET", url, "00000002"), "{}", heads[2]);
        assert!(heads.iter().all(|head| !head.contains("\r\nAuthorization")) && heads.len() == 3);
    }
}

#[test]
fn a_proxy_is_told_no_more_than_it_may_hear() {
    // Basic alone is offered: to who lets the proxy choose, and not to who wants Digest.
    for (login, requests, status) in
        [(ProxyLogin::Any, 2, 200), (ProxyLogin::Digest, 1, 407), (ProxyLogin::Basic, 1, 200)]
    {
        let script = Script::new(|_, head| {
            let told = head.contains("Proxy-Authorization: Basic dTpw");
            if told { answer("200 OK", &[], "") } else { proxy_asks(&["Basic realm=\"r\""]) }
        });
        let opener = by_proxy(&script, "u:p").proxy_login(login);
        assert_eq!(opener.get("http://www.example.test/").unwrap().status(), status);
        assert_eq!(script.heads().len(), requests, "{login:?}");
        let kept = status == 200 || !script.heads().iter().any(|head| head.contains("Authorization"));
        assert!(kept, "{login:?}");
    }
    // A wrong password is tried once; a nonce that is stale again and again, three times; nobody, never.
    for (user, challenge, requests) in [
        ("u:wrong", PROXY_DIGEST.to_string(), 2),
        ("u:p", format!("{PROXY_DIGEST}, stale=true"), 3),
        ("", PROXY_DIGEST.to_string(), 1),
    ] {
        let script = Script::new(move |_, _| proxy_asks(&[&challenge]));
        let opener = by_proxy(&script, user).proxy_login(ProxyLogin::Any);
        assert_eq!(opener.get("http://www.example.test/").unwrap().status(), 407);
        assert_eq!(script.heads().len(), requests, "{user}");
    }
    // An origin's 407 learns nothing.
    let script = Script::new(|_, _| proxy_asks(&[PROXY_DIGEST]));
    assert_eq!(opener().credentials(None, Credentials::new("u", "p")).get(&script.url("/")).unwrap().status(), 407);
    assert_eq!(script.heads().len(), 1);
}

#[cfg(feature = "tls")]
#[test]
fn a_tunnel_is_asked_for_by_digest() {
    let url = "https://www.example.test/";
    let authority = "www.example.test:443";
    let through = |opener: &Opener| opener.get(url).unwrap_err();
    // The proxy closes behind its 407: the answer goes over another connection.
    let script = Script::new(|_, head| {
        let told = head.contains("Proxy-Authorization: Digest");
        if told { b"HTTP/1.1 200 OK\r\n\r\n".to_vec() } else { proxy_asks(&[PROXY_DIGEST]) }
    });
    let opener = by_proxy(&script, "u:p").proxy_login(ProxyLogin::Any);
    for _ in 0..2 {
        // What is at the other end of the tunnel says nothing.
        assert!(matches!(through(&opener), Error::Tls { .. }));
    }
    let heads = script.heads();
    assert!(!heads[0].contains("Authorization"), "{}", heads[0]);
    assert!(has_digest(&heads[1], "CONNECT", authority, "00000001"), "{}", heads[1]);
    assert!(has_digest(&heads[2], "CONNECT", authority, "00000002"), "{}", heads[2]);

    // It does not: the answer goes over the same one.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let mut heads = Vec::new();
        for said in [
            format!("HTTP/1.1 407 Who?\r\nProxy-Authenticate: {PROXY_DIGEST}\r\nContent-Length: 4\r\n\r\nwho?"),
            "HTTP/1.1 200 OK\r\n\r\n".to_string(),
        ] {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                assert_ne!(stream.read_until(b'\n', &mut head).unwrap(), 0);
            }
            heads.push(String::from_utf8(head).unwrap());
            stream.get_mut().write_all(said.as_bytes()).unwrap();
        }
        heads
    });
    let one = Some(format!("http://u:p@{address}"));
    let opener = Opener::new().proxies(Proxies { https: one, ..Proxies::default() });
    assert!(matches!(through(&opener), Error::Tls { .. }));
    let heads = proxy.join().unwrap();
    assert!(heads[0].contains("Proxy-Authorization: Basic dTpw"), "{}", heads[0]);
    assert!(has_digest(&heads[1], "CONNECT", authority, "00000001"), "{}", heads[1]);

    // Refused: said once, and told with the proxy's name and without the password.
    let script = Script::new(|_, _| proxy_asks(&[PROXY_DIGEST]));
    let error = through(&by_proxy(&script, "u:wrong").proxy_login(ProxyLogin::Digest));
    assert!(matches!(error, Error::Proxy { status: 407, .. }), "{error}");
    assert!(!error.to_string().contains("wrong"), "{error}");
    assert_eq!(script.heads().len(), 2);
    // One that goes away is told without it, too.
    let script = Script::new(|_, _| b"HTTP/1.1 200".to_vec());
    let error = through(&by_proxy(&script, "u:wrong"));
    assert!(!error.to_string().contains("wrong"), "{error}");
}

/// What a layer adds is for the request that it was shown, and is added to the next one anew, or not.
#[test]
fn what_a_layer_adds_goes_no_further() {
    struct Key(u16);
    impl Layer for Key {
        fn request(&self, request: &mut Request) -> Result<(), Error> {
            if request.url().port() == Some(self.0) { request.push("X-Api-Key", "k-42") } else { Ok(()) }
        }
    }
    let other = Script::new(|_, _| answer("200 OK", &[], "there"));
    let at = other.url("/");
    let script = Script::new(move |number, head| match number {
        0 => digest("r", "n", ""),
        1 if head.contains("Authorization: Digest") => answer("302 Found", &["Location: /next"], ""),
        2 => answer("302 Found", &[&format!("Location: {at}")], ""),
        _ => answer("400 Bad Request", &[], ""),
    });
    let opener = opener().credentials(None, Credentials::new("u", "p")).layer(Key(script.address.port()));
    assert_eq!(opener.get(&script.url("/")).unwrap().text().unwrap(), "there");
    for head in script.heads() {
        assert_eq!(head.matches("X-Api-Key: k-42").count(), 1, "{head}");
    }
    assert!(!other.heads()[0].contains("X-Api-Key"), "{}", other.heads()[0]);
    // Who says who we are is not spoken over.
    struct Bearer;
    impl Layer for Bearer {
        fn request(&self, request: &mut Request) -> Result<(), Error> {
            request.push("Authorization", "Bearer t")
        }
    }
    let script = Script::new(|_, _| digest("r", "n", ""));
    let opener = Opener::new().proxies(Proxies::default()).credentials(None, Credentials::new("u", "p")).layer(Bearer);
    assert_eq!(opener.get(&script.url("/")).unwrap().status(), 401);
    assert_eq!(script.heads().len(), 1);
}

#[test]
fn a_url_names_the_user_and_the_file_the_password() {
    use plainwire::net::http::netrc::Netrc;
    let script = Script::new(|_, _| answer("200 OK", &[], ""));
    let netrc =
        Netrc::parse("machine 127.0.0.1 login other password wrong\nmachine 127.0.0.1 login u password p").unwrap();
    let opener = opener().netrc(netrc).preemptive(true);
    for (user, sent) in [("u", "dTpw"), ("u:own", "dTpvd24="), ("nobody", "bm9ib2R5Og==")] {
        opener.get(&format!("http://{user}@{}/", script.address)).unwrap();
        let head = script.heads().pop().unwrap();
        // printf u:p | base64
        assert!(head.contains(&format!("Authorization: Basic {sent}\r\n")), "{user}: {head}");
    }
}

#[test]
fn digest_alone_is_never_weakened_to_basic() {
    let script = Script::new(|_, _| answer("401 Unauthorized", &["WWW-Authenticate: Basic realm=\"r\""], ""));
    let opener = opener().credentials(None, Credentials::new("u", "secret"));
    for preemptive in [false, true] {
        let strict = opener.clone().basic(false).preemptive(preemptive);
        assert_eq!(strict.get(&script.url("/")).unwrap().status(), 401);
    }
    assert!(script.heads().iter().all(|head| !head.contains("Authorization")));
    assert_eq!(script.heads().len(), 2);
}

#[test]
fn who_refuses_the_expectation_is_asked_without_it() {
    let script = Script::new(|_, head| {
        if head.contains("Expect:") { answer("417 Expectation Failed", &[], "") } else { answer("200 OK", &[], "took") }
    });
    let put = Request::put(&script.url("/")).unwrap().body("content").expect_continue(true);
    assert_eq!(opener().open(put).unwrap().text().unwrap(), "took");
    assert_eq!(script.heads().len(), 2);
    // It is told to those who asked for it themselves.
    let own = Request::put(&script.url("/")).unwrap().body("content").field("Expect", "100-continue").unwrap();
    assert_eq!(opener().open(own).unwrap().status(), 417);
}

/// A server of ranges: what the answer says of the version, and what it gives, by the number of the request.
fn ranges(fields: fn(usize) -> &'static [&'static str], length: usize, more: usize) -> Script {
    Script::new(move |number, head| {
        let octet = |at: usize| b'a' + (at % 23) as u8;
        let Some(range) = head.lines().find_map(|line| line.strip_prefix("Range: bytes=")) else {
            let body: String = (0..length).map(|at| char::from(octet(at))).collect();
            return answer("200 OK", fields(number), &body);
        };
        let (first, last) = range.split_once('-').unwrap();
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        let body: String = (first..=last + more).map(|at| char::from(octet(at))).collect();
        let given = format!("Content-Range: bytes {first}-{last}/{length}");
        answer("206 Partial Content", &[&[&*given], fields(number)].concat(), &body)
    })
}

fn download(url: &str, segments: usize) -> (Result<u64, Error>, Vec<String>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    let download = Download::new(url, &path).segments(segments).tries(1, Duration::ZERO);
    let done = download.run(&opener(), &|_| {}).map(|done| done.length);
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let text = std::fs::read(entry.path()).unwrap();
            format!("{} {}", entry.file_name().to_string_lossy(), String::from_utf8_lossy(&text))
        })
        .collect();
    names.sort();
    (done, names, std::fs::read(&path).unwrap_or_default())
}

#[test]
fn parts_of_different_versions_are_never_put_together() {
    const LENGTH: usize = 200_000;
    // Weak tags prove nothing, but a difference between them does.
    let script = ranges(|number| if number < 2 { &["ETag: W/\"1\""] } else { &["ETag: W/\"2\""] }, LENGTH, 0);
    let (done, _, _) = download(&script.url("/"), 3);
    // It begins anew, once, and then all are of the second version.
    assert_eq!(done.unwrap(), LENGTH as u64);
    assert!(script.heads().len() > 4);
    // Where nothing tells versions apart it comes in one part.
    let script = ranges(|_| &[], LENGTH, 0);
    let (done, _, file) = download(&script.url("/"), 3);
    assert_eq!((done.unwrap(), file.len()), (LENGTH as u64, LENGTH));
    assert_eq!(script.heads().len(), 2);
}

#[test]
fn no_range_is_asked_for_by_a_date_where_there_is_a_tag() {
    const LENGTH: usize = 200_000;
    const FIELDS: &[&str] =
        &["ETag: W/\"1\"", "Last-Modified: Sat, 29 Oct 1994 19:43:31 GMT", "Date: Sat, 29 Oct 1994 19:43:32 GMT"];
    // RFC 9110 13.1.5. Apache has a weak tag for a file of the last second, and a date is no condition to it for a minute.
    let script = ranges(|_| FIELDS, LENGTH, 0);
    let (done, _, file) = download(&script.url("/"), 3);
    assert_eq!((done.unwrap(), file.len()), (LENGTH as u64, LENGTH));
    assert!(script.heads().iter().all(|head| !head.contains("If-Range")));
}

#[test]
fn a_part_that_is_longer_than_asked_for_is_refused() {
    let script = ranges(|_| &["ETag: \"1\""], 200_000, 1);
    assert!(matches!(download(&script.url("/"), 2).0, Err(Error::Changed(_))));
    // And so is a part that nobody asked for.
    let script = Script::new(|_, head| {
        let ranged = head.contains("Range:");
        let range = if ranged { "Content-Range: bytes 0-0/*" } else { "Content-Range: bytes 0-0/5" };
        answer("206 Partial Content", &[range], "x")
    });
    let (done, names, _) = download(&script.url("/"), 1);
    assert!(matches!(done, Err(Error::Changed(_))), "{done:?}");
    assert!(names.iter().all(|name| !name.starts_with("f ")), "{names:?}");
}

/// What every part is asked with, and who is asked for a password: not another origin that a redirect leads to.
#[test]
fn a_download_takes_its_fields_and_leaves_its_secrets_behind() {
    let other = ranges(|_| &["ETag: \"a\""], 1000, 0);
    let at = other.url("/there");
    let script = Script::new(move |_, head| {
        let moved = head.starts_with("GET /moved ");
        if moved { answer("302 Found", &[&format!("Location: {at}")], "") } else { answer("404 Not Found", &[], "") }
    });
    let folder = tempfile::tempdir().unwrap();
    let request = Request::get(&script.url("/moved")).unwrap();
    let request = request.field("X-Key", "k").unwrap().field("Cookie", "a=b").unwrap();
    let request = request.credentials(Credentials::new("u", "p"));
    let opener = opener().preemptive(true);
    let path = folder.path().join("file");
    let download = Download::of(request, &path).segments(2);
    assert_eq!(download.run(&opener, &|_| {}).unwrap().length, 1000);
    let (first, parts) = (script.heads(), other.heads());
    assert!(first.iter().all(|head| head.contains("X-Key: k\r\n") && head.contains("Cookie: a=b\r\n")), "{first:?}");
    assert!(first.iter().all(|head| head.contains("Authorization: Basic dTpw\r\n")), "{first:?}");
    assert!(parts.len() == 2 && parts.iter().all(|head| head.contains("X-Key: k\r\n")), "{parts:?}");
    assert!(parts.iter().all(|head| !head.contains("Cookie") && !head.contains("Authorization")), "{parts:?}");

    // Nor is it the password of whoever asks, which was for the host that was named.
    let opener = opener.credentials(None, Credentials::new("u", "p"));
    Download::new(script.url("/moved"), &path).run(&opener, &|_| {}).unwrap();
    assert!(other.heads().iter().all(|head| !head.contains("Authorization")), "{:?}", other.heads());

    // What is not a whole by GET is no download.
    for request in [
        Request::post(&script.url("/moved")).unwrap(),
        Request::get(&script.url("/moved")).unwrap().body("x".to_string()),
        Request::get(&script.url("/moved")).unwrap().field("Range", "bytes=0-1").unwrap(),
    ] {
        let before = script.heads().len();
        let error = Download::of(request, &path).run(&opener, &|_| {}).unwrap_err();
        assert!(matches!(error, Error::Unsayable(_)) && script.heads().len() == before, "{error}");
    }
}

#[test]
fn a_plan_holds_no_password() {
    let script = Script::new(|number, head| {
        if number == 0 {
            answer("206 Partial Content", &["ETag: \"1\"", "Content-Range: bytes 0-0/100000"], "x")
        } else {
            assert!(head.contains("Range: bytes=0-"), "{head}");
            answer("503 Service Unavailable", &[], "")
        }
    });
    let (done, names, _) = download(&format!("http://user:secret@{}/", script.address), 1);
    assert!(matches!(done, Err(Error::Status { .. })), "{done:?}");
    let plan = names.iter().find(|name| name.starts_with("f.part.plan ")).unwrap();
    assert!(!plan.contains("secret") && plan.contains(&script.url("/")), "{plan}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_link_in_the_place_of_a_part_leads_nowhere() {
    for script in [ranges(|_| &["ETag: \"1\""], 200_000, 0), Script::new(|_, _| answer("200 OK", &[], "new"))] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("victim"), "old").unwrap();
        std::os::unix::fs::symlink(at("victim"), at("f.part")).unwrap();
        let done = Download::new(script.url("/"), at("f")).run(&opener(), &|_| {});
        assert!(matches!(done, Err(Error::File { .. })), "{done:?}");
        assert_eq!(std::fs::read(at("victim")).unwrap(), b"old");
    }
    // The plan's place is no better.
    let script = ranges(|_| &["ETag: \"1\""], 200_000, 0);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("victim"), "old").unwrap();
    std::os::unix::fs::symlink(at("victim"), at("f.part.plan.new")).unwrap();
    let done = Download::new(script.url("/"), at("f")).run(&opener(), &|_| {});
    assert!(matches!(done, Err(Error::File { .. })), "{done:?}");
    assert_eq!(std::fs::read(at("victim")).unwrap(), b"old");
}

#[test]
fn the_longest_name_has_room_for_its_part() {
    let script = ranges(|_| &["ETag: \"1\""], 200_000, 0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n".repeat(255));
    Download::new(script.url("/"), &path).segments(2).run(&opener(), &|_| {}).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(std::fs::metadata(path).unwrap().len(), 200_000);
}

#[test]
fn content_in_a_coding_that_is_not_undone_is_no_content() {
    let app = |_: &Asked| Begin::Collect(100, Box::new(|_, body| Answer::new(200).body(body)));
    for start in [pool::start, reactor::start] {
        let server = start(vec![Port::bind("127.0.0.1:0", Serve::new(app)).unwrap()], Options::default()).unwrap();
        let mut stream = TcpStream::connect(server.addresses()[0]).unwrap();
        let request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n\
                       3\r\nabc\r\n0\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 501 "), "{answer}");
        server.stop(Duration::from_secs(5));
    }
}

/// Nobody asked for a transfer coding but chunked (RFC 9110 10.1.4): what is in another is not the content.
#[test]
fn an_answer_in_a_coding_that_is_not_undone_is_no_answer() {
    let answers: [(&str, Result<&str, ()>); 5] = [
        ("Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Err(())),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Err(())),
        ("Transfer-Encoding: x\r\n\r\nabc", Err(())),
        // Old servers say so of what is in none.
        ("Transfer-Encoding: identity\r\n\r\nabc", Ok("abc")),
        ("Transfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Ok("abc")),
    ];
    for (said, expected) in answers {
        let script = Script::new(move |_, _| format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{said}").into_bytes());
        let got = opener().get(&script.url("/")).and_then(Response::text);
        match expected {
            Ok(text) => assert_eq!(got.unwrap(), text),
            Err(()) => assert!(matches!(got, Err(Error::Coding(_))), "{said}: {got:?}"),
        }
        assert_eq!(opener().open(Request::head(&script.url("/")).unwrap()).unwrap().status(), 200, "{said}");
    }
}

#[test]
fn a_body_is_copied_whole_however_it_comes() {
    // More than any buffer, in pieces of every size; a sink that fails ends it.
    let script = Script::new(|_, head| {
        let body: String = (0..300_000).map(|at| char::from(b'a' + (at % 23) as u8)).collect();
        if head.starts_with("GET /length ") {
            return answer("200 OK", &[], &body);
        }
        let mut said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".to_vec();
        let mut rest = body.as_bytes();
        for size in (1..).step_by(7) {
            let (piece, behind) = rest.split_at(size.min(rest.len()));
            said.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            said.extend_from_slice(piece);
            said.extend_from_slice(b"\r\n");
            rest = behind;
            if piece.is_empty() {
                break;
            }
        }
        if head.starts_with("GET /cut ") {
            said.truncate(100_000);
        }
        said
    });
    let expected: Vec<u8> = (0..300_000).map(|at| b'a' + (at % 23) as u8).collect();
    for path in ["/length", "/chunks"] {
        let mut answer = opener().get(&script.url(path)).unwrap();
        let mut body = vec![0; 10];
        answer.read_exact(&mut body).unwrap();
        assert_eq!(answer.copy_to(&mut body).unwrap(), 299_990);
        assert!(body == expected, "{path}");
        assert_eq!(answer.copy_to(&mut body).unwrap(), 0, "nothing is left");
    }
    // No limit is a limit too.
    assert_eq!(opener().get(&script.url("/length")).unwrap().bytes(usize::MAX).unwrap().len(), 300_000);
    assert!(opener().get(&script.url("/length")).unwrap().bytes(299_999).is_err());
    let cut = opener().get(&script.url("/cut")).unwrap().copy_to(&mut std::io::sink());
    assert!(matches!(cut, Err(Error::Partial(_))), "{cut:?}");
    let full = opener().get(&script.url("/length")).unwrap().copy_to(&mut &mut [0; 1000][..]);
    assert!(matches!(full, Err(Error::File { .. })), "{full:?}");
}

#[test]
fn a_body_that_nobody_wants_holds_nobody_up() {
    // It is announced, and never comes; Script waits for the client to go away.
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = hangs.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, stream) in hangs.incoming().flatten().enumerate() {
            std::thread::spawn(move || {
                let mut stream = BufReader::new(stream);
                let mut line = String::new();
                while stream.read_line(&mut line).is_ok_and(|read| read > 2) {}
                let answer = if number == 0 {
                    "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n"
                } else {
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                };
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
                let _gone = stream.read_line(&mut line);
            });
        }
    });
    let start = std::time::Instant::now();
    // Nor does it matter what coding it would have come in.
    assert_eq!(opener().get(&format!("http://{address}/")).unwrap().text().unwrap(), "ok");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn nothing_that_is_told_holds_a_password() {
    let wrong = Request::get("http://user:secret@h:99999/").unwrap_err();
    assert!(!wrong.to_string().contains("secret") && wrong.to_string().contains("h:99999"), "{wrong}");
    // What is no URL because of its password, which ends what may have one.
    for password in ["se#secret", "p/secret", "p?secret"] {
        let wrong = Request::get(&format!("http://user:{password}@h/")).unwrap_err();
        assert!(!wrong.to_string().contains("secret"), "{wrong}");
    }
    let wrong = Request::get("http:/user:secret@h:x/").unwrap_err();
    assert!(!wrong.to_string().contains("secret"), "{wrong}");
    for proxy in ["http://user:se#secret@h:80", "user:se#secret@h:80", "user:secret@h:x"] {
        let proxy = Some(proxy.to_string());
        let through = Opener::new().proxies(Proxies { http: proxy.clone(), https: proxy, ..Proxies::default() });
        let wrong = through.get("http://www.example.test/").unwrap_err();
        assert!(!wrong.to_string().contains("secret"), "{wrong}");
    }
    let script = Script::new(|number, _| match number {
        0 => answer("302 Found", &["Location: ftp://user:secret@h/"], ""),
        _ => answer("200 OK", &[], ""),
    });
    let refused = opener().get(&script.url("/")).unwrap_err();
    assert!(!refused.to_string().contains("secret"), "{refused}");
    let url = format!("http://user:secret@{}/a@b", script.address);
    let request = Request::get(&url).unwrap().field("Authorization", "Bearer secret").unwrap();
    assert!(!format!("{request:?}").contains("secret") && format!("{request:?}").contains("/a@b"), "{request:?}");
    let response = opener().open(request).unwrap();
    assert!(!format!("{response:?}").contains("secret"), "{response:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn many_ranges_of_a_file_cost_one_descriptor() {
    use plainwire::net::http::serve::Files;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("held-open"), vec![0; 40_000_000]).unwrap();
    let port = Port::bind("127.0.0.1:0", Serve::new(Files::below(folder.path()))).unwrap();
    let server = reactor::start(vec![port], Options::default()).unwrap();
    let mut stream = TcpStream::connect(server.addresses()[0]).unwrap();
    let ranges: Vec<_> = (0..30).map(|at| format!("{}-{}", at * 1_200_000, at * 1_200_000 + 1_000_000)).collect();
    let request = format!("GET /held-open HTTP/1.1\r\nHost: h\r\nRange: bytes={}\r\n\r\n", ranges.join(","));
    stream.write_all(request.as_bytes()).unwrap();
    stream.read_exact(&mut [0; 12]).unwrap();
    // It is in the middle of its answer, which nobody reads.
    let open = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .flatten()
        .filter(|entry| std::fs::read_link(entry.path()).is_ok_and(|target| target.ends_with("held-open")));
    assert_eq!(open.count(), 1);
}

#[test]
fn an_answered_request_is_not_read_for_ever() {
    let app = |request: &Asked| match request.path() {
        "/collect" => Begin::Collect(10, Box::new(|_, _| Answer::new(200))),
        _ => Begin::Answer(Answer::status(404)),
    };
    for start in [pool::start, reactor::start] {
        let service = Serve::new(app).pass_over(Duration::from_millis(300));
        let server = start(vec![Port::bind("127.0.0.1:0", service).unwrap()], Options::default()).unwrap();
        let connect = || {
            let stream = TcpStream::connect(server.addresses()[0]).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            stream
        };
        for (path, status) in [("/", "404"), ("/collect", "413")] {
            for framing in ["Content-Length: 1000000000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n"]
            {
                let mut stream = connect();
                let request = format!("POST {path} HTTP/1.1\r\nHost: h\r\n{framing}more than ten octets");
                stream.write_all(request.as_bytes()).unwrap();
                // Drop by drop, until nobody listens.
                let mut drips = stream.try_clone().unwrap();
                let dripping = std::thread::spawn(move || {
                    while drips.write_all(b"x").is_ok() {
                        std::thread::sleep(Duration::from_millis(10));
                    }
                });
                let mut answer = Vec::new();
                // The end, or a reset by what is still on its way.
                let _ended = stream.read_to_end(&mut answer);
                let answer = String::from_utf8(answer).unwrap();
                assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
                drop(stream);
                dripping.join().unwrap();
            }
        }
        // One that comes in time is passed over, long as it is, and the connection kept, beyond that time too.
        let mut stream = connect();
        stream.write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n").unwrap();
        stream.write_all(&vec![b'x'; 5_000_000]).unwrap();
        let mut answer = [0; 13];
        stream.read_exact(&mut answer).unwrap();
        std::thread::sleep(Duration::from_millis(400));
        stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        assert_eq!(answers.matches("HTTP/1.1 404 ").count(), 1, "{answers}");
        server.stop(Duration::from_secs(5));
    }
}

#[test]
fn a_limit_without_end_is_no_fault() {
    use plainwire::net::http::Timeouts;
    let endless = Duration::MAX;
    let limits = plainwire::http1::server::Limits {
        idle: Some(endless),
        head: Some(endless),
        body: Some(endless),
        ..plainwire::http1::server::Limits::default()
    };
    let app = |_: &Asked| Begin::Collect(usize::MAX, Box::new(|_, body| Answer::new(200).body(body)));
    for start in [pool::start, reactor::start] {
        let service = Serve::new(app).limits(limits).pass_over(endless);
        let mut options = Options::default();
        (options.limits.stall, options.limits.linger, options.limits.answer) = (endless, endless, endless);
        let server = start(vec![Port::bind("127.0.0.1:0", service).unwrap()], options).unwrap();
        let timeouts = Timeouts { connect: endless, head: endless, idle: endless, whole: Some(endless) };
        let post = Request::post(&format!("http://{}/", server.addresses()[0])).unwrap().body("content");
        let answer = opener().timeouts(timeouts).open(post).unwrap();
        assert_eq!(answer.bytes(usize::MAX).unwrap(), b"content");
        server.stop(endless);
    }
}
