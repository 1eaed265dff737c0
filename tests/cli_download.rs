//! `plainwire download`: files in segments, names, checksums, and what can go wrong.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

#[path = "support/web.rs"]
mod web;

use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use web::{Ran, Served, Told, names, plainwire};

fn download(folder: &Path, arguments: &[&str]) -> Ran {
    plainwire().arg("download").args(arguments).current_dir(folder).output().expect("the tool starts").into()
}

/// Octets that tell where they stand.
fn content(len: usize) -> Vec<u8> {
    (0..len as u64).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

fn sha256(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn files_come_in_any_number_of_segments() {
    let site = tempfile::tempdir().unwrap();
    let octets = content(3_000_001);
    fs::write(site.path().join("big.bin"), &octets).unwrap();
    fs::write(site.path().join("empty"), "").unwrap();
    fs::write(site.path().join("one"), "1").unwrap();
    let server = Served::start(&[site.path().to_str().unwrap(), "--quiet"]);
    for segments in ["1", "4", "32"] {
        let folder = tempfile::tempdir().unwrap();
        let checksum = format!("sha256:{}", sha256(&octets));
        let ran = download(folder.path(), &["-n", segments, "--checksum", &checksum, &server.url("/big.bin")]);
        assert_eq!(ran.code, 0, "{}", ran.errors);
        assert_eq!(ran.errors, "big.bin: 3000001 octets\n");
        assert!(fs::read(folder.path().join("big.bin")).unwrap() == octets, "{segments} segments");
        assert_eq!(names(folder.path()), ["big.bin"]);
        for (name, text) in [("empty", ""), ("one", "1")] {
            let ran = download(folder.path(), &["-s", "-n", segments, "-o", "out", &server.url(&format!("/{name}"))]);
            assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{name}");
            assert_eq!(fs::read_to_string(folder.path().join("out")).unwrap(), text);
        }
    }
}

#[test]
fn progress_is_told_as_json() {
    let site = tempfile::tempdir().unwrap();
    fs::write(site.path().join("a"), content(500_000)).unwrap();
    let server = Served::start(&[site.path().to_str().unwrap(), "--quiet"]);
    let folder = tempfile::tempdir().unwrap();
    let sum = format!("sha256:{}", sha256(&content(500_000)).to_uppercase());
    let ran = download(folder.path(), &["--json", "-n", "2", "--checksum", &sum, &server.url("/a")]);
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""));
    let lines: Vec<serde_json::Value> = ran.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, progress) = lines.split_last().unwrap();
    assert_eq!((last["file"].as_str(), last["length"].as_u64()), (Some("a"), Some(500_000)));
    assert_eq!(last["checksum"].as_str(), Some(&*sha256(&content(500_000))));
    assert!(!progress.is_empty());
    for line in progress {
        assert_eq!(line["length"].as_u64(), Some(500_000));
        assert!(line["done"].as_u64() <= Some(500_000) && line["rate"].is_u64(), "{line}");
    }
}

