//! What mail takes from the heap, however long it is, and what a thousand levels cost.
#![cfg(all(feature = "mime", feature = "std", feature = "testing"))]

use allocation_counter::measure;
use plainwire::mime::{Attachment, Builder, DateTime, Event, IoSink, Limits, Message, Stream};
use std::io::{self, Read, Seek};

const KIB: u64 = 1024;

/// `len` octets that nobody holds.
struct Octets(usize);

impl Read for Octets {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.0);
        buffer[..len].fill(b'x');
        self.0 -= len;
        Ok(len)
    }
}

/// A message around base64 of `lines` lines that nobody holds, in two multiparts.
struct Encoded {
    front: &'static [u8],
    lines: usize,
    back: &'static [u8],
}

impl Encoded {
    const fn new(lines: usize) -> Self {
        let front = b"Subject: long\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\
            Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n--b\r\n\
            Content-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        Self { front, lines, back: b"\r\n--b--\r\n\r\n--a--\r\n" }
    }
}

impl Read for Encoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const LINE: &[u8] = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\n";
        let mut filled = self.front.read(&mut buffer[..])?;
        while self.lines > 0 && buffer.len() - filled >= LINE.len() {
            buffer[filled..filled + LINE.len()].copy_from_slice(LINE);
            filled += LINE.len();
            self.lines -= 1;
        }
        if self.lines == 0 {
            filled += self.back.read(&mut buffer[filled..])?;
        }
        Ok(filled)
    }
}

/// Reads a message piece by piece and decodes every body; says how many octets they have.
fn streamed(mut from: impl Read) -> usize {
    let mut stream = Stream::new(Limits::default());
    let mut decoder = None;
    let (mut body, mut len) = (Vec::new(), 0);
    let mut buffer = vec![0; 16 << 10];
    let mut held = 0;
    loop {
        if held == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
        let read = from.read(&mut buffer[held..]).unwrap();
        if read == 0 {
            stream.eof();
        }
        held += read;
        let mut input = &buffer[..held];
        while let Ok(Some(event)) = stream.recv(&mut input) {
            match event {
                Event::Head(head) => decoder = head.is_leaf().then(|| head.encoding.decoder()),
                Event::Body(octets) => decoder.as_mut().unwrap().decode(octets, &mut body),
                Event::End => decoder.iter_mut().for_each(|decoder| decoder.finish(&mut body)),
                _ => {}
            }
            len += body.len();
            body.clear();
        }
        let rest = input.len();
        buffer.copy_within(held - rest..held, 0);
        held = rest;
        if stream.over() {
            return len;
        }
    }
}

#[test]
fn a_streamed_message_takes_as_much_as_a_short_one() {
    let mut peaks = Vec::new();
    for lines in [1000, 200_000] {
        let mut len = 0;
        let taken = measure(|| len = streamed(Encoded::new(lines)));
        assert_eq!(len, lines * 57 + "Here it is.".len());
        assert_eq!(taken.bytes_current, 0);
        peaks.push(taken.bytes_max);
    }
    eprintln!("at the most {} octets", peaks[1]);
    // The caller's buffers are among them.
    assert!(peaks[1] <= 64 * KIB && peaks[1] <= peaks[0] + KIB, "{peaks:?}");
}

#[test]
fn an_attachment_that_is_read_takes_as_much_as_a_short_one() {
    let now = DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").unwrap();
    let mut peaks = Vec::new();
    for len in [1_000_000, 10_000_000] {
        let taken = measure(|| {
            let file = Attachment::from_reader("a.bin", Octets(len)).with_len(len as u64);
            let mut draft = Builder::new().from("a@b.c").text("x").attach(file).fill(now, 1).build().unwrap();
            draft.write(&mut IoSink(io::sink())).unwrap();
        });
        peaks.push(taken.bytes_max);
    }
    eprintln!("at the most {} octets", peaks[1]);
    assert!(peaks[1] <= 256 * KIB && peaks[1] <= peaks[0] + KIB, "{peaks:?}");
}

#[test]
fn a_message_that_is_read_twice_takes_as_much_as_a_short_one() {
    let now = DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").unwrap();
    let mut peaks = Vec::new();
    let octets = vec![b'x'; 10_000_000];
    let octets: &'static [u8] = octets.leak();
    for len in [1_000_000, 10_000_000] {
        let taken = measure(|| {
            let file = Attachment::from_file("a.bin", io::Cursor::new(&octets[..len])).unwrap();
            let mut draft = Builder::new().from("a@b.c").text("x").attach(file).fill(now, 1).build().unwrap();
            let mut reader = draft.reader().unwrap();
            for _ in 0..2 {
                assert!(io::copy(&mut reader, &mut io::sink()).unwrap() > len as u64 / 3 * 4);
                reader.rewind().unwrap();
            }
        });
        peaks.push(taken.bytes_max);
    }
    eprintln!("at the most {} octets", peaks[1]);
    assert!(peaks[1] <= 384 * KIB && peaks[1] <= peaks[0] + KIB, "{peaks:?}");
}

/// Multiparts, messages, and both by turns, a thousand deep: each level costs what the first one costs.
#[test]
fn deep_nesting_is_linear() {
    let multipart = |level: usize| {
        let name = format!("level-{level:04}");
        (format!("Content-Type: multipart/mixed; boundary={name}\r\n\r\n--{name}\r\n"), format!("\r\n--{name}--\r\n"))
    };
    let message = |_| (String::from("Content-Type: message/rfc822\r\nSubject: deep in here\r\n\r\n"), String::new());
    let turns = |level| if level % 2 == 0 { multipart(level) } else { message(level) };
    let kinds: [&dyn Fn(usize) -> (String, String); 3] = [&multipart, &message, &turns];
    for (kind, level) in kinds.iter().enumerate() {
        let each = |depth: usize| {
            let (front, back): (Vec<_>, Vec<_>) = (0..depth).map(level).unzip();
            let text = front.concat() + "\r\nthe innermost\r\n" + &back.into_iter().rev().collect::<String>();
            let mut work = 0;
            let taken = measure(|| {
                let (counted, message) = plainwire::work::count(|| Message::parse(text.as_bytes()));
                assert_eq!(message.parts().len(), depth + 1);
                assert!(message.defects().is_empty(), "{:?}", message.defects());
                work = counted;
            });
            let octets = text.len() as u64;
            (work * 100 / octets, taken.bytes_max * 100 / octets)
        };
        let (few, many) = (each(125), each(1000));
        eprintln!("{kind}: {} % of its length looked at, {} % of it in memory", many.0, many.1);
        assert!(many.0 * 2 <= few.0 * 3 && many.1 <= few.1 * 2, "{kind}: {few:?}, {many:?}");
    }
}
