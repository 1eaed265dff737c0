//! Callers of the HTTP/1.1 engines that take notes.
#![allow(dead_code, reason = "each test file uses a part of it")]

use bytes::BytesMut;
use plainwire::engine::{Detach, Engine, Handler, Patience, Status};
use plainwire::http1::client::{self, Client};
use plainwire::http1::server::{self, Server};
use plainwire::http1::{Content, Error, Fields, MessageLimits, Method, Quirks, RequestHead, ResponseHead, StatusCode};

/// One message, as it was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) status: u16,
    pub(crate) reason: Vec<u8>,
    pub(crate) minor: u8,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, Vec<u8>)>,
    pub(crate) extensions: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) whole: bool,
}

pub(crate) fn lines(fields: Fields<'_>) -> Vec<(String, Vec<u8>)> {
    fields.iter().map(|field| (field.name.to_string(), field.value.unfolded().into_owned())).collect()
}

/// What came of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) messages: Vec<Message>,
    pub(crate) error: Option<Error>,
    pub(crate) status: Status,
    /// What was not taken.
    pub(crate) left: Vec<u8>,
    /// What was said.
    pub(crate) out: Vec<u8>,
}

impl Outcome {
    pub(crate) fn kind(&self) -> Option<&'static str> {
        self.error.map(|error| error.kind.name())
    }

    pub(crate) fn reply(&self) -> Option<u16> {
        self.error.and_then(|error| error.reply()).map(StatusCode::as_u16)
    }
}

/// Answers each request by 200, an upgrade by 101, an expectation by 100, and writes down what it hears.
#[derive(Default)]
pub(crate) struct Hears {
    pub(crate) messages: Vec<Message>,
    due: bool,
    protocol: Vec<u8>,
}

impl Handler<Server> for Hears {
    fn event(&mut self, server: &mut Server, event: server::Event<&[u8]>, _: &mut BytesMut) {
        match event {
            server::Event::Request(head) => {
                if server.upgradable() {
                    self.protocol = head.fields().first("upgrade").unwrap().as_bytes().to_vec();
                }
                self.messages.push(Message {
                    method: head.method().to_string(),
                    target: head.target().to_string(),
                    minor: head.version().minor(),
                    fields: lines(head.fields()),
                    ..Message::default()
                });
            }
            server::Event::Extensions(extensions) => {
                let told = extensions.iter().map(|(name, value)| (name.into(), value.map(Vec::from)));
                self.messages.last_mut().unwrap().extensions.extend(told);
            }
            server::Event::Data(octets) => self.messages.last_mut().unwrap().body.extend_from_slice(octets),
            server::Event::End(trailers) => {
                let message = self.messages.last_mut().unwrap();
                message.trailers = lines(trailers.fields());
                message.whole = true;
                self.due = true;
            }
        }
    }

    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        if server.expected_to_proceed() {
            server.proceed(out).unwrap();
            return true;
        }
        if !std::mem::take(&mut self.due) {
            return false;
        }
        if server.upgradable() {
            let head = ResponseHead::new(StatusCode::SWITCHING_PROTOCOLS).with("Upgrade", &self.protocol).unwrap();
            server.switch(&head, out).unwrap();
        } else {
            server.respond(&ResponseHead::new(StatusCode::OK), Content::Empty, out).unwrap();
        }
        true
    }
}

/// What a server makes of a stream that comes in pieces of `cut` octets.
pub(crate) fn serve(stream: &[u8], eof: bool, cut: usize) -> Outcome {
    let mut hears = Hears::default();
    let (error, status, taken, out) = drive(Server::default(), &mut hears, stream, eof, cut);
    Outcome { messages: hears.messages, error, status, left: stream[taken..].to_vec(), out }
}

/// What is asked: by the methods of the list, then by GET, whenever nothing is owed and there is input.
#[derive(Default)]
pub(crate) struct Asks {
    pub(crate) messages: Vec<Message>,
    pub(crate) methods: Vec<String>,
    pub(crate) upgrade: bool,
    /// Ask once for each of the list, and no more.
    pub(crate) only: bool,
    pub(crate) quirks: Quirks,
}

impl Asks {
    fn message(&mut self, head: &ResponseHead<&[u8]>) {
        self.messages.push(Message {
            status: head.status().as_u16(),
            reason: head.reason().to_vec(),
            minor: head.version().minor(),
            fields: lines(head.fields()),
            ..Message::default()
        });
    }
}

