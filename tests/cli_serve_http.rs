//! `plainwire serve http`: the answers of `--echo`, path by path, and a folder; on the pool and on the reactor.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

#[path = "support/web.rs"]
mod web;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;
use web::{PATIENCE, Served, field, get, plainwire};

fn on_both(arguments: &[&str], check: impl Fn(&Served)) {
    for adapter in [&[][..], &["--reactor"]] {
        check(&Served::start(&[arguments, adapter, &["--quiet"]].concat()));
    }
}

#[test]
fn each_path_of_the_echo_answers_as_it_says() {
    on_both(&["--echo"], |server| {
        let get = |target: &str| server.ask("GET", target);
        let (head, body) = get("/");
        assert_eq!((head[0].as_str(), body.as_str()), ("HTTP/1.1 200 OK", "hello from plainwire\n"));
        assert_eq!(field(&head, "content-length"), Some("21"));
        assert_eq!(field(&head, "content-type"), Some("text/plain; charset=utf-8"));

        let asked =
            "GET /echo HTTP/1.1\r\nHost: h:1\r\nx-ODD: a  b\r\nX-Odd: \tc \r\nAccept:\r\nConnection: close\r\n\r\n";
        let answer = server.raw(asked);
        assert!(
            answer.ends_with("\r\n\r\nHost: h:1\nx-ODD: a  b\nX-Odd: c\nAccept: \nConnection: close\n"),
            "{answer:?}"
        );
        let asked =
            "GET /cookie HTTP/1.1\r\nHost: h\r\nCookie: a=1; b=two=2\r\nCookie: c=\"3\"\r\nConnection: close\r\n\r\n";
        let answer = server.raw(asked);
        assert!(answer.ends_with("\r\n\r\na=1\nb=two=2\nc=\"3\"\n"), "{answer:?}");
        assert_eq!(field(&get("/cookie?k=v").0, "set-cookie"), Some("k=v; Path=/"));

        for (code, line, body) in [
            ("200", "HTTP/1.1 200 OK", "200 OK\n"),
            ("204", "HTTP/1.1 204 No Content", ""),
            ("304", "HTTP/1.1 304 Not Modified", ""),
            ("404", "HTTP/1.1 404 Not Found", "404 Not Found\n"),
            ("418", "HTTP/1.1 418 ", "418\n"),
            ("503", "HTTP/1.1 503 Service Unavailable", "503 Service Unavailable\n"),
            ("599", "HTTP/1.1 599 ", "599\n"),
            ("99", "HTTP/1.1 400 Bad Request", "400 Bad Request\n"),
            ("1000", "HTTP/1.1 400 Bad Request", "400 Bad Request\n"),
            ("100", "HTTP/1.1 400 Bad Request", "400 Bad Request\n"),
        ] {
            let (head, said) = get(&format!("/status/{code}"));
            assert_eq!((head[0].as_str(), said.as_str()), (line, body), "{code}");
        }
        assert_eq!(field(&get("/status/301").0, "location"), Some("/"));
        assert_eq!(field(&get("/status/204").0, "content-length"), None, "RFC 9110 8.6");

        let (head, body) = get("/bytes/70000");
        assert_eq!((field(&head, "content-length"), body.len()), (Some("70000"), 70_000));
        assert_eq!(get("/bytes/0").1, "");
        assert_eq!(get("/bytes/99999999999999").0[0], "HTTP/1.1 400 Bad Request");
        assert_eq!(get("/bytes/x").0[0], "HTTP/1.1 404 Not Found");
        assert_eq!(field(&get("/redirect/2").0, "location"), Some("/redirect/1"));
        assert_eq!(field(&get("/redirect/1").0, "location"), Some("/"));
        assert_eq!(field(&get("/gzip").0, "content-encoding"), Some("gzip"));
        let (head, body) = get("/chunked");
        assert_eq!((field(&head, "transfer-encoding"), field(&head, "content-length")), (Some("chunked"), None));
        assert!(body.ends_with("\r\n0\r\n\r\n"), "{body:?}");
        assert_eq!(get("/none").0[0], "HTTP/1.1 404 Not Found");
        assert_eq!(get("/echo/1").0[0], "HTTP/1.1 404 Not Found");

        let start = Instant::now();
        assert_eq!(get("/delay/1").1, "hello from plainwire\n");
        assert!(start.elapsed().as_millis() >= 1000);
    });
}

