//! A downloader that is killed at any point goes on where it was, and never mixes two versions of a file.
#![cfg(all(feature = "cli", unix))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "processes, sockets and clocks are what is tested"
)]

#[path = "support/web.rs"]
mod web;

use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::park_timeout;
use std::time::{Duration, Instant};
use web::{PATIENCE, Told, names, plainwire};

const LENGTH: usize = 6 << 20;

/// Octets that tell where they stand, and which version they are of.
fn content(version: u64) -> Vec<u8> {
    let octet = |at: u64| ((at + version * 1_000_003).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8;
    (0..LENGTH as u64).map(octet).collect()
}

fn sum(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What a server has, and how it says so.
struct Site {
    file: Mutex<(Arc<Vec<u8>>, String)>,
    /// Octets that were sent.
    sent: AtomicU64,
    /// Goes slowly, so that there is a middle to be killed in.
    slow: AtomicBool,
}

impl Site {
    fn new(version: u64, validator: &str) -> Arc<Self> {
        let file = Mutex::new((Arc::new(content(version)), validator.to_string()));
        Arc::new(Self { file, sent: AtomicU64::new(0), slow: AtomicBool::new(true) })
    }

    /// It has another version from now on.
    fn becomes(&self, version: u64, validator: &str) {
        *self.file.lock().unwrap() = (Arc::new(content(version)), validator.to_string());
    }

    /// Serves ranges as RFC 9110 14 has it: of the version that `If-Range` names, or the whole of the present one.
    fn serve(self: &Arc<Self>) -> Told {
        let site = Arc::clone(self);
        Told::by(move |_, stream, head| {
            let (octets, validator) = site.file.lock().unwrap().clone();
            let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
            let value = validator.split_once(": ").map(|(_, value)| value);
            let same = field("If-Range: ").is_none_or(|condition| Some(condition) == value);
            let range = field("Range: bytes=").filter(|_| same).and_then(|range| range.split_once('-'));
            let (head, part) = match range {
                Some((first, last)) => {
                    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
                    let range = format!("Content-Range: bytes {first}-{last}/{}\r\n", octets.len());
                    (format!("HTTP/1.1 206 Partial\r\n{range}"), &octets[first..=last])
                }
                None => ("HTTP/1.1 200 OK\r\n".to_string(), &octets[..]),
            };
            let head = format!("{head}{validator}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", part.len());
            let said = stream.write_all(head.as_bytes()).and_then(|()| site.send(stream, part, &validator));
            // Whoever was killed reads no more.
            drop(said);
        })
    }

    fn send(&self, stream: &mut TcpStream, part: &[u8], validator: &str) -> std::io::Result<()> {
        for piece in part.chunks(8 << 10) {
            stream.write_all(piece)?;
            self.sent.fetch_add(piece.len() as u64, Ordering::SeqCst);
            if self.file.lock().unwrap().1 != validator {
                // The version that is being sent is gone: so is its connection.
                return Ok(());
            }
            if self.slow.load(Ordering::SeqCst) {
                // The pace of the line; nothing waits for it.
                park_timeout(Duration::from_millis(10));
            }
        }
        Ok(())
    }
}

fn download(folder: &Path, url: &str) -> Child {
    plainwire()
        .args(["download", "-s", "-n", "4", "-o", "file", url])
        .current_dir(folder)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts")
}

/// Starts a download, kills it as soon as `enough` is true, and tells whether it was still at work.
fn kill_when(folder: &Path, url: &str, enough: impl Fn() -> bool) -> bool {
    let mut child = download(folder, url);
    let due = Instant::now() + PATIENCE;
    while !enough() && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < due, "nothing comes");
        // Between two looks; nothing depends on how long it takes.
        park_timeout(Duration::from_millis(1));
    }
    // One that has ended already can't be killed.
    drop(child.kill());
    child.wait().unwrap().signal() == Some(9)
}

/// Runs a download to its end, with a line that is fast again.
fn finish(site: &Site, folder: &Path, url: &str) {
    site.slow.store(false, Ordering::SeqCst);
    let output = download(folder, url).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    site.slow.store(true, Ordering::SeqCst);
}

fn random(below: u64) -> u64 {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets).unwrap();
    u64::from_ne_bytes(octets) % below
}

/// How much the plan says is there.
fn planned(folder: &Path) -> u64 {
    let text = fs::read_to_string(folder.join("file.part.plan")).unwrap_or_default();
    let segment = |line: &str| {
        let numbers: Vec<u64> =
            line.strip_prefix("segment ")?.split(' ').map_while(|number| number.parse().ok()).collect();
        Some(numbers.get(1)? - numbers.first()?)
    };
    text.lines().filter_map(segment).sum()
}

