use super::kinds;
use crate::mime::quoted_printable::Encoder;
use crate::mime::{Charset, DefectKind, Encoding, TextDecoder, base64};
use proptest::prelude::*;
use std::string::String;
use std::vec::Vec;

fn decoded(encoding: Encoding, pieces: &[&[u8]]) -> (Vec<u8>, Vec<DefectKind>) {
    let mut decoder = encoding.decoder();
    let mut out = Vec::new();
    for piece in pieces {
        decoder.decode(piece, &mut out);
    }
    decoder.finish(&mut out);
    (out, kinds(decoder.defects()))
}

#[test]
fn base64_forgives_and_tells() {
    for (text, expected, defects) in [
        ("aGVsbG8=", "hello", &[][..]),
        ("aGVs\r\nbG8=\r\n", "hello", &[]),
        ("aGVsbG8", "hello", &[DefectKind::Base64Length]),
        ("aGVsbG8sIHdvcmxkIQ==aGVsbG8=", "hello, world!hello", &[DefectKind::Base64Padding]),
        ("aGVs=bG8=", "hello", &[DefectKind::Base64Octet, DefectKind::Base64Padding]),
        ("aG!Vs-bG8=", "hello", &[DefectKind::Base64Octet]),
        ("aGVsb", "hel", &[DefectKind::Base64Length]),
        ("aGVsbA=", "hell", &[DefectKind::Base64Length]),
        ("", "", &[]),
        ("=", "", &[DefectKind::Base64Octet]),
    ] {
        assert_eq!(decoded(Encoding::Base64, &[text.as_bytes()]), (expected.into(), defects.to_vec()), "{text}");
    }
}

#[test]
fn quoted_printable_forgives_and_tells() {
    for (text, expected, defects) in [
        ("a=3Db", "a=b", &[][..]),
        ("a=3db", "a=b", &[]),
        ("a =\r\n b", "a  b", &[]),
        ("a= \t\r\nb", "ab", &[]),
        ("a  \r\nb\t\n", "a\r\nb\n", &[]),
        ("a=20 \r\n", "a \r\n", &[]),
        ("a=", "a", &[]),
        ("a=  ", "a", &[]),
        ("a  ", "a", &[]),
        ("a=ZZb", "a=ZZb", &[DefectKind::QuotedPrintableEscape]),
        ("a=4", "a=4", &[DefectKind::QuotedPrintableEscape]),
        ("a\rb", "a\rb", &[]),
        ("a \rb", "a \rb", &[]),
        ("a=\rb", "a=\rb", &[DefectKind::QuotedPrintableEscape]),
        ("a\n=\nb\n", "a\nb\n", &[]),
    ] {
        assert_eq!(
            decoded(Encoding::QuotedPrintable, &[text.as_bytes()]),
            (expected.into(), defects.to_vec()),
            "{text:?}"
        );
    }
}

#[test]
fn uuencode() {
    let text = b"begin 644 hello.txt\n-:&5L;&\\L('=O<FQD(0``\n`\nend\n";
    assert_eq!(decoded(Encoding::Uuencode, &[text]), (b"hello, world!".to_vec(), Vec::new()));
    // Blanks at the end of a line that transport took away.
    assert_eq!(decoded(Encoding::Uuencode, &[b"begin 644 x\r\n#   \r\nend\r\n"]).0, [0, 0, 0]);
    assert_eq!(decoded(Encoding::Uuencode, &[b"begin 644 x\n\x7f\nend"]).1, [DefectKind::UuencodeLine]);
    assert_eq!(decoded(Encoding::Uuencode, &[b"#86)C"]), (Vec::new(), std::vec![DefectKind::UuencodeFrame]));
}

