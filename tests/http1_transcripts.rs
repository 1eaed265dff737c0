//! Our client and our server, joined in memory through every cut, as transcripts.
#![cfg(all(feature = "http1", feature = "transcript", feature = "testing"))]

use bytes::BytesMut;
use plainwire::engine::{Handler, Status};
use plainwire::http1::client::{self, Client};
use plainwire::http1::server::{self, Server};
use plainwire::http1::{CloseReason, Content, Method, RequestHead, ResponseHead, StatusCode, Trailers};
use plainwire::laws::{self, Mirrored};
use plainwire::transcript::{Shown, converse};

type Say = fn(&mut Client, &mut BytesMut) -> bool;

/// A client that says one thing after the other, each as soon as it can be said.
struct Says(&'static [Say]);

impl Handler<Client> for Says {
    fn event(&mut self, _: &mut Client, _: client::Event<&[u8]>, _: &mut BytesMut) {}

    fn more(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        let [say, rest @ ..] = self.0 else { return false };
        let said = say(client, out);
        if said {
            self.0 = rest;
        }
        said
    }
}

type Answer = fn(&mut Server, &server::Event<&[u8]>, &mut BytesMut);

struct Answers(Answer);

impl Handler<Server> for Answers {
    fn event(&mut self, server: &mut Server, event: server::Event<&[u8]>, out: &mut BytesMut) {
        (self.0)(server, &event, out);
    }
}

/// The scenario through every cut, and then as text.
fn scenario(limits: server::Limits, says: &'static [Say], answer: Answer) -> (String, Mirrored<Client, Server>) {
    let make = || ((Client::default(), Says(says)), (Server::new(limits), Answers(answer)));
    let mirrored = laws::mirror(make).unwrap_or_else(|story| panic!("{story}"));
    let (client, server) = make();
    (converse(client, server, &[], Shown::Both).to_string(), mirrored)
}

fn get(target: &str) -> RequestHead {
    RequestHead::new(Method::GET, target).unwrap().with("Host", "example.com").unwrap()
}

fn post(target: &str) -> RequestHead {
    RequestHead::new(Method::POST, target).unwrap().with("Host", "example.com").unwrap()
}

fn ok() -> ResponseHead {
    ResponseHead::new(StatusCode::OK).with("Content-Type", "text/plain").unwrap()
}

/// Each request by its path, once it is whole.
fn echo_path(server: &mut Server, event: &server::Event<&[u8]>, out: &mut BytesMut) {
    if let server::Event::Request(head) = event {
        let path = head.target().path().as_bytes().to_vec();
        server.reply(&ok(), &path, out).unwrap();
    }
}

#[test]
fn a_simple_get() {
    let says: &[Say] = &[|client, out| client.request(&get("/hello"), Content::Empty, out).is_ok()];
    let (text, mirrored) = scenario(server::Limits::default(), says, echo_path);
    assert_eq!((mirrored.a.status, mirrored.b.status), (Status::Idle, Status::Idle));
    insta::assert_snapshot!(text);
}

#[test]
fn three_pipelined_requests() {
    let says: &[Say] = &[
        |client, out| client.request(&get("/1"), Content::Empty, out).is_ok(),
        |client, out| client.request(&get("/2"), Content::Empty, out).is_ok(),
        |client, out| client.request(&get("/3"), Content::Empty, out).is_ok(),
    ];
    let (text, mirrored) = scenario(server::Limits::default(), says, echo_path);
    assert_eq!(mirrored.a.status, Status::Idle);
    insta::assert_snapshot!(text);
}

fn expecting() -> RequestHead {
    post("/upload").with("Expect", "100-continue").unwrap()
}

#[test]
fn an_expectation_that_is_met() {
    let says: &[Say] = &[
        |client, out| client.request(&expecting(), Content::Length(5), out).is_ok(),
        |client, out| client.may_send() && client.data(b"hello", out).and_then(|()| client.end(out)).is_ok(),
    ];
    let (text, mirrored) = scenario(server::Limits::default(), says, |server, event, out| match event {
        server::Event::Request(_) => server.proceed(out).unwrap(),
        server::Event::End(_) => server.reply(&ok(), b"thanks", out).unwrap(),
        _ => {}
    });
    assert_eq!(mirrored.a.status, Status::Idle);
    insta::assert_snapshot!(text);
}

#[test]
fn an_expectation_that_is_refused() {
    let says: &[Say] = &[
        |client, out| client.request(&expecting(), Content::Length(5), out).is_ok(),
        |client, out| client.may_send() && client.data(b"hello", out).and_then(|()| client.end(out)).is_ok(),
    ];
    let (text, mirrored) = scenario(server::Limits::default(), says, |server, event, out| {
        if let server::Event::Request(_) = event {
            server.reply(&ResponseHead::new(StatusCode::EXPECTATION_FAILED), b"", out).unwrap();
            assert_eq!(server.close_reason(), Some(CloseReason::ExpectationRefused));
        }
    });
    assert_eq!((mirrored.a.status, mirrored.b.status), (Status::Closed, Status::Closed));
    insta::assert_snapshot!(text);
}

#[test]
fn chunks_and_trailers_both_ways() {
    let says: &[Say] = &[
        |client, out| client.request(&post("/count"), Content::Stream, out).is_ok(),
        |client, out| client.data(b"one ", out).is_ok(),
        |client, out| client.data(b"two", out).is_ok(),
        |client, out| client.end_with(&Trailers::new().with("Sum", "7").unwrap(), out).is_ok(),
    ];
    let (text, _) = scenario(server::Limits::default(), says, |server, event, out| match event {
        server::Event::Request(_) => server.respond(&ok(), Content::Stream, out).unwrap(),
        server::Event::End(trailers) => {
            server.data(trailers.fields().first("sum").unwrap().as_bytes(), out).unwrap();
            server.end_with(&Trailers::new().with("Checked", "yes").unwrap(), out).unwrap();
        }
        _ => {}
    });
    insta::assert_snapshot!(text);
}

#[test]
fn an_upgrade_with_octets_behind_it() {
    let says: &[Say] = &[|client, out| {
        let head = get("/chat").with("Connection", "upgrade").unwrap().with("Upgrade", "websocket").unwrap();
        client.request(&head, Content::Empty, out).is_ok()
    }];
    let (text, mirrored) = scenario(server::Limits::default(), says, |server, event, out| {
        if let server::Event::End(_) = event {
            let head = ResponseHead::new(StatusCode::SWITCHING_PROTOCOLS).with("Upgrade", "websocket").unwrap();
            server.switch(&head, out).unwrap();
            out.extend_from_slice(b"first octets of another protocol");
        }
    });
    assert_eq!((mirrored.a.status, mirrored.b.status), (Status::HandedOver, Status::HandedOver));
    assert_eq!(mirrored.a.left, b"first octets of another protocol");
    insta::assert_snapshot!(text);
}

#[test]
fn a_tunnel() {
    let says: &[Say] = &[|client, out| {
        let head = RequestHead::new(Method::CONNECT, "example.com:443").unwrap();
        client.request(&head.with("Host", "example.com:443").unwrap(), Content::Empty, out).is_ok()
    }];
    let (text, mirrored) = scenario(server::Limits::default(), says, |server, event, out| {
        if let server::Event::Request(_) = event {
            server.respond(&ResponseHead::new(StatusCode::OK), Content::Empty, out).unwrap();
            out.extend_from_slice(b"through the tunnel");
        }
    });
    assert_eq!((mirrored.a.status, mirrored.b.status), (Status::HandedOver, Status::HandedOver));
    assert_eq!(mirrored.a.left, b"through the tunnel");
    insta::assert_snapshot!(text);
}

#[test]
fn a_head_request_is_answered_as_any_other_and_without_content() {
    let says: &[Say] = &[
        |client, out| {
            let head = RequestHead::new(Method::HEAD, "/hello").unwrap().with("Host", "example.com").unwrap();
            client.request(&head, Content::Empty, out).is_ok()
        },
        |client, out| client.owed() == 0 && client.request(&get("/hello"), Content::Empty, out).is_ok(),
    ];
    let (text, mirrored) = scenario(server::Limits::default(), says, echo_path);
    assert_eq!(mirrored.a.status, Status::Idle);
    insta::assert_snapshot!(text);
}

#[test]
fn not_modified_announces_a_length_and_sends_nothing() {
    let says: &[Say] = &[
        |client, out| {
            let head = get("/page").with("If-None-Match", "\"7\"").unwrap();
            client.request(&head, Content::Empty, out).is_ok()
        },
        |client, out| client.owed() == 0 && client.request(&get("/page"), Content::Empty, out).is_ok(),
    ];
    let (text, _) = scenario(server::Limits::default(), says, |server, event, out| {
        if let server::Event::Request(head) = event {
            let status = match head.fields().first("if-none-match") {
                Some(_) => StatusCode::NOT_MODIFIED,
                None => StatusCode::OK,
            };
            server.reply(&ResponseHead::new(status).with("ETag", "\"7\"").unwrap(), b"the page", out).unwrap();
        }
    });
    insta::assert_snapshot!(text);
}

#[test]
fn an_early_413() {
    let says: &[Say] = &[|client, out| {
        let begun = client.request(&post("/upload"), Content::Length(1_000_000), out);
        begun.and_then(|()| client.data(&[b'x'; 100], out)).is_ok()
    }];
    let (text, mirrored) = scenario(server::Limits::default(), says, |server, event, out| {
        if let server::Event::Request(_) = event {
            let head = ResponseHead::new(StatusCode::CONTENT_TOO_LARGE).with("Connection", "close").unwrap();
            server.reply(&head, b"at most 1000", out).unwrap();
            assert_eq!(server.close_reason(), Some(CloseReason::LocalClose));
        }
    });
    assert_eq!((mirrored.a.status, mirrored.b.status), (Status::Closed, Status::Closed));
    insta::assert_snapshot!(text);
}

#[test]
fn a_connection_of_two_requests() {
    let says: &[Say] = &[|client, out| {
        ["/1", "/2", "/3"].iter().all(|target| client.request(&get(target), Content::Empty, out).is_ok())
    }];
    let limits = server::Limits { requests: 2, ..server::Limits::default() };
    let (text, mirrored) = scenario(limits, says, echo_path);
    assert_eq!((mirrored.a.status, mirrored.b.status), (Status::Closed, Status::Closed));
    insta::assert_snapshot!(text);
}

#[test]
fn hints_before_the_answer() {
    let says: &[Say] = &[|client, out| client.request(&get("/"), Content::Empty, out).is_ok()];
    let (text, _) = scenario(server::Limits::default(), says, |server, event, out| {
        if let server::Event::Request(_) = event {
            let hints = ResponseHead::new(StatusCode::EARLY_HINTS).with("Link", "</a.css>; rel=preload").unwrap();
            server.informational(&hints, out).unwrap();
            server.reply(&ok(), b"<html>", out).unwrap();
        }
    });
    insta::assert_snapshot!(text);
}
