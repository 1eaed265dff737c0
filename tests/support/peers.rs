//! Real programs as peers: started by the recipes in `tests/interop/peers`, on loopback, and ended by the pid that was
//! started. What is not installed is said loudly, and its test counts as skipped.

#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "peers have files, sockets and clocks")]

use std::fs::Permissions;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Says that a test did not run, past the capture of the test runner.
pub fn skipped(test: &str, why: &str) {
    let line = format!("SKIPPED {test}: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error takes a line");
}

/// Whether a program is there; says so where it is not.
pub fn has(test: &str, program: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path)
            .chain(["/usr/sbin".into(), "/sbin".into()])
            .any(|folder| folder.join(program).is_file())
    });
    if !found {
        skipped(test, &format!("{program} is not installed"));
    }
    found
}

/// The folder of the recipes.
pub fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/peers")
}

/// A running peer. Dropping it ends its process group.
pub struct Peer {
    child: Child,
    scratch: tempfile::TempDir,
    /// The first of ten ports that are its own.
    pub port: u16,
}

/// Ten ports in a row that are free now. Peers of one test process never share any.
///
/// They lie below the ports that the system gives to clients: after a load test those wait for a minute, and there is no
/// row of ten among them.
pub fn ports() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    for _ in 0..ROWS {
        let row = (std::process::id().wrapping_mul(97) + GIVEN.fetch_add(1, Ordering::Relaxed)) % ROWS;
        let first = 10_000 + 10 * row as u16;
        if (first..first + 10).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return first;
        }
    }
    panic!("no ten free ports in a row");
}

/// From 10,000 on; clients' ports begin at 32,768.
const ROWS: u32 = 2_200;

impl Peer {
    /// Starts `recipe` with extra environment and waits until its first port answers.
    pub fn start(recipe: &str, environment: &[(&str, &str)]) -> Self {
        let port = ports();
        let scratch = tempfile::Builder::new().prefix("pw").tempdir_in("/tmp").expect("a scratch folder");
        // Servers that drop their privileges have to reach it.
        std::fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).expect("scratch permissions");
        let log = std::fs::File::create(scratch.path().join("recipe.log")).expect("a log");
        let folder = scratch.path().join("s");
        std::fs::create_dir(&folder).expect("a folder");
        let child = Command::new(recipes().join(recipe))
            .arg(port.to_string())
            .arg(&folder)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("the recipe starts");
        let mut peer = Self { child, scratch, port };
        peer.wait_for(port);
        peer
    }

    /// Waits until a port answers.
    pub fn wait_for(&mut self, port: u16) {
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let gone = self.child.try_wait().expect("a status").is_some();
            let log = || std::fs::read_to_string(self.scratch.path().join("recipe.log")).unwrap_or_default();
            assert!(!gone, "the peer ended: {}", log());
            assert!(Instant::now() < end, "the peer does not answer: {}", log());
            // Between two looks; nothing depends on how long it takes.
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Its scratch folder.
    pub fn folder(&self) -> PathBuf {
        self.scratch.path().join("s")
    }

    /// The CA whose server certificate it uses.
    pub fn ca(&self) -> PathBuf {
        self.folder().join("tls/ca.pem")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let signal = |name: &str| Command::new("kill").args([name, "--", &group]).stderr(Stdio::null()).status();
        let alive = || signal("-0").is_ok_and(|status| status.success());
        // A peer that is gone already is what was wanted.
        let _gone = signal("-TERM");
        let end = Instant::now() + Duration::from_secs(5);
        while alive() && Instant::now() < end {
            let _reaped = self.child.try_wait();
            // Between two looks; nothing depends on how long it takes.
            std::thread::park_timeout(Duration::from_millis(20));
        }
        let _gone = signal("-KILL");
        let _reaped = self.child.wait();
    }
}

/// Runs a command to its end, at most `limit` long, and gives what it said.
pub fn run(command: &mut Command, limit: Duration) -> Output {
    let mut timed = Command::new("timeout");
    timed.arg("-k").arg("1").arg(limit.as_secs().to_string()).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        timed.current_dir(folder);
    }
    timed.stdin(Stdio::null()).output().expect("timeout runs")
}

/// What a command printed, as text.
pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