#[test]
fn charsets() {
    for (label, octets, expected) in [
        ("iso-8859-1", &b"\xe4\x80"[..], "ä€"),
        ("ISO-8859-15", b"\xa4", "€"),
        ("koi8-r", b"\xc1", "а"),
        ("cp932", b"\x82\xa0", "あ"),
        ("gb2312", b"\xb0\xa1", "啊"),
        ("utf-7", b"a+AOQ-b +- +2D3eAA- +AOQ!", "aäb + 😀 ä!"),
        ("utf-16be", b"\0a", "a"),
        // RFC 2781 4.3: the mark says the order, and is no text.
        ("utf-16", b"\xff\xfea\0", "a"),
        ("utf-16", b"\xfe\xff\0a", "a"),
        ("utf-16le", b"\xfe\xff\0a\xfe\xff", "a\u{feff}"),
        ("utf-16", b"a\0\xff\xfe", "a\u{feff}"),
        ("utf-16", b"\xef\xbb", "\u{bbef}"),
    ] {
        let charset = Charset::named(label.as_bytes()).unwrap_or_else(|| panic!("{label}"));
        assert_eq!(charset.decode(octets), (expected.into(), None), "{label}");
        let mut decoder = TextDecoder::new(Some(charset));
        let mut text = String::new();
        for octet in octets {
            decoder.decode(&[*octet], &mut text);
        }
        assert!(decoder.finish(&mut text));
        assert_eq!(text, expected, "{label}");
    }
    // Cut off within its first character, within the mark, and before anything came.
    for (octets, expected, clean) in [(&b"a"[..], "\u{fffd}", false), (b"\xff", "\u{fffd}", false), (b"", "", true)] {
        let charset = Charset::named(b"utf-16").expect("UTF-16");
        assert_eq!((&*charset.decode(octets).0, charset.decode(octets).1.is_none()), (expected, clean));
        let mut decoder = TextDecoder::new(Some(charset));
        let mut text = String::new();
        for octet in octets {
            decoder.decode(&[*octet], &mut text);
        }
        assert_eq!((decoder.finish(&mut text), &*text), (clean, expected));
    }
    assert_eq!(Charset::named(b"utf-16").map(|charset| charset.decode(b"\xff\xfea\0\0\xdc").1), Some(Some(4)));
    assert_eq!(Charset::named(b"nope"), None);
    assert_eq!(Charset::named(b"replacement"), None);
    assert_eq!(Charset::UTF_8.decode(b"ab\xff"), ("ab\u{fffd}".into(), Some(2)));
    assert_eq!(Charset::named(b"euc-jp").map(|charset| charset.decode(b"a\x8f\xff").1), Some(Some(1)));
}