/// The letters mean what they mean for `plainwire get`.
#[test]
fn a_download_has_the_letters_of_get() {
    let told = Told::by(|_, stream, head| {
        let answer =
            if head.contains("Proxy-Authorization: Digest ") && head.contains("\r\nAuthorization: Basic dTpw\r\n") {
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
            } else {
                "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"n\"\r\n\
             Proxy-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            };
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let proxy = told.url("").replace("http://", "http://p:q@");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fields"), "X-File: 1\nX-More: 2\n").unwrap();
    for (letter, first) in [("--proxy-digest", false), ("--proxy-anyauth", false), ("-s", true)] {
        let before = told.heads().len();
        let letters = ["-x", &proxy, letter, "-u", "u:p", "-H", "X-A: b", "-H", "@fields", "-H", "User-Agent:"];
        let ran = download(folder.path(), &[&letters[..], &["-o", "out", "http://www.example.test/f"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.errors);
        assert_eq!(fs::read_to_string(folder.path().join("out")).unwrap(), "ok");
        let heads = &told.heads()[before..];
        assert!(heads.len() >= 2, "{heads:?}");
        assert_eq!(heads[0].contains("Proxy-Authorization: Basic cDpx"), first, "{}", heads[0]);
        for head in heads {
            assert!(head.starts_with("GET http://www.example.test/f HTTP/1.1\r\n"), "{head}");
            for field in ["X-A: b", "X-File: 1", "X-More: 2"] {
                assert!(head.contains(&format!("\r\n{field}\r\n")), "{head}");
            }
            assert!(!head.contains("User-Agent"), "{head}");
        }
    }
    // The name is asked for by the same letters.
    let ran =
        download(folder.path(), &["-s", "-x", &proxy, "-u", "u:p", "-H", "X-A: b", "http://www.example.test/name"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert_eq!(fs::read_to_string(folder.path().join("name")).unwrap(), "ok");
    for (letters, code, words) in [
        (&["-H", "no field"][..], 2, "is no field"),
        (&["-H", "Range: bytes=0-1"], 3, "range is said by the download itself"),
        (&["-H", "@absent"], 26, "absent"),
        (&["-x", "socks5://127.0.0.1:1"], 7, "only http proxies"),
    ] {
        let ran = download(folder.path(), &[letters, &["-o", "out2", "http://www.example.test/f"]].concat());
        assert!(ran.code == code && ran.errors.contains(words), "{} {}", ran.code, ran.errors);
        assert!(!folder.path().join("out2").exists());
    }
    let help = String::from_utf8(plainwire().args(["download", "--help"]).output().unwrap().stdout).unwrap();
    for letter in
        ["-H, --header", "-u, --user", "-x, --proxy", "--proxy-digest", "-k, --insecure", "--cacert", "--anyauth"]
    {
        assert!(help.contains(letter), "{letter}: {help}");
    }
}

#[test]
fn a_wrong_checksum_leaves_nothing() {
    let server = Served::echo();
    let folder = tempfile::tempdir().unwrap();
    let wrong = format!("sha256:{}", "0".repeat(64));
    let ran = download(folder.path(), &["--checksum", &wrong, "-o", "x", &server.url("/bytes/1000")]);
    assert_eq!(ran.code, 36, "{}", ran.errors);
    assert_eq!(ran.errors.lines().count(), 1);
    assert!(names(folder.path()).is_empty());
    for checksum in ["sha256:0", "md5:00", "nonsense"] {
        assert_eq!(download(folder.path(), &["--checksum", checksum, &server.url("/bytes/1")]).code, 2);
    }
}

#[test]
fn names_are_proposed_and_never_leave_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let server = Told::by(|_, stream, head| {
        let name = if head.contains(" /plain") {
            ""
        } else {
            "Content-Disposition: attachment; filename*=UTF-8''..%2F..%2Fa%20b\r\n"
        };
        let body = if head.starts_with("HEAD") { "" } else { "x" };
        let answer = format!("HTTP/1.1 200 OK\r\n{name}Content-Length: 1\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(answer.as_bytes()).unwrap();
    });
    for path in ["/whatever", "/plain%2fc%20d"] {
        let ran = download(folder.path(), &["-s", &server.url(path)]);
        assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{path}");
    }
    assert_eq!(names(folder.path()), ["a b", "c d"]);
    // curl(1), -J: a file of the name that the server proposes is not overwritten. One that was asked for is.
    let again = download(folder.path(), &["-s", &server.url("/")]);
    assert_eq!(again.code, 23);
    assert!(again.errors.contains("a b is there already"), "{}", again.errors);
    assert_eq!(download(folder.path(), &["-s", &server.url("/plain%2fc%20d")]).code, 0);
    assert_eq!(names(folder.path()), ["a b", "c d"]);
}

#[test]
fn one_stream_serves_where_ranges_are_not_offered() {
    let server = Served::echo();
    let folder = tempfile::tempdir().unwrap();
    let ran = download(folder.path(), &["-n", "4", "-o", "x", &server.url("/bytes/300000")]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert_eq!(fs::metadata(folder.path().join("x")).unwrap().len(), 300_000);
    let ran = download(folder.path(), &["-s", "-o", "y", &server.url("/chunked")]);
    assert_eq!((ran.code, fs::read_to_string(folder.path().join("y")).unwrap().len()), (0, 63), "{}", ran.errors);
    let ran = download(folder.path(), &["-s", "-o", "z", &server.url("/redirect/2")]);
    assert_eq!((ran.code, fs::read_to_string(folder.path().join("z")).unwrap().len()), (0, 21), "{}", ran.errors);
    assert_eq!(names(folder.path()), ["x", "y", "z"]);
}

#[test]
fn failures_have_their_codes_and_the_final_name_stays_free() {
    let server = Served::echo();
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code) in [
        (vec!["-o", "x", &*server.url("/status/404")], 22),
        (vec!["-o", "x", "gopher://h/"], 1),
        (vec!["-o", "x", "http://a b/"], 3),
        (vec!["-o", "no/such/x", &*server.url("/bytes/10")], 23),
        (vec!["-o", "/dev/null", &*server.url("/bytes/10")], 23),
        (vec!["-o", ".", &*server.url("/bytes/10")], 23),
        (vec!["-n", "0", &*server.url("/bytes/10")], 2),
        (vec!["-n", "33", &*server.url("/bytes/10")], 2),
    ] {
        let ran = download(folder.path(), &arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.errors);
        assert!(code == 2 || ran.errors.lines().count() == 1, "{arguments:?}: {}", ran.errors);
    }
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
}

#[test]
fn a_segment_that_dies_goes_on_where_it_was() {
    let octets = content(400_000);
    let served = octets.clone();
    // The first two connections for ranges beyond the first octet break after 50,000 octets.
    let broken = std::sync::atomic::AtomicUsize::new(0);
    let server = Told::by(move |_, stream, head| {
        let range = head.lines().find_map(|line| line.strip_prefix("Range: bytes=")).expect("a range");
        let (first, last) = range.split_once('-').unwrap();
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        let part = &served[first..=last];
        let sent = if part.len() > 50_000 && broken.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 {
            &part[..50_000]
        } else {
            part
        };
        let head = format!(
            "HTTP/1.1 206 Partial\r\nETag: \"v\"\r\nContent-Range: bytes {first}-{last}/{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            served.len(),
            part.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(sent)).unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let ran = download(folder.path(), &["-s", "-n", "2", "-o", "x", &server.url("/x")]);
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""));
    assert!(fs::read(folder.path().join("x")).unwrap() == octets);
    let begun: Vec<_> = server
        .heads()
        .iter()
        .filter_map(|head| Some(head.split("bytes=").nth(1)?.split('-').next()?.to_string()))
        .collect();
    assert!(begun.contains(&"50000".to_string()) && begun.contains(&"250000".to_string()), "{begun:?}");
    assert!(server.heads()[2..].iter().all(|head| head.contains("If-Range: \"v\"")), "{:?}", server.heads());
}
