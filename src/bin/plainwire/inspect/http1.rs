//! `plainwire inspect http1`: what a server or a client makes of a stream.

use super::frame::{self, Ask, Asking, Describe, EXIT_CODES, Fault, Line, Object, Silent, Source, bytes};
use crate::failure::{Failure, Outcome};
use bytes::BytesMut;
use plainwire::engine::{Handler, Status};
use plainwire::http1::client::{self, Client};
use plainwire::http1::server::{self, Server};
use plainwire::http1::{Content, Error, Fields, Method, Quirks, RequestHead, ResponseHead, StatusCode, Trailers};
use serde_json::Value;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// Run an HTTP/1.1 engine over bytes and print its events
///
/// Requests are answered by 200 without content, so that those behind them follow; a CONNECT by 200 and an upgrade by
/// 101, which hand the connection over; an expectation by 100. Responses answer the requests that --method names, which
/// offer an upgrade each.
#[derive(clap::Args)]
#[command(after_long_help = EXIT_CODES)]
pub(crate) struct Args {
    /// What the bytes are
    #[arg(value_enum)]
    side: Side,
    /// The methods of the requests that the responses answer, in their order; GET for those that are not named
    #[arg(long = "method", value_name = "M", num_args = 1.., value_delimiter = ',')]
    methods: Vec<String>,
    /// Forgive a deviation
    #[arg(long = "quirk", value_name = "QUIRK", value_enum)]
    quirks: Vec<Quirk>,
    #[command(flatten)]
    source: Source,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Side {
    /// A client's stream, as a server hears it
    Request,
    /// A server's stream, as a client hears it
    Response,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Quirk {
    /// LF alone ends a line of a head
    BareLf,
    /// Folded lines in responses
    ObsFold,
    /// Spaces behind a chunk's size
    ChunkSizeSpace,
}

pub(crate) fn run(mut args: Args) -> Outcome {
    let mut quirks = Quirks::default();
    for quirk in &args.quirks {
        match quirk {
            Quirk::BareLf => quirks.bare_lf = true,
            Quirk::ObsFold => quirks.obs_fold = true,
            Quirk::ChunkSizeSpace => quirks.chunk_size_space = true,
        }
    }
    // `--method HEAD GET FILE`: what is no method, or is there as a file, is the file.
    if args.source.file.is_none()
        && let Some(last) = args.methods.last()
        && (Method::new(last).is_err() || last == "-" || Path::new(last).exists())
    {
        args.source.file = args.methods.pop().map(PathBuf::from);
    }
    match args.side {
        Side::Request => {
            let engine = Server::with_quirks(server::Limits::default(), quirks);
            frame::inspect(&args.source, engine, &mut Answers::default(), &mut Requests)
        }
        Side::Response => {
            let mut requests = VecDeque::new();
            for method in &args.methods {
                requests.push_back(request(method)?);
            }
            let client = Client::with_quirks(client::Limits::default(), quirks);
            frame::inspect(&args.source, Asking::new(client, Asks(requests)), &mut Silent, &mut Responses)
        }
    }
}

/// A request by its method, which offers an upgrade to whatever the answer names.
fn request(method: &str) -> Result<RequestHead, Failure> {
    let wrong = |error| Failure::new(2, format!("--method {method}: {error}"));
    let method = Method::new(method).map_err(wrong)?;
    let target = if method == Method::CONNECT { "host:443" } else { "/" };
    RequestHead::new(method, target)
        .and_then(|head| head.with("Host", "host"))
        .and_then(|head| head.with("Connection", "upgrade"))
        .and_then(|head| head.with("Upgrade", "any"))
        .map_err(wrong)
}

/// Gives each request its default answer, once its end was told.
#[derive(Default)]
struct Answers {
    due: bool,
    protocol: Vec<u8>,
}

impl Handler<Server> for Answers {
    fn event(&mut self, server: &mut Server, event: server::Event<&[u8]>, _: &mut BytesMut) {
        match event {
            server::Event::Request(head) if server.upgradable() => {
                self.protocol = head.fields().first("upgrade").map_or(Vec::new(), |value| value.as_bytes().to_vec());
            }
            server::Event::End(_) => self.due = true,
            _ => {}
        }
    }

    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        if server.expected_to_proceed() {
            return server.proceed(out).is_ok();
        }
        if !std::mem::take(&mut self.due) {
            return false;
        }
        let upgrade = ResponseHead::new(StatusCode::SWITCHING_PROTOCOLS).with("Upgrade", &self.protocol);
        let switched = server.upgradable() && upgrade.is_ok_and(|head| server.switch(&head, out).is_ok());
        switched || server.respond(&ResponseHead::new(StatusCode::OK), Content::Empty, out).is_ok()
    }
}

/// The requests that responses answer, then GET.
struct Asks(VecDeque<RequestHead>);

impl Ask<Client> for Asks {
    fn ask(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        let head = if client.can_request() { self.0.pop_front().or_else(|| request("GET").ok()) } else { None };
        head.is_some_and(|head| client.request(&head, Content::Empty, out).is_ok())
    }
}

struct Requests;

impl Describe<Server> for Requests {
    fn event(&mut self, event: &server::Event<&[u8]>) -> Option<Line> {
        match event {
            server::Event::Request(head) => Some(
                Object::event("request")
                    .with("method", head.method().as_str())
                    .with("target", head.target().as_str())
                    .with("version", format!("1.{}", head.version().minor()))
                    .with("headers", fields(head.fields()))
                    .into(),
            ),
            server::Event::Data(octets) => Some(Line::Data("data", octets.to_vec())),
            server::Event::End(trailers) => Some(end(trailers)),
            server::Event::Extensions(_) => None,
        }
    }

    fn fault(&mut self, error: &Error) -> Fault {
        Fault {
            kind: error.kind.name().into(),
            offset: error.offset,
            reply: error.reply().map_or(Value::Null, |status| status.as_u16().into()),
        }
    }

    fn status(&self, status: Status) -> &'static str {
        status_word(status)
    }
}

struct Responses;

impl Describe<Asking<Client, Asks>> for Responses {
    fn event(&mut self, event: &client::Event<&[u8]>) -> Option<Line> {
        match event {
            client::Event::Informational(head) => Some(response("informational", head)),
            client::Event::Response(head) => Some(response("response", head)),
            client::Event::Data(octets) => Some(Line::Data("data", octets.to_vec())),
            client::Event::End(trailers) => Some(end(trailers)),
            client::Event::Extensions(_) | client::Event::Proceed => None,
        }
    }

    fn fault(&mut self, error: &Error) -> Fault {
        // A client answers nothing to a faulty response.
        Fault { kind: error.kind.name().into(), offset: error.offset, reply: Value::Null }
    }

    fn status(&self, status: Status) -> &'static str {
        status_word(status)
    }
}

fn response(name: &str, head: &ResponseHead<&[u8]>) -> Line {
    Object::event(name)
        .with("status", head.status().as_u16())
        .octets("reason", head.reason())
        .with("version", format!("1.{}", head.version().minor()))
        .with("headers", fields(head.fields()))
        .into()
}

fn end(trailers: &Trailers<&[u8]>) -> Line {
    Object::event("end").with("trailers", fields(trailers.fields())).into()
}

fn fields(fields: Fields<'_>) -> Value {
    fields.iter().map(|field| Value::from(vec![field.name.as_str().into(), bytes(&field.value.unfolded())])).collect()
}

/// Between two messages the stream is as open as within one: `complete` tells which.
fn status_word(status: Status) -> &'static str {
    match status {
        Status::Idle => "open",
        status => frame::word(status),
    }
}
