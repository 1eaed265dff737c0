//! What client authors test against.
//!
//! | path | answer |
//! |---|---|
//! | `/` | a greeting |
//! | `/echo` | the fields of the request as they came, one `Name: value` a line |
//! | `/cookie` | the cookies of the request, one `name=value` a line; a query `?name=value` sets some |
//! | `/status/N` | that status |
//! | `/delay/N` | a greeting after N seconds, at most 60 |
//! | `/bytes/N` | N octets, at most 1 GiB |
//! | `/redirect/N` | N redirects, then `/` |
//! | `/gzip`, `/chunked` | a text, coded or in chunks |
//!
//! `POST` and `PUT` anywhere give their body back.

use plainwire::http1::{Content, ResponseHead, StatusCode, Trailers};
use plainwire::net::http::serve::{Answer, Begin, Intake, Reply, Request};
use std::io::Read as _;
use std::time::Duration;

const ALLOW: &str = "GET, HEAD, POST, PUT, OPTIONS";
const GREETING: &str = "hello from plainwire\n";

pub(super) fn app(request: &Request) -> Begin {
    match request.method() {
        "POST" | "PUT" => {
            let content_type = request.field("content-type").unwrap_or("application/octet-stream").to_string();
            let length = request.field("content-length").and_then(|length| length.parse().ok());
            Begin::Stream(Box::new(Back { content_type, length, begun: false }))
        }
        "OPTIONS" => Begin::Answer(Answer::new(204).with("Allow", ALLOW)),
        "GET" | "HEAD" => Begin::Answer(answer(request)),
        "DELETE" | "PATCH" | "TRACE" | "CONNECT" => Begin::Answer(Answer::status(405).with("Allow", ALLOW)),
        _ => Begin::Answer(Answer::status(501)),
    }
}

fn answer(request: &Request) -> Answer {
    let path = request.path();
    let (place, number) = match path.rsplit_once('/') {
        Some((place, number)) if !place.is_empty() => (place, number.parse::<u64>().ok()),
        _ => (path, None),
    };
    match (place, number) {
        ("/", _) => Answer::text(200, GREETING),
        ("/echo", None) if path == "/echo" => Answer::text(200, fields(request)),
        ("/cookie", None) if path == "/cookie" => cookies(request),
        ("/status", Some(code)) => match u16::try_from(code).ok().filter(|code| (200..=999).contains(code)) {
            Some(code @ (204 | 205 | 304)) => Answer::new(code),
            Some(code @ (301 | 302 | 303 | 307 | 308)) => Answer::redirect(code, "/"),
            Some(code) => Answer::status(code),
            None => Answer::status(400),
        },
        ("/delay", Some(seconds)) => Answer::text(200, GREETING).after(Duration::from_secs(seconds.min(60))),
        ("/bytes", Some(count)) if count <= 1 << 30 => Answer::new(200)
            .with("Content-Type", "application/octet-stream")
            .reader(std::io::repeat(b'x').take(count), Some(count)),
        ("/bytes", Some(_)) => Answer::status(400),
        ("/redirect", Some(0)) => Answer::redirect(302, "/"),
        ("/redirect", Some(1)) => Answer::redirect(302, "/"),
        ("/redirect", Some(more)) => Answer::redirect(302, &format!("/redirect/{}", more - 1)),
        ("/gzip", None) if path == "/gzip" => gzip(),
        ("/chunked", None) if path == "/chunked" => Answer::new(200)
            .with("Content-Type", "text/plain; charset=utf-8")
            .reader(std::io::Cursor::new(GREETING.repeat(3)), None),
        _ => Answer::status(404),
    }
}

fn fields(request: &Request) -> String {
    let mut text = String::new();
    for field in request.head().fields() {
        text += &format!("{}: {}\n", field.name, String::from_utf8_lossy(field.value.as_ref()));
    }
    text
}

fn cookies(request: &Request) -> Answer {
    let mut text = String::new();
    for field in request.head().fields().all("cookie") {
        for (name, value) in plainwire::cookie::pairs(field.as_ref()) {
            text += &format!("{}={}\n", String::from_utf8_lossy(name), String::from_utf8_lossy(value));
        }
    }
    let mut answer = Answer::text(200, text);
    for pair in request.query().unwrap_or_default().split('&').filter(|pair| pair.contains('=')) {
        answer = answer.with("Set-Cookie", format!("{pair}; Path=/"));
    }
    answer
}

fn gzip() -> Answer {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let coded = encoder.write_all(GREETING.repeat(3).as_bytes()).and_then(|()| encoder.finish());
    match coded {
        Ok(coded) => Answer::new(200)
            .with("Content-Type", "text/plain; charset=utf-8")
            .with("Content-Encoding", "gzip")
            .body(coded),
        Err(_) => Answer::status(500),
    }
}

/// Gives a body back as it comes.
struct Back {
    content_type: String,
    length: Option<u64>,
    begun: bool,
}

impl Back {
    fn begin(&mut self, reply: &mut Reply<'_>) {
        if !self.begun && reply.owes() {
            self.begun = true;
            let head = ResponseHead::new(StatusCode::OK);
            // The value came in a field, so it may go in one.
            let head = head.clone().with("Content-Type", &self.content_type).unwrap_or(head);
            let content = self.length.map_or(Content::Stream, Content::Length);
            // It was just asked whether an answer is owed.
            let _begun = reply.begin(&head, content);
        }
    }
}

impl Intake for Back {
    fn piece(&mut self, octets: &[u8], reply: &mut Reply<'_>) {
        self.begin(reply);
        // It was begun, and is as long as the body.
        let _said = reply.data(octets);
    }

    fn end(mut self: Box<Self>, _: &Request, _: &Trailers<&[u8]>, reply: &mut Reply<'_>) -> Option<Answer> {
        self.begin(reply);
        let _said = reply.end();
        None
    }
}
