//! Cookie files between us and the programs that share them: curl, wget, Python's `MozillaCookieJar` and `LWPCookieJar`.
//! Each is skipped, loudly, where the program is not installed.
#![cfg(feature = "cookie")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "a server for the programs to talk to")]

use plainwire::cookie::file::{lwp, netscape};
use plainwire::cookie::{Jar, Place, Record, Request, Timestamp};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

/// The host that all of this is about. It need not resolve: the programs go through a proxy, which is the test.
const HOST: &str = "www.example.test";

/// Session cookies, lasting ones, for the host, for its domain, for a folder, secret ones, odd values.
const FIELDS: &[&str] = &[
    "host=1; Path=/; Max-Age=1000000",
    "domain=2; Path=/; Domain=example.test; Max-Age=1000000",
    "folder=3; Path=/folder; Max-Age=1000000",
    "other=4; Path=/other; Max-Age=1000000",
    // In this case alone Python's MozillaCookieJar writes it.
    "secret=5; Path=/; HTTPOnly; Max-Age=1000000",
    "session=6; Path=/",
    "empty=; Path=/; Max-Age=1000000",
    "quoted=\"a b\"; Path=/; Max-Age=1000000",
    "signs=a=b&c%20; Path=/; Max-Age=1000000",
];

fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap())
}

fn place(path: &str) -> Request<'_> {
    Request::to(Place::new(false, HOST, path).unwrap())
}

fn jar(fields: &[&str]) -> Jar {
    let mut jar = Jar::new();
    for field in fields {
        jar.receive(field.as_bytes(), &place("/folder/page"), now()).unwrap();
    }
    jar
}

/// Whether the program is there; says so where it is not.
fn installed(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("SKIPPED: {program} is not installed");
    }
    there
}

/// Answers one request, which comes as to a proxy, with `Set-Cookie` fields. Runs `client` with the proxy's address, and
/// tells the pairs of the request's `Cookie` field, sorted.
fn served(fields: &[&str], client: impl FnOnce(&str) -> Output) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut pairs = Vec::new();
            for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                let line = line.unwrap();
                if let Some(value) = line.strip_prefix("Cookie: ") {
                    pairs.extend(value.split("; ").map(str::to_owned));
                }
                if line.is_empty() {
                    break;
                }
            }
            let set: String = fields.iter().flat_map(|field| ["Set-Cookie: ", field, "\r\n"]).collect();
            let answer = format!("HTTP/1.1 200 OK\r\n{set}Content-Length: 2\r\nConnection: close\r\n\r\nok");
            stream.write_all(answer.as_bytes()).unwrap();
            pairs.sort();
            pairs
        });
        let output = client(&address);
        if !output.status.success() {
            // It may never have come: then the server waits still.
            drop(std::net::TcpStream::connect(&address));
        }
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        server.join().unwrap()
    })
}

/// What we would send, sorted.
fn ours(jar: &mut Jar, path: &str) -> Vec<String> {
    let sent = jar.cookie_string(&place(path), now()).unwrap_or_default();
    let mut pairs: Vec<_> = String::from_utf8(sent).unwrap().split("; ").map(str::to_owned).collect();
    pairs.sort();
    pairs
}

fn write_netscape(jar: &Jar, session: netscape::SessionExpiry, path: &Path) {
    let mut text = Vec::new();
    assert_eq!(netscape::write(&jar.records(true), session, &mut text), []);
    std::fs::write(path, text).unwrap();
}

/// The records of a file, by name, without what a file does not hold and with the expiry to the minute: programs
/// differ in the second at which they look at the clock, and curl rounds.
fn told(records: &[Record]) -> Vec<impl Ord + std::fmt::Debug + use<>> {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    let mut told: Vec<_> = records
        .iter()
        .map(|record| {
            (
                text(&record.name),
                text(&record.value),
                record.domain.clone(),
                record.host_only,
                text(&record.path),
                record.secure,
                record.http_only,
                // A million seconds lie in the middle of such a step.
                record.expires.map(|at| (at.0 - 10 - now().0) / 180),
            )
        })
        .collect();
    told.sort();
    told
}

#[test]
fn curl_reads_what_we_write() {
    if !installed("curl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cookies.txt");
    let mut jar = jar(FIELDS);
    write_netscape(&jar, netscape::SessionExpiry::Zero, &path);
    for page in ["/", "/folder/page"] {
        let sent = served(&[], |proxy| {
            let mut curl = Command::new("curl");
            curl.args(["-sS", "--noproxy", "", "-x", proxy, "-b"]).arg(&path).arg(format!("http://{HOST}{page}"));
            curl.output().unwrap()
        });
        assert_eq!(sent, ours(&mut jar, page));
    }
}

#[test]
fn we_read_what_curl_writes() {
    if !installed("curl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cookies.txt");
    served(FIELDS, |proxy| {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--noproxy", "", "-x", proxy, "-c"]).arg(&path).arg(format!("http://{HOST}/folder/page"));
        curl.output().unwrap()
    });
    let loaded = netscape::read(&std::fs::read(&path).unwrap());
    assert_eq!(loaded.faults, []);
    assert_eq!(told(&loaded.records), told(&jar(FIELDS).records(true)));
}

