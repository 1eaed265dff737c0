//! Our client with real servers: nginx, Apache, lighttpd, caddy, node, haproxy and Python. Each is skipped, loudly, where
//! it is not installed.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

#[path = "support/peers.rs"]
mod peers;
#[path = "support/web.rs"]
mod web;

use peers::{Peer, has};
use std::fs;
use std::io::Write as _;
use web::{Ran, Served, get, get_in, plainwire};

#[track_caller]
fn body(arguments: &[&str]) -> String {
    let ran = get(arguments);
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.errors);
    ran.text()
}

fn download(folder: &std::path::Path, arguments: &[&str]) -> Ran {
    plainwire().arg("download").args(arguments).current_dir(folder).output().expect("the tool starts").into()
}

/// What every server of files has in common.
fn files(peer: &mut Peer, port: u16, hello: &str, https: Option<u16>) {
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let verbose = get(&["-v", &url("/hello.txt"), &url("/hello.txt")]);
    assert_eq!(verbose.text(), hello.repeat(2), "{}", verbose.errors);
    assert_eq!(verbose.errors.matches("* connected to").count(), 1, "one connection serves both: {}", verbose.errors);
    let head = body(&["-I", &url("/hello.txt")]);
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains(&format!("\r\nContent-Length: {}\r\n", hello.len())),
        "{head}"
    );
    let missing = get(&["-f", &url("/missing")]);
    assert_eq!(missing.code, 22, "{}", missing.errors);
    if let Some(https) = https {
        peer.wait_for(https);
        let ca = peer.ca().display().to_string();
        let secure = format!("https://localhost:{https}/hello.txt");
        assert_eq!(body(&["--cacert", &ca, &secure]), hello);
        assert_eq!(get(&[&secure]).code, 60, "its authority is not known to the platform");
        assert_eq!(body(&["-k", &secure]), hello);
    }
}

/// Ranges, conditions, and a download that is resumed, of a file that is put there.
fn ranges(root: &std::path::Path, base: &str) {
    let octets: Vec<u8> = (0..2_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::write(root.join("big.bin"), &octets).expect("its folder");
    let url = format!("{base}/big.bin");
    let part = get(&["-r", "1000-1999", &url]);
    assert!(part.out == octets[1000..2000], "{}", part.errors);
    let tail = get(&["-r", "-5", &url]);
    assert!(tail.out == octets[octets.len() - 5..]);
    let folder = tempfile::tempdir().expect("a folder");
    let ran = download(folder.path(), &["-s", "-n", "4", &url]);
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""));
    assert!(fs::read(folder.path().join("big.bin")).expect("the file") == octets);
}

#[test]
fn nginx() {
    if !has("nginx", "nginx") {
        return;
    }
    let mut peer = Peer::start("nginx.sh", &[]);
    let port = peer.port;
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    files(&mut peer, port, "hello from nginx\n", Some(port + 1));
    ranges(&peer.folder().join("www"), &format!("http://127.0.0.1:{port}"));
    assert_eq!(body(&[&url("/echo?a=b%20c")]), "uri=/echo?a=b%20c host=127.0.0.1\n");
    assert!(body(&["-i", "-X", "POST", "-d", "x=y", &url("/echo")]).contains("X-Method: POST"));
    assert_eq!(body(&["-L", &url("/redir")]), "hello from nginx\n");
    assert!(body(&["-i", &url("/redir")]).starts_with("HTTP/1.1 301 Moved Permanently\r\n"));
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(get_in(folder.path(), &["-c", "jar", &url("/cookie")]).code, 0);
    let jar = fs::read_to_string(folder.path().join("jar")).expect("a jar");
    assert!(jar.contains("#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t") && jar.contains("\tsid\tabc"), "{jar}");
    assert_eq!(get(&["-f", &url("/auth")]).code, 22);
    assert_eq!(get(&["-f", "-u", "u:wrong", &url("/auth")]).code, 22);
    for letters in [&["-u", "u:p"][..], &["-u", "u:p", "--anyauth"]] {
        assert_eq!(body(&[letters, &[&url("/auth")]].concat()), "hello from nginx\n");
    }
    let big = body(&["--compressed", "-v", &url("/big.txt")]);
    assert_eq!(big, "a".repeat(300_000));
    let parts = body(&["-i", "-r", "0-1,5-6", &url("/hello.txt")]);
    assert!(parts.contains("multipart/byteranges") && parts.contains("Content-Range: bytes 5-6/17"), "{parts}");
    let gone = get(&[&url("/close")]);
    assert_eq!(gone.code, 52, "{}", gone.errors);
}

#[test]
fn nginx_before_our_server() {
    if !has("nginx_before_our_server", "nginx") {
        return;
    }
    let peer = Peer::start("nginx.sh", &[]);
    for adapter in ["--quiet", "--reactor"] {
        let _ours = Served::at(peer.port + 2, &["--echo", "--quiet", adapter][..2 + usize::from(adapter != "--quiet")]);
        behind(&format!("http://127.0.0.1:{}", peer.port + 3));
    }
}

