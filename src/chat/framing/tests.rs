use super::*;
use crate::engine::Decode;
use alloc::vec;
use alloc::vec::Vec;
use bytes::BytesMut;
use proptest::prelude::*;

/// What a decoder told: the frames, then how it ended, and what it left.
type Told = (Vec<Vec<u8>>, Result<bool, Error>, usize);

/// Feeds `stream` in the given pieces and then its end.
fn decode<D>(mut decoder: D, stream: &[u8], piece: usize) -> Told
where
    D: for<'i> Decode<Event<'i> = &'i [u8], Error = Error>,
{
    let (mut frames, mut at, mut end) = (Vec::new(), 0, 0);
    loop {
        let mut input = &stream[at..end];
        let told = decoder.recv(&mut input);
        at = end - input.len();
        match told {
            Ok(Some(frame)) => frames.push(frame.to_vec()),
            Ok(None) if end < stream.len() => end = stream.len().min(end + piece),
            Ok(None) if decoder.over() => return (frames, Ok(true), stream.len() - at),
            Ok(None) => decoder.eof(),
            Err(error) => {
                assert_eq!(decoder.recv(&mut input).unwrap_err(), error, "an error is final");
                return (frames, Err(error), stream.len() - at);
            }
        }
    }
}

/// The same at every piece size that matters.
fn told<D>(decoder: &D, stream: &[u8]) -> Told
where
    D: Clone + for<'i> Decode<Event<'i> = &'i [u8], Error = Error>,
{
    let whole = decode(decoder.clone(), stream, usize::MAX / 2);
    for piece in 1..=stream.len().min(17) {
        assert_eq!(decode(decoder.clone(), stream, piece), whole, "in pieces of {piece}");
    }
    whole
}

fn error(kind: ErrorKind, offset: u64) -> Result<bool, Error> {
    Err(Error { kind, offset })
}

fn frames(list: &[&[u8]]) -> Vec<Vec<u8>> {
    list.iter().map(|frame| frame.to_vec()).collect()
}

#[test]
fn lines_end_with_lf_or_crlf() {
    let (lines, end, _) = told(&Lines::new(10), b"a\r\n\nb\rc\n\r\r\n");
    assert_eq!(lines, frames(&[b"a", b"", b"b\rc", b"\r"]));
    assert_eq!(end, Ok(true));
}

#[test]
fn the_limit_of_a_line_is_its_content() {
    for end in ["\n", "\r\n"] {
        let exact = [b"1234", end.as_bytes()].concat();
        assert_eq!(told(&Lines::new(4), &exact).0, frames(&[b"1234"]));
        let over = [b"12345", end.as_bytes()].concat();
        assert_eq!(told(&Lines::new(4), &over), (vec![], error(ErrorKind::TooLong, 4), over.len()));
    }
    // A CR may be the end's until something else follows it.
    assert_eq!(told(&Lines::new(4), b"1234\r").1, error(ErrorKind::Truncated, 5));
    assert_eq!(told(&Lines::new(4), b"1234\rx").1, error(ErrorKind::TooLong, 4));
    assert_eq!(told(&Lines::new(4), b"1234\r\r\n").1, error(ErrorKind::TooLong, 4));
    assert_eq!(told(&Lines::new(0), b"\n\r\nx").1, error(ErrorKind::TooLong, 3));
}

#[test]
fn a_line_without_its_end_is_truncated_unless_allowed() {
    assert_eq!(told(&Lines::new(4), b"ab\ncd"), (frames(&[b"ab"]), error(ErrorKind::Truncated, 5), 2));
    let lenient = Lines::new(4).unterminated(true);
    assert_eq!(told(&lenient, b"ab\ncd"), (frames(&[b"ab", b"cd"]), Ok(true), 0));
    assert_eq!(told(&lenient, b"ab\ncd\r").0, frames(&[b"ab", b"cd\r"]));
    assert_eq!(told(&lenient, b"1234\r").1, error(ErrorKind::TooLong, 4));
}

#[test]
fn what_follows_an_over_long_line_is_told_after_skip() {
    for piece in 1..30 {
        let stream = b"123456789012345678\nok\n123456\r\nfine\n";
        let mut lines = Lines::new(4);
        let (mut heard, mut at, mut end) = (Vec::new(), 0, 0);
        loop {
            let mut input = &stream[at..end];
            let told = lines.recv(&mut input);
            at = end - input.len();
            match told {
                Ok(Some(line)) => heard.push(line.to_vec()),
                Ok(None) if end < stream.len() => end = stream.len().min(end + piece),
                Ok(None) if lines.over() => break,
                Ok(None) => lines.eof(),
                Err(error) => {
                    assert_eq!(error.kind, ErrorKind::TooLong);
                    heard.push(error.offset.to_be_bytes().to_vec());
                    lines.skip();
                }
            }
        }
        let expected = frames(&[&4u64.to_be_bytes(), b"ok", &26u64.to_be_bytes(), b"fine"]);
        assert_eq!(heard, expected, "in pieces of {piece}");
    }
}

