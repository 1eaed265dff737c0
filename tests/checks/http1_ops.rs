//! Free sequences of bytes, commands, ends and expiries: what both engines keep to whatever their callers do.

#[path = "../support/http1.rs"]
mod callers;
#[path = "script.rs"]
mod script;

use bytes::{Buf, BytesMut};
use callers::{Asks, ask, serve};
use plainwire::engine::Status;
use plainwire::http1::client::{self, Client};
use plainwire::http1::server::{self, Server};
use plainwire::http1::{Content, Method, Misuse, RequestHead, ResponseHead, StatusCode, Trailers};
use script::Script;

const PIECES: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: any\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"ab",
    b"\r\n",
    b"GET",
];

const STATUSES: [u16; 8] = [200, 204, 304, 404, 413, 101, 103, 599];

fn content(choice: u8) -> Content {
    match choice & 3 {
        0 => Content::Empty,
        1 => Content::Length(u64::from(choice >> 4)),
        2 => Content::Stream,
        _ => Content::Length(3),
    }
}

fn response(choice: u8) -> ResponseHead {
    let status = StatusCode::new(STATUSES[(choice & 7) as usize]).unwrap();
    let head = ResponseHead::new(status);
    match choice >> 3 & 7 {
        1 => head.with("Connection", "close"),
        2 => head.with("Content-Length", "3"),
        3 => head.with("Transfer-Encoding", "chunked"),
        4 => head.with("Upgrade", "any"),
        5 => head.with("Transfer-Encoding", "gzip"),
        6 => head.with("Content-Length", "3").and_then(|head| head.with("Transfer-Encoding", "chunked")),
        7 => head.with("Content-Length", "x"),
        _ => Ok(head),
    }
    .unwrap()
}

fn trailers(choice: u8) -> Trailers {
    if choice & 1 == 0 { Trailers::new() } else { Trailers::new().with("Sum", "1").unwrap() }
}

fn number(script: &mut Script<'_>) -> u8 {
    script.next().unwrap_or(0)
}

/// Octets that the caller adds behind what `data_framing` said, where it said so.
fn framed(send: Result<bool, Misuse>, octets: &[u8], out: &mut BytesMut) -> Result<bool, Misuse> {
    if send? {
        out.extend_from_slice(octets);
    }
    Ok(false)
}

/// A refused command changed nothing.
fn unchanged<S: PartialEq + std::fmt::Debug>(
    result: Result<bool, Misuse>,
    before: S,
    after: S,
) -> Result<bool, Misuse> {
    if let Err(misuse) = result {
        assert_eq!(before, after, "{misuse} left something behind");
    }
    result
}

/// A server whose caller does anything at any time: what it says is a stream of responses to what it heard.
pub(crate) fn server(data: &[u8]) {
    let mut script = Script(data);
    let requests = match number(&mut script) {
        0 => 0,
        1..=20 => 2,
        _ => u32::MAX,
    };
    let mut server = Server::new(server::Limits { requests, ..server::Limits::default() });
    let (mut rx, mut out, mut said) = (BytesMut::new(), BytesMut::new(), Vec::new());
    let mut methods = Vec::new();
    let (mut ended, mut hints, mut failed) = (false, 0, None);
    while let Some(op) = script.next() {
        let seen = (server.status(), server.patience(), server.close_reason(), server.owes(), server.sending());
        let before = (seen, out.len());
        let argument = op >> 4;
        let result = match op & 15 {
            0..=2 if !ended => {
                rx.extend_from_slice(PIECES[number(&mut script) as usize % PIECES.len()]);
                Ok(false)
            }
            3 if !ended => {
                rx.extend_from_slice(script.take(argument as usize));
                Ok(false)
            }
            4 => server.reply(&response(number(&mut script)), b"abc", &mut out).map(|()| true),
            5 => server.respond(&response(number(&mut script)), content(argument), &mut out).map(|()| true),
            6 => server.data(&b"0123456789abcdef"[..argument as usize], &mut out).map(|()| false),
            7 => {
                let send = server.data_framing(argument.into(), &mut out);
                framed(send, &b"0123456789abcdef"[..argument as usize], &mut out)
            }
            8 => server.end(&mut out).map(|()| false),
            9 => server.end_with(&trailers(argument), &mut out).map(|()| false),
            10 => server.proceed(&mut out).map(|()| false).inspect(|_| hints += 1),
            11 if hints < 8 => {
                server.informational(&response(number(&mut script)), &mut out).map(|()| false).inspect(|_| hints += 1)
            }
            12 => server.switch(&response(number(&mut script)), &mut out).map(|()| true),
            13 => {
                server.shutdown();
                Ok(false)
            }
            14 => {
                server.expire();
                Ok(false)
            }
            15 => {
                server.eof();
                ended = true;
                Ok(false)
            }
            _ => Ok(false),
        };
        let seen = (server.status(), server.patience(), server.close_reason(), server.owes(), server.sending());
        let result = unchanged(result, before, (seen, out.len()));
        assert!(result.is_err() || !matches!(op & 15, 4 | 5) || before.0.3, "an answer to nothing");
        let mut still = 0;
        loop {
            let whole = &rx[..];
            let mut input = whole;
            let told = server.recv(&mut input, &mut out);
            match &told {
                Ok(Some(server::Event::Request(head))) => {
                    assert_eq!(failed, None);
                    methods.push(head.method().to_string());
                }
                Err(error) => {
                    assert!(failed.is_none_or(|first| first == *error), "the same error for ever");
                    failed = Some(*error);
                }
                _ => {}
            }
            let (moved, dry) = (whole.len() - input.len(), !matches!(told, Ok(Some(_))));
            rx.advance(moved);
            still = if moved == 0 { still + 1 } else { 0 };
            assert!(still < 4);
            if dry {
                break;
            }
        }
        assert!(server.status() != Status::Paused || server.patience().limit.is_none());
        if server.status() == Status::HandedOver {
            break;
        }
    }
    said.extend_from_slice(&out);
    let heard = ask(&Asks { methods, upgrade: true, ..Asks::default() }, &said, false, usize::MAX);
    assert_eq!(heard.error, None, "{}", said.escape_ascii());
    assert_eq!(heard.left, b"", "{}", said.escape_ascii());
}

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "CONNECT", "TRACE", "OPTIONS", "PURGE"];

