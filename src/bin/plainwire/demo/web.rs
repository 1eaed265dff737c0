//! The scene of the web: a client signs in at an app on threads, reads files from a reactor, and fetches one in segments.

use super::{PATIENCE, Stage};
use crate::digest::sha256;
use crate::failure::Failure;
use plainwire::http1::Client;
use plainwire::net::http::auth::Credentials;
use plainwire::net::http::download::Download;
use plainwire::net::http::proxy::Proxies;
use plainwire::net::http::serve::{Answer, Begin, Files, Request as Asked, Serve};
use plainwire::net::http::{Opener, Request};
use plainwire::net::server::{Options, Port};
use plainwire::net::{pool, reactor};
use plainwire::transcript::{End, Recorder, Transcript};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) fn play(stage: &mut Stage) -> Result<(), Failure> {
    let folder = Folder::new()?;
    fs::write(folder.0.join("verse.txt"), "Much have I travell'd in the realms of gold\n")?;
    let large: Vec<u8> = (0..1_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::write(folder.0.join("large.bin"), &large)?;
    let threads = pool::start(vec![Port::bind("127.0.0.1:0", Serve::new(app))?], Options::default())?;
    let ready =
        reactor::start(vec![Port::bind("127.0.0.1:0", Serve::new(Files::below(&folder.0)))?], Options::default())?;
    let (app, files) = (threads.addresses()[0], ready.addresses()[0]);
    stage.say(format_args!("an app is served by threads on {app}, and a folder by a reactor on {files}"))?;

    let (browser, recorded) = client();
    let login = Request::post(&format!("http://{app}/login")).map_err(failed)?;
    let login = login.credentials(Credentials::new("ada", "not to be written down")).form([("remember", "me")]);
    let home = browser.open(login).map_err(failed)?;
    expect("the redirect after the login", home.history().len(), 1)?;
    expect("the page behind it", home.text().map_err(failed)?.as_str(), "hello, ada\n")?;
    let signed_in = written(recorded);

    let (reader, recorded) = client();
    let url = format!("http://{files}/verse.txt");
    let verse = reader.get(&url).map_err(failed)?;
    let tag = verse.field("etag").unwrap_or_default().to_string();
    expect("the verse", verse.text().map_err(failed)?.lines().count(), 1)?;
    let with = |name: &str, value: &str| Request::get(&url).and_then(|request| request.field(name, value));
    let again = reader.open(with("If-None-Match", &tag).map_err(failed)?).map_err(failed)?;
    expect("the answer to a reader who has it already", again.status(), 304)?;
    let part = reader.open(with("Range", "bytes=22-27").map_err(failed)?).map_err(failed)?;
    expect("a range of it", part.text().map_err(failed)?.as_str(), "in the")?;
    let outside = reader.get(&format!("http://{files}/..%2fsecret")).map_err(failed)?;
    expect("the answer to whoever wants out of the folder", outside.status(), 400)?;
    let read = written(recorded);

    let sum = sha256(&large);
    let target = folder.0.join("fetched.bin");
    let done = Download::new(format!("http://{files}/large.bin"), &target)
        .segments(4)
        .checksum(&format!("sha256:{sum}"))
        .and_then(|download| download.run(&direct(), &|_| {}))
        .map_err(failed)?;
    expect("the length of the download", done.length, large.len() as u64)?;

    for (served, running) in [("the threads", threads), ("the reactor", ready)] {
        let report = running.stop(PATIENCE);
        expect(&format!("connections cut off by the end of {served}"), report.open + report.cut, 0)?;
    }
    stage.show("somebody signs in; what is secret is not written down", &signed_in)?;
    stage.show("a reader comes back for a verse", &read)?;
    stage.say(format_args!("\n{} octets came in 4 segments, and their SHA-256 is {sum}\n", done.length))?;
    Ok(())
}

/// A site with a login.
fn app(request: &Asked) -> Begin {
    let signed_in = request.field("cookie") == Some("session=7f3a");
    match (request.method(), request.path()) {
        ("POST", "/login") => Begin::Collect(
            4096,
            Box::new(|request, form| {
                // ada and her password, in base64.
                if request.field("authorization") != Some("Basic YWRhOm5vdCB0byBiZSB3cml0dGVuIGRvd24=") {
                    return Answer::status(401).with("WWW-Authenticate", "Basic realm=\"the demonstration\"");
                }
                let cookie = if form == b"remember=me" { "; Max-Age=86400" } else { "" };
                Answer::redirect(303, "/").with("Set-Cookie", format!("session=7f3a; Path=/; HttpOnly{cookie}"))
            }),
        ),
        ("GET" | "HEAD", "/") if signed_in => Begin::Answer(Answer::text(200, "hello, ada\n")),
        ("GET" | "HEAD", "/") => Begin::Answer(Answer::status(401)),
        _ => Begin::Answer(Answer::status(404)),
    }
}

/// A client of the loopback interface: whatever proxy the environment names, it is not asked.
fn direct() -> Opener {
    Opener::new().proxies(Proxies::default())
}

type Recorded = Arc<Mutex<Recorder>>;

fn client() -> (Opener, Recorded) {
    let recorder = Arc::new(Mutex::new(Recorder::new(End::Client)));
    let tap: Arc<Mutex<dyn plainwire::engine::Tap<Client> + Send>> = Arc::clone(&recorder) as _;
    (direct().cookies().tap(tap), recorder)
}

/// The conversation; passwords and cookies are left out of it.
fn written(recorded: Recorded) -> Transcript {
    recorded.lock().unwrap_or_else(PoisonError::into_inner).clone().finish()
}

fn failed(error: plainwire::net::http::Error) -> Failure {
    Failure::new(1, error)
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), Failure> {
    if found == expected { Ok(()) } else { Err(Failure::new(1, format!("{what}: {found:?}, not {expected:?}"))) }
}

/// A folder that goes with the scene.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
        let path = std::env::temp_dir().join(format!("plainwire-demo-{:016x}", u64::from_ne_bytes(random)));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed from the folder for temporary files goes with it.
        let _gone = fs::remove_dir_all(&self.0);
    }
}