/// Base64 as RFC 2045 6.8 says it, octet by octet.
fn plain_base64(text: &[u8]) -> Vec<u8> {
    let (mut out, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for &octet in text {
        if octet == b'=' {
            (bits, held) = (0, 0);
        } else if let Some(value) =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|digit| *digit == octet)
        {
            bits = (bits << 6 | value as u32) & 0xffff;
            held += 6;
            if held >= 8 {
                held -= 8;
                out.push((bits >> held) as u8);
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn base64_comes_back_through_every_cut(octets in proptest::collection::vec(any::<u8>(), 0..600), cut in 0..800_usize) {
        let mut lines = Vec::new();
        base64::encode_lines(&octets, &mut lines);
        let mut portable = Vec::new();
        base64::portable_encode(&octets, &mut portable);
        prop_assert_eq!(&lines, &portable);
        prop_assert_eq!(lines.len() as u64, base64::encoded_len(octets.len() as u64));
        prop_assert!(lines.split(|octet| *octet == b'\n').all(|line| line.len() <= 77));
        let cut = cut.min(lines.len());
        let (out, defects) = decoded(Encoding::Base64, &[&lines[..cut], &lines[cut..]]);
        prop_assert_eq!(out, octets);
        prop_assert!(defects.is_empty());
    }

    #[test]
    fn base64_of_any_octets_is_read_one_way(text in "[A-Za-d0-9+/=! \r\n]{0,300}", cuts in proptest::collection::vec(0..300_usize, 0..3)) {
        let whole = decoded(Encoding::Base64, &[text.as_bytes()]);
        let mut at = cuts.iter().map(|cut| cut % (text.len() + 1)).collect::<Vec<_>>();
        at.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in at {
            pieces.push(&text.as_bytes()[from..cut]);
            from = cut;
        }
        pieces.push(&text.as_bytes()[from..]);
        prop_assert_eq!(&decoded(Encoding::Base64, &pieces), &whole);
        prop_assert_eq!(whole.0, plain_base64(text.as_bytes()));
    }

    #[test]
    fn long_runs_with_one_odd_octet(at in 0..4000_usize, odd in "[=!\n ]") {
        let mut text = "QUJD".repeat(1000);
        text.insert_str(at, &odd);
        prop_assert_eq!(decoded(Encoding::Base64, &[text.as_bytes()]).0, plain_base64(text.as_bytes()));
        let mut out = Vec::new();
        if odd != "=" && odd != "!" {
            prop_assert!(base64::portable_decode(text.as_bytes(), &mut out));
            prop_assert_eq!(out, b"ABC".repeat(1000));
        }
    }

    #[test]
    fn equal_lines_with_one_odd_octet(
        width in (1..30_usize).prop_map(|quanta| quanta * 4), count in 0..40_usize, crlf: bool,
        at in 0..3000_usize, odd in "[=!\\-A\r\n ]", replaced: bool, cut in 0..3000_usize,
    ) {
        let line = std::string::String::from(&"QUJDREVG".repeat(16)[..width]) + if crlf { "\r\n" } else { "\n" };
        let mut text = line.repeat(count);
        let at = at % (text.len() + 1);
        text.replace_range(at..(at + usize::from(replaced)).min(text.len()), &odd);
        let (front, back) = text.as_bytes().split_at(cut % (text.len() + 1));
        let each: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        let octet_by_octet = decoded(Encoding::Base64, &each);
        prop_assert_eq!(&octet_by_octet.0, &plain_base64(text.as_bytes()));
        prop_assert_eq!(&decoded(Encoding::Base64, &[text.as_bytes()]), &octet_by_octet);
        prop_assert_eq!(decoded(Encoding::Base64, &[front, back]), octet_by_octet);
    }

    /// More lines than are decoded in one go, and one that is not as the others.
    #[test]
    fn many_equal_lines_with_one_odd_octet(
        count in 200..700_usize, crlf: bool, at in 0..60_000_usize, odd in "[=!\\-A\r\n ]", replaced: bool,
    ) {
        let line = std::string::String::from(&"QUJDREVG".repeat(10)[..76]) + if crlf { "\r\n" } else { "\n" };
        let mut text = line.repeat(count);
        let at = at % (text.len() + 1);
        text.replace_range(at..(at + usize::from(replaced)).min(text.len()), &odd);
        let each: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        prop_assert_eq!(decoded(Encoding::Base64, &[text.as_bytes()]), decoded(Encoding::Base64, &each));
    }

    #[test]
    fn quoted_printable_comes_back(octets in proptest::collection::vec(any::<u8>(), 0..400), cut in 0..1200_usize) {
        let octets: Vec<u8> = octets.into_iter().filter(|octet| *octet != b'\n').collect();
        let mut encoder = Encoder::default();
        let mut text = Vec::new();
        let half = octets.len() / 2;
        encoder.feed(&octets[..half], &mut text);
        encoder.feed(&octets[half..], &mut text);
        encoder.finish(&mut text);
        prop_assert!(text.split(|octet| *octet == b'\n').all(|line| line.len() <= 77 && !line.ends_with(b" \r")));
        let cut = cut.min(text.len());
        prop_assert_eq!(decoded(Encoding::QuotedPrintable, &[&text[..cut], &text[cut..]]), (octets, Vec::new()));
    }

    #[test]
    fn quoted_printable_keeps_lines(text in "([a-f =.\t]{0,90}\r?\n){0,6}[a-f ]{0,5}") {
        let mut encoder = Encoder::default();
        let mut written = Vec::new();
        encoder.feed(text.as_bytes(), &mut written);
        encoder.finish(&mut written);
        let canonical = text.replace("\r\n", "\n").replace('\n', "\r\n");
        prop_assert_eq!(decoded(Encoding::QuotedPrintable, &[&written]), (canonical.into_bytes(), Vec::new()));
        prop_assert!(written.split(|octet| *octet == b'\n').all(|line| line.len() <= 77));
    }

    #[test]
    fn quoted_printable_is_read_one_way(text in "[a=3D \r\n]{0,200}", cuts in proptest::collection::vec(0..200_usize, 0..4)) {
        let whole = decoded(Encoding::QuotedPrintable, &[text.as_bytes()]);
        let octets: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        prop_assert_eq!(&decoded(Encoding::QuotedPrintable, &octets), &whole);
        let mut at = cuts.iter().map(|cut| cut % (text.len() + 1)).collect::<Vec<_>>();
        at.sort_unstable();
        let mut from = 0;
        let mut pieces = Vec::new();
        for cut in at {
            pieces.push(&text.as_bytes()[from..cut]);
            from = cut;
        }
        pieces.push(&text.as_bytes()[from..]);
        prop_assert_eq!(&decoded(Encoding::QuotedPrintable, &pieces), &whole);
    }

    #[test]
    fn a_whole_quoted_printable_body_is_read_as_its_pieces_are(
        text in "[a=3D \t\r\n]{0,60}[ \t]{0,3}(=[ \t]{0,2}|=3|=\r|\r|\r\n)?", blanks in 0..300_usize, back in "[\r\n=x]{0,3}",
    ) {
        let text = [text, " ".repeat(blanks), back].concat();
        let mut decoder = Encoding::QuotedPrintable.decoder();
        let mut piecewise = Vec::new();
        decoder.decode(text.as_bytes(), &mut piecewise);
        decoder.finish(&mut piecewise);
        let (mut whole, mut defects) = (Vec::new(), Vec::new());
        crate::mime::encoding::quoted_printable(text.as_bytes(), &mut whole, &mut defects);
        prop_assert_eq!((&*whole, &*defects), (&*piecewise, decoder.defects()));
    }

    #[test]
    fn blanks_of_any_number_are_read_one_way(blanks in 0..400_usize, end in "(\r\n|\n|x|=\n)?", cut in 0..400_usize) {
        let text = std::format!("a{}{end}", " ".repeat(blanks));
        let cut = cut.min(text.len());
        let cut = decoded(Encoding::QuotedPrintable, &[&text.as_bytes()[..cut], &text.as_bytes()[cut..]]);
        prop_assert_eq!(cut, decoded(Encoding::QuotedPrintable, &[text.as_bytes()]));
    }
}

/// An `=` before more blanks than are held is no soft break, at the end of a body neither.
#[test]
fn blanks_behind_an_escape_are_counted_one_way_to_the_end() {
    for blanks in 0..300 {
        let text = std::format!("a={}", " ".repeat(blanks));
        let (mut whole, mut defects) = (Vec::new(), Vec::new());
        crate::mime::encoding::quoted_printable(text.as_bytes(), &mut whole, &mut defects);
        assert_eq!(defects.is_empty(), blanks < 128, "{blanks}");
        let pieces = text.as_bytes().chunks(7).collect::<Vec<_>>();
        assert_eq!(whole, decoded(Encoding::QuotedPrintable, &pieces).0, "{blanks}");
        assert_eq!(whole, decoded(Encoding::QuotedPrintable, &[text.as_bytes()]).0, "{blanks}");
    }
}

/// A line of uuencode, quantum by quantum: the slow way.
fn slow_uuencode(line: &[u8]) -> Option<Vec<u8>> {
    let value = |octet: u8| (b' '..=b'`').contains(&octet).then(|| (octet - b' ') & 63);
    let (first, digits) = line.split_first()?;
    let (length, mut octets) = (usize::from(value(*first)?), Vec::new());
    for quantum in digits.chunks(4) {
        let mut bits = 0_u32;
        for at in 0..4 {
            bits = bits << 6 | u32::from(value(quantum.get(at).copied().unwrap_or(b' '))?);
        }
        octets.extend_from_slice(&bits.to_be_bytes()[1..]);
        if octets.len() >= length {
            break;
        }
    }
    if octets.len() >= length {
        octets.truncate(length);
        return Some(octets);
    }
    let lost = digits.len() * 3 / 4 + 3 < length;
    octets.resize(length, 0);
    (!lost).then_some(octets)
}

proptest! {
    #[test]
    fn lines_of_uuencode_are_read_as_the_slow_way_reads_them(line in "[ -b]{0,2}[ -`]{0,64}[ -b]{0,4}") {
        let mut octets = Vec::new();
        let read = crate::mime::uuencode::decode_line(line.as_bytes(), &mut octets);
        match slow_uuencode(line.as_bytes()) {
            Some(expected) => {
                prop_assert!(read);
                prop_assert_eq!(octets, expected);
            }
            None => prop_assert!(!read),
        }
    }
}

proptest! {
    #[test]
    fn windows_1252_is_read_as_the_tables_read_it(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let expected = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&octets).0;
        prop_assert_eq!(crate::mime::charset::windows_1252(&octets), expected);
    }
}

#[test]
fn every_octet_of_windows_1252() {
    for octet in 0..=u8::MAX {
        let octets = [octet];
        let expected = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&octets).0;
        assert_eq!(crate::mime::charset::windows_1252(&octets), expected);
    }
}
