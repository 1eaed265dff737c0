//! TLS on every adapter: from the first octet and in the middle, and each way for a certificate to be wrong.

use super::toy::{Lines, echo};
use crate::engine::Handler;
use crate::net::server::{Conversation, Link, Options, Port, Running, Service};
use crate::net::tls::{self, Acceptor, Connector, Session};
use crate::net::{Driver, Ended, Next, Party, pool, reactor, talk, tcp};
use bytes::BytesMut;
use std::boxed::Box;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::string::{String, ToString};
use std::time::Duration;
use std::vec;
use std::vec::Vec;

const SOON: Duration = Duration::from_secs(10);

struct Made {
    acceptor: Acceptor,
    certificate: String,
}

fn made(names: &[&str]) -> Made {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let builder = Acceptor::builder().identity_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    Made { acceptor: builder.alpn(["toy"]).build().unwrap(), certificate }
}

fn trusting(made: &Made) -> Connector {
    let builder = Connector::builder().platform_roots(false).roots_pem(made.certificate.as_bytes()).unwrap();
    builder.alpn(["toy"]).build().unwrap()
}

/// Echoes; `upgrade` begins TLS.
struct Secure(Acceptor);

struct Side(Acceptor);

impl Service for Secure {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        talk(Lines::default(), Side(self.0.clone()))
    }
}

impl Handler<Lines> for Side {
    fn event(&mut self, engine: &mut Lines, line: &[u8], out: &mut BytesMut) {
        engine.secure = line == b"upgrade";
        echo(engine, line, out);
    }
}

impl Party<Lines> for Side {
    fn handed_over(&mut self, _: &mut Lines, rest: &[u8]) -> Next {
        assert!(rest.is_empty());
        Next::Secure(self.0.clone())
    }
    fn secured(&mut self, engine: &mut Lines, session: &Session, out: &mut BytesMut) {
        if engine.secure {
            engine.secured();
        }
        assert_eq!(session.server_name(), Some("localhost"));
        out.extend_from_slice(b"welcome under ");
        out.extend_from_slice(session.version().unwrap().as_bytes());
        out.extend_from_slice(b"\n");
    }
}

fn each(made: &Made, immediate: bool, test: impl Fn(&'static str, Running)) {
    for (name, start) in [("pool", pool::start as fn(_, _) -> _), ("reactor", reactor::start)] {
        let port = Port::bind("127.0.0.1:0", Secure(made.acceptor.clone())).unwrap();
        let port = if immediate { port.tls(made.acceptor.clone()) } else { port };
        let running: io::Result<Running> = start(vec![port], Options::default());
        test(name, running.unwrap());
    }
}

fn heard(driver: &mut Driver<Lines, tcp::Stream>) -> String {
    driver.until(|_, line, _| Some(String::from_utf8(line.to_vec()).unwrap())).unwrap()
}

#[test]
fn tls_from_the_first_octet() {
    let made = made(&["localhost"]);
    each(&made, true, |adapter, running| {
        let mut stream = tcp::connect(running.addresses()[0], SOON).unwrap();
        stream.secure(&trusting(&made), "localhost", SOON).unwrap();
        assert_eq!(stream.session().unwrap().alpn(), Some(&b"toy"[..]));
        assert!(stream.session().unwrap().peer_certificate().is_some());
        let mut driver = Driver::new(Lines::default(), stream);
        assert_eq!(heard(&mut driver), "welcome under TLSv1_3", "{adapter}");
        // More than the session buffers, both ways at once.
        let line = "x".repeat(900) + "\n";
        driver.say(|_, out| out.extend_from_slice(line.repeat(2000).as_bytes()));
        for _ in 0..2000 {
            assert_eq!(heard(&mut driver).len(), 900);
        }
        driver.finish().unwrap();
        assert!(matches!(driver.until(|_, _, _| Some(())), Err(Ended::Closed)));
        let report = running.stop(SOON);
        assert_eq!((report.accepted, report.cut), (1, 0), "{adapter}");
    });
}

#[test]
fn tls_in_the_middle() {
    let made = made(&["localhost"]);
    each(&made, false, |adapter, running| {
        let mut driver = Driver::new(Lines::default(), tcp::connect(running.addresses()[0], SOON).unwrap());
        driver.say(|_, out| out.extend_from_slice(b"hello\nupgrade\n"));
        assert_eq!(heard(&mut driver), "hello", "{adapter}");
        assert_eq!(heard(&mut driver), "upgrade");
        driver.secure(&trusting(&made), "localhost").unwrap();
        driver.engine_mut().secured();
        assert_eq!(heard(&mut driver), "welcome under TLSv1_3");
        driver.say(|_, out| out.extend_from_slice(b"again\nquit\n"));
        assert_eq!(heard(&mut driver), "again");
        assert_eq!(heard(&mut driver), "quit");
        assert_eq!(heard_all(driver), "");
    });
}

fn heard_all(driver: Driver<Lines, tcp::Stream>) -> String {
    let (_, mut stream, _) = driver.into_parts();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    rest
}

#[test]
fn plaintext_behind_the_upgrade_is_refused() {
    let made = made(&["localhost"]);
    each(&made, false, |adapter, running| {
        let mut peer = TcpStream::connect(running.addresses()[0]).unwrap();
        peer.write_all(b"upgrade\ninjected\n").unwrap();
        let mut rest = String::new();
        peer.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "upgrade\nbad\n", "{adapter}");
    });
}

#[test]
fn each_failure_says_which_check_it_was() {
    let right = made(&["localhost"]);
    let wrong = made(&["elsewhere.test"]);
    let other = made(&["localhost"]);
    let cases = [
        (&wrong, trusting(&wrong), "certificate refused: it is for elsewhere.test, not for localhost"),
        (&other, trusting(&right), "certificate refused: it is signed by nobody we trust"),
    ];
    for (server, connector, expected) in cases {
        each(server, true, |adapter, running| {
            let mut stream = tcp::connect(running.addresses()[0], SOON).unwrap();
            let error = stream.secure(&connector, "localhost", SOON).unwrap_err();
            // A self-signed certificate of another key may be told as a wrong signature of a known name.
            let told = error.to_string();
            assert!(told == expected || told.contains("signature"), "{adapter}: {told}");
            let inner = error.get_ref().unwrap().downcast_ref::<tls::Error>().unwrap();
            assert!(inner.certificate());
        });
    }
    each(&wrong, true, |_, running| {
        let anyone = Connector::builder().unverified().alpn(["toy"]).build().unwrap();
        tcp::connect(running.addresses()[0], SOON).unwrap().secure(&anyone, "localhost", SOON).unwrap();
    });
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stream = tcp::connect(plain.local_addr().unwrap(), SOON).unwrap();
    plain.accept().unwrap().0.write_all(b"220 plain.test ready\r\n").unwrap();
    let error = stream.secure(&trusting(&right), "localhost", SOON).unwrap_err();
    assert_eq!(error.to_string(), "what the peer sent is not TLS");
}

#[test]
fn a_handshake_has_its_own_limit() {
    let made = made(&["localhost"]);
    let mut options = Options::default();
    options.limits.handshake = Duration::from_millis(200);
    for start in [pool::start, reactor::start] {
        let port = Port::bind("127.0.0.1:0", Secure(made.acceptor.clone())).unwrap().tls(made.acceptor.clone());
        let running = start(vec![port], options.clone()).unwrap();
        let mut silent = TcpStream::connect(running.addresses()[0]).unwrap();
        silent.set_read_timeout(Some(SOON)).unwrap();
        assert_eq!(silent.read(&mut [0; 1]).unwrap(), 0);
    }
}
