//! Our client against our server, over real sockets, on the pool and on the reactor.
#![cfg(all(feature = "web", feature = "testing"))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "it talks over sockets")]

use plainwire::http1::{Content, ResponseHead, StatusCode, Trailers};
use plainwire::net::http::auth::Credentials;
use plainwire::net::http::form::Form;
use plainwire::net::http::serve::{Answer, Begin, Files, Intake, Reply, Request as Asked, Serve};
use plainwire::net::http::{Error, Layer, Opener, Redirects, Request, Response};
use plainwire::net::server::{Options, Port, Running};
use plainwire::net::{pool, reactor};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// Gives a body back as it comes.
struct Echo {
    begun: bool,
}

impl Intake for Echo {
    fn piece(&mut self, octets: &[u8], reply: &mut Reply<'_>) {
        if !self.begun {
            self.begun = true;
            reply.begin(&ResponseHead::new(StatusCode::OK), Content::Stream).expect("an answer is owed");
        }
        reply.data(octets).expect("an answer was begun");
    }

    fn end(self: Box<Self>, _: &Asked, _: &Trailers<&[u8]>, reply: &mut Reply<'_>) -> Option<Answer> {
        if !self.begun {
            return Some(Answer::new(200));
        }
        reply.end().expect("an answer was begun");
        None
    }
}