#[test]
fn methods_have_their_answers() {
    on_both(&["--echo"], |server| {
        for target in ["/", "*", "/echo"] {
            let (head, body) = server.ask("OPTIONS", target);
            assert_eq!((head[0].as_str(), body.as_str()), ("HTTP/1.1 204 No Content", ""), "{target}");
            assert_eq!(field(&head, "allow"), Some("GET, HEAD, POST, PUT, OPTIONS"), "{target}");
        }
        for target in ["/", "/bytes/1000", "/status/404"] {
            let (asked, body) = server.ask("HEAD", target);
            let (got, _) = server.ask("GET", target);
            assert_eq!(body, "");
            assert_eq!((&asked[0], field(&asked, "content-length")), (&got[0], field(&got, "content-length")));
        }
        let (head, body) = server.ask("HEAD", "/chunked");
        assert_eq!((field(&head, "transfer-encoding"), body.as_str()), (Some("chunked"), ""));
        for method in ["DELETE", "PATCH", "TRACE"] {
            let (head, _) = server.ask(method, "/");
            assert_eq!(head[0], "HTTP/1.1 405 Method Not Allowed", "{method}");
            assert_eq!(field(&head, "allow"), Some("GET, HEAD, POST, PUT, OPTIONS"), "{method}");
        }
        assert_eq!(server.ask("CONNECT", "h:80").0[0], "HTTP/1.1 405 Method Not Allowed");
        assert_eq!(server.ask("BREW", "/").0[0], "HTTP/1.1 501 Not Implemented");
        // RFC 9110 9.1: methods are case-sensitive.
        assert_eq!(server.ask("get", "/").0[0], "HTTP/1.1 501 Not Implemented");
    });
}

#[test]
fn bodies_come_back_as_they_were_sent() {
    on_both(&["--echo"], |server| {
        let post = |fields: &str, body: &str| {
            server.raw(&format!("POST /any/where HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{fields}\r\n{body}"))
        };
        let answer = post("Content-Length: 5\r\nContent-Type: text/x\r\n", "a\r\nbc");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\na\r\nbc"), "{answer:?}");
        assert!(answer.contains("\r\nContent-Type: text/x\r\n"), "{answer:?}");
        let answer = post("Transfer-Encoding: chunked\r\n", "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-T: v\r\n\r\n");
        assert!(answer.contains("\r\nTransfer-Encoding: chunked\r\n"), "{answer:?}");
        let content: String = answer.split("\r\n\r\n").nth(1).unwrap().split("\r\n").skip(1).step_by(2).collect();
        assert_eq!(content, "abcde", "{answer:?}");
        let answer = post("Content-Length: 0\r\n", "");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer:?}");
        // 100 comes before the body is sent.
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head =
            "PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut first = [0; 25];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"ok").unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.starts_with("HTTP/1.1 200 OK\r\n") && rest.ends_with("ok"), "{rest:?}");
    });
}