const ANSWERS: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: any\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"ab",
    b"\r\n",
];

fn request(choice: u8, more: u8) -> RequestHead {
    let method = Method::new(METHODS[(choice & 7) as usize]).unwrap();
    let target = if method == Method::CONNECT { "a:1" } else { "/" };
    let head = RequestHead::new(method, target).unwrap();
    let head = if more & 64 == 0 { head.with("Host", "a").unwrap() } else { head };
    match more & 15 {
        1 => head.with("Connection", "close"),
        2 => head.with("Content-Length", "3"),
        3 => head.with("Transfer-Encoding", "chunked"),
        4 => head.with("Connection", "upgrade").and_then(|head| head.with("Upgrade", "any")),
        5 | 6 => head.with("Expect", "100-continue"),
        7 => head.with("Host", "b"),
        8 => head.with("Transfer-Encoding", "gzip, chunked"),
        9 => head.with("Expect", "200-ok"),
        10 => head.with("Content-Length", "x"),
        _ => Ok(head),
    }
    .unwrap()
}

/// A client whose caller does anything at any time: what it says is a stream of requests.
pub(crate) fn client(data: &[u8]) {
    let mut script = Script(data);
    let pipelined = number(&mut script);
    let mut client = Client::new(client::Limits { pipelined, ..client::Limits::default() });
    let (mut rx, mut out) = (BytesMut::new(), BytesMut::new());
    let (mut ended, mut failed, mut asked, mut answered) = (false, None, 0, 0);
    while let Some(op) = script.next() {
        let seen = (client.status(), client.patience(), client.close_reason(), client.owed(), client.sending());
        let before = (seen, out.len());
        let argument = op >> 4;
        let result = match op & 15 {
            0..=2 if !ended => {
                rx.extend_from_slice(ANSWERS[number(&mut script) as usize % ANSWERS.len()]);
                Ok(false)
            }
            3 if !ended => {
                rx.extend_from_slice(script.take(argument as usize));
                Ok(false)
            }
            4 | 5 => {
                let head = request(argument, number(&mut script));
                client.request(&head, content(number(&mut script)), &mut out).map(|()| true)
            }
            6 | 7 => client.send(&request(argument, number(&mut script)), b"abc", &mut out).map(|()| true),
            8 => client.data(&b"0123456789abcdef"[..argument as usize], &mut out).map(|()| false),
            9 => {
                let send = client.data_framing(argument.into(), &mut out);
                framed(send, &b"0123456789abcdef"[..argument as usize], &mut out)
            }
            10 => client.end(&mut out).map(|()| false),
            11 => client.end_with(&trailers(argument), &mut out).map(|()| false),
            12 if argument == 0 => {
                client.abandon();
                Ok(false)
            }
            14 => {
                client.expire();
                Ok(false)
            }
            15 if argument < 4 => {
                client.eof();
                ended = true;
                Ok(false)
            }
            _ => Ok(false),
        };
        let seen = (client.status(), client.patience(), client.close_reason(), client.owed(), client.sending());
        if unchanged(result, before, (seen, out.len())) == Ok(true) {
            asked += 1;
        }
        loop {
            let whole = &rx[..];
            let mut input = whole;
            let mark = out.len();
            let told = client.recv(&mut input, &mut out);
            assert_eq!(out.len(), mark, "a client says nothing by itself");
            match &told {
                Ok(Some(client::Event::Response(_))) => answered += 1,
                Err(error) => {
                    assert!(failed.is_none_or(|first| first == *error), "the same error for ever");
                    failed = Some(*error);
                }
                _ => {}
            }
            let (moved, dry) = (whole.len() - input.len(), !matches!(told, Ok(Some(_))));
            rx.advance(moved);
            if dry {
                break;
            }
        }
        assert!(answered <= asked, "more answers than questions");
        assert!(client.owed() <= usize::from(pipelined.min(Client::PIPELINED)));
        assert!(client.status() != Status::Paused || client.patience().limit.is_none());
        if client.status() == Status::HandedOver {
            break;
        }
    }
    let heard = serve(&out, false, usize::MAX);
    assert_eq!(heard.error, None, "{}", out.escape_ascii());
    assert!(heard.messages.len() <= asked);
    assert!(heard.left.is_empty() || heard.status == Status::HandedOver, "{}", out.escape_ascii());
}