#[test]
fn a_line_is_looked_at_once() {
    let stream = [&[b'x'; 1000][..], b"\n"].concat();
    let (work, _) = crate::work::count(|| decode(Lines::new(4096), &stream, 1));
    assert!(work <= 2 * stream.len() as u64, "{work}");
}

#[test]
fn lengths_in_every_width_and_order() {
    let cases: [(Prefix, &[u8]); 6] = [
        (Prefix::One, b"\x03abc\x00"),
        (Prefix::Two(Order::Big), b"\x00\x03abc\x00\x00"),
        (Prefix::Two(Order::Little), b"\x03\x00abc\x00\x00"),
        (Prefix::Four(Order::Big), b"\x00\x00\x00\x03abc\x00\x00\x00\x00"),
        (Prefix::Four(Order::Little), b"\x03\x00\x00\x00abc\x00\x00\x00\x00"),
        (Prefix::Varint, b"\x03abc\x00"),
    ];
    for (prefix, stream) in cases {
        let decoder = LengthPrefixed::new(prefix, 3);
        assert_eq!(told(&decoder, stream), (frames(&[b"abc", b""]), Ok(true), 0), "{prefix:?}");
        assert_eq!(told(&LengthPrefixed::new(prefix, 2), stream).1, error(ErrorKind::TooLong, 0), "{prefix:?}");
        let cut = &stream[..stream.len() - 2];
        let (_, end, _) = told(&decoder, cut);
        assert!(end == Ok(true) || end == error(ErrorKind::Truncated, cut.len() as u64), "{prefix:?}");
    }
}

#[test]
fn a_length_of_all_ones_costs_nothing() {
    for (prefix, stream) in [
        (Prefix::Four(Order::Big), &b"\xff\xff\xff\xff"[..]),
        (Prefix::Four(Order::Little), b"\xff\xff\xff\xff"),
        (Prefix::Varint, b"\xff\xff\xff\xff\x0f"),
    ] {
        assert_eq!(told(&LengthPrefixed::new(prefix, 1 << 20), stream).1, error(ErrorKind::TooLong, 0), "{prefix:?}");
        // With a limit that allows it, it is waited for.
        let end = error(ErrorKind::Truncated, stream.len() as u64);
        assert_eq!(told(&LengthPrefixed::new(prefix, u32::MAX), stream).1, end, "{prefix:?}");
    }
    assert_eq!(told(&Netstrings::new(1 << 20), b"4294967295:").1, error(ErrorKind::TooLong, 0));
    assert_eq!(told(&Netstrings::new(u32::MAX), b"4294967296:").1, error(ErrorKind::TooLong, 0));
}

#[test]
fn varints_are_read_in_their_shortest_spelling_only() {
    let decoder = LengthPrefixed::new(Prefix::Varint, u32::MAX);
    // The example of the Protocol Buffers encoding guide: 150 is 96 01.
    let payload = [b'x'; 150];
    assert_eq!(told(&decoder, &[b"\x96\x01", &payload[..]].concat()).0, frames(&[&payload]));
    assert_eq!(told(&decoder, b"\x80\x00").1, error(ErrorKind::BadLength, 1));
    assert_eq!(told(&decoder, b"\xff\xff\xff\xff\x10").1, error(ErrorKind::BadLength, 4));
    assert_eq!(told(&decoder, b"\xff\xff\xff\xff\xff\x01").1, error(ErrorKind::BadLength, 4));
}

#[test]
fn netstrings_as_specified() {
    let decoder = Netstrings::new(100);
    // The specification's own example and its empty string.
    assert_eq!(told(&decoder, b"12:hello world!,0:,"), (frames(&[b"hello world!", b""]), Ok(true), 0));
    assert_eq!(told(&decoder, b"05:hello,").1, error(ErrorKind::BadLength, 1));
    assert_eq!(told(&decoder, b"00:,").1, error(ErrorKind::BadLength, 1));
    assert_eq!(told(&decoder, b":,").1, error(ErrorKind::BadLength, 0));
    assert_eq!(told(&decoder, b"1 :x,").1, error(ErrorKind::BadLength, 1));
    assert_eq!(told(&decoder, b"+1:x,").1, error(ErrorKind::BadLength, 0));
    assert_eq!(told(&decoder, b"1:xy").1, error(ErrorKind::NoComma, 3));
    assert_eq!(told(&decoder, b"1:x").1, error(ErrorKind::Truncated, 3));
    assert_eq!(told(&decoder, b"1").1, error(ErrorKind::Truncated, 1));
    assert_eq!(told(&decoder, b"101:").1, error(ErrorKind::TooLong, 0));
}

