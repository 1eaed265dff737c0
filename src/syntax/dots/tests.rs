use super::scan::next_dot;
use super::{Alone, Bare, Endings, Mark, Piece, Stuff, Unstuff, next_mark};
use alloc::vec::Vec;
use bytes::BytesMut;
use proptest::prelude::*;

/// What a dotted text says, octet by octet: the slow definition that the blocks are held to. `None` in the list stands
/// before an octet that is on its own.
fn plain(wire: &[u8]) -> (Vec<u8>, Vec<usize>, Option<usize>) {
    let (mut text, mut alone, mut at, mut start) = (Vec::new(), Vec::new(), 0, true);
    while at < wire.len() {
        let rest = &wire[at..];
        if start && rest.starts_with(b".\r\n") {
            return (text, alone, Some(at + 3));
        }
        if start && rest[0] == b'.' {
            start = false;
            at += 1;
            continue;
        }
        if rest.starts_with(b"\r\n") {
            text.extend(b"\r\n");
            (at, start) = (at + 2, true);
            continue;
        }
        if matches!(rest[0], b'\r' | b'\n') {
            alone.push(text.len());
        }
        text.push(rest[0]);
        (at, start) = (at + 1, false);
    }
    (text, alone, None)
}

fn fed(wire: &[u8], step: usize) -> (Vec<u8>, Vec<usize>, Option<usize>) {
    let (mut codec, mut text, mut alone, mut taken) = (Unstuff::new(), Vec::new(), Vec::new(), 0);
    for end in (0..wire.len()).step_by(step).chain([wire.len()]) {
        loop {
            let mut input = &wire[taken..end];
            let piece = codec.next(&mut input);
            taken = end - input.len();
            match piece {
                Some(Piece::Text(piece)) => {
                    assert!(!piece.is_empty());
                    text.extend_from_slice(piece);
                }
                Some(Piece::Bare(which, octet)) => {
                    assert_eq!(octet, if which == Alone::Cr { b"\r" } else { b"\n" });
                    alone.push(text.len());
                    text.extend_from_slice(octet);
                }
                Some(Piece::End) => return (text, alone, Some(taken)),
                None => {
                    assert!(end - taken < Unstuff::WINDOW, "an input as long as the window moves");
                    break;
                }
            }
        }
    }
    // What stays behind is what only the next octet tells.
    (text, alone, None)
}

#[test]
fn only_one_thing_ends_a_text() {
    // RFC 5321 4.1.1.4 and 2.3.8. Each of these was taken for an end by some implementation.
    for fake in [
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r.\r\n",
        "\r\n.\r",
        "\r\n.\r\r\n",
        "\n\r.\r\n",
        "\r\n.\0\r\n",
        "\r\n\0.\r\n",
        "\r\n. \r\n",
        "\n\n.\n\n",
        "\r\r\n..\r\n",
        "\r\n.\n\r\n",
    ] {
        let wire = ["text", fake, "more\r\n.\r\n"].concat();
        for step in 1..wire.len() {
            let (_, _, end) = fed(wire.as_bytes(), step);
            assert_eq!(end, Some(wire.len()), "{fake:?} in steps of {step}");
        }
    }
}

#[test]
fn an_empty_text_ends_at_once() {
    assert_eq!(fed(b".\r\nQUIT\r\n", 1), (Vec::new(), Vec::new(), Some(3)));
}

#[test]
fn a_text_with_a_bare_line_end_is_not_written() {
    for (text, which, offset) in [
        ("a\nb", Alone::Lf, 1),
        ("\n", Alone::Lf, 0),
        ("a\rb", Alone::Cr, 1),
        ("\r\r\n", Alone::Cr, 0),
        ("a\r\n\n", Alone::Lf, 3),
    ] {
        let (mut stuff, mut out) = (Stuff::new(Endings::Refuse), BytesMut::from("before"));
        assert_eq!(stuff.push(text.as_bytes(), &mut out), Err(Bare { which, offset }), "{text:?}");
        assert_eq!(&out[..], b"before");
        assert_eq!(stuff.offset(), 0);
    }
    let (mut stuff, mut out) = (Stuff::new(Endings::Refuse), BytesMut::new());
    stuff.push(b"a\r", &mut out).unwrap();
    assert_eq!(&out[..], b"a", "a CR waits for what follows it");
    assert_eq!(stuff.clone().finish(&mut out), Err(Bare { which: Alone::Cr, offset: 1 }));
    assert_eq!(stuff.push(b"b", &mut out), Err(Bare { which: Alone::Cr, offset: 1 }));
    stuff.push(b"\nb", &mut out).unwrap();
    stuff.finish(&mut out).unwrap();
    assert_eq!(&out[..], b"a\r\nb\r\n.\r\n");
}

#[test]
fn normalising_makes_every_ending_a_crlf() {
    let (mut stuff, mut out) = (Stuff::new(Endings::Normalise), BytesMut::new());
    stuff.push(b"a\n.\nb\r.c\r\n\rd\r", &mut out).unwrap();
    stuff.finish(&mut out).unwrap();
    assert_eq!(&out[..], b"a\r\n..\r\nb\r\n..c\r\n\r\nd\r\n.\r\n");
}

