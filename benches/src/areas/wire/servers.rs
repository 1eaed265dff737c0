//! The servers under `wire`, each a process of its own.

mod bare;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use plainwire::net::http::serve::{Answer, Begin, Request as Asked, Serve};
use plainwire::net::server::{Options, Port};
use plainwire::net::{pool, reactor};
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const HELLO: &[u8] = b"hello, world\n";
const SMALL: &[u8] = &[b'x'; 512];
const TYPE: &str = "text/plain; charset=utf-8";

/// Runs one server until standard input ends.
pub fn serve(kind: &str) {
    let app = |request: &Asked| {
        let body = if request.path() == "/512" { SMALL } else { HELLO };
        Begin::Answer(Answer::new(200).with("Content-Type", TYPE).body(Bytes::from_static(body)))
    };
    let port = || vec![Port::bind("127.0.0.1:0", Serve::new(app)).expect("a port")];
    let running = match kind {
        "pool" => pool::start(port(), Options::default()),
        "reactor" => reactor::start(port(), Options::default()),
        "bare loop" => return bare::serve(1),
        "bare loop, 2 threads" => return bare::serve(2),
        "hyper" => return hyper(1),
        "hyper, 2 threads" => return hyper(2),
        _ => panic!("no server {kind:?}"),
    };
    let running = running.expect("a server");
    say(running.addresses()[0]);
    wait();
}

fn say(address: SocketAddr) {
    println!("{address}");
    std::io::stdout().flush().expect("somebody reads");
}

fn wait() {
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).expect("a pipe");
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = if request.uri().path() == "/512" { SMALL } else { HELLO };
    let mut response = Response::new(Full::new(Bytes::from_static(body)));
    response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static(TYPE));
    Ok(response)
}

/// The server of hyper's guide. It adds `Date` and `Content-Length`, as ours does.
fn hyper(threads: usize) {
    let runtime = if threads == 1 {
        tokio::runtime::Builder::new_current_thread().enable_io().build()
    } else {
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_io().build()
    };
    let runtime = runtime.expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    say(listener.local_addr().expect("an address"));
    std::thread::spawn(|| {
        wait();
        std::process::exit(0);
    });
    runtime.block_on(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a client");
            stream.set_nodelay(true).expect("a socket");
            tokio::spawn(async move {
                let served = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(answer))
                    .await;
                // Clients go when they have had enough.
                drop(served);
            });
        }
    });
}

/// A server that runs, ended when it is dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    folder: Option<PathBuf>,
}

impl Server {
    /// `None` where it is not installed.
    pub fn start(kind: &str) -> Option<Self> {
        if kind == "nginx" {
            return Self::nginx();
        }
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(["--serve", kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        Some(Self { child, address: line.trim().parse().expect("an address"), folder: None })
    }

    /// As it is tuned for this: one worker, no log, no module in the way.
    fn nginx() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        let folder = std::env::temp_dir().join(format!("plainwire-nginx-{}-{port}", std::process::id()));
        std::fs::create_dir_all(folder.join("www")).expect("a folder");
        let gigabyte = std::fs::File::create(folder.join("www/gigabyte")).expect("a file");
        gigabyte.set_len(1_000_000_000).expect("a long file");
        let at = folder.display();
        let configuration = format!(
            "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log; worker_processes 1;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; keepalive_requests 1000000000; sendfile on; tcp_nodelay on; root {at}/www;\n\
             client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n\
             server {{ listen 127.0.0.1:{port}; location = / {{ default_type \"{TYPE}\"; return 200 \"hello, world\\n\"; }} }} }}\n"
        );
        std::fs::write(folder.join("conf"), configuration).expect("a file");
        let conf = folder.join("conf").display().to_string();
        let child = Command::new("nginx")
            .args(["-p", &at.to_string(), "-c", &conf, "-e", &format!("{at}/error.log")])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            // Nothing else is in it.
            let _gone = std::fs::remove_dir_all(&folder);
            return None;
        };
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let server = Self { child, address, folder: Some(folder) };
        for _ in 0..500 {
            if TcpStream::connect(address).is_ok() {
                return Some(server);
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        None
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// One request over a new connection, which stays open.
    pub fn visit(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).expect("the server");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n").expect("the server");
        let mut answer = Vec::new();
        let mut piece = [0; 1024];
        while !answer.ends_with(HELLO) {
            let read = stream.read(&mut piece).expect("an answer");
            assert!(read > 0, "the server let go");
            answer.extend_from_slice(&piece[..read]);
        }
        stream
    }

    /// CPU time of the process so far, in nanoseconds.
    pub fn cpu(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten().flatten();
        tasks
            .filter_map(|task| {
                std::fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok()
            })
            .sum()
    }

    /// Resident memory of the process, in octets.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok()).unwrap_or_default() * 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended is only waited for.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
        if let Some(folder) = &self.folder {
            let _gone = std::fs::remove_dir_all(folder);
        }
    }
}
