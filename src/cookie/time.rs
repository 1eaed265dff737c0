//! Points in time as the caller tells them, and the date algorithm of section 5.1.1.

use crate::syntax::calendar;
use core::fmt;

/// A point in time: seconds since 1970-01-01T00:00:00Z, before it negative.
///
/// The engines have no clock: `now` is an argument, and this is its type.
///
/// ```
/// use plainwire::cookie::Timestamp;
/// use std::time::SystemTime;
///
/// let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
/// let now = Timestamp(since.as_secs() as i64);
/// assert!(now.after(60) > now);
///
/// let date = Timestamp::parse(b"Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
/// assert_eq!(date, Timestamp(784_111_777));
/// assert_eq!(date.to_string(), "Sun, 06 Nov 1994 08:49:37 GMT");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The earliest point that can be said: what `Max-Age=0` means.
    pub const EARLIEST: Self = Self(i64::MIN);
    /// The latest point that can be said.
    pub const LATEST: Self = Self(i64::MAX);

    /// This many seconds later (earlier, if negative), or the end of time.
    #[must_use]
    pub const fn after(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// A cookie-date, read by the algorithm of RFC 6265bis 5.1.1: nearly anything with a day, a month, a year and a
    /// time in it. `None` where one is missing or there is no such date.
    pub fn parse(date: &[u8]) -> Option<Self> {
        fixed(date).or_else(|| lenient(date))
    }

    /// The point at a date and a time of day in UTC, or `None` where there is none (month 1 to 12, a year from 1601).
    pub fn from_utc(year: u32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<Self> {
        // 5.1.1 (5) and (7)
        if !(1601..=9999).contains(&year) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        // 5.1.1 (6): no such date. A month that is none has no days.
        if day < 1 || day > calendar::days_in_month(i64::from(year), month) {
            return None;
        }
        let days = calendar::days_from_civil(i64::from(year), month, day);
        Some(Self(days * 86_400 + i64::from(hour * 3600 + minute * 60 + second)))
    }

    /// Year, month (1 to 12), day of the month, hour, minute and second in UTC.
    pub fn to_utc(self) -> (i64, u32, u32, u32, u32, u32) {
        let (days, rest) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400) as u32);
        let (year, month, day) = calendar::civil_from_days(days);
        (year, month, day, rest / 3600, rest / 60 % 60, rest % 60)
    }
}

/// As HTTP writes dates: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7). A year past 9999 has more digits than that
/// form has room for; nothing in this crate writes one on the wire.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, hour, minute, second) = self.to_utc();
        let weekday = calendar::DAYS[calendar::weekday(self.0.div_euclid(86_400)) as usize];
        let month = calendar::MONTHS[month as usize - 1];
        write!(f, "{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }
}

/// A month from 1 by its first three letters, whatever their case.
fn month(letters: &[u8]) -> Option<u32> {
    calendar::month_named(letters.get(..3)?)
}

/// The form that nearly every server writes, `Sun, 06 Nov 1994 08:49:37 GMT` or with dashes, without looking for it.
/// `None` says only that the general algorithm has to look.
fn fixed(date: &[u8]) -> Option<Timestamp> {
    let date: &[u8; 29] = date.try_into().ok()?;
    let two = |at: usize| -> Option<u32> {
        let (tens, ones) = (date[at].wrapping_sub(b'0'), date[at + 1].wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
    };
    // A weekday that reads as a month would be taken for one.
    if !matches!(&date[..3], b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun") {
        return None;
    }
    let dashed = date[7] == b'-' && date[11] == b'-' || date[7] == b' ' && date[11] == b' ';
    if !dashed || &date[3..5] != b", " || date[16] != b' ' || date[19] != b':' || date[22] != b':' {
        return None;
    }
    if &date[25..] != b" GMT" {
        return None;
    }
    let year = two(12)? * 100 + two(14)?;
    // "0099" is four digits to the general algorithm too, and then a short year.
    if year < 1601 {
        return None;
    }
    Timestamp::from_utc(year, month(&date[8..11])?, two(5)?, two(17)?, two(20)?, two(23)?)
}

/// RFC 6265bis 5.1.1, step by step.
pub(super) fn lenient(date: &[u8]) -> Option<Timestamp> {
    let (mut time, mut day, mut found_month, mut year) = (None, None, None, None);
    // (1) and (2)
    for token in date.split(|&byte| is_delimiter(byte)).filter(|token| !token.is_empty()) {
        if time.is_none()
            && let Some(found) = time_of_day(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = digits(token, 1, 2)
        {
            day = Some(found);
        } else if found_month.is_none()
            && let Some(found) = month(token)
        {
            found_month = Some(found);
        } else if year.is_none()
            && let Some(found) = digits(token, 2, 4)
        {
            year = Some(found);
        }
    }
    let (hour, minute, second) = time?;
    // (3) and (4)
    let year = match year? {
        short @ 70..=99 => short + 1900,
        short @ 0..=69 => short + 2000,
        full => full,
    };
    Timestamp::from_utc(year, found_month?, day?, hour, minute, second)
}

/// delimiter = %x09 / %x20-2F / %x3B-40 / %x5B-60 / %x7B-7E
const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// `least` to `most` digits, then the end or something that is no digit and does not matter.
fn digits(token: &[u8], least: usize, most: usize) -> Option<u32> {
    let count = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (least..=most).contains(&count).then(|| number(&token[..count]))
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'))
}

/// hms-time, with what may follow it.
fn time_of_day(token: &[u8]) -> Option<(u32, u32, u32)> {
    let mut fields = token.splitn(3, |&byte| byte == b':');
    let mut exact = || {
        let field = fields.next()?;
        (matches!(field.len(), 1 | 2) && field.iter().all(u8::is_ascii_digit)).then(|| number(field))
    };
    let (hour, minute) = (exact()?, exact()?);
    Some((hour, minute, digits(fields.next()?, 1, 2)?))
}