/// Texts that are mostly what the codec is about, and long enough for its blocks.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        3 => Just(&b"\r\n"[..]),
        3 => Just(&b"."[..]),
        1 => Just(&b"\r"[..]),
        1 => Just(&b"\n"[..]),
        1 => Just(&b"x"[..]),
        2 => Just(&[b'y'; 61][..]),
    ];
    prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn reads_as_the_definition_says(mut wire in texts(), step in 1usize..90) {
        wire.extend(b"\r\n.\r\nnext");
        prop_assert_eq!(fed(&wire, step), plain(&wire));
    }

    /// Who takes every octet for text gets the same text, and the same end, by one piece and by all of them.
    #[test]
    fn line_ends_may_be_of_no_interest(wire in texts(), step in 1usize..90, near in 0usize..400) {
        let mut wire = wire;
        // Beyond the blocks that are looked at first.
        wire.splice(0..0, b"x\n.y\r\n".iter().copied().chain(core::iter::repeat_n(b'z', near)));
        for (step, one) in [(step, true), (step, false), (wire.len(), true), (wire.len(), false)] {
            let (mut codec, mut text, mut taken) = (Unstuff::new(), Vec::new(), 0);
            for end in (0..wire.len()).step_by(step).chain([wire.len()]) {
                let mut input = &wire[taken.min(end)..end];
                if one {
                    while let Some(Piece::Text(piece)) = codec.next_text(&mut input) {
                        prop_assert!(!piece.is_empty());
                        text.extend_from_slice(piece);
                    }
                } else {
                    // Some of them, and then the rest.
                    for turn in [near % 7, usize::MAX] {
                        for piece in codec.texts(&mut input).take(turn) {
                            let Piece::Text(piece) = piece else { break };
                            prop_assert!(!piece.is_empty());
                            text.extend_from_slice(piece);
                        }
                    }
                    prop_assert_eq!(codec.texts(&mut input).next(), None);
                }
                taken = end - input.len();
                prop_assert!(codec.over() || input.len() < Unstuff::WINDOW);
                if codec.over() {
                    break;
                }
            }
            let (expected, _, over) = fed(&wire, step);
            prop_assert_eq!((text, codec.over().then_some(taken)), (expected, over));
        }
    }

    #[test]
    fn what_was_stuffed_unstuffs(text in texts(), cuts in prop::collection::vec(1usize..70, 1..8)) {
        let (mut stuff, mut wire) = (Stuff::new(Endings::Normalise), BytesMut::new());
        let (mut rest, mut turn) = (&text[..], 0);
        while !rest.is_empty() {
            let (piece, left) = rest.split_at(cuts[turn % cuts.len()].min(rest.len()));
            stuff.push(piece, &mut wire).unwrap();
            (rest, turn) = (left, turn + 1);
        }
        stuff.finish(&mut wire).unwrap();
        let (read, alone, end) = plain(&wire);
        prop_assert_eq!(end, Some(wire.len()));
        prop_assert!(alone.is_empty());
        // The definition of mending: every CRLF, CR and LF is a line end.
        let mut wanted = Vec::new();
        let mut octets = text.iter().peekable();
        while let Some(&octet) = octets.next() {
            match octet {
                b'\r' => { octets.next_if(|next| **next == b'\n'); wanted.extend(b"\r\n"); }
                b'\n' => wanted.extend(b"\r\n"),
                other => wanted.push(other),
            }
        }
        if !wanted.is_empty() && !wanted.ends_with(b"\r\n") {
            wanted.extend(b"\r\n");
        }
        prop_assert_eq!(read, wanted);
        // And refusing writes the same or nothing.
        let (mut strict, mut second) = (Stuff::new(Endings::Refuse), BytesMut::new());
        if strict.push(&text, &mut second).and_then(|()| strict.finish(&mut second)).is_ok() {
            prop_assert_eq!(wire, second);
        }
    }

    #[test]
    fn pieces_are_slices_of_the_text(text in texts()) {
        let range = text.as_ptr_range();
        let mut stuff = Stuff::new(Endings::Refuse);
        for piece in stuff.pieces(&text).map_while(Result::ok) {
            prop_assert!(piece.is_empty() || range.contains(&piece.as_ptr()));
        }
    }

    /// In prose and in what has no dots for long, near and far.
    #[test]
    fn dots_are_found_wherever_they_are(
        parts in prop::collection::vec((0usize..900, prop::sample::select(&[".", "a.b", "\n.", "\r.", "\r\n.", "\r\n"][..])), 0..12),
        near in 0usize..12,
    ) {
        let mut text = Vec::new();
        for (at, (length, end)) in parts.into_iter().enumerate() {
            // At first far apart, then near.
            text.resize(text.len() + if at < near { length } else { length % 40 }, b'z');
            text.extend(end.as_bytes());
        }
        let mut from = 0;
        loop {
            let found = next_dot(&text[from..]);
            prop_assert_eq!(found, text[from..].windows(3).position(|three| three == b"\r\n.").map(|at| at + 2));
            let Some(at) = found else { break };
            from += at;
        }
    }

    #[test]
    fn blocks_find_what_a_walk_finds(text in texts()) {
        let text = &text[..];
        let walked = (0..text.len()).find_map(|at| {
            let (before, after) = (&text[..at], text.get(at + 1));
            let mark = match text[at] {
                b'\r' if after.is_none() => Mark::Open,
                b'\r' if after != Some(&b'\n') => Mark::Alone(Alone::Cr),
                b'\n' if !before.ends_with(b"\r") => Mark::Alone(Alone::Lf),
                b'.' if before.ends_with(b"\r\n") => Mark::Dot,
                _ => return None,
            };
            Some((at, mark))
        });
        prop_assert_eq!(next_mark(text), walked);
    }
}