#[test]
fn connections_last_as_http_has_it() {
    on_both(&["--echo"], |server| {
        // Three requests in one segment are answered in their order.
        let ask = |target: &str, more: &str| format!("GET {target} HTTP/1.1\r\nHost: h\r\n{more}\r\n");
        let answer = server.raw(&(ask("/bytes/3", "") + &ask("/status/404", "") + &ask("/", "Connection: close\r\n")));
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 3);
        let at = |text: &str| answer.find(text).unwrap();
        assert!(at("xxx") < at("404 Not Found\n") && at("404 Not Found\n") < at("hello"), "{answer:?}");
        let old = server.raw("GET / HTTP/1.0\r\n\r\n");
        assert!(old.starts_with("HTTP/1.1 200 OK\r\n") && old.contains("\r\nConnection: close\r\n"), "{old:?}");
        let chunked = server.raw("GET /chunked HTTP/1.0\r\n\r\n");
        assert!(!chunked.contains("Transfer-Encoding") && chunked.ends_with("hello from plainwire\n"), "{chunked:?}");
        for (wrong, status) in [
            ("GET / HTTP/1.1\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
            ("GET /\r\n\r\n", "400"),
            ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505"),
            ("GET / HTTP/1.1\r\nHost : h\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "501"),
            ("GET / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n", "417"),
        ] {
            let answer = server.raw(wrong);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{wrong:?}: {answer:?}");
        }
        let long = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
        let answer = server.raw(&long);
        assert!(answer.starts_with("HTTP/1.1 431 "), "{:?}", &answer[..answer.len().min(80)]);
    });
}

#[test]
fn a_folder_is_served_and_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    fs::create_dir_all(site.join("sub")).unwrap();
    fs::create_dir_all(site.join("pages")).unwrap();
    for (name, text) in [
        ("secret", "outside"),
        ("site/a.txt", "0123456789"),
        ("site/.hidden", "hidden"),
        ("site/sub/b c.html", "<p>"),
        ("site/pages/index.html", "the index"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("secret"), site.join("link")).unwrap();
    let site = site.display().to_string();
    on_both(&[&site], |server| {
        let get = |target: &str| server.ask("GET", target);
        let (head, body) = get("/a.txt");
        assert_eq!((head[0].as_str(), body.as_str()), ("HTTP/1.1 200 OK", "0123456789"));
        assert_eq!(field(&head, "content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(field(&head, "accept-ranges"), Some("bytes"));
        assert!(field(&head, "etag").is_some() && field(&head, "last-modified").is_some());
        assert_eq!(get("/pages/").1, "the index");
        assert_eq!(field(&get("/pages").0, "location"), Some("/pages/"));
        assert_eq!(get("/sub/b%20c.html").1, "<p>");
        assert!(get("/sub/").1.contains("<a href=\"./b%20c.html\">"));
        assert!(!get("/").1.contains("hidden"));
        for target in [
            "/.hidden",
            "/link",
            "/nothing",
            "/../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "/sub/..%5c..%5csecret",
            "/a.txt/",
            "/a.txt%00.html",
            "/sub/%2e%2e%2f%2e%2e%2fsecret",
            "//etc/passwd",
            "/%2fetc/passwd",
        ] {
            let (head, body) = get(target);
            assert!(head[0].contains(" 404 ") || head[0].contains(" 400 "), "{target}: {}", head[0]);
            assert!(!body.contains("outside") && !body.contains("root:"), "{target}: {body}");
        }
        let (head, _) = server.ask("POST", "/a.txt");
        assert_eq!(
            (head[0].as_str(), field(&head, "allow")),
            ("HTTP/1.1 405 Method Not Allowed", Some("GET, HEAD, OPTIONS"))
        );
        assert_eq!(server.ask("OPTIONS", "*").0[0], "HTTP/1.1 204 No Content");
        assert_eq!(server.ask("BREW", "/a.txt").0[0], "HTTP/1.1 501 Not Implemented");
        let (head, body) = server.ask("HEAD", "/a.txt");
        assert_eq!((field(&head, "content-length"), body.as_str()), (Some("10"), ""));
    });
    #[cfg(unix)]
    on_both(&[&site, "--follow-links"], |server| assert_eq!(server.ask("GET", "/link").1, "outside"));
}

#[test]
fn requests_are_logged_and_the_end_is_graceful() {
    for adapter in [&[][..], &["--reactor"]] {
        let server = Served::start(&[&["--echo"], adapter].concat());
        assert_eq!(get(&[&server.url("/bytes/7")]).text(), "xxxxxxx");
        assert_eq!(get(&["-d", "abc", &server.url("/x%22y")]).text(), "abc");
        assert_eq!(get(&[&server.url("/status/404")]).code, 0);
        // What could not be read, and an answer that nobody read to its end.
        assert!(server.raw("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400 "));
        assert!(server.raw("BREW / HTTP/9.9\r\n\r\n").starts_with("HTTP/1.1 505 "));
        let mut gone = TcpStream::connect(server.address).unwrap();
        gone.write_all(b"GET /bytes/1000000000 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        gone.read_exact(&mut vec![0; 100_000]).unwrap();
        drop(gone);
        // An answer that is under way is given to its end.
        let url = server.url("/delay/1");
        let slow = std::thread::spawn(move || get(&[&url]).text());
        let mut stream = TcpStream::connect(server.address).unwrap();
        // The slow request was taken before this one is answered, or not at all; either way the log tells.
        stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
        std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
        assert_eq!(slow.join().unwrap(), "hello from plainwire\n");
        let (code, log) = server.end();
        assert_eq!(code, Some(0));
        for line in [
            "] \"GET /bytes/7 HTTP/1.1\" 200 7\n",
            "] \"POST /x%22y HTTP/1.1\" 200 3\n",
            "] \"GET /status/404 HTTP/1.1\" 404 14\n",
            "] \"GET /delay/1 HTTP/1.1\" 200 21\n",
        ] {
            assert!(log.contains(line), "{line}: {log}");
        }
        assert_eq!((log.matches("] \"-\" 400 -\n").count(), log.matches("] \"-\" 505 -\n").count()), (1, 1), "{log}");
        let cut = log.lines().find_map(|line| line.split_once("\"GET /bytes/1000000000 HTTP/1.1\" 200 ")).unwrap().1;
        assert!((100_000..1_000_000_000).contains(&cut.parse::<u64>().unwrap()), "{log}");
        assert!(log.lines().all(|line| line.starts_with("127.0.0.1 - - [")), "{log}");
    }
}

#[test]
fn what_can_not_be_served_is_said_in_one_line() {
    let run = |arguments: &[&str]| -> web::Ran {
        plainwire().args(["serve", "http", "--port", "0"]).args(arguments).output().unwrap().into()
    };
    for (arguments, code) in [
        (&["/no/such/folder"][..], 1),
        (&["--echo", "--tls", "/no/cert", "/no/key"], 1),
        (&["--echo", "/tmp"], 2),
        (&["--echo", "--bind", "nonsense"], 2),
        (&["--echo", "--bind", "192.0.2.1"], 1),
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.errors);
        assert!(code == 2 || ran.errors.lines().count() == 1, "{arguments:?}: {}", ran.errors);
    }
}