#[test]
fn ten_kills_at_random_points_and_the_sum_is_right() {
    let expected = sum(&content(1));
    for validator in ["ETag: \"v1\"", "Last-Modified: Sat, 29 Oct 1994 19:43:31 GMT"] {
        let site = Site::new(1, validator);
        let server = site.serve();
        let folder = tempfile::tempdir().unwrap();
        let mut kills = 0;
        let mut points = Vec::new();
        while kills < 10 {
            let more = random(LENGTH as u64 / 12);
            let until = site.sent.load(Ordering::SeqCst) + more;
            points.push(more);
            if kill_when(folder.path(), &server.url("/"), || site.sent.load(Ordering::SeqCst) >= until) {
                kills += 1;
                assert!(!folder.path().join("file").exists(), "no final name before the end; points {points:?}");
            } else {
                // It was done before the point: the sum is right, and the next one begins anew.
                assert_eq!(sum(&fs::read(folder.path().join("file")).unwrap()), expected, "points {points:?}");
                fs::remove_file(folder.path().join("file")).unwrap();
            }
        }
        finish(&site, folder.path(), &server.url("/"));
        assert_eq!(sum(&fs::read(folder.path().join("file")).unwrap()), expected, "points {points:?}");
        assert_eq!(names(folder.path()), ["file"]);
    }
}

#[test]
fn what_was_there_is_not_fetched_again() {
    let site = Site::new(1, "ETag: \"v1\"");
    let server = site.serve();
    let folder = tempfile::tempdir().unwrap();
    assert!(kill_when(folder.path(), &server.url("/"), || planned(folder.path()) >= LENGTH as u64 / 4));
    let there = planned(folder.path());
    let before = server.heads().len();
    finish(&site, folder.path(), &server.url("/"));
    let asked = |head: &String| {
        let (first, last) = head.lines().find_map(|line| line.strip_prefix("Range: bytes=")?.split_once('-')).unwrap();
        last.parse::<u64>().unwrap() + 1 - first.parse::<u64>().unwrap()
    };
    let fetched: u64 = server.heads()[before..].iter().map(asked).sum();
    // The first octet is asked for to learn what there is.
    assert_eq!(fetched, LENGTH as u64 - there + 1, "{there} octets were there");
    assert_eq!(sum(&fs::read(folder.path().join("file")).unwrap()), sum(&content(1)));
}

#[test]
fn a_file_that_changed_between_two_runs_starts_again() {
    for (before, after) in [
        ("ETag: \"v1\"", "ETag: \"v2\""),
        ("Last-Modified: Sat, 29 Oct 1994 19:43:31 GMT", "Last-Modified: Sat, 29 Oct 1994 19:43:32 GMT"),
        // What does not tell octet for octet resumes nothing, even if it stays the same.
        ("ETag: W/\"v\"", "ETag: W/\"v\""),
        ("X-No: validator", "X-No: validator"),
    ] {
        let site = Site::new(1, before);
        let server = site.serve();
        let folder = tempfile::tempdir().unwrap();
        assert!(kill_when(folder.path(), &server.url("/"), || planned(folder.path()) >= LENGTH as u64 / 4));
        site.becomes(2, after);
        finish(&site, folder.path(), &server.url("/"));
        assert_eq!(sum(&fs::read(folder.path().join("file")).unwrap()), sum(&content(2)), "{before}");
    }
}

#[test]
fn a_file_that_changes_while_it_comes_is_noticed() {
    let site = Site::new(1, "ETag: \"v1\"");
    let server = site.serve();
    let folder = tempfile::tempdir().unwrap();
    // Some of the old one is there, and the next run asks for it when the new one comes in the middle of its requests.
    assert!(kill_when(folder.path(), &server.url("/"), || planned(folder.path()) >= LENGTH as u64 / 4));
    let until = site.sent.load(Ordering::SeqCst) + LENGTH as u64 / 8;
    let child = download(folder.path(), &server.url("/"));
    let due = Instant::now() + PATIENCE;
    while site.sent.load(Ordering::SeqCst) < until {
        assert!(Instant::now() < due, "nothing comes");
        // Between two looks; nothing depends on how long it takes.
        park_timeout(Duration::from_millis(1));
    }
    // All segments break; each asks again for where it was, and hears that there is another version.
    site.becomes(2, "ETag: \"v2\"");
    site.slow.store(false, Ordering::SeqCst);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(sum(&fs::read(folder.path().join("file")).unwrap()), sum(&content(2)));
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn two_downloads_of_one_file_do_not_write_into_each_other() {
    let site = Site::new(1, "ETag: \"v1\"");
    let server = site.serve();
    let folder = tempfile::tempdir().unwrap();
    let mut first = download(folder.path(), &server.url("/"));
    let due = Instant::now() + PATIENCE;
    while site.sent.load(Ordering::SeqCst) < 100_000 {
        assert!(Instant::now() < due, "nothing comes");
        park_timeout(Duration::from_millis(1));
    }
    let second = download(folder.path(), &server.url("/")).wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!((second.status.code(), error.contains("another download is writing it")), (Some(23), true), "{error}");
    site.slow.store(false, Ordering::SeqCst);
    assert!(first.wait().unwrap().success());
    assert_eq!(sum(&fs::read(folder.path().join("file")).unwrap()), sum(&content(1)));
}
