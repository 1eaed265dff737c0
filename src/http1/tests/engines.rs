//! Both engines, held to the laws.

use super::*;

/// Answers every request, late enough for the laws to see it.
#[derive(Default)]
struct Answers {
    due: bool,
}

impl Handler<Server> for Answers {
    fn event(&mut self, _: &mut Server, event: server::Event<&[u8]>, _: &mut BytesMut) {
        self.due |= matches!(event, server::Event::End(_));
    }

    fn more(&mut self, server: &mut Server, out: &mut BytesMut) -> bool {
        if server.expected_to_proceed() {
            server.proceed(out).unwrap();
            return true;
        }
        if !core::mem::take(&mut self.due) {
            return false;
        }
        if server.upgradable() {
            let head = ResponseHead::new(StatusCode::SWITCHING_PROTOCOLS).with("Upgrade", "x").unwrap();
            server.switch(&head, out).unwrap();
        } else {
            let head = ResponseHead::new(StatusCode::OK);
            server.respond(&head, Content::Empty, out).unwrap();
        }
        true
    }
}

fn serve(stream: &[u8], ending: Ending) -> laws::Log<Server> {
    match laws::judge(|| (Server::default(), Answers::default()), stream, ending) {
        Ok(log) => log,
        Err(story) => panic!("{story}"),
    }
}

#[test]
fn requests_keep_the_laws() {
    let streams: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nX: \xff\ty\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\nGET",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: v\r\n\r\nGET / HTTP/1.1\r\nH",
        b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nleft over",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nleft over",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        b"GET / HTTP/1.1\r\nHost: a\n\n",
        b"GET / HTTP/5.6",
        b"\rGET",
    ];
    for stream in streams {
        for ending in [Ending::Stays, Ending::Eof] {
            serve(stream, ending);
        }
    }
}

/// Asks for what its list says, one at a time, as soon as it may.
struct Asks {
    methods: Vec<Method<'static>>,
    upgrade: bool,
}

impl Handler<Client> for Asks {
    fn event(&mut self, _: &mut Client, _: client::Event<&[u8]>, _: &mut BytesMut) {}

    fn more(&mut self, client: &mut Client, out: &mut BytesMut) -> bool {
        if !client.can_request() || client.owed() > 0 || self.methods.is_empty() {
            return false;
        }
        let method = self.methods.remove(0);
        let target = if method == Method::CONNECT { "a:1" } else { "/" };
        let mut head = RequestHead::new(method, target).unwrap().with("Host", "a").unwrap();
        if self.upgrade {
            head = head.with("Connection", "upgrade").unwrap().with("Upgrade", "x").unwrap();
        }
        client.request(&head, Content::Empty, out).unwrap();
        true
    }
}

fn ask(methods: &[Method<'static>], upgrade: bool, stream: &[u8], ending: Ending) -> laws::Log<Client> {
    let make = || (Client::default(), Asks { methods: methods.to_vec(), upgrade });
    match laws::judge(make, stream, ending) {
        Ok(log) => log,
        Err(story) => panic!("{story}"),
    }
}

#[test]
fn responses_keep_the_laws() {
    let get: &[Method<'static>] = &[Method::GET];
    let cases: &[(&[Method<'static>], bool, &[u8])] = &[
        (get, false, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        (get, false, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!"),
        (get, false, b"HTTP/1.1 200\r\n\r\nuntil the end"),
        (get, false, b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
        (&[Method::HEAD], false, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        (&[Method::CONNECT], false, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nraw"),
        (get, true, b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nraw"),
        (get, false, b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nraw"),
        (get, false, b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"),
        (get, false, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nuntil the end"),
    ];
    for (methods, upgrade, stream) in cases {
        for ending in [Ending::Stays, Ending::Eof] {
            ask(methods, *upgrade, stream, ending);
        }
    }
}

#[test]
fn clocks_keep_the_laws() {
    let stream = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    laws::judge_expiry(|| (Server::default(), Answers::default()), stream).unwrap_or_else(|story| panic!("{story}"));
    let stream = b"HTTP/1.1 103 E\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let make = || (Client::default(), Asks { methods: [Method::GET].to_vec(), upgrade: false });
    laws::judge_expiry(make, stream).unwrap_or_else(|story| panic!("{story}"));
}
