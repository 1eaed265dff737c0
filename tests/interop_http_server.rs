//! Our server under real clients: curl, wget, aria2, Python, node, ab, wrk, h2load, slowhttptest and Chromium. Each is
//! skipped, loudly, where it is not installed.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

#[path = "support/peers.rs"]
mod peers;
#[path = "support/web.rs"]
mod web;

use peers::{has, run, skipped, text};
use plainwire::http1::server::Limits;
use plainwire::net::http::Response;
use plainwire::net::http::serve::{Answer, Begin, Request, Serve};
use plainwire::net::server::{Options, Port};
use plainwire::net::{pool, reactor};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use web::Served;

const LIMIT: Duration = Duration::from_secs(120);

/// A server of each kind.
fn on_both(arguments: &[&str], check: impl Fn(&Served)) {
    for adapter in [&["--quiet"][..], &["--quiet", "--reactor"]] {
        check(&Served::start(&[arguments, adapter].concat()));
    }
}

#[track_caller]
fn said(command: &mut Command) -> String {
    let output = run(command.env_remove("http_proxy").env_remove("HTTPS_PROXY").env("NO_PROXY", "*"), LIMIT);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {} {errors} {}", output.status, text(&output));
    text(&output)
}

fn site() -> (tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let octets: Vec<u8> = (0..5_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::write(folder.path().join("big.bin"), &octets).expect("a file");
    fs::write(folder.path().join("hello.txt"), "hello from files\n").expect("a file");
    (folder, octets)
}

#[test]
fn curl() {
    if !has("curl", "curl") {
        return;
    }
    on_both(&["--echo"], |server| {
        let curl = |arguments: &[&str]| said(Command::new("curl").args(["-sS", "--fail-with-body"]).args(arguments));
        let url = |path: &str| server.url(path);
        let reused = curl(&[
            "-w",
            "%{http_code} %{num_connects}\n",
            "-o",
            "/dev/null",
            &url("/"),
            "-o",
            "/dev/null",
            &url("/bytes/9"),
        ]);
        assert_eq!(reused, "200 1\n200 0\n");
        assert_eq!(curl(&["-0", &url("/")]), "hello from plainwire\n");
        assert_eq!(curl(&["-d", "a=b", &url("/x")]), "a=b");
        assert_eq!(curl(&["-H", "Transfer-Encoding: chunked", "-d", "in chunks", &url("/x")]), "in chunks");
        assert_eq!(curl(&["-H", "Expect: 100-continue", "-d", "after 100", &url("/x")]), "after 100");
        assert_eq!(curl(&["--compressed", &url("/gzip")]), "hello from plainwire\n".repeat(3));
        assert_eq!(curl(&["-L", &url("/redirect/5")]), "hello from plainwire\n");
        assert_eq!(curl(&["-c", "-", "-b", "x=y", &url("/cookie?a=1")]).lines().next(), Some("x=y"));
        assert!(curl(&["-I", &url("/bytes/77")]).contains("Content-Length: 77\r\n"));
        assert!(curl(&["-i", "-X", "OPTIONS", "--request-target", "*", &url("/")]).contains("Allow: GET, HEAD"));
        assert_eq!(curl(&["-o", "/dev/null", "-w", "%{size_download}", &url("/bytes/50000000")]), "50000000");
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        std::io::Write::write_all(&mut file, &vec![b'u'; 4_000_000]).expect("a file");
        let path = file.path().display().to_string();
        assert_eq!(
            curl(&["-T", &path, "-o", "/dev/null", "-w", "%{size_upload} %{size_download}", &url("/up")]),
            "4000000 4000000"
        );
        let parallel = ["-Z", "--parallel-max", "20", "-o", "/dev/null", "-w", "%{http_code}\n"];
        let many = format!("{}/bytes/[1-100]", server.base);
        assert_eq!(curl(&[&parallel[..], &[&many]].concat()), "200\n".repeat(100));
    });
    let (folder, octets) = site();
    on_both(&[folder.path().to_str().expect("a path")], |server| {
        let curl = |arguments: &[&str]| said(Command::new("curl").args(["-sS"]).args(arguments));
        let url = server.url("/big.bin");
        let out = tempfile::tempdir().expect("a folder");
        let file = out.path().join("f").display().to_string();
        assert_eq!(curl(&["-r", "1000-1999", "-o", &file, "-w", "%{http_code}", &url]), "206");
        assert!(fs::read(&file).expect("the file") == octets[1000..2000]);
        // Goes on behind what is there.
        assert_eq!(
            curl(&["-C", "1000", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", &url]),
            "206 4999000"
        );
        let multipart = curl(&["-i", "-r", "0-4,10-14", &server.url("/hello.txt")]);
        assert!(
            multipart.contains("multipart/byteranges; boundary=") && multipart.contains("\r\nhello\r\n"),
            "{multipart}"
        );
        let etag = out.path().join("etag").display().to_string();
        assert_eq!(curl(&["--etag-save", &etag, "-o", "/dev/null", "-w", "%{http_code}", &url]), "200");
        assert_eq!(curl(&["--etag-compare", &etag, "-o", "/dev/null", "-w", "%{http_code}", &url]), "304");
    });
}

#[test]
fn curl_over_tls() {
    if !has("curl_over_tls", "curl") || !has("curl_over_tls", "openssl") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new(peers::recipes().join("tls-ca.sh")).arg(folder.path()).status().expect("the recipe starts");
    assert!(made.success());
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (certificate, key) = (at("server.pem"), at("server.key"));
    on_both(&["--echo", "--tls", &certificate, &key], |server| {
        let url = |path: &str| format!("https://localhost:{}{path}", server.address.port());
        let ca = at("ca.pem");
        let curl = |arguments: &[&str]| said(Command::new("curl").args(["-sS", "--cacert", &ca]).args(arguments));
        assert_eq!(
            curl(&[
                "-w",
                "%{http_version} %{num_connects}\n",
                "-o",
                "/dev/null",
                &url("/"),
                "-o",
                "/dev/null",
                &url("/")
            ]),
            "1.1 1\n1.1 0\n"
        );
        assert_eq!(curl(&["--tls-max", "1.2", &url("/")]), "hello from plainwire\n");
        assert_eq!(curl(&["-o", "/dev/null", "-w", "%{size_download}", &url("/bytes/20000000")]), "20000000");
        assert_eq!(curl(&["-d", "secret", &url("/x")]), "secret");
        let wget = if has("curl_over_tls", "wget") {
            said(Command::new("wget").args(["-q", "-O", "-", "--ca-certificate", &ca, &url("/")]))
        } else {
            return;
        };
        assert_eq!(wget, "hello from plainwire\n");
    });
}

#[test]
fn wget() {
    if !has("wget", "wget") {
        return;
    }
    let (folder, octets) = site();
    on_both(&[folder.path().to_str().expect("a path")], |server| {
        let out = tempfile::tempdir().expect("a folder");
        let wget = |arguments: &[&str]| {
            said(Command::new("wget").args(["-nv", "-P", out.path().to_str().expect("a path")]).args(arguments))
        };
        wget(&[&server.url("/big.bin"), &server.url("/hello.txt")]);
        assert!(fs::read(out.path().join("big.bin")).expect("the file") == octets);
        // A file that was cut short goes on.
        fs::write(out.path().join("big.bin"), &octets[..1_234_567]).expect("a file");
        wget(&["-c", &server.url("/big.bin")]);
        assert!(fs::read(out.path().join("big.bin")).expect("the file") == octets);
        // Only what is newer is fetched.
        wget(&["-N", &server.url("/hello.txt")]);
        // The whole site, by the pages that list it.
        wget(&["-r", "-np", "-nH", &server.url("/")]);
        assert!(out.path().join("index.html").exists());
    });
}

#[test]
fn aria2() {
    if !has("aria2", "aria2c") {
        return;
    }
    let (folder, octets) = site();
    on_both(&[folder.path().to_str().expect("a path")], |server| {
        let out = tempfile::tempdir().expect("a folder");
        let into = out.path().to_str().expect("a path");
        said(Command::new("aria2c").args([
            "-q",
            "-x4",
            "-s4",
            "-k1M",
            "--no-conf",
            "-d",
            into,
            &server.url("/big.bin"),
        ]));
        assert!(fs::read(out.path().join("big.bin")).expect("the file") == octets);
    });
}

#[test]
fn python() {
    if !has("python", "python3") {
        return;
    }
    let with_requests =
        Command::new("python3").args(["-c", "import requests"]).output().is_ok_and(|it| it.status.success());
    if !with_requests {
        skipped("python", "requests is not installed; http.client alone is tested");
    }
    on_both(&["--echo"], |server| {
        let (host, port) = (server.address.ip(), server.address.port());
        let script = format!(
            "import http.client as h\nc = h.HTTPConnection('{host}', {port})\n\
             for body in (b'one', b'', b'x' * 300000):\n\
             \x20   c.request('POST', '/x', body); r = c.getresponse(); assert (r.status, r.read()) == (200, body)\n\
             c.request('POST', '/x', iter([b'in ', b'chunks'])); r = c.getresponse(); assert r.read() == b'in chunks'\n\
             c.request('HEAD', '/bytes/12'); r = c.getresponse(); assert r.getheader('Content-Length') == '12' and r.read() == b''\n\
             c.request('GET', '/status/404'); r = c.getresponse(); assert (r.status, r.reason) == (404, 'Not Found'); r.read()\n\
             c.request('DELETE', '/'); r = c.getresponse(); assert r.status == 405 and 'GET' in r.getheader('Allow'); r.read()\n\
             c.request('GET', '/echo', headers={{'X-A': 'b'}}); assert b'X-A: b\\n' in c.getresponse().read()\n"
        );
        said(Command::new("python3").args(["-c", &script]));
        if with_requests {
            let script = format!(
                "import requests\ns = requests.Session(); s.trust_env = False; u = '{}'\n\
                 assert s.get(u + '/gzip').text == 'hello from plainwire\\n' * 3\n\
                 assert s.get(u + '/redirect/4').history[0].status_code == 302\n\
                 s.get(u + '/cookie?a=1'); assert s.get(u + '/cookie').text == 'a=1\\n'\n\
                 r = s.post(u + '/x', files={{'f': ('n.txt', b'content')}}); assert b'content' in r.content and r.content.startswith(b'--')\n\
                 assert s.post(u + '/x', data=(p for p in [b'gen', b'erated'])).content == b'generated'\n\
                 assert s.request('BREW', u + '/').status_code == 501\n\
                 assert len(s.get(u + '/bytes/1000000', stream=True).raw.read()) == 1000000\n",
                server.base
            );
            said(Command::new("python3").args(["-c", &script]));
        }
    });
}

#[test]
fn node() {
    if !has("node", "node") {
        return;
    }
    on_both(&["--echo"], |server| {
        let script = format!(
            "const u = '{}'; (async () => {{\n\
             const t = async (p, o) => (await fetch(u + p, o)).text();\n\
             const is = (a, b) => {{ if (a !== b) throw new Error(JSON.stringify([a, b])); }};\n\
             is(await t('/'), 'hello from plainwire\\n');\n\
             is(await t('/gzip'), 'hello from plainwire\\n'.repeat(3));\n\
             is(await t('/chunked'), 'hello from plainwire\\n'.repeat(3));\n\
             is(await t('/redirect/3'), 'hello from plainwire\\n');\n\
             is(await t('/x', {{method: 'POST', body: 'posted'}}), 'posted');\n\
             is(await t('/x', {{method: 'POST', duplex: 'half', body: new Blob(['stre', 'amed']).stream()}}), 'streamed');\n\
             is((await fetch(u + '/status/418')).status, 418);\n\
             is((await Promise.all(Array.from({{length: 50}}, (_, n) => t('/bytes/' + n)))).join('').length, 1225);\n\
             }})().catch(e => {{ console.error(e); process.exit(1); }});",
            server.base
        );
        said(Command::new("node").args(["-e", &script]));
    });
}

#[test]
fn tools_that_count_find_no_failure() {
    for (program, arguments, marks) in [
        (
            "ab",
            &["-q", "-n", "2000", "-c", "8", "-k"][..],
            &["Failed requests:        0", "Complete requests:      2000"][..],
        ),
        ("ab", &["-q", "-n", "500", "-c", "8"], &["Failed requests:        0", "Complete requests:      500"]),
        ("wrk", &["-t1", "-c64", "-d2s"], &["Requests/sec:"]),
        ("h2load", &["--h1", "-n", "2000", "-c", "16"], &["2000 succeeded, 0 failed, 0 errored"]),
    ] {
        if !has("tools_that_count_find_no_failure", program) {
            continue;
        }
        on_both(&["--echo"], |server| {
            let out = said(Command::new(program).args(arguments).arg(server.url("/")));
            for mark in marks {
                assert!(out.contains(mark), "{program}: {out}");
            }
            assert!(!out.contains("Socket errors") && !out.contains("Non-2xx"), "{program}: {out}");
        });
    }
}

#[test]
fn slow_clients_end_by_deadline_while_others_are_served() {
    if !has("slow_clients_end_by_deadline_while_others_are_served", "slowhttptest") {
        return;
    }
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let limits = Limits { idle: seconds(2), head: seconds(2), body: seconds(2), ..Limits::default() };
    let app = |request: &Request| match request.method() {
        "POST" => Begin::Collect(1 << 20, Box::new(|_, body| Answer::text(200, format!("{}\n", body.len())))),
        _ => Begin::Answer(Answer::text(200, "hello")),
    };
    for start in [pool::start, reactor::start] {
        let port = Port::bind("127.0.0.1:0", Serve::new(app).limits(limits)).expect("a free port");
        let running = start(vec![port], Options::default()).expect("a server");
        let url = format!("http://{}/", running.addresses()[0]);
        for mode in ["-H", "-B"] {
            let folder = tempfile::tempdir().expect("a folder");
            let other = url.clone();
            let served = std::thread::spawn(move || {
                let mut answers = 0;
                let end = std::time::Instant::now() + Duration::from_secs(4);
                while std::time::Instant::now() < end {
                    let answer = plainwire::net::http::get(&other).and_then(Response::text);
                    assert_eq!(answer.expect("an answer"), "hello");
                    answers += 1;
                }
                answers
            });
            let out = said(
                Command::new("slowhttptest")
                    .args(["-c", "60", mode, "-i", "1", "-r", "60", "-l", "12", "-p", "2", "-u", &url])
                    .current_dir(folder.path()),
            );
            assert!(served.join().expect("nobody panics") > 10, "others are served meanwhile");
            let plain = out.replace("\u{1b}[0m", "").replace("\u{1b}[1m", "");
            assert!(plain.contains("No open connections left"), "{out}");
        }
        running.stop(Duration::from_secs(1));
    }
}

#[test]
fn chromium_shows_a_page() {
    let program = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|program| {
        std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
    });
    let Some(program) = program else {
        skipped("chromium_shows_a_page", "chromium is not installed");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page =
        "<!DOCTYPE html><title>t</title><link rel=stylesheet href=s.css><p id=a>before</p><script src=s.js></script>";
    fs::write(folder.path().join("index.html"), page).expect("a file");
    fs::write(folder.path().join("s.css"), "p { color: green }").expect("a file");
    let script = "fetch('data.json').then(r => r.json()).then(d => { document.getElementById('a').textContent = d.word + \
                  getComputedStyle(document.getElementById('a')).color; });";
    fs::write(folder.path().join("s.js"), script).expect("a file");
    fs::write(folder.path().join("data.json"), "{\"word\": \"after \"}").expect("a file");
    on_both(&[folder.path().to_str().expect("a path")], |server| {
        let home = tempfile::tempdir().expect("a folder");
        let profile = format!("--user-data-dir={}", home.path().display());
        let shown = said(chromium(program, home.path()).args([
            &profile,
            "--virtual-time-budget=5000",
            "--dump-dom",
            &server.url("/"),
        ]));
        assert!(shown.contains("<p id=\"a\">after rgb(0, 128, 0)</p>"), "{shown}");
    });
}

fn chromium(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("HOME", home).env("XDG_CONFIG_HOME", home).env("XDG_CACHE_HOME", home).args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--no-proxy-server",
    ]);
    command
}