/// Our echo server as it is seen through a proxy.
fn behind(base: &str) {
    let url = |path: &str| format!("{base}{path}");
    assert_eq!(body(&[&url("/"), &url("/"), &url("/")]), "hello from plainwire\n".repeat(3));
    assert_eq!(body(&["-d", "to and fro", &url("/x")]), "to and fro");
    assert_eq!(body(&["-H", "Transfer-Encoding: chunked", "-d", "in chunks", &url("/x")]), "in chunks");
    assert_eq!(body(&[&url("/chunked")]), "hello from plainwire\n".repeat(3));
    assert_eq!(body(&[&url("/bytes/1000000")]).len(), 1_000_000);
    assert_eq!(body(&["-L", &url("/redirect/2")]), "hello from plainwire\n");
    assert!(body(&["-I", &url("/bytes/5")]).to_lowercase().contains("\r\ncontent-length: 5\r\n"));
    assert!(body(&["-i", &url("/status/204")]).starts_with("HTTP/1.1 204 "));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("f");
    fs::write(&file, vec![b'z'; 900_000]).expect("a file");
    // nginx takes no more than a mebibyte.
    assert_eq!(body(&["-T", &file.display().to_string(), &url("/up")]).len(), 900_000);
}

#[test]
fn apache() {
    if !has("apache", "apache2") {
        return;
    }
    let mut peer = Peer::start("apache2.sh", &[]);
    let port = peer.port;
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    files(&mut peer, port, "hello from apache\n", Some(port + 1));
    ranges(&peer.folder().join("www"), &format!("http://127.0.0.1:{port}"));
    // Chunks both ways.
    let echoed = get(&["-i", "-H", "Transfer-Encoding: chunked", "-d", "in chunks", &url("/cgi-bin/echo?q=1")]);
    let text = echoed.text();
    assert!(text.contains("\r\nTransfer-Encoding: chunked\r\n") && text.ends_with("---\nin chunks"), "{text}");
    assert!(text.contains("REQUEST_METHOD=POST\n") && text.contains("QUERY_STRING=q=1\n"), "{text}");
    assert!(text.contains("\r\nX-Extra: 1, 2\r\n"), "{text}");
    // Digest, asked for and answered; a wrong password is refused once, and not for ever.
    let digest = get(&["-v", "--anyauth", "-u", "u:p", &url("/digest/hello.txt"), &url("/digest/hello.txt")]);
    assert_eq!(digest.text(), "hello from apache\n".repeat(2), "{}", digest.errors);
    assert_eq!(
        digest.errors.matches("< HTTP/1.1 401").count() + digest.errors.matches("> GET").count(),
        3,
        "{}",
        digest.errors
    );
    assert_eq!(get(&["-f", "--anyauth", "-u", "u:wrong", &url("/digest/hello.txt")]).code, 22);
    assert_eq!(body(&["-u", "u:p", &url("/basic/hello.txt")]), "hello from apache\n");
    assert_eq!(body(&["--anyauth", "-u", "u:p", &url("/basic/hello.txt")]), "hello from apache\n");
    let odd = body(&["-i", &url("/a.asis")]);
    assert!(odd.starts_with("HTTP/1.1 299 odd\r\n") && odd.ends_with("asis body\n"), "{odd}");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("up.txt"), "uploaded").expect("a file");
    let put = get_in(folder.path(), &["-i", "-T", "up.txt", &url("/dav/")]);
    assert!(put.text().starts_with("HTTP/1.1 201 Created\r\n"), "{put:?}");
    assert_eq!(body(&[&url("/dav/up.txt")]), "uploaded");
    assert!(body(&["-i", "-X", "PROPFIND", "-H", "Depth: 0", &url("/dav/")]).starts_with("HTTP/1.1 207 "));
    // It codes what is asked for so.
    assert_eq!(body(&["--compressed", &url("/hello.txt")]), "hello from apache\n");
    // A secure cookie does not come over a line that is not.
    assert_eq!(get_in(folder.path(), &["-c", "jar", &url("/hello.txt")]).code, 0);
    let jar = fs::read_to_string(folder.path().join("jar")).expect("a jar");
    assert!(jar.contains("\tb\t2") && !jar.contains("\ta\t1"), "{jar}");
    // More than a pipe holds its CGI can't take and give at once, whoever asks.
    let more = "y".repeat(30_000);
    let path = folder.path().join("more");
    fs::write(&path, &more).expect("a file");
    assert!(body(&["--data-binary", &format!("@{}", path.display()), &url("/cgi-bin/echo")]).ends_with(&more));
}