fn app(request: &Asked) -> Begin {
    let field = |name| request.field(name).unwrap_or("-").to_string();
    Begin::Answer(match (request.method(), request.path()) {
        ("POST" | "PUT", "/echo") => return Begin::Stream(Box::new(Echo { begun: false })),
        ("POST", "/collect") => {
            return Begin::Collect(1000, Box::new(|_, body| Answer::text(200, format!("{} octets", body.len()))));
        }
        ("POST", "/refuse") => Answer::status(413),
        (_, "/hello") => Answer::text(200, "hello"),
        (_, "/large") => Answer::new(200).body(vec![b'x'; 3_000_000]),
        (_, "/stream") => Answer::new(200).reader(std::io::repeat(b'y').take(100_000), None),
        (_, "/short") => Answer::new(200).reader(std::io::repeat(b'z').take(10), Some(100)),
        (_, "/gzip") => Answer::new(200)
            .with("Content-Encoding", "gzip")
            .body(&b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0"[..]),
        (_, "/latin") => Answer::new(200).with("Content-Type", "text/plain; charset=iso-8859-1").body(&b"caf\xe9"[..]),
        (_, "/302") => Answer::redirect(302, "/method#x"),
        (_, "/307") => Answer::redirect(307, "echo"),
        (_, "/loop") => Answer::redirect(301, "/loop"),
        (_, "/out") => Answer::redirect(302, "ftp://example.com/"),
        (method, "/method") => Answer::text(200, format!("{method} {} {}", field("cookie"), field("content-type"))),
        (_, "/set") => Answer::redirect(303, "/method").with("Set-Cookie", "id=42; Path=/; HttpOnly"),
        (_, "/basic") if field("authorization") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" => Answer::text(200, "in"),
        (_, "/basic") => Answer::status(401).with("WWW-Authenticate", "Basic realm=\"r\""),
        (_, "/late") => Answer::text(200, "late").after(Duration::from_millis(30)),
        _ => Answer::status(404),
    })
}

type Start = fn(Vec<Port>, Options) -> std::io::Result<Running>;

fn on_both(check: impl Fn(&str, &Opener)) {
    for (name, start) in [("pool", pool::start as Start), ("reactor", reactor::start as Start)] {
        let running = start(vec![Port::bind("127.0.0.1:0", Serve::new(app)).unwrap()], Options::default()).unwrap();
        let base = format!("http://{}", running.addresses()[0]);
        println!("on the {name}");
        check(&base, &Opener::new().proxies(plainwire::net::http::proxy::Proxies::default()));
        running.stop(Duration::from_secs(5));
    }
}

#[test]
fn bodies_of_every_kind_go_both_ways() {
    on_both(|base, opener| {
        let get = |path: &str| opener.get(&format!("{base}{path}")).unwrap();
        assert_eq!(get("/hello").text().unwrap(), "hello");
        assert_eq!(get("/large").bytes(4_000_000).unwrap(), vec![b'x'; 3_000_000]);
        assert_eq!(get("/stream").bytes(4_000_000).unwrap(), vec![b'y'; 100_000]);
        assert_eq!(get("/gzip").text().unwrap(), "hello");
        assert_eq!(get("/latin").text().unwrap(), "café");
        assert_eq!(get("/late").text().unwrap(), "late");
        assert_eq!(get("/nothing").status(), 404);
        let head = opener.open(Request::head(&format!("{base}/large")).unwrap()).unwrap();
        assert_eq!((head.length(), head.bytes(10).unwrap()), (Some(3_000_000), Vec::new()));

        let echo = || Request::post(&format!("{base}/echo")).unwrap();
        assert_eq!(opener.open(echo().body("abc")).unwrap().text().unwrap(), "abc");
        let large = vec![b'q'; 5_000_000];
        assert_eq!(opener.open(echo().body(large.clone())).unwrap().bytes(6_000_000).unwrap(), large);
        let reader = std::io::repeat(b'r').take(1_500_000);
        assert_eq!(opener.open(echo().reader(reader, None)).unwrap().bytes(6_000_000).unwrap(), vec![b'r'; 1_500_000]);
        let collect = |len| opener.open(Request::post(&format!("{base}/collect")).unwrap().body(vec![0; len])).unwrap();
        assert_eq!(collect(1000).text().unwrap(), "1000 octets");
        assert_eq!(collect(1001).status(), 413);
        let refused = Request::post(&format!("{base}/refuse")).unwrap().body(vec![0; 5_000_000]);
        assert_eq!(opener.open(refused).unwrap().status(), 413);

        let mut form = Form::new("b").unwrap();
        form.text("a", "1").unwrap();
        let sent = opener.open(echo().multipart(form)).unwrap().text().unwrap();
        assert!(sent.starts_with("--b\r\n") && sent.ends_with("--b--\r\n"), "{sent}");
    });
}

#[cfg(feature = "json")]
#[test]
fn an_answer_is_read_as_json() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Item {
        id: u32,
        name: Option<String>,
    }
    on_both(|base, opener| {
        let post = |text: &str| {
            let request = Request::post(&format!("{base}/echo")).unwrap().json(text.to_string());
            opener.open(request).unwrap()
        };
        let item = Item { id: 7, name: Some("caf\u{e9}".to_string()) };
        assert_eq!(post("{\"id\":7,\"name\":\"caf\u{e9}\"}").json::<Item>().unwrap(), item);
        assert_eq!(post("\u{feff}[1, 2]").json::<Vec<u8>>().unwrap(), [1, 2]);
        for wrong in ["", "{\"id\":\"x\"}", "{\"id\":7} x", "{\"id\":7"] {
            let error = post(wrong).json::<Item>().unwrap_err();
            assert!(matches!(error, Error::Json(_)) && error.exit_code() == 8, "{wrong}: {error}");
            assert!(error.to_string().starts_with("the body as JSON: "), "{error}");
        }
        // The limit is the body's, whatever is in it.
        assert_eq!(post("[1,2]").json_within::<Vec<u8>>(5).unwrap(), [1, 2]);
        assert!(matches!(post("[1,2] ").json_within::<Vec<u8>>(5), Err(Error::Coding(_))));
        // Depth is limited by serde_json, so that no answer overflows a stack.
        assert!(post(&"[".repeat(100_000)).json::<Vec<u8>>().is_err());
    });
}

#[test]
fn a_body_that_is_cut_short_is_an_error() {
    on_both(|base, opener| {
        let error = opener.get(&format!("{base}/short")).unwrap().bytes(1000).unwrap_err();
        assert!(matches!(error, Error::Partial(_) | Error::Lost { .. }), "{error:?}");
    });
}

