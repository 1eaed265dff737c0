use crate::mime::flowed::{Paragraph, read, write};
use proptest::prelude::*;
use std::string::String;
use std::vec::Vec;

fn all(text: &str, delsp: bool) -> Vec<(usize, String)> {
    read(text, delsp).map(|Paragraph { quoted, text }| (quoted, text.into_owned())).collect()
}

#[test]
fn lines_flow_and_quotes_do_not_mix() {
    assert_eq!(all("a \r\nb\r\nc\r\n", false), [(0, "a b".into()), (0, "c".into())]);
    assert_eq!(all("> a \r\n> b \r\n>> c\r\n", false), [(1, "a b ".into()), (2, "c".into())]);
    assert_eq!(all("a \r\nb\r\n", true), [(0, "ab".into())]);
    assert_eq!(all("a \r\n-- \r\nAnn\r\n", false), [(0, "a ".into()), (0, "-- ".into()), (0, "Ann".into())]);
    assert_eq!(all(" From a\r\n  b\r\n >c\r\n", false), [(0, "From a".into()), (0, " b".into()), (0, ">c".into())]);
    assert_eq!(all("", false), []);
    assert_eq!(all("\r\n", false), [(0, String::new())]);
}

/// One paragraph of a megabyte: each line costs what it is long.
#[test]
fn long_paragraphs_are_broken_in_linear_time() {
    for text in ["word ".repeat(200_000), "é ".repeat(300_000), "x".repeat(1 << 20)] {
        let written = write([(1, &*text)], 72);
        assert_eq!(all(&written, false).len(), 1);
        assert!(written.lines().all(|line| line.chars().count() <= 74 || !text.contains(' ')));
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        paragraphs in proptest::collection::vec((0..4_usize, "(-- |[a-zé> ]{0,60}[a-z>])?"), 0..6),
        width in 10..80_usize,
    ) {
        let text = write(paragraphs.iter().map(|(quoted, text)| (*quoted, text.as_str())), width);
        prop_assert_eq!(all(&text, false), paragraphs);
    }
}
