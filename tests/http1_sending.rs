//! What is sent: framing by version, status and method, lies refused, values that can't forge; and what ends a
//! connection, and when.
#![cfg(all(feature = "http1", feature = "testing"))]

use bytes::BytesMut;
use plainwire::engine::{Patience, Status};
use plainwire::http1::client::{self, Client};
use plainwire::http1::server::{self, Server};
use plainwire::http1::{
    CloseReason, Content, ErrorKind, MessageLimits, Method, Misuse, RequestHead, ResponseHead, StatusCode, Trailers,
    parse_request,
};
use plainwire::laws;
use std::time::Duration;

/// A server that was told one request, whole.
fn asked(request: &str) -> Server {
    let mut server = Server::default();
    let mut input = request.as_bytes();
    while let Some(_event) = server.recv(&mut input, &mut BytesMut::new()).unwrap() {}
    server
}

fn get() -> Server {
    asked("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
}

fn ok() -> ResponseHead {
    ResponseHead::new(StatusCode::OK)
}

fn head(status: u16) -> ResponseHead {
    ResponseHead::new(StatusCode::new(status).unwrap())
}

/// What is said by commands.
fn said<E>(engine: &mut E, say: impl FnOnce(&mut E, &mut BytesMut) -> Result<(), Misuse>) -> String {
    let mut out = BytesMut::new();
    say(engine, &mut out).unwrap();
    String::from_utf8(out.to_vec()).unwrap()
}

/// The command is refused, nothing is written and the state is as it was.
#[track_caller]
fn refuses<E: Clone + std::fmt::Debug>(
    engine: &mut E,
    misuse: Misuse,
    say: impl FnOnce(&mut E, &mut BytesMut) -> Result<(), Misuse>,
) {
    let before = format!("{engine:?}");
    let mut out = BytesMut::new();
    assert_eq!(say(engine, &mut out), Err(misuse));
    assert!(out.is_empty(), "{}", out.escape_ascii());
    assert_eq!(format!("{engine:?}"), before);
}

// RFC 9112 6, RFC 9110 8.6
#[test]
fn responses_are_framed_by_version_status_and_method() {
    let head_request = || asked("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    let old = || asked("GET / HTTP/1.0\r\n\r\n");
    let kept = || asked("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let cases: &[(Server, ResponseHead, Content, &str)] = &[
        (get(), ok(), Content::Empty, "Content-Length: 0\r\n"),
        (get(), ok(), Content::Length(0), "Content-Length: 0\r\n"),
        (get(), ok(), Content::Length(5), "Content-Length: 5\r\n"),
        (get(), ok(), Content::Stream, "Transfer-Encoding: chunked\r\n"),
        (get(), head(204), Content::Empty, ""),
        (get(), head(204), Content::Length(0), ""),
        (get(), head(304), Content::Empty, ""),
        (get(), head(304), Content::Length(5), "Content-Length: 5\r\n"),
        (get(), head(304).with("Content-Length", "7").unwrap(), Content::Empty, "Content-Length: 7\r\n"),
        (get(), ok().with("Content-Length", "5").unwrap(), Content::Length(5), "Content-Length: 5\r\n"),
        (get(), ok().with("Transfer-Encoding", "chunked").unwrap(), Content::Stream, "Transfer-Encoding: chunked\r\n"),
        (head_request(), ok(), Content::Empty, ""),
        (head_request(), ok(), Content::Length(5), "Content-Length: 5\r\n"),
        (head_request(), ok(), Content::Stream, "Transfer-Encoding: chunked\r\n"),
        (head_request(), ok().with("Content-Length", "7").unwrap(), Content::Empty, "Content-Length: 7\r\n"),
        (old(), ok(), Content::Stream, "Connection: close\r\n"),
        (old(), ok(), Content::Length(5), "Content-Length: 5\r\nConnection: close\r\n"),
        (kept(), ok(), Content::Length(5), "Content-Length: 5\r\nConnection: keep-alive\r\n"),
        (kept(), ok(), Content::Stream, "Connection: close\r\n"),
    ];
    for (server, head, content, fields) in cases {
        let mut server = server.clone();
        let text = said(&mut server, |server, out| server.respond(head, *content, out));
        let (_, told) = text.split_once("\r\n").unwrap();
        assert_eq!(told, format!("{fields}\r\n"), "{content:?} {head:?}");
        assert_eq!(server.answered(), *content == Content::Empty);
    }
}

#[test]
fn responses_that_would_lie_are_refused() {
    let length = |length: &str| ok().with("Content-Length", length).unwrap();
    let coded = |coding: &str| ok().with("Transfer-Encoding", coding).unwrap();
    let cases: &[(ResponseHead, Content, Misuse)] = &[
        (head(100), Content::Empty, Misuse::Informational),
        (head(101), Content::Empty, Misuse::Informational),
        (head(204), Content::Length(1), Misuse::BodyForbidden),
        (head(204), Content::Stream, Misuse::BodyForbidden),
        (head(204).with("Content-Length", "0").unwrap(), Content::Empty, Misuse::BodyForbidden),
        (length("5"), Content::Empty, Misuse::LengthMismatch),
        (length("5"), Content::Length(6), Misuse::LengthMismatch),
        (length("5"), Content::Stream, Misuse::LengthMismatch),
        (length("x"), Content::Length(5), Misuse::LengthMismatch),
        (length("5").with("Content-Length", "5").unwrap(), Content::Length(5), Misuse::LengthMismatch),
        (coded("chunked"), Content::Length(5), Misuse::TransferCoding),
        (coded("chunked"), Content::Empty, Misuse::TransferCoding),
        (coded("gzip, chunked"), Content::Stream, Misuse::TransferCoding),
        (coded("gzip"), Content::Stream, Misuse::TransferCoding),
        (coded("chunked, chunked"), Content::Stream, Misuse::TransferCoding),
        (coded("chunked").with("Content-Length", "5").unwrap(), Content::Stream, Misuse::TransferCoding),
    ];
    for (head, content, misuse) in cases {
        refuses(&mut get(), *misuse, |server, out| server.respond(head, *content, out));
    }
    let mut old = asked("GET / HTTP/1.0\r\n\r\n");
    refuses(&mut old, Misuse::TransferCoding, |server, out| server.respond(&coded("chunked"), Content::Stream, out));
    refuses(&mut old, Misuse::Version, |server, out| server.informational(&head(103), out));
    refuses(&mut get(), Misuse::NotInformational, |server, out| server.informational(&ok(), out));
    refuses(&mut get(), Misuse::NotInformational, |server, out| server.informational(&head(101), out));
    refuses(&mut get(), Misuse::LengthMismatch, |server, out| {
        server.informational(&head(103).with("Content-Length", "0").unwrap(), out)
    });
    refuses(&mut get(), Misuse::NoRequest, Server::proceed);
    refuses(&mut get(), Misuse::NoUpgrade, |server, out| server.switch(&head(101).with("Upgrade", "x").unwrap(), out));
    refuses(&mut Server::default(), Misuse::NoRequest, |server, out| server.reply(&ok(), b"", out));
    refuses(&mut Server::default(), Misuse::NotSending, |server, out| server.data(b"x", out));
    refuses(&mut Server::default(), Misuse::NotSending, Server::end);
}

#[test]
fn content_keeps_to_its_announcement() {
    let begun = |content| {
        let mut server = get();
        server.respond(&ok(), content, &mut BytesMut::new()).unwrap();
        server
    };
    let mut server = begun(Content::Length(5));
    refuses(&mut server, Misuse::TooLong, |server, out| server.data(b"123456", out));
    refuses(&mut server, Misuse::TooShort, Server::end);
    refuses(&mut server, Misuse::Answered, |server, out| server.reply(&ok(), b"", out));
    assert_eq!(said(&mut server, |server, out| server.data(b"123", out)), "123");
    refuses(&mut server, Misuse::TooLong, |server, out| server.data_framing(3, out).map(drop));
    assert_eq!(said(&mut server, |server, out| server.data_framing(2, out).map(|send| assert!(send))), "");
    refuses(&mut server, Misuse::Trailers, |server, out| {
        server.end_with(&Trailers::new().with("a", "b").unwrap(), out)
    });
    assert_eq!(said(&mut server, Server::end), "");
    assert_eq!(server.status(), Status::Idle);

    let mut server = begun(Content::Stream);
    assert_eq!(said(&mut server, |server, out| server.data(b"hello, world", out)), "c\r\nhello, world\r\n");
    assert_eq!(said(&mut server, |server, out| server.data(b"", out)), "");
    // The content of a framed piece goes out by another way; its CRLF goes before whatever is next.
    assert_eq!(said(&mut server, |server, out| server.data_framing(0x1_0000, out).map(drop)), "10000\r\n");
    assert_eq!(said(&mut server, |server, out| server.data(b"x", out)), "\r\n1\r\nx\r\n");
    assert_eq!(said(&mut server, |server, out| server.data_framing(3, out).map(drop)), "3\r\n");
    let trailers = Trailers::new().with("Sum", "1").unwrap();
    assert_eq!(said(&mut server, |server, out| server.end_with(&trailers, out)), "\r\n0\r\nSum: 1\r\n\r\n");

    // The answer to HEAD is given as any other, and its content is counted and not written.
    let mut server = asked("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.respond(&ok(), Content::Length(3), &mut BytesMut::new()).unwrap();
    refuses(&mut server, Misuse::TooLong, |server, out| server.data(b"1234", out));
    assert_eq!(said(&mut server, |server, out| server.data(b"123", out)), "");
    assert_eq!(said(&mut server, Server::end), "");
    assert_eq!(server.status(), Status::Idle);
}

// RFC 9110 7.8, 9.3.6
#[test]
fn hand_overs_are_asked_for_and_read_to_the_end() {
    let upgrade = "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\n";
    let switch = head(101).with("Upgrade", "x").unwrap();
    let mut server = asked(upgrade);
    refuses(&mut server, Misuse::NoUpgrade, |server, out| server.switch(&switch, out));
    let mut server = asked(&format!("{upgrade}ab"));
    refuses(&mut server, Misuse::NoUpgrade, |server, out| server.switch(&head(101), out));
    refuses(&mut server, Misuse::NotInformational, |server, out| server.switch(&ok(), out));
    server.switch(&switch, &mut BytesMut::new()).unwrap();
    assert_eq!((server.status(), server.close_reason()), (Status::HandedOver, Some(CloseReason::Switched)));
    refuses(&mut server, Misuse::Over, |server, out| server.reply(&ok(), b"", out));
    // RFC 9110 7.8: not in HTTP/1.0, and not without the connection option.
    assert!(!asked("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n").upgradable());
    assert!(!asked("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\n\r\n").upgradable());

    let mut server = asked("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
    refuses(&mut server, Misuse::BodyForbidden, |server, out| server.respond(&ok(), Content::Stream, out));
    refuses(&mut server, Misuse::BodyForbidden, |server, out| server.reply(&ok(), b"x", out));
    assert_eq!(said(&mut server, |server, out| server.respond(&ok(), Content::Empty, out)), "HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(server.status(), Status::HandedOver);
    let mut server = asked("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
    server.reply(&head(403), b"no", &mut BytesMut::new()).unwrap();
    assert_eq!(server.status(), Status::Idle);
}

#[test]
fn the_last_answer_says_so() {
    let mut server = get();
    server.shutdown();
    assert!(said(&mut server, |server, out| server.reply(&ok(), b"x", out)).contains("\r\nConnection: close\r\n"));
    assert_eq!((server.status(), server.close_reason()), (Status::Closed, Some(CloseReason::LocalClose)));
    let mut server = Server::default();
    server.shutdown();
    assert_eq!(server.status(), Status::Closed);
    let mut server = get();
    let closing = ok().with("connection", "x, Close").unwrap();
    let text = said(&mut server, |server, out| server.reply(&closing, b"x", out));
    assert_eq!(text.to_ascii_lowercase().matches("connection:").count(), 1);
    assert_eq!(server.status(), Status::Closed);
    let mut server = asked("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert!(server.expected_to_proceed() && server.status() == Status::Paused);
    server.reply(&head(413), b"", &mut BytesMut::new()).unwrap();
    assert_eq!(server.close_reason(), Some(CloseReason::ExpectationRefused));
    // RFC 9110 10.1.1: no content, nothing to wait for; and HTTP/1.0 does not know the expectation.
    assert!(!asked("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expected_to_proceed());
    let mut old = Server::default();
    let mut input = &b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"[..];
    old.recv(&mut input, &mut BytesMut::new()).unwrap();
    assert!(!old.expected_to_proceed());
    assert_eq!(Server::new(server::Limits { requests: 0, ..server::Limits::default() }).status(), Status::Closed);
}

// RFC 9112 6.3, RFC 9110 8.6
#[test]
fn requests_are_framed_by_their_method() {
    let head = |method| RequestHead::new(method, "/").unwrap().with("Host", "a").unwrap();
    let cases: &[(RequestHead, Content, &str)] = &[
        (head(Method::GET), Content::Empty, ""),
        (head(Method::POST), Content::Empty, "Content-Length: 0\r\n"),
        (head(Method::PUT), Content::Empty, "Content-Length: 0\r\n"),
        (head(Method::PATCH), Content::Length(0), "Content-Length: 0\r\n"),
        (head(Method::GET), Content::Length(0), ""),
        (head(Method::DELETE), Content::Length(3), "Content-Length: 3\r\n"),
        (head(Method::POST), Content::Stream, "Transfer-Encoding: chunked\r\n"),
        (head(Method::POST).with("Content-Length", "3").unwrap(), Content::Length(3), "Content-Length: 3\r\n"),
    ];
    for (head, content, fields) in cases {
        let text = said(&mut Client::default(), |client, out| client.request(head, *content, out));
        assert_eq!(text, format!("{} / HTTP/1.1\r\nHost: a\r\n{fields}\r\n", head.method()));
    }
    let connect = RequestHead::new(Method::CONNECT, "a:1").unwrap().with("Host", "a").unwrap();
    let get = || head(Method::GET);
    let cases: &[(RequestHead, Content, Misuse)] = &[
        (RequestHead::new(Method::GET, "/").unwrap(), Content::Empty, Misuse::Host),
        (get().with("Host", "a").unwrap(), Content::Empty, Misuse::Host),
        (RequestHead::new(Method::GET, "/").unwrap().with("Host", "u@a").unwrap(), Content::Empty, Misuse::Host),
        (head(Method::TRACE), Content::Length(1), Misuse::BodyForbidden),
        (connect, Content::Stream, Misuse::BodyForbidden),
        (get().with("Content-Length", "3").unwrap(), Content::Empty, Misuse::LengthMismatch),
        (get().with("Content-Length", "3").unwrap(), Content::Stream, Misuse::LengthMismatch),
        (get().with("Transfer-Encoding", "gzip, chunked").unwrap(), Content::Stream, Misuse::TransferCoding),
        (get().with("Transfer-Encoding", "chunked").unwrap(), Content::Length(3), Misuse::TransferCoding),
        (get().with("Expect", "x").unwrap(), Content::Length(3), Misuse::Expectation),
    ];
    for (head, content, misuse) in cases {
        refuses(&mut Client::default(), *misuse, |client, out| client.request(head, *content, out));
    }
}

fn ask(client: &mut Client, method: Method<'_>) -> Result<(), Misuse> {
    let head = RequestHead::new(method, "/").unwrap().with("Host", "a").unwrap();
    client.request(&head, Content::Empty, &mut BytesMut::new())
}

fn hear(client: &mut Client, octets: &str) -> Result<(), plainwire::http1::Error> {
    let mut input = octets.as_bytes();
    while let Some(_event) = client.recv(&mut input, &mut BytesMut::new())? {}
    assert_eq!(input, b"");
    Ok(())
}

// RFC 9112 9.3.2
#[test]
fn requests_are_pipelined_where_they_can_be_sent_again() {
    let mut client = Client::default();
    ask(&mut client, Method::GET).unwrap();
    ask(&mut client, Method::DELETE).unwrap();
    ask(&mut client, Method::POST).unwrap();
    assert_eq!((client.owed(), client.can_request()), (3, false));
    assert_eq!(ask(&mut client, Method::GET), Err(Misuse::Pipelined));
    hear(&mut client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    assert_eq!((client.owed(), client.status()), (2, Status::Open));
    hear(&mut client, &"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".repeat(2)).unwrap();
    assert_eq!((client.owed(), client.can_request(), client.status()), (0, true, Status::Idle));

    let mut client = Client::new(client::Limits { pipelined: 1, ..client::Limits::default() });
    ask(&mut client, Method::GET).unwrap();
    assert_eq!(ask(&mut client, Method::GET), Err(Misuse::Pipelined));
    let mut client = Client::new(client::Limits { pipelined: 255, ..client::Limits::default() });
    for _ in 0..Client::PIPELINED {
        ask(&mut client, Method::HEAD).unwrap();
    }
    assert_eq!(ask(&mut client, Method::GET), Err(Misuse::Pipelined));
    hear(&mut client, &"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".repeat(32)).unwrap();
    assert_eq!(client.status(), Status::Idle);
}

#[test]
fn a_connection_that_closes_takes_no_more_requests() {
    let mut client = Client::default();
    let head = RequestHead::new(Method::GET, "/").unwrap().with("Host", "a").unwrap();
    client.request(&head.with("Connection", "close").unwrap(), Content::Empty, &mut BytesMut::new()).unwrap();
    assert_eq!(ask(&mut client, Method::GET), Err(Misuse::Closing));
    hear(&mut client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    assert_eq!((client.status(), client.close_reason()), (Status::Closed, Some(CloseReason::LocalClose)));
    for (response, why) in [
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", CloseReason::PeerClose),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", CloseReason::Http10),
    ] {
        let mut client = Client::default();
        ask(&mut client, Method::GET).unwrap();
        ask(&mut client, Method::GET).unwrap();
        hear(&mut client, response).unwrap();
        assert_eq!((client.status(), client.close_reason(), client.owed()), (Status::Closed, Some(why), 1));
        assert_eq!(ask(&mut client, Method::GET), Err(Misuse::Over));
    }
    let mut client = Client::default();
    ask(&mut client, Method::GET).unwrap();
    hear(&mut client, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").unwrap();
    assert_eq!(client.status(), Status::Idle);
    client.eof();
    hear(&mut client, "").unwrap();
    assert_eq!((client.status(), client.close_reason()), (Status::Closed, Some(CloseReason::PeerEnded)));
    let mut client = Client::default();
    ask(&mut client, Method::GET).unwrap();
    client.eof();
    assert_eq!(hear(&mut client, "").unwrap_err().kind, ErrorKind::NoResponse);
}

#[test]
fn an_early_answer_leaves_the_rest_to_the_caller() {
    let mut client = Client::default();
    let head = RequestHead::new(Method::POST, "/").unwrap().with("Host", "a").unwrap();
    client.request(&head, Content::Length(4), &mut BytesMut::new()).unwrap();
    assert_eq!(client.patience().limit, None);
    client.data(b"ab", &mut BytesMut::new()).unwrap();
    hear(&mut client, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno").unwrap();
    assert_eq!((client.status(), client.sending(), client.owed()), (Status::Paused, true, 0));
    assert_eq!(ask(&mut client, Method::GET), Err(Misuse::Unfinished));
    client.data(b"cd", &mut BytesMut::new()).unwrap();
    client.end(&mut BytesMut::new()).unwrap();
    assert_eq!(client.status(), Status::Idle);
    let mut client = Client::default();
    client.request(&head, Content::Length(4), &mut BytesMut::new()).unwrap();
    client.abandon();
    assert_eq!((client.status(), client.close_reason()), (Status::Closed, Some(CloseReason::Abandoned)));
}

#[test]
fn waits_have_lengths_and_phases() {
    let limit = |patience: Patience| patience.limit.map(|limit| limit.as_secs());
    let mut server = Server::default();
    assert_eq!(limit(server.patience()), Some(60));
    let idle = server.patience().phase;
    let mut out = BytesMut::new();
    let request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n";
    server.recv(&mut &request[..10], &mut out).unwrap();
    assert_eq!(limit(server.patience()), Some(30));
    assert_ne!(server.patience().phase, idle);
    server.recv(&mut &request[..], &mut out).unwrap();
    assert_eq!(limit(server.patience()), Some(60));
    // A phase of the body ends with every 16,384 octets, not with every octet.
    let first = server.patience().phase;
    server.recv(&mut &[b'x'; 16_383][..], &mut out).unwrap();
    assert_eq!(server.patience().phase, first);
    server.recv(&mut &b"x"[..], &mut out).unwrap();
    assert_ne!(server.patience().phase, first);
    server.expire();
    assert_eq!(server.recv(&mut &b""[..], &mut out).unwrap_err().kind, ErrorKind::TimedOut);
    assert!(out.starts_with(b"HTTP/1.1 408 Request Timeout\r\n"));

    let mut idle = Server::default();
    idle.expire();
    assert!(idle.recv(&mut &b""[..], &mut out).unwrap().is_none());
    assert_eq!((idle.status(), idle.close_reason()), (Status::Closed, Some(CloseReason::Idle)));
    let mut paused = get();
    assert_eq!(paused.patience().limit, None);
    paused.expire();
    paused.reply(&ok(), b"", &mut out).unwrap();
    assert_eq!(paused.status(), Status::Idle);

    let mut client = Client::default();
    let head = RequestHead::new(Method::POST, "/").unwrap().with("Host", "a").unwrap();
    let head = head.with("Expect", "100-continue").unwrap();
    client.request(&head, Content::Length(4), &mut out).unwrap();
    assert_eq!((client.patience().limit, client.may_send()), (Some(Duration::from_secs(1)), false));
    client.expire();
    assert!(matches!(client.recv(&mut &b""[..], &mut out), Ok(Some(client::Event::Proceed))));
    assert!(client.may_send());
    client.data(b"abcd", &mut out).unwrap();
    client.end(&mut out).unwrap();
    assert_eq!(limit(client.patience()), Some(60));
    client.expire();
    assert_eq!(client.recv(&mut &b""[..], &mut out).unwrap_err().kind, ErrorKind::TimedOut);
}

/// Limits that suffice, limits that do not, the octets, and what is said of them and where.
type Case<'c> = (MessageLimits, MessageLimits, &'c [u8], ErrorKind, Option<u64>);

/// Each limit lets through what is exactly as long, and refuses one octet more at the place where it runs out.
#[test]
fn limits_are_judged_on_the_element() {
    fn outcome(limits: MessageLimits, stream: &[u8]) -> Option<(ErrorKind, u64)> {
        struct Answers;
        impl plainwire::engine::Handler<Server> for Answers {
            fn event(&mut self, server: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
                if let server::Event::End(_) = event {
                    server.reply(&ok(), b"", out).unwrap();
                }
            }
        }
        let limits = server::Limits { message: limits, ..server::Limits::default() };
        let log = laws::judge(|| (Server::new(limits), Answers), stream, laws::Ending::Stays);
        log.unwrap_or_else(|story| panic!("{story}")).error.map(|error| (error.kind, error.offset))
    }
    let line = b"GET /abc HTTP/1.1\r\n";
    let field = b"X: abcdef\r\n";
    let request = [&line[..], b"Host: a\r\n", field, b"\r\n"].concat();
    let chunked = [&line[..], b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\n"].concat();
    let at = |limit: usize, base: usize| Some((base + limit) as u64);
    let default = MessageLimits::default;
    let octets = request.len() as u32;
    let cases: &[Case<'_>] = &[
        (
            MessageLimits { head: octets, ..default() },
            MessageLimits { head: octets - 1, ..default() },
            &request,
            ErrorKind::HeadTooLong,
            at(request.len() - 1, 0),
        ),
        (
            MessageLimits { start_line: line.len() as u32, ..default() },
            MessageLimits { start_line: line.len() as u32 - 1, ..default() },
            &request,
            ErrorKind::StartLineTooLong,
            at(line.len() - 1, 0),
        ),
        (
            MessageLimits { field_line: field.len() as u32, ..default() },
            MessageLimits { field_line: field.len() as u32 - 1, ..default() },
            &request,
            ErrorKind::FieldTooLong,
            at(field.len() - 1, line.len() + 9),
        ),
        (
            MessageLimits { fields: 2, ..default() },
            MessageLimits { fields: 1, ..default() },
            &request,
            ErrorKind::TooManyFields,
            at(0, line.len() + 9),
        ),
        (
            MessageLimits { chunk_line: 7, ..default() },
            MessageLimits { chunk_line: 6, ..default() },
            &[&chunked[..], b"3;a=b\r\nabc\r\n0\r\n\r\n"].concat(),
            ErrorKind::ChunkLineTooLong,
            at(6, chunked.len()),
        ),
        (
            MessageLimits { extensions: 8, ..default() },
            MessageLimits { extensions: 7, ..default() },
            &[&chunked[..], b"3;a=b\r\nabc\r\n1;c=d\r\nx\r\n0\r\n\r\n"].concat(),
            ErrorKind::ExtensionsTooLong,
            at(16, chunked.len()),
        ),
        (
            MessageLimits { trailers: 8, ..default() },
            MessageLimits { trailers: 7, ..default() },
            &[&chunked[..], b"0\r\nT: v\r\n\r\n"].concat(),
            ErrorKind::TrailersTooLong,
            at(7, chunked.len() + 3),
        ),
    ];
    for (enough, short, stream, kind, offset) in cases {
        assert_eq!(outcome(*enough, stream), None, "{kind:?}");
        assert_eq!(outcome(*short, stream), offset.map(|offset| (*kind, offset)), "{kind:?}");
    }
    // 0 means 0.
    for limits in [
        MessageLimits { head: 0, ..default() },
        MessageLimits { start_line: 0, ..default() },
        MessageLimits { field_line: 0, ..default() },
        MessageLimits { fields: 0, ..default() },
    ] {
        assert!(outcome(limits, &request).is_some(), "{limits:?}");
    }
}

/// RFC 9112 2.2: empty lines before a head are passed over, and not without end. Between two messages they count anew.
#[test]
fn empty_lines_before_a_head_end() {
    let message = MessageLimits { head: 64, ..MessageLimits::default() };
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let lines = |count: usize| b"\r\n".repeat(count);
    let serve = |stream: &[u8]| {
        struct Answers;
        impl plainwire::engine::Handler<Server> for Answers {
            fn event(&mut self, server: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
                if let server::Event::End(_) = event {
                    server.reply(&ok(), b"", out).unwrap();
                }
            }
        }
        let limits = server::Limits { message, ..server::Limits::default() };
        let log = laws::judge(|| (Server::new(limits), Answers), stream, laws::Ending::Stays);
        let log = log.unwrap_or_else(|story| panic!("{story}"));
        (log.error.map(|error| (error.kind, error.offset)), log.out.starts_with(b"HTTP/1.1 431 "))
    };
    assert_eq!(serve(&[&lines(32)[..], request, &lines(32), request].concat()), (None, false));
    assert_eq!(serve(&lines(33)), (Some((ErrorKind::HeadTooLong, 64)), true));
    assert_eq!(serve(&[&lines(33)[..], request].concat()), (Some((ErrorKind::HeadTooLong, 64)), true));

    let ask = |stream: &[u8]| {
        let mut client = Client::new(client::Limits { message, ..client::Limits::default() });
        let mut out = BytesMut::new();
        let mut input = stream;
        for _ in 0..2 {
            let head = RequestHead::new(Method::GET, "/").unwrap().with("Host", "a").unwrap();
            client.request(&head, Content::Empty, &mut out).unwrap();
            loop {
                match client.recv(&mut input, &mut out) {
                    Ok(Some(client::Event::End(_))) => break,
                    Ok(Some(_)) => {}
                    Ok(None) => return None,
                    Err(error) => return Some((error.kind, error.offset)),
                }
            }
        }
        None
    };
    let response = b"HTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(ask(&[&lines(32)[..], response, &lines(32), response].concat()), None);
    assert_eq!(ask(&[&lines(33)[..], response].concat()), Some((ErrorKind::HeadTooLong, 64)));
    // Nothing was asked: the same.
    let mut idle = Client::new(client::Limits { message, ..client::Limits::default() });
    let (input, mut out) = (lines(33), BytesMut::new());
    assert_eq!(idle.recv(&mut &input[..], &mut out).unwrap_err().kind, ErrorKind::HeadTooLong);
}

/// A request line that ends in LF alone goes out with CRLF, and its fields keep their names in a copy.
#[test]
fn a_bare_line_end_is_not_passed_on() {
    let quirks = plainwire::http1::Quirks { bare_lf: true, ..Default::default() };
    let mut parser = plainwire::http1::HeadParser::request(MessageLimits::default(), quirks);
    let (read, _) = parser.parse_request(b"GET /a HTTP/1.1\nXHost: b\r\nHost: a\r\n\r\n").unwrap().unwrap();
    let copy = read.to_owned_head();
    assert_eq!(copy.fields().iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["XHost", "Host"]);
    assert_eq!(copy.fields(), read.fields());
    let wire = said(&mut Client::default(), |client, out| client.request(&read, Content::Empty, out));
    assert_eq!(wire, "GET /a HTTP/1.1\r\nXHost: b\r\nHost: a\r\n\r\n");
}

/// Whatever is passed as a value, the wire has the lines that it was meant to have.
#[test]
fn no_value_forges() {
    type Say = fn(&[u8]) -> Option<Vec<u8>>;
    let says: &[(&str, &[u8], &[u8], Say)] = &[
        ("method", b"PURGE", b"GET /x HTTP/1.1\r\nHost: b\r\n\r\n", |value| {
            request(&RequestHead::new(Method::new(str::from_utf8(value).ok()?).ok()?, "/").ok()?)
        }),
        ("target", b"/a", b" HTTP/1.1\r\nX: y", |value| {
            request(&RequestHead::new(Method::GET, str::from_utf8(value).ok()?).ok()?)
        }),
        ("name", b"X", b"Y: z\r\nW", |value| {
            request(&RequestHead::new(Method::GET, "/").unwrap().with(str::from_utf8(value).ok()?, "v").ok()?)
        }),
        ("value", b"v", b"Content-Length: 5", |value| {
            request(&RequestHead::new(Method::GET, "/").unwrap().with("X", value).ok()?)
        }),
        ("reason", b"Fine", b"X: y\r\n\r\n", |value| {
            let head = ResponseHead::with_reason(StatusCode::OK, str::from_utf8(value).ok()?).ok()?;
            let mut out = BytesMut::new();
            get().respond(&head, Content::Empty, &mut out).ok()?;
            Some(out.to_vec())
        }),
        ("response's value", b"v", b"X: y\r\n\r\n", |value| {
            let mut out = BytesMut::new();
            get().respond(&ok().with("X", value).ok()?, Content::Empty, &mut out).ok()?;
            Some(out.to_vec())
        }),
        ("trailer", b"v", b"X: y\r\n\r\nGET /", |value| {
            let mut out = BytesMut::new();
            plainwire::http1::chunked::write_end(&Trailers::new().with("X", value).ok()?, &mut out);
            Some(out.to_vec())
        }),
    ];
    // Lines, however a lenient peer may end them.
    let lines = |wire: &[u8]| wire.split(|byte| matches!(byte, b'\r' | b'\n' | 0)).count();
    for (what, harmless, payload, say) in says {
        let hostile = laws::forgeries(harmless, payload);
        laws::no_forgery(harmless, hostile, say, lines).unwrap_or_else(|story| panic!("{what}: {story}"));
    }
    for name in
        ["Content-Length", "transfer-encoding", "HOST", "Trailer", "Authorization", "content-type", "Set-Cookie"]
    {
        assert!(Trailers::new().with(name, "1").is_err(), "{name}");
    }
}

fn request(head: &RequestHead) -> Option<Vec<u8>> {
    let mut out = BytesMut::new();
    Client::default().request(&head.clone().with("Host", "a").ok()?, Content::Empty, &mut out).ok()?;
    let (told, length) = parse_request(&out).unwrap().unwrap();
    assert_eq!((told.method(), told.target(), length), (head.method(), head.target(), out.len()));
    Some(out.to_vec())
}

#[test]
fn secrets_stay_out_of_debug() {
    let head = RequestHead::new(Method::GET, "/?token=hunter2").unwrap();
    let head = head.with("Authorization", "Basic hunter2").unwrap();
    let text = format!("{head:?} {:?} {:?}", head.fields(), head.fields().first("authorization"));
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("Authorization"), "{text}");
    let error = head.with("X", "hunter2\n").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

/// What can be said at once is the same as what is said in pieces, whatever short way it takes.
#[test]
fn a_reply_is_a_head_its_content_and_the_end() {
    let requests = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na",
        "",
    ];
    let fields: [&[(&str, &str)]; 7] = [
        &[],
        &[("Content-Type", "text/plain"), ("X-A", "b")],
        &[("Connection", "close")],
        &[("Content-Length", "3")],
        &[("content-length", "4")],
        &[("Transfer-Encoding", "chunked")],
        &[("Referer", "of the length of Upgrade")],
    ];
    for request in requests {
        for status in [200, 204, 304, 404, 101, 103, 999] {
            for fields in fields {
                let head = fields.iter().fold(head(status), |head, (name, value)| head.with(name, value).unwrap());
                // A copy, whose lines nobody looked at, takes the long way.
                let copy = head.to_owned_head();
                for content in ["", "abc"] {
                    let (mut at_once, mut copied, mut in_pieces) = (asked(request), asked(request), asked(request));
                    let (mut a, mut b, mut c) = (BytesMut::new(), BytesMut::new(), BytesMut::new());
                    let told = at_once.reply(&head, content.as_bytes(), &mut a);
                    assert_eq!(copied.reply(&copy, content.as_bytes(), &mut b), told);
                    let length = Content::Length(content.len() as u64);
                    let said = in_pieces.respond(&head, length, &mut c).and_then(|()| {
                        if in_pieces.status() == Status::HandedOver {
                            return Ok(());
                        }
                        in_pieces.data(content.as_bytes(), &mut c)?;
                        in_pieces.end(&mut c)
                    });
                    assert_eq!(said, told, "{request:?} {status} {fields:?}");
                    assert_eq!((&a, &b), (&c, &c), "{request:?} {status} {fields:?}");
                    assert_eq!(format!("{at_once:?}"), format!("{copied:?}"));
                    assert_eq!(
                        (at_once.status(), at_once.close_reason()),
                        (in_pieces.status(), in_pieces.close_reason())
                    );
                }
            }
        }
    }
}
