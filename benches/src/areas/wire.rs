//! HTTP over real sockets, beside the servers and clients that people use.
//!
//! - `hello`: 64 keep-alive connections under `wrk`; pool and reactor beside nginx (one worker) and hyper (on tokio, with
//!   one thread and with two). And the `bare loop` beside the same: it reads nothing of what it is asked and makes nothing
//!   of what it answers, which shows what is left to a server that waits by epoll and answers by one call. Told twice: as
//!   requests a second turned into nanoseconds for each, and as the CPU time of the server's process, which what else runs
//!   on the machine disturbs less.
//! - `idle`: what a keep-alive connection that has been served and is quiet adds to the process, in octets (the
//!   column says ns), reactor beside hyper.
//! - `small files`: GETs over one reused connection, [`Opener`] beside ureq.
//! - `1 GB`: the tool beside curl, to a file and to `/dev/null`; it is built where `PLAINWIRE_TOOL` says.
//!
//! Each server is a process of its own: this program, started again with `--serve KIND`.

mod servers;

use crate::measure::Bench;
use plainwire::net::http::Opener;
use plainwire::net::http::proxy::Proxies;
use servers::Server;
pub use servers::serve;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Medians over so many turns of either side.
const TURNS: usize = 5;

pub fn run(bench: &mut Bench) {
    hello(bench);
    idle(bench);
    small(bench);
    large(bench);
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Measures two sides in turns, and tells the medians of wall-clock and CPU time.
fn turns(bench: &mut Bench, case: &str, peer: &str, mut side: [&mut dyn FnMut() -> (f64, f64); 2]) {
    let mut figures = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
    // The first turn warms up.
    for turn in 0..=TURNS {
        for (index, measure) in side.iter_mut().enumerate() {
            let (wall, cpu) = measure();
            if turn > 0 {
                figures[index][0].push(wall);
                figures[index][1].push(cpu);
            }
        }
    }
    let [[wall, cpu], [their_wall, their_cpu]] = &mut figures;
    bench.row(&format!("{case}, wall"), peer, median(wall), median(their_wall), 0.0);
    bench.row(&format!("{case}, CPU"), peer, median(cpu), median(their_cpu), 0.0);
}

fn hello(bench: &mut Bench) {
    for ours in ["pool", "reactor", "bare loop", "bare loop, 2 threads"] {
        for peer in ["nginx", "hyper", "hyper, 2 threads"] {
            let case = format!("hello, 64 connections, {ours}");
            if !bench.wants(&case, peer) {
                continue;
            }
            let (Some(ours), Some(theirs)) = (Server::start(ours), Server::start(peer)) else {
                eprintln!("SKIPPED: {peer} is not installed");
                continue;
            };
            let Some(_) = wrk(&ours) else {
                eprintln!("SKIPPED: wrk is not installed");
                return;
            };
            let figures = |server: &Server| wrk(server).expect("wrk ran before");
            turns(bench, &case, peer, [&mut || figures(&ours), &mut || figures(&theirs)]);
        }
    }
}

/// Nanoseconds for each request: of wall-clock time, and of the server's CPU time.
fn wrk(server: &Server) -> Option<(f64, f64)> {
    let before = server.cpu();
    let output = Command::new("wrk").args(["-t1", "-c64", "-d2s", &server.url("/")]).output().ok()?;
    let spent = server.cpu() - before;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure = |mark: &str| text.lines().find_map(|line| line.trim().strip_prefix(mark)?.trim().parse::<f64>().ok());
    let rate = figure("Requests/sec:").unwrap_or_else(|| panic!("no rate: {text}"));
    assert!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "{text}");
    let requests =
        text.split(" requests in").next().and_then(|text| text.rsplit('\n').next()?.trim().parse::<f64>().ok());
    Some((1e9 / rate, spent / requests.unwrap_or(rate * 2.0)))
}