impl Handler<Asking> for Asks {
    fn event(&mut self, _: &mut Asking, event: client::Event<&[u8]>, _: &mut BytesMut) {
        match event {
            client::Event::Informational(head) => {
                self.message(&head);
                self.messages.last_mut().unwrap().whole = true;
            }
            client::Event::Response(head) => self.message(&head),
            client::Event::Proceed => {}
            client::Event::Extensions(extensions) => {
                let told = extensions.iter().map(|(name, value)| (name.into(), value.map(Vec::from)));
                self.messages.last_mut().unwrap().extensions.extend(told);
            }
            client::Event::Data(octets) => self.messages.last_mut().unwrap().body.extend_from_slice(octets),
            client::Event::End(trailers) => {
                let message = self.messages.last_mut().unwrap();
                message.trailers = lines(trailers.fields());
                message.whole = true;
            }
        }
    }
}

/// What the handler of a server heard of a stream that came at once.
pub(crate) fn serve_with(make: impl Fn() -> (Server, Hears), stream: &[u8], eof: bool) -> Hears {
    let (server, mut hears) = make();
    drive(server, &mut hears, stream, eof, usize::MAX);
    hears
}

/// A client that asks as soon as there is input that might answer: what it makes of a stream then depends on the stream
/// alone.
pub(crate) struct Asking {
    client: Client,
    methods: Vec<String>,
    upgrade: bool,
    only: bool,
}

impl Asking {
    pub(crate) fn new(asks: &Asks, message: MessageLimits) -> Self {
        let limits = client::Limits { message, ..client::Limits::default() };
        let client = Client::with_quirks(limits, asks.quirks);
        Self { client, methods: asks.methods.clone(), upgrade: asks.upgrade, only: asks.only }
    }
}

impl Engine for Asking {
    type Event<'i> = client::Event<&'i [u8]>;
    type Error = Error;

    fn recv<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Result<Option<Self::Event<'i>>, Error> {
        let asks = !self.only || !self.methods.is_empty();
        if self.client.status() == Status::Idle && !input.is_empty() && self.client.can_request() && asks {
            let method = if self.methods.is_empty() { "GET".into() } else { self.methods.remove(0) };
            let method = Method::new(&method).unwrap();
            let target = if method == Method::CONNECT { "a:1" } else { "/" };
            let mut head = RequestHead::new(method, target).unwrap().with("Host", "a").unwrap();
            if self.upgrade {
                head = head.with("Connection", "upgrade").unwrap().with("Upgrade", "any").unwrap();
            }
            self.client.request(&head, Content::Empty, out).unwrap();
        }
        self.client.recv(input, out)
    }
    fn eof(&mut self) {
        self.client.eof();
    }
    fn expire(&mut self) {
        self.client.expire();
    }
    fn status(&self) -> Status {
        self.client.status()
    }
    fn patience(&self) -> Patience {
        self.client.patience()
    }
    fn window(&self) -> usize {
        self.client.window()
    }
    fn octets<'e>(event: &'e Self::Event<'_>) -> Option<&'e [u8]> {
        Client::octets(event)
    }
}

impl Detach for Asking {
    type Detached<B>
        = client::Event<B>
    where
        B: std::fmt::Debug;

    fn detach<'i, B: std::fmt::Debug>(
        event: client::Event<&'i [u8]>,
        keep: impl FnMut(&'i [u8]) -> B,
    ) -> client::Event<B> {
        <Client as Detach>::detach(event, keep)
    }
    fn map<A: std::fmt::Debug, B: std::fmt::Debug>(
        event: client::Event<A>,
        keep: impl FnMut(A) -> B,
    ) -> client::Event<B> {
        <Client as Detach>::map(event, keep)
    }
}

/// What a client makes of a stream that comes in pieces of `cut` octets.
pub(crate) fn ask(asks: &Asks, stream: &[u8], eof: bool, cut: usize) -> Outcome {
    let mut hears = Asks::default();
    let engine = Asking::new(asks, MessageLimits::default());
    let (error, status, taken, out) = drive(engine, &mut hears, stream, eof, cut);
    Outcome { messages: hears.messages, error, status, left: stream[taken..].to_vec(), out }
}

fn drive<E: Engine<Error = Error>>(
    mut engine: E,
    handler: &mut impl Handler<E>,
    stream: &[u8],
    eof: bool,
    cut: usize,
) -> (Option<Error>, Status, usize, Vec<u8>) {
    let (mut taken, mut come, mut ended) = (0, 0, false);
    let mut out = BytesMut::new();
    let error = loop {
        let mut input = &stream[taken..come];
        let turned = plainwire::engine::turn(&mut engine, &mut input, &mut out, usize::MAX, handler, &mut ());
        taken = come - input.len();
        match turned {
            Err(error) => break Some(error),
            Ok(_) if come < stream.len() => come = come.saturating_add(cut).min(stream.len()),
            Ok(_) if eof && !ended => {
                engine.eof();
                ended = true;
            }
            Ok(_) => break None,
        }
    };
    (error, engine.status(), taken, out.to_vec())
}