#[test]
fn wget_reads_what_we_write_and_we_what_it_writes() {
    if !installed("wget") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("cookies.txt"), folder.path().join("out.txt"));
    // "#HttpOnly_" is a comment to wget.
    let fields: Vec<&str> = FIELDS.iter().copied().filter(|field| !field.contains("HTTPOnly")).collect();
    let mut before = jar(&fields);
    write_netscape(&before, netscape::SessionExpiry::Zero, &path);
    let set =
        ["new=7; Path=/; Max-Age=1000000", "wide=8; Path=/; Domain=example.test; Max-Age=1000000", "brief=9; Path=/"];
    let sent = served(&set, |proxy| {
        let mut wget = Command::new("wget");
        wget.args(["-q", "-O", "-", "--keep-session-cookies", "-e", "use_proxy=yes", "-e"])
            .arg(format!("http_proxy=http://{proxy}/"))
            .env_remove("no_proxy")
            .arg("--load-cookies")
            .arg(&path)
            .arg("--save-cookies")
            .arg(&out)
            .arg(format!("http://{HOST}/folder/page"));
        wget.output().unwrap()
    });
    assert_eq!(sent, ours(&mut before, "/folder/page"));

    let loaded = netscape::read(&std::fs::read(&out).unwrap());
    assert_eq!(loaded.faults, []);
    let after = jar(&fields.iter().chain(&set).copied().collect::<Vec<_>>());
    assert_eq!(told(&loaded.records), told(&after.records(true)));
}

const READ: &str = "
import sys, json, http.cookiejar as c
jar = getattr(c, sys.argv[1])(sys.argv[2])
jar.load(ignore_discard=True)
print(json.dumps(sorted([k.name, k.value, k.domain, k.path, k.secure, k.expires, k.has_nonstandard_attr('HttpOnly') or k.has_nonstandard_attr('HTTPOnly')] for k in jar), default=str))
";

const WRITE: &str = "
import sys, http.cookiejar as c, urllib.request, email.message
class Answer:
    def __init__(self, fields):
        self.message = email.message.Message()
        for field in fields: self.message['Set-Cookie'] = field
    def info(self): return self.message
jar = getattr(c, sys.argv[1])(sys.argv[2])
jar.extract_cookies(Answer(sys.argv[4:]), urllib.request.Request(sys.argv[3]))
jar.save(ignore_discard=True)
";

fn python(script: &str, arguments: &[&str]) -> String {
    let output = Command::new("python3").arg("-c").arg(script).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn python_reads_what_we_write() {
    if !installed("python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cookies");
    let mut fields = FIELDS.to_vec();
    fields.push("lonely; Path=/; Max-Age=1000000");
    let jar = jar(&fields);
    let file = path.to_str().unwrap();
    for class in ["MozillaCookieJar", "LWPCookieJar"] {
        if class == "MozillaCookieJar" {
            write_netscape(&jar, netscape::SessionExpiry::Empty, &path);
        } else {
            let mut text = Vec::new();
            assert_eq!(lwp::write(&jar.records(true), &mut text), []);
            std::fs::write(&path, text).unwrap();
        }
        let told: Vec<serde_json::Value> = serde_json::from_str(&python(READ, &[class, file])).unwrap();
        let mut expected: Vec<serde_json::Value> = jar
            .records(true)
            .iter()
            .map(|record| {
                let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
                let domain = format!("{}{}", if record.host_only { "" } else { "." }, record.domain);
                // What has no `=` is a name without a value to Python.
                let (name, value) = if record.name.is_empty() {
                    (text(&record.value), serde_json::Value::Null)
                } else {
                    (text(&record.name), text(&record.value).into())
                };
                let expires = record.expires.map(|at| at.0);
                serde_json::json!([name, value, domain, text(&record.path), record.secure, expires, record.http_only])
            })
            .collect();
        expected.sort_by_key(|row| row[0].as_str().unwrap().to_owned());
        assert_eq!(told, expected, "{class}");
    }
}

#[test]
fn we_read_what_python_writes() {
    if !installed("python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cookies");
    let url = format!("https://{HOST}/folder/page");
    // Python takes a quoted value's quotes off as it comes.
    let mut fields: Vec<&str> = FIELDS.iter().copied().filter(|field| !field.starts_with("quoted")).collect();
    fields.push("tls=7; Path=/; Secure; Max-Age=1000000");
    let mut expected = Jar::new();
    for field in &fields {
        expected
            .receive(field.as_bytes(), &Request::to(Place::new(true, HOST, "/folder/page").unwrap()), now())
            .unwrap();
    }
    for class in ["MozillaCookieJar", "LWPCookieJar"] {
        let mut arguments = vec![class, path.to_str().unwrap(), &url];
        arguments.extend(&fields);
        python(WRITE, &arguments);
        let text = std::fs::read(&path).unwrap();
        let loaded = if class == "LWPCookieJar" { lwp::read(&text) } else { netscape::read(&text) };
        assert_eq!(loaded.faults, [], "{class}");
        assert_eq!(told(&loaded.records), told(&expected.records(true)), "{class}: {}", String::from_utf8_lossy(&text));
    }
}