fn idle(bench: &mut Bench) {
    const CONNECTIONS: usize = 5000;
    let (case, peer) = (format!("idle, {CONNECTIONS} connections, octets each"), "hyper");
    if !bench.wants(&case, peer) {
        return;
    }
    let [ours, theirs] = ["reactor", "hyper"].map(|kind| {
        let server = Server::start(kind).expect("they are built in");
        let mut open = Vec::new();
        // What is allocated once, whoever comes.
        for _ in 0..100 {
            open.push(server.visit());
        }
        let before = server.memory();
        for _ in 0..CONNECTIONS {
            open.push(server.visit());
        }
        (server.memory() - before) / CONNECTIONS as f64
    });
    bench.row(&case, peer, ours, theirs, 0.0);
}

fn small(bench: &mut Bench) {
    let case = "GET 512 octets, one connection";
    if !bench.wants(case, "ureq") {
        return;
    }
    const COUNT: u64 = 2000;
    let server = Server::start("reactor").expect("it is built in");
    let url = server.url("/512");
    let opener = Opener::new().proxies(Proxies::default());
    let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    let ours = || {
        for _ in 0..COUNT {
            let body = opener.get(&url).and_then(|answer| answer.bytes(1 << 20)).expect("an answer");
            assert_eq!(body.len(), 512);
        }
    };
    let theirs = || {
        for _ in 0..COUNT {
            let body =
                agent.get(&url).call().and_then(|mut answer| answer.body_mut().read_to_vec()).expect("an answer");
            assert_eq!(body.len(), 512);
        }
    };
    let timed = |run: &dyn Fn()| {
        let (start, cpu) = (Instant::now(), crate::measure::thread_time());
        run();
        let spent = crate::measure::thread_time() - cpu;
        (start.elapsed().as_nanos() as f64 / COUNT as f64, spent as f64 / COUNT as f64)
    };
    turns(bench, case, "ureq", [&mut || timed(&ours), &mut || timed(&theirs)]);
}

fn large(bench: &mut Bench) {
    let Some(tool) = std::env::var_os("PLAINWIRE_TOOL") else {
        eprintln!("SKIPPED: PLAINWIRE_TOOL does not name the tool");
        return;
    };
    let folder = std::env::temp_dir().join(format!("plainwire-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("came");
    for (to, path) in [("a file", file.as_path()), ("/dev/null", Path::new("/dev/null"))] {
        let case = format!("1 GB to {to}");
        if !bench.wants(&case, "curl") {
            continue;
        }
        let Some(server) = Server::start("nginx") else {
            eprintln!("SKIPPED: nginx is not installed");
            break;
        };
        let url = server.url("/gigabyte");
        let path = path.display().to_string();
        let fetch = |program: &std::ffi::OsStr, arguments: &[&str]| {
            let before = children();
            let start = Instant::now();
            let status = Command::new(program)
                .args(arguments)
                .args(["-s", "-o", &path, &url])
                .env_remove("http_proxy")
                .stdin(Stdio::null())
                .status();
            assert!(status.is_ok_and(|status| status.success()), "{program:?}");
            let wall = start.elapsed().as_nanos() as f64;
            (wall, children() - before)
        };
        let (ours, theirs) = (|| fetch(&tool, &["get"]), || fetch("curl".as_ref(), &[]));
        turns(bench, &case, "curl", [&mut || ours(), &mut || theirs()]);
    }
    // What can't be removed from the folder for temporary files goes with it.
    let _gone = std::fs::remove_dir_all(&folder);
}

/// CPU time of the children that have ended, in nanoseconds. Servers live on: theirs is not in it.
fn children() -> f64 {
    // SAFETY: the pointer is to a live rusage of this frame, which the call fills.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage);
        usage
    };
    let nanos = |time: libc::timeval| time.tv_sec as f64 * 1e9 + time.tv_usec as f64 * 1e3;
    nanos(usage.ru_utime) + nanos(usage.ru_stime)
}
