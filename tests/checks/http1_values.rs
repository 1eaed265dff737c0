//! Any value that can be built: written by one end, it is read by the other as what it was, and nothing follows it.

#[path = "../support/http1.rs"]
mod callers;

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::BytesMut;
use callers::lines;
use plainwire::http1::client::{self, Client};
use plainwire::http1::server::{self, Server};
use plainwire::http1::{Content, RequestHead, ResponseHead, Trailers};

/// How the content of a message is said.
#[derive(Arbitrary, Clone, Debug)]
enum Body {
    None,
    Whole(Vec<u8>),
    Pieces { announced: bool, pieces: Vec<Vec<u8>> },
}

impl Body {
    fn octets(&self) -> Vec<u8> {
        match self {
            Self::None => Vec::new(),
            Self::Whole(octets) => octets.clone(),
            Self::Pieces { pieces, .. } => pieces.concat(),
        }
    }

    fn content(&self) -> Content {
        match self {
            Self::None => Content::Empty,
            Self::Pieces { announced: false, .. } => Content::Stream,
            Self::Whole(_) | Self::Pieces { .. } => Content::Length(self.octets().len() as u64),
        }
    }
}

/// The fields that were asked for stand there first, in their order; framing and the connection's may follow.
fn said<'a>(asked: &[(String, Vec<u8>)], read: &'a [(String, Vec<u8>)]) -> &'a [(String, Vec<u8>)] {
    assert_eq!(asked, &read[..asked.len()]);
    for (name, _) in &read[asked.len()..] {
        assert!(["Content-Length", "Transfer-Encoding", "Connection"].contains(&&**name), "{name} was not asked for");
    }
    &read[asked.len()..]
}

/// A request, answered.
pub(crate) fn exchange(data: &[u8]) {
    // Too few octets make no values.
    let _made = made(&mut Unstructured::new(data));
}

fn made(u: &mut Unstructured<'_>) -> Result<()> {
    let (mut head, body, trailers) =
        (RequestHead::arbitrary(u)?, Body::arbitrary(u)?, Option::<Trailers>::arbitrary(u)?);
    if head.fields().first("host").is_none() {
        head.push("Host", "a").map_err(|_| arbitrary::Error::IncorrectFormat)?;
    }
    let (mut client, mut out) = (Client::new(client::Limits::default()), BytesMut::new());
    let asked = match &body {
        Body::Whole(octets) => client.send(&head, octets, &mut out),
        _ => client.request(&head, body.content(), &mut out),
    };
    if asked.is_err() {
        assert!(out.is_empty(), "refused, and written");
        return Ok(());
    }
    let mut trailing = Vec::new();
    if let Body::Pieces { announced, pieces } = &body {
        for piece in pieces {
            client.data(piece, &mut out).expect("as much as was announced");
        }
        match &trailers {
            Some(trailers) if !announced => {
                client.end_with(trailers, &mut out).expect("chunked content");
                trailing = lines(trailers.fields());
            }
            _ => client.end(&mut out).expect("as much as was announced"),
        }
    }
    // A number of lines and octets that every server takes.
    let mut server = Server::new(server::Limits::default());
    let (mut input, mut replies, mut content, mut ended) = (&out[..], BytesMut::new(), Vec::new(), false);
    while !ended {
        match server.recv(&mut input, &mut replies) {
            Ok(Some(server::Event::Request(read))) => {
                assert_eq!((read.method(), read.target()), (head.method(), head.target()));
                said(&lines(head.fields()), &lines(read.fields()));
                if server.expected_to_proceed() {
                    server.proceed(&mut BytesMut::new()).expect("it waits");
                }
            }
            Ok(Some(server::Event::Data(octets))) => content.extend_from_slice(octets),
            Ok(Some(server::Event::End(read))) => {
                assert_eq!(lines(read.fields()), trailing);
                ended = true;
            }
            Ok(Some(server::Event::Extensions(_))) => panic!("nobody said extensions"),
            other => panic!("{other:?} of {}", out.escape_ascii()),
        }
    }
    assert_eq!(content, body.octets());
    assert_eq!(input, b"", "something followed the request");
    answered(u, &mut client, &mut server)
}

fn answered(u: &mut Unstructured<'_>, client: &mut Client, server: &mut Server) -> Result<()> {
    let (head, body) = (ResponseHead::arbitrary(u)?, Body::arbitrary(u)?);
    let mut out = BytesMut::new();
    let replied = match &body {
        Body::Whole(octets) => server.reply(&head, octets, &mut out),
        _ => server.respond(&head, body.content(), &mut out),
    };
    if replied.is_err() {
        assert!(out.is_empty(), "refused, and written");
        return Ok(());
    }
    if let Body::Pieces { pieces, .. } = &body
        && server.sending()
    {
        for piece in pieces {
            server.data(piece, &mut out).expect("as much as was announced");
        }
        server.end(&mut out).expect("as much as was announced");
    }
    let (mut input, mut content, mut ended) = (&out[..], Vec::new(), false);
    client.eof();
    while !ended {
        match client.recv(&mut input, &mut BytesMut::new()) {
            Ok(Some(client::Event::Response(read))) => {
                assert_eq!((read.status(), read.reason()), (head.status(), head.reason()));
                said(&lines(head.fields()), &lines(read.fields()));
            }
            Ok(Some(client::Event::Data(octets))) => content.extend_from_slice(octets),
            Ok(Some(client::Event::End(_))) => ended = true,
            other => panic!("{other:?} of {}", out.escape_ascii()),
        }
    }
    assert!(content == body.octets() || content.is_empty(), "content, or none of it where there may be none");
    assert_eq!(input, b"", "something followed the answer");
    Ok(())
}