#[test]
fn redirects_keep_the_rules() {
    on_both(|base, opener| {
        let post = |path: &str| Request::post(&format!("{base}{path}")).unwrap().form([("a", "b c")]);
        let answer = opener.open(post("/302")).unwrap();
        assert_eq!(answer.history()[0].0, 302);
        assert_eq!(answer.url().hash(), "#x");
        assert_eq!(answer.text().unwrap(), "GET - -");
        assert_eq!(opener.open(post("/307")).unwrap().text().unwrap(), "a=b+c");
        let once = |body: &'static [u8]| Request::post(&format!("{base}/307")).unwrap().reader(body, Some(1));
        assert!(matches!(opener.open(once(b"x")), Err(Error::Again)));
        assert!(matches!(opener.get(&format!("{base}/loop")), Err(Error::Redirects(10))));
        assert!(matches!(opener.get(&format!("{base}/out")), Err(Error::Redirect(_))));
        let stay = opener.clone().redirects(Redirects { most: 0, ..Redirects::default() });
        assert_eq!(stay.get(&format!("{base}/loop")).unwrap().status(), 301);
    });
}

/// Speaks another protocol after the 101: says back what it hears, in capitals.
fn shouting(_: &Asked) -> Begin {
    let agreed = Answer::new(101).with("Upgrade", "shout");
    Begin::Switch(
        agreed,
        Box::new(|stream, rest| {
            // On a thread of its own: the reactor's waits for nobody.
            std::thread::spawn(move || {
                let mut stream = stream.into_std().unwrap();
                stream.write_all(&rest.to_ascii_uppercase()).unwrap();
                let mut piece = [0; 100];
                while let Ok(read @ 1..) = stream.read(&mut piece) {
                    stream.write_all(&piece[..read].to_ascii_uppercase()).unwrap();
                }
            });
        }),
    )
}

#[test]
fn an_upgrade_hands_the_connection_over_with_what_follows() {
    let starts: [Start; 2] = [pool::start, reactor::start];
    for start in starts {
        let running =
            start(vec![Port::bind("127.0.0.1:0", Serve::new(shouting)).unwrap()], Options::default()).unwrap();
        let mut peer = TcpStream::connect(running.addresses()[0]).unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The first words of the new protocol come in one piece with the request.
        peer.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nhello, ").unwrap();
        let mut heard = Vec::new();
        let mut piece = [0; 100];
        while !heard.ends_with(b"HELLO, ") {
            let read = peer.read(&mut piece).unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&heard));
            heard.extend_from_slice(&piece[..read]);
        }
        let heard = String::from_utf8(heard).unwrap();
        assert!(
            heard.starts_with("HTTP/1.1 101 Switching Protocols\r\n") && heard.contains("Upgrade: shout\r\n"),
            "{heard}"
        );
        peer.write_all(b"world").unwrap();
        let mut world = [0; 5];
        peer.read_exact(&mut world).unwrap();
        assert_eq!(&world, b"WORLD");
        // Who did not ask for it gets no switch.
        let answer = Opener::new()
            .proxies(plainwire::net::http::proxy::Proxies::default())
            .get(&format!("http://{}/", running.addresses()[0]))
            .unwrap();
        assert_eq!(answer.status(), 500);
        drop(peer);
        running.stop(Duration::from_secs(5));
    }
}

