use super::*;

#[test]
fn dates_are_written_and_read() {
    for (seconds, text) in [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
        (1_583_020_799, "Sat, 29 Feb 2020 23:59:59 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (-11_644_473_600, "Mon, 01 Jan 1601 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        assert_eq!(Timestamp(seconds).to_string(), text);
        assert_eq!(Timestamp::parse(text.as_bytes()), Some(Timestamp(seconds)));
        assert_eq!(crate::cookie::time::lenient(text.as_bytes()), Some(Timestamp(seconds)));
    }
    for none in [
        "",
        "Thu, 31 Dec 1600 23:59:59 GMT",
        "30 Feb 2000 0:0:0",
        "29 Feb 2100 0:0:0",
        "32 Jan 2000 0:0:0",
        "0 Jan 2000 0:0:0",
        "1 Jan 2000 24:0:0",
        "1 Jan 2000 0:60:0",
        "1 Jan 2000 0:0:60",
        "Jan 2000 0:0:0",
        "1 2000 0:0:0",
        "1 Jan 0:0:0",
        "1 Jan 2000",
        "1 Jan 20000 0:0:0",
        "111 Jan 2000 0:0:0",
        "1 Jan 2000 000:0:0",
    ] {
        assert_eq!(Timestamp::parse(none.as_bytes()), None, "{none}");
    }
    assert_eq!(Timestamp::LATEST.after(1), Timestamp::LATEST);
    // The furthest points have a date, if not one that goes on a wire.
    assert!(Timestamp::EARLIEST.to_string().len() > 20);
}

#[test]
fn each_day_has_its_date() {
    for day in -134_774..150_000_i64 {
        let (year, month, dom, ..) = Timestamp(day * 86_400).to_utc();
        assert_eq!(
            Timestamp::from_utc(u32::try_from(year).unwrap(), month, dom, 0, 0, 0),
            Some(Timestamp(day * 86_400))
        );
    }
}