#[test]
fn encoders_refuse_what_would_forge_a_frame() {
    let mut out = BytesMut::new();
    for forged in [&b"a\nb"[..], b"a\r\nb", b"a\r", b"\n"] {
        assert!(matches!(encode_line(forged, Ending::Lf, &mut out), Err(Misuse::LineBreak(_))));
    }
    assert_eq!(Prefix::One.encode(&[0; 256], &mut out), Err(Misuse::TooLong(255)));
    assert_eq!(Prefix::Two(Order::Big).encode_framing(65_536, &mut out), Err(Misuse::TooLong(65_535)));
    assert!(out.is_empty());
}

fn prefixes() -> impl Strategy<Value = Prefix> {
    prop_oneof![
        Just(Prefix::One),
        Just(Prefix::Two(Order::Big)),
        Just(Prefix::Two(Order::Little)),
        Just(Prefix::Four(Order::Big)),
        Just(Prefix::Four(Order::Little)),
        Just(Prefix::Varint),
    ]
}

/// Lines as a person would cut them: the oracle beside the decoder.
fn plainly(stream: &[u8], limit: usize) -> Told {
    let (mut lines, mut at) = (Vec::new(), 0);
    loop {
        let rest = &stream[at..];
        let end = rest.iter().position(|&octet| octet == b'\n');
        let mut line = &rest[..end.unwrap_or(rest.len())];
        // Only a CR that the LF follows, or that may yet be followed by it, does not count.
        if let Some((b'\r', shorter)) = line.split_last()
            && (end.is_some() || line.len() == limit + 1)
        {
            line = shorter;
        }
        if line.len() > limit {
            return (lines, error(ErrorKind::TooLong, (at + limit) as u64), rest.len());
        }
        match end {
            Some(end) => {
                lines.push(line.to_vec());
                at += end + 1;
            }
            None if rest.is_empty() => return (lines, Ok(true), 0),
            None => return (lines, error(ErrorKind::Truncated, stream.len() as u64), rest.len()),
        }
    }
}

proptest! {
    #[test]
    fn lines_as_a_plain_reference_cuts_them(stream in "[ab\r\n]{0,40}", limit in 0usize..8, piece in 1usize..9) {
        let expected = plainly(stream.as_bytes(), limit);
        prop_assert_eq!(decode(Lines::new(limit), stream.as_bytes(), piece), expected);
    }

    /// Long enough for the words of 64 octets that short lines are found by, and for what follows them.
    #[test]
    fn many_lines_as_a_plain_reference_cuts_them(
        lines in prop::collection::vec(prop_oneof!["[a\r]{0,20}", "[a\r]{50,90}", "a{180,300}"], 0..20),
        crlf: bool,
        limit in prop_oneof![0usize..8, 60usize..70, 180usize..310],
        piece in prop_oneof![1usize..9, 60usize..200, Just(1 << 20)],
    ) {
        let stream = lines.join(if crlf { "\r\n" } else { "\n" });
        let expected = plainly(stream.as_bytes(), limit);
        prop_assert_eq!(decode(Lines::new(limit), stream.as_bytes(), piece), expected);
    }

    #[test]
    fn lines_round_trip(lines in prop::collection::vec("[^\r\n]{0,30}", 0..8), crlf: bool, piece in 1usize..9) {
        let mut out = BytesMut::new();
        let ending = if crlf { Ending::Crlf } else { Ending::Lf };
        for line in &lines {
            encode_line(line.as_bytes(), ending, &mut out).unwrap();
        }
        let expected: Vec<_> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
        prop_assert_eq!(decode(Lines::new(4096), &out, piece), (expected, Ok(true), 0));
    }

    #[test]
    fn lengths_round_trip(
        prefix in prefixes(),
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
        piece in 1usize..9,
    ) {
        let mut out = BytesMut::new();
        for payload in &payloads {
            prefix.encode(payload, &mut out).unwrap();
        }
        prop_assert_eq!(decode(LengthPrefixed::new(prefix, 200), &out, piece), (payloads, Ok(true), 0));
    }

    #[test]
    fn netstrings_round_trip(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
        piece in 1usize..9,
    ) {
        let mut out = BytesMut::new();
        for payload in &payloads {
            encode_netstring(payload, &mut out);
        }
        prop_assert_eq!(decode(Netstrings::new(200), &out, piece), (payloads, Ok(true), 0));
    }

    #[test]
    fn any_octets_at_any_cut(stream in prop::collection::vec(any::<u8>(), 0..60), prefix in prefixes(), limit in 0u32..300) {
        for (_, end, left) in [
            told(&LengthPrefixed::new(prefix, limit), &stream),
            told(&Netstrings::new(limit), &stream),
            told(&Lines::new(limit as usize), &stream),
        ] {
            prop_assert_eq!(end.is_ok(), left == 0);
        }
    }
}