/// Reads one answer with a length, and gives its body.
fn answered(peer: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        peer.read_exact(&mut octet).unwrap();
        head.push(octet[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    peer.read_exact(&mut body).unwrap();
    body
}

/// Between requests that follow each other closely: files, hand-overs, deadlines, the peer's end, the end of the server.
#[test]
fn a_busy_connection_is_served_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    std::fs::write(&path, vec![b'f'; 3_000_000]).unwrap();
    let app = move |request: &Asked| match request.path() {
        "/file" => {
            let file = std::fs::File::open(&path).unwrap();
            Begin::Answer(Answer::new(200).bulk([plainwire::net::Bulk::file(file, 0, 3_000_000)]))
        }
        "/shout" => shouting(request),
        _ => Begin::Answer(Answer::text(200, "hello")),
    };
    let limits = plainwire::http1::server::Limits { idle: Some(Duration::from_secs(2)), ..Default::default() };
    let port = Port::bind("127.0.0.1:0", Serve::new(app).limits(limits)).unwrap();
    let running = pool::start(vec![port], Options::default()).unwrap();
    let connect = || {
        let peer = TcpStream::connect(running.addresses()[0]).unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        peer
    };
    let asks = |peer: &mut TcpStream, path: &str| {
        peer.write_all(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).unwrap();
        answered(peer)
    };
    let mut peer = connect();
    for path in ["/", "/", "/", "/file", "/", "/", "/file", "/file", "/"] {
        let length = if path == "/file" { 3_000_000 } else { 5 };
        assert_eq!(asks(&mut peer, path).len(), length);
    }
    // Its silence ends it, by the engine's clock.
    let quiet = std::time::Instant::now();
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    assert!((Duration::from_millis(1900)..Duration::from_secs(15)).contains(&quiet.elapsed()), "{:?}", quiet.elapsed());
    // Two requests in one write, then the end of what we send.
    let mut peer = connect();
    for _ in 0..3 {
        asks(&mut peer, "/");
    }
    peer.write_all(&b"GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(2)).unwrap();
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!((answered(&mut peer), answered(&mut peer)), (b"hello".to_vec(), b"hello".to_vec()));
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    // A hand-over.
    let mut peer = connect();
    for _ in 0..3 {
        asks(&mut peer, "/");
    }
    peer.write_all(b"GET /shout HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nhello, ").unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(b"HELLO, ") {
        let mut octet = [0];
        peer.read_exact(&mut octet).unwrap();
        heard.push(octet[0]);
    }
    peer.write_all(b"world").unwrap();
    let mut world = [0; 5];
    peer.read_exact(&mut world).unwrap();
    assert_eq!(&world, b"WORLD");
    drop(peer);
    // The end of the server finds a connection that is between two requests.
    let mut peer = connect();
    for _ in 0..3 {
        asks(&mut peer, "/");
    }
    let stops = std::time::Instant::now();
    let report = running.stop(Duration::from_secs(20));
    assert!(stops.elapsed() < Duration::from_secs(10), "{:?}", stops.elapsed());
    assert_eq!(report.cut, 0);
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
}

/// Asks again for ever.
struct Restless;

impl Layer for Restless {
    fn response(&self, response: &plainwire::net::http::Response) -> Result<Option<Request>, Error> {
        Request::get(response.url().as_str()).map(Some)
    }
}

#[test]
fn a_layer_that_asks_for_ever_is_stopped() {
    on_both(|base, opener| {
        let error = opener.clone().layer(Restless).get(&format!("{base}/hello")).unwrap_err();
        assert!(matches!(error, Error::Redirects(10)), "{error}");
    });
}

/// Says what nobody asked about.
struct Key;

impl Layer for Key {
    fn request(&self, request: &mut Request) -> Result<(), Error> {
        request.push("Content-Type", "text/key")?;
        assert!(request.push("X", "a\r\nY: b").is_err()); // and nothing is added
        Ok(())
    }
}

#[test]
fn a_layer_adds_a_field() {
    on_both(|base, opener| {
        let with = opener.clone().layer(Key);
        assert_eq!(with.get(&format!("{base}/method")).unwrap().text().unwrap(), "GET - text/key");
        let delete = Request::delete(&format!("{base}/method")).unwrap();
        assert_eq!(with.open(delete).unwrap().text().unwrap(), "DELETE - text/key");
        let patch = Request::patch(&format!("{base}/method")).unwrap();
        assert_eq!(with.open(patch).unwrap().text().unwrap(), "PATCH - text/key");
    });
}

#[test]
fn answers_say_when_they_were_made() {
    on_both(|base, opener| {
        let date = opener.get(&format!("{base}/hello")).unwrap().field("date").unwrap().to_string();
        let said = plainwire::cookie::Timestamp::parse(date.as_bytes()).unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!(said.0.abs_diff(now as i64) <= 2, "{date}");
        assert!(date.ends_with(" GMT") && date.len() == 29, "{date}");
        let streamed = opener.open(Request::post(&format!("{base}/echo")).unwrap().body("x")).unwrap();
        assert_eq!(streamed.head().fields().all("date").count(), 1);
    });
}

#[test]
fn cookies_and_credentials_are_kept() {
    on_both(|base, opener| {
        assert_eq!(opener.get(&format!("{base}/set")).unwrap().text().unwrap(), "GET - -");
        let with = opener.clone().cookies();
        assert_eq!(with.get(&format!("{base}/set")).unwrap().text().unwrap(), "GET id=42 -");
        assert_eq!(with.get(&format!("{base}/method")).unwrap().text().unwrap(), "GET id=42 -");

        assert_eq!(opener.get(&format!("{base}/basic")).unwrap().status(), 401);
        let wrong = opener.clone().credentials(None, Credentials::new("Aladdin", "closed"));
        assert_eq!(wrong.get(&format!("{base}/basic")).unwrap().status(), 401);
        let right = opener.clone().credentials(None, Credentials::new("Aladdin", "open sesame"));
        assert_eq!(right.get(&format!("{base}/basic")).unwrap().text().unwrap(), "in");
        // A form in hand is sent again with the answer to the challenge.
        let mut form = plainwire::net::http::form::Form::random().unwrap();
        form.text("a", "b").unwrap();
        let upload = Request::post(&format!("{base}/basic")).unwrap().multipart(form);
        assert_eq!(right.open(upload).unwrap().text().unwrap(), "in");
        let in_url = base.replace("http://", "http://Aladdin:open%20sesame@");
        assert_eq!(opener.get(&format!("{in_url}/basic")).unwrap().text().unwrap(), "in");
    });
}

#[test]
fn one_connection_serves_many_requests() {
    on_both(|base, opener| {
        let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = std::sync::Arc::clone(&lines);
        let opener = opener.clone().trace_to(move |line| seen.lock().unwrap().push(line.to_string()));
        for _ in 0..5 {
            assert_eq!(opener.get(&format!("{base}/hello")).unwrap().text().unwrap(), "hello");
        }
        let connected = lines.lock().unwrap().iter().filter(|line| line.starts_with("connected")).count();
        assert_eq!(connected, 1);
    });
}

/// A server that says what it is told, once, and closes.
fn says(text: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            let mut stream: TcpStream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            if read > 0 {
                stream.write_all(text).unwrap();
            }
        }
    });
    url
}

