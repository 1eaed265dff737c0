use super::{Shape, shape};
use crate::mime::{Event, Limits, Stream};
use proptest::prelude::*;
use std::vec::Vec;

/// Octet by octet: the colon, and the first LF that no white space follows.
fn slow(input: &[u8]) -> Option<Shape> {
    let colon = input.iter().position(|octet| *octet == b':')?;
    let mut at = 0;
    loop {
        match input[at] {
            b'\0'..=b'\r' if at < colon => return None,
            b'\n' => {
                let next = input.get(at + 1)?;
                if !matches!(next, b' ' | b'\t') {
                    let value_end = if input[at - 1] == b'\r' { at - 1 } else { at };
                    return Some(Shape { colon, value_end, end: at + 1 });
                }
                if matches!(input.get(at + 2)?, b' ' | b'\t' | b'\r' | b'\n') {
                    return None;
                }
            }
            b'\r' if input.get(at + 1) != Some(&b'\n') => return None,
            b'\t' | b'\r' => {}
            b'\0'..=b'\x0d' => return None,
            _ => {}
        }
        at += 1;
        if at == input.len() {
            return None;
        }
    }
}

/// What the stream tells of a header whose fields all come octet by octet, none of them taken in one pass.
fn told(input: &[u8], whole: bool) -> Vec<Event<Vec<u8>>> {
    let mut stream = Stream::new(Limits::default());
    let mut events = Vec::new();
    let (mut start, mut end) = (0, if whole { input.len() } else { 0 });
    loop {
        if end == input.len() {
            stream.eof();
        }
        let mut rest = &input[start..end];
        while let Ok(Some(event)) = stream.recv(&mut rest) {
            events.push(event.map(<[u8]>::to_vec));
        }
        start = end - rest.len();
        if end == input.len() {
            return events;
        }
        end += 1;
    }
}

proptest! {
    #[test]
    fn the_shape_is_that_of_the_slow_way_or_not_told(
        name in "[!-9;-~]{1,30}",
        rest in "(([ -~]{0,20}|\t|é|\r|\n|\r\n|\r\n |\n\t|\0|\x0b){0,6}\n){0,3}",
        more in "[ -~]{0,40}",
    ) {
        let input = [name.as_bytes(), b":", rest.as_bytes(), more.as_bytes()].concat();
        if let Some(found) = shape(&input) {
            prop_assert_eq!(Some(found), slow(&input));
        } else if input.len() >= 64 && more.len() >= 32 {
            // Far from the end, it tells all that the slow way tells.
            prop_assert_eq!(None, slow(&input));
        }
    }

    #[test]
    fn a_header_in_one_pass_is_told_as_octet_by_octet(
        fields in prop::collection::vec(
            "(Subject|To|Content-Type|Content-ID|X-y|a b|é|)[ ]?:?( [ -~]{0,40}|\r|\n|\r\n |\n\t|\r\n\r|\t\t|\0){0,4}\r?\n",
            0..5,
        ),
        body in "[ -~]{0,40}",
    ) {
        let input = [fields.concat().as_bytes(), b"\r\n", body.as_bytes()].concat();
        let (mut whole, mut pieces) = (told(&input, true), told(&input, false));
        for events in [&mut whole, &mut pieces] {
            // Bodies come in other pieces.
            let mut text = Vec::new();
            events.retain(|event| match event {
                Event::Body(octets) => { text.extend_from_slice(octets); false }
                _ => true,
            });
            events.push(Event::Body(text));
        }
        prop_assert_eq!(whole, pieces);
    }
}
