use super::{Lines, TooLong, line_feed};
use alloc::vec::Vec;
use proptest::prelude::*;

/// The definition: split at the first CRLF.
fn plain(mut text: &[u8], limit: usize) -> (Vec<Vec<u8>>, bool) {
    let mut lines = Vec::new();
    loop {
        match text.windows(2).position(|two| two == b"\r\n") {
            Some(end) if end + 2 <= limit => {
                lines.push(text[..end].to_vec());
                text = &text[end + 2..];
            }
            Some(_) => return (lines, true),
            None => return (lines, text.len() >= limit),
        }
    }
}

fn fed(text: &[u8], limit: usize, step: usize) -> (Vec<Vec<u8>>, bool) {
    let (mut splitter, mut lines, mut taken) = (Lines::new(), Vec::new(), 0);
    for end in (0..text.len()).step_by(step).chain([text.len()]) {
        loop {
            let mut input = &text[taken..end];
            match splitter.take(&mut input, limit) {
                Ok(Some(line)) => lines.push(line.to_vec()),
                Ok(None) => break,
                Err(TooLong) => return (lines, true),
            }
            taken = end - input.len();
        }
    }
    (lines, false)
}

#[test]
fn a_limit_counts_the_line_end() {
    let mut input = &b"abc\r\n"[..];
    assert_eq!(Lines::new().take(&mut input, 5), Ok(Some(&b"abc"[..])));
    let mut input = &b"abcd\r\n"[..];
    assert_eq!(Lines::new().take(&mut input, 5), Err(TooLong));
    assert_eq!(input, b"abcd\r\n");
    assert_eq!(Lines::new().take(&mut &b""[..], 0), Err(TooLong));
}

#[test]
fn skipping_keeps_the_begun_line_end() {
    let (mut lines, mut input) = (Lines::new(), &b"long\nlong\r"[..]);
    assert!(!lines.skip(&mut input));
    assert_eq!(input, b"\r");
    let mut input = &b"\r\nNOOP"[..];
    assert!(lines.skip(&mut input));
    assert_eq!(input, b"NOOP");
}

#[test]
fn masks_find_what_a_walk_finds() {
    for length in 0..200 {
        let mut text = alloc::vec![b'x'; length];
        assert_eq!(line_feed(&text), None);
        for at in (0..length).rev() {
            // What lies behind the first makes no difference.
            text[at] = b'\n';
            assert_eq!(line_feed(&text), Some(at), "of {length}");
        }
    }
}

proptest! {
    #[test]
    fn splits_as_the_definition_says(text in "[\r\nab]{0,40}", limit in 1usize..12, step in 1usize..9) {
        prop_assert_eq!(fed(text.as_bytes(), limit, step), plain(text.as_bytes(), limit));
    }
}