#[test]
fn a_server_that_lies_gets_a_clear_error() {
    let opener = Opener::new().proxies(plainwire::net::http::proxy::Proxies::default());
    let fetch = |text| opener.get(&says(text)).and_then(Response::text);
    assert!(matches!(fetch(b""), Err(Error::Empty)));
    assert!(matches!(fetch(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), Err(Error::Partial(_))));
    assert!(matches!(fetch(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), Err(Error::Partial(_))));
    assert!(matches!(fetch(b"SSH-2.0-OpenSSH_9.2\r\n"), Err(Error::Protocol(_))));
    assert!(matches!(fetch(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab"), Err(Error::Protocol(_))));
    assert!(matches!(
        fetch(&[b"HTTP/1.1 100 Continue\r\n\r\n".as_slice(); 40].concat().leak()[..]),
        Err(Error::Protocol(_))
    ));
    assert!(matches!(fetch(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip"), Err(Error::Coding(_))));
    assert_eq!(fetch(b"HTTP/1.0 200 OK\r\n\r\nuntil close").unwrap(), "until close");
}

#[test]
fn files_are_served_with_their_conditions_and_ranges() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "0123456789").unwrap();
    std::fs::create_dir(folder.path().join("d")).unwrap();
    std::fs::write(folder.path().join("d/<b>.html"), "<p>").unwrap();
    let start: [Start; 2] = [pool::start, reactor::start];
    for start in start {
        let port = Port::bind("127.0.0.1:0", Serve::new(Files::below(folder.path()))).unwrap();
        let running = start(vec![port], Options::default()).unwrap();
        let base = format!("http://{}", running.addresses()[0]);
        let opener = Opener::new().proxies(plainwire::net::http::proxy::Proxies::default());
        let with = |fields: &[(&str, &str)], path: &str| {
            let request = Request::get(&format!("{base}{path}")).unwrap();
            let request = fields.iter().fold(request, |request, (name, value)| request.field(name, value).unwrap());
            opener.open(request).unwrap()
        };
        let whole = with(&[], "/a.txt");
        assert_eq!(whole.field("content-type"), Some("text/plain; charset=utf-8"));
        let (tag, date) = (whole.field("etag").unwrap().to_string(), whole.field("last-modified").unwrap().to_string());
        assert_eq!(whole.text().unwrap(), "0123456789");
        assert_eq!(with(&[("If-None-Match", &tag)], "/a.txt").status(), 304);
        assert_eq!(with(&[("If-Modified-Since", &date)], "/a.txt").status(), 304);
        assert_eq!(with(&[("If-Match", "\"other\"")], "/a.txt").status(), 412);
        let part = with(&[("Range", "bytes=2-4")], "/a.txt");
        assert_eq!((part.status(), part.field("content-range")), (206, Some("bytes 2-4/10")));
        assert_eq!(part.text().unwrap(), "234");
        let parts = with(&[("Range", "bytes=0-1,-2")], "/a.txt");
        assert!(parts.field("content-type").unwrap().starts_with("multipart/byteranges; boundary="));
        let parts = parts.text().unwrap();
        assert!(
            parts.contains("Content-Range: bytes 0-1/10\r\n\r\n01\r\n") && parts.contains("8-9/10\r\n\r\n89\r\n"),
            "{parts}"
        );
        assert_eq!(with(&[("Range", "bytes=10-")], "/a.txt").field("content-range"), Some("bytes */10"));
        assert_eq!(with(&[("Range", "bytes=2-4"), ("If-Range", "\"old\"")], "/a.txt").status(), 200);
        let large: Vec<u8> = (0..1_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        std::fs::write(folder.path().join("large"), &large).unwrap();
        assert!(with(&[], "/large").bytes(2_000_000).unwrap() == large);
        assert!(
            with(&[("Range", "bytes=100000-899999")], "/large").bytes(2_000_000).unwrap() == large[100_000..900_000]
        );
        let parts = with(&[("Range", "bytes=0-299999,500000-799999,-7")], "/large");
        let boundary = parts.field("content-type").unwrap().split("boundary=").nth(1).unwrap().to_string();
        let mut expected = Vec::new();
        for range in [0..300_000, 500_000..800_000, 999_993..1_000_000] {
            let head = format!(
                "\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes {}-{}/1000000\r\n\r\n",
                range.start,
                range.end - 1
            );
            expected.extend_from_slice(head.as_bytes());
            expected.extend_from_slice(&large[range]);
        }
        expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        assert_eq!(parts.length(), Some(expected.len() as u64));
        assert!(parts.bytes(2_000_000).unwrap() == expected);
        let head = opener.open(Request::head(&format!("{base}/large")).unwrap()).unwrap();
        assert_eq!((head.length(), head.bytes(10).unwrap().len()), (Some(1_000_000), 0));
        let list = with(&[], "/d");
        assert_eq!(list.history()[0].0, 301);
        let list = list.text().unwrap();
        assert!(list.contains("<a href=\"./%3Cb%3E.html\">&lt;b&gt;.html</a>"), "{list}");
        assert_eq!(with(&[], "/d/%3Cb%3E.html").text().unwrap(), "<p>");
        assert_eq!(with(&[], "/nothing").status(), 404);
        let options = opener.open(Request::new("OPTIONS", &base).unwrap().asterisk()).unwrap();
        assert_eq!(options.field("allow"), Some("GET, HEAD, OPTIONS"));
        assert_eq!(opener.open(Request::new("BREW", &base).unwrap()).unwrap().status(), 501);
        running.stop(Duration::from_secs(5));
    }
}
