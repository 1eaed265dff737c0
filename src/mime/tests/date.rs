use super::kinds;
use crate::mime::{DateTime, DefectKind, Offset};
use proptest::prelude::*;
use std::string::ToString;
use std::vec::Vec;

#[test]
fn the_examples_of_the_rfc_and_its_obsolete_forms() {
    for (text, expected) in [
        // RFC 5322 appendix A
        ("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
        ("Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"),
        ("Thu, 13 Feb 1969 23:32:54 -0330", "1969-02-13T23:32:54-03:30"),
        (
            "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)",
            "1969-02-13T23:32:00-03:30",
        ),
        ("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00"),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T09:55:06-06:00"),
        // 4.3: two digits to 49 are of this century, three count from 1900
        ("1 Jan 49 00:00 +0000", "2049-01-01T00:00:00+00:00"),
        ("1 Jan 50 00:00 +0000", "1950-01-01T00:00:00+00:00"),
        ("1 Jan 099 00:00 +0000", "1999-01-01T00:00:00+00:00"),
        ("1 Jan 103 00:00 +0000", "2003-01-01T00:00:00+00:00"),
        // 4.3: named and military zones
        ("1 Jan 2000 00:00 EDT", "2000-01-01T00:00:00-04:00"),
        ("1 Jan 2000 00:00 pst", "2000-01-01T00:00:00-08:00"),
        ("1 Jan 2000 00:00 Z", "2000-01-01T00:00:00-00:00"),
        ("1 Jan 2000 00:00 K", "2000-01-01T00:00:00-00:00"),
        ("1 Jan 2000 00:00 CEST", "2000-01-01T00:00:00-00:00"),
        ("1 Jan 2000 00:00 -0000", "2000-01-01T00:00:00-00:00"),
        ("1 Jan 2000 00:00 +1245", "2000-01-01T00:00:00+12:45"),
        ("sat, 29 FEB 2020 23:59:60 +0000", "2020-02-29T23:59:60+00:00"),
    ] {
        let date = DateTime::parse(text.as_bytes()).unwrap_or_else(|defect| panic!("{text}: {defect}"));
        assert_eq!(date.iso_8601().to_string(), expected, "{text}");
    }
}

#[test]
fn what_is_no_date() {
    for text in [
        "",
        "now",
        "31 Feb 2000 00:00 +0000",
        "29 Feb 2100 00:00 +0000",
        "0 Jan 2000 00:00 +0000",
        "1 Jan 2000 24:00 +0000",
        "1 Jan 2000 00:60 +0000",
        "1 Jan 2000 00:00:61 +0000",
        "1 Jan 20000 00:00 +0000",
        "1 Jan 1899 00:00 +0000",
        "1 Jan 2000 00:00 +00",
        "1 Jan 2000 00:00 +0060",
        "1 Foo 2000 00:00 +0000",
        "Xyz, 1 Jan 2000 00:00 +0000",
        "1 Jan 2000 00:00 +0000 and more",
        "1 Jan 2000",
    ] {
        assert_eq!(
            DateTime::parse(text.as_bytes()).map_err(|defect| defect.kind),
            Err(DefectKind::InvalidDate),
            "{text}"
        );
    }
}

#[test]
fn what_is_odd_is_noted() {
    let mut defects = Vec::new();
    let date = DateTime::parse_with(b"Mon, 21 Nov 1997 09:55:06", &mut defects).expect("a date");
    assert_eq!((date.offset(), date.weekday()), (Offset::Unknown, 5));
    assert_eq!(kinds(&defects), [DefectKind::WrongWeekday, DefectKind::MissingZone]);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(seconds in -2_208_000_000_i64..253_402_000_000, minutes in -5999_i16..=5999, unknown: bool) {
        let offset = if unknown { Offset::Unknown } else { Offset::East(minutes) };
        if let Ok(date) = DateTime::from_unix(seconds, offset) {
            prop_assert_eq!(date.unix(), seconds);
            let text = date.to_string();
            prop_assert_eq!(DateTime::parse(text.as_bytes()), Ok(date));
            // As it is written is how the quick path reads it.
            let quick = crate::mime::date::canonical(text.as_bytes());
            prop_assert_eq!(quick, Some((date, u32::from(date.weekday()))));
        }
    }

    #[test]
    fn the_quick_path_is_the_slow_one(
        text in "(Fri|Mon|fri), ?[0-9]{1,2} (Nov|Feb|nov) (1997|2024|[0-9]{4}) [0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{2}[0-9]{2}( \\(x\\))?",
    ) {
        // A comment in front makes it take the slow one.
        let slow = std::format!("(){text}");
        let (mut defects, mut slow_defects) = (Vec::new(), Vec::new());
        let date = DateTime::parse_with(text.as_bytes(), &mut defects).ok();
        prop_assert_eq!(date, DateTime::parse_with(slow.as_bytes(), &mut slow_defects).ok());
        prop_assert_eq!(kinds(&defects), kinds(&slow_defects));
    }

    #[test]
    fn no_octets_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _date = DateTime::parse(&text);
    }
}
