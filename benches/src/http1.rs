//! What is measured of HTTP/1.1, in time beside its peers and in instructions by itself.

use bytes::BytesMut;
use plainwire::http1::chunked::{Decoder, Event as Chunk};
use plainwire::http1::server::{Event, Limits, Server};
use plainwire::http1::{ResponseHead, StatusCode, parse_request, parse_response};
use std::hint::black_box;

/// The shortest request that HTTP/1.1 allows.
pub const MINIMAL: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// A page's picture, as a browser of 2010 asked for it: 720 octets, most of them in values.
pub const PICTURE: &[u8] = b"GET /wp-content/uploads/2010/03/a-picture-of-a-lighthouse-in-the-evening.jpg HTTP/1.1\r\n\
Host: www.lighthouses.example\r\n\
User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) Gecko/20100401 Firefox/3.6.3 Pathtraq/0.9\r\n\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
Accept-Language: ja,en-us;q=0.7,en;q=0.3\r\n\
Accept-Encoding: gzip,deflate\r\n\
Accept-Charset: Shift_JIS,utf-8;q=0.7,*;q=0.7\r\n\
Keep-Alive: 115\r\n\
Connection: keep-alive\r\n\
Cookie: wp_ozh_wsa_visits=2; wp_ozh_wsa_visit_lasttime=xxxxxxxxxx; __utma=xxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.x; __utmz=xxxxxxxxx.xxxxxxxxxx.x.x.utmccn=(referral)|utmcsr=reader.example|utmcct=/reader/|utmcmd=referral|padding=xxxxx\r\n\r\n";

/// A page, as a browser of today asks for it.
pub const BROWSER: &[u8] = b"GET /articles/2026/11/a-title-of-some-length?utm_source=feed&page=2 HTTP/1.1\r\n\
Host: www.example.com\r\n\
Connection: keep-alive\r\n\
Cache-Control: max-age=0\r\n\
Upgrade-Insecure-Requests: 1\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n\
Referer: https://www.example.com/articles/\r\n\
Accept-Encoding: gzip, deflate, br, zstd\r\n\
Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n\
Cookie: session=0f1e2d3c4b5a69788796a5b4c3d2e1f0; theme=dark; consent=1\r\n\r\n";

/// A response of a dozen fields.
pub const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\
Date: Mon, 23 Nov 2026 08:49:37 GMT\r\n\
Server: nginx/1.29.3\r\n\
Content-Type: text/html; charset=utf-8\r\n\
Content-Length: 18342\r\n\
Connection: keep-alive\r\n\
Vary: Accept-Encoding, Cookie\r\n\
Last-Modified: Sun, 22 Nov 2026 21:14:02 GMT\r\n\
ETag: \"67412f1a-47a6\"\r\n\
Cache-Control: public, max-age=300, stale-while-revalidate=60\r\n\
Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n\
X-Content-Type-Options: nosniff\r\n\
Accept-Ranges: bytes\r\n\r\n";

/// A head of 100 fields.
pub fn hundred() -> Vec<u8> {
    let mut head = b"GET /hundred HTTP/1.1\r\nHost: www.example.com\r\n".to_vec();
    for number in 1..100 {
        head.extend_from_slice(format!("X-Header-Field-{number:03}: some value of moderate length\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Parses a request's head.
pub fn ours(input: &[u8]) -> usize {
    match &parse_request(black_box(input)) {
        Ok(Some((head, length))) => length + black_box(head).fields().len(),
        other => panic!("{other:?}"),
    }
}

/// Parses a response's head.
pub fn ours_response(input: &[u8]) -> usize {
    match &parse_response(black_box(input)) {
        Ok(Some((head, length))) => length + black_box(head).fields().len(),
        other => panic!("{other:?}"),
    }
}

/// A server that has one request after the other, and the answer to all of them.
pub struct Cycle {
    server: Server,
    answer: ResponseHead,
    out: BytesMut,
}

impl Cycle {
    /// A server that has heard nothing.
    pub fn new() -> Self {
        let answer = ResponseHead::new(StatusCode::OK).with("Content-Type", "text/plain").unwrap();
        Self { server: Server::new(Limits::default()), answer, out: BytesMut::with_capacity(4096) }
    }

    /// Takes the requests of `input`, answers each by 200 and 13 octets, and tells how much was said.
    pub fn serve(&mut self, input: &[u8]) -> usize {
        let mut input = black_box(input);
        self.out.clear();
        while let Some(event) = self.server.recv(&mut input, &mut self.out).unwrap() {
            if let Event::End(_) = event {
                self.server.reply(&self.answer, b"Hello, world!", &mut self.out).unwrap();
            }
        }
        black_box(&self.out).len()
    }
}

/// Takes a chunked body apart, and copies its content out.
pub fn dechunk(body: &[u8], content: &mut BytesMut) -> usize {
    let mut decoder = Decoder::default();
    let mut input = black_box(body);
    content.clear();
    while let Some(event) = decoder.recv(&mut input).unwrap() {
        if let Chunk::Data(octets) = event {
            content.extend_from_slice(octets);
        }
    }
    content.len()
}

/// A body of `chunks` chunks of `chunk` octets.
pub fn chunked(chunk: usize, chunks: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for _ in 0..chunks {
        body.extend_from_slice(format!("{chunk:x}\r\n").as_bytes());
        body.resize(body.len() + chunk, b'x');
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    body
}