#[test]
fn lighttpd() {
    if !has("lighttpd", "lighttpd") {
        return;
    }
    let mut peer = Peer::start("lighttpd.sh", &[]);
    let port = peer.port;
    let secure = std::path::Path::new("/usr/lib/lighttpd/mod_openssl.so").exists().then_some(port + 1);
    files(&mut peer, port, "hello from lighttpd\n", secure);
    ranges(&peer.folder().join("www"), &format!("http://127.0.0.1:{port}"));
    assert_eq!(body(&["-L", &format!("http://127.0.0.1:{port}/redir")]), "hello from lighttpd\n");
}

#[test]
fn caddy() {
    if !has("caddy", "caddy") {
        return;
    }
    let mut peer = Peer::start("caddy.sh", &[]);
    let port = peer.port;
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    files(&mut peer, port, "hello from caddy\n", Some(port + 1));
    ranges(&peer.folder().join("www"), &format!("http://127.0.0.1:{port}"));
    assert_eq!(body(&["-X", "POST", "-d", "x", &url("/echo?q")]), "POST /echo?q HTTP/1.1");
    assert_eq!(body(&["-L", &url("/redir")]), "hello from caddy\n");
    fs::write(peer.folder().join("www/long.txt"), "long ".repeat(10_000)).expect("its folder");
    assert_eq!(body(&["--compressed", &url("/long.txt")]), "long ".repeat(10_000));
    let _ours = Served::at(port + 2, &["--echo", "--quiet"]);
    behind(&format!("http://127.0.0.1:{}", port + 3));
}

#[test]
fn node() {
    if !has("node", "node") {
        return;
    }
    let mut peer = Peer::start("node-http.sh", &[]);
    let port = peer.port;
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let seen = |arguments: &[&str]| -> serde_json::Value { serde_json::from_str(&body(arguments)).expect("JSON") };
    let plain = seen(&["-A", "me", "-H", "X-Odd-Case: v", &url("/a?b=c")]);
    assert_eq!(
        (plain["m"].as_str(), plain["u"].as_str(), plain["v"].as_str()),
        (Some("GET"), Some("/a?b=c"), Some("1.1"))
    );
    let host = format!("127.0.0.1:{port}");
    let mut fields: Vec<_> =
        plain["h"].as_array().expect("fields").chunks(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    fields.sort_unstable();
    let expected = [("Accept", "*/*"), ("Host", host.as_str()), ("User-Agent", "me"), ("X-Odd-Case", "v")];
    assert_eq!(fields, expected.map(|(name, value)| (Some(name), Some(value))));
    assert_eq!(seen(&["-d", "posted", &url("/")])["b"], "posted");
    assert_eq!(seen(&["-H", "Transfer-Encoding: chunked", "-d", "in chunks", &url("/")])["b"], "in chunks");
    assert_eq!(seen(&["-H", "Expect: 100-continue", "-d", "after 100", &url("/")])["b"], "after 100");
    let hints = get(&["-v", &url("/hints")]);
    assert_eq!(hints.code, 0, "{}", hints.errors);
    let trailers = get(&["-v", &url("/trailers")]);
    assert!(trailers.text() == "part1,part2" && trailers.errors.contains("< X-Sum: 11"), "{}", trailers.errors);
    peer.wait_for(port + 1);
    let ca = peer.ca().display().to_string();
    assert_eq!(seen(&["--cacert", &ca, &format!("https://localhost:{}/s", port + 1)])["u"], "/s");
    let large = "n".repeat(1_500_000);
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(large.as_bytes()).expect("a file");
    assert_eq!(seen(&["-T", &file.path().display().to_string(), &url("/")])["b"], large.as_str());
}

#[test]
fn haproxy_before_our_server() {
    if !has("haproxy_before_our_server", "haproxy") {
        return;
    }
    let mut peer = Peer::start("haproxy.sh", &[]);
    let port = peer.port;
    assert_eq!(body(&[&format!("http://127.0.0.1:{}/it?self", port + 3)]), "GET /it?self HTTP/1.1\n");
    for reactor in [false, true] {
        let letters = ["--echo", "--quiet", "--reactor"];
        let _ours = Served::at(port + 2, &letters[..2 + usize::from(reactor)]);
        behind(&format!("http://127.0.0.1:{port}"));
        peer.wait_for(port + 1);
        let ca = peer.ca().display().to_string();
        assert_eq!(body(&["--cacert", &ca, &format!("https://localhost:{}/", port + 1)]), "hello from plainwire\n");
    }
}

#[test]
fn python_http_server() {
    if !has("python_http_server", "python3") {
        return;
    }
    let mut peer = Peer::start("pyhttp.sh", &[]);
    fs::write(peer.folder().join("hello.txt"), "hello from python\n").expect("its folder");
    let port = peer.port;
    files(&mut peer, port, "hello from python\n", None);
    // It has no ranges: one stream it is.
    let folder = tempfile::tempdir().expect("a folder");
    let ran = download(folder.path(), &["-s", "-n", "4", &format!("http://127.0.0.1:{port}/hello.txt")]);
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(folder.path().join("hello.txt")).expect("the file"), "hello from python\n");
}
