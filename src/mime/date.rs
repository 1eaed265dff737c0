//! Dates of mail (RFC 5322 3.3, and the obsolete forms of 4.3), with the offset that the sender wrote.
//!
//! ```
//! use plainwire::mime::DateTime;
//!
//! let date = DateTime::parse(b"Fri, 21 Nov 97 09(comment):   55  :  06 EST").unwrap();
//! assert_eq!(date.to_string(), "Fri, 21 Nov 1997 09:55:06 -0500");
//! assert_eq!(date.iso_8601().to_string(), "1997-11-21T09:55:06-05:00");
//! assert_eq!(date.unix(), 880_124_106);
//! ```

use super::defect::{Defect, DefectKind};
use crate::syntax::calendar;
use crate::syntax::token::{run, skip_cfws};
use alloc::vec::Vec;
use core::fmt;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::combinator::{map, map_opt, opt, value};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// A date and time of day with its offset from UTC, as a Date field says it.
///
/// It exists, so it is valid: a day that the month has, an hour before 24. The order is that of the fields, not that of
/// the moments; compare [`unix`](Self::unix) for those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    offset: Offset,
}

/// The offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub enum Offset {
    /// `-0000`: the time is UTC, and nothing is known of the sender's zone (RFC 5322 3.3). Military and unknown zone
    /// names mean this too (RFC 5322 4.3).
    Unknown,
    /// Minutes east of UTC.
    East(i16),
}

impl Offset {
    /// Minutes east of UTC; 0 where it is unknown.
    pub const fn minutes(self) -> i16 {
        match self {
            Self::Unknown => 0,
            Self::East(minutes) => minutes,
        }
    }
}

/// A date that does not exist, or an offset beyond `±9959`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such date")]
pub struct NoSuchDate;

impl DateTime {
    /// A date of the calendar. Years go from 1900 (RFC 5322 3.3) to 9999, a second may be 60.
    ///
    /// # Errors
    ///
    /// [`NoSuchDate`] where a part is out of its range.
    pub fn new(
        (year, month, day): (u16, u8, u8),
        (hour, minute, second): (u8, u8, u8),
        offset: Offset,
    ) -> Result<Self, NoSuchDate> {
        let zone = offset.minutes().unsigned_abs();
        let days = calendar::days_in_month(i64::from(year), u32::from(month));
        let exists = (1900..=9999).contains(&year)
            && day >= 1
            && u32::from(day) <= days
            && hour < 24
            && minute < 60
            && second <= 60
            && zone / 60 <= 99;
        if exists { Ok(Self { year, month, day, hour, minute, second, offset }) } else { Err(NoSuchDate) }
    }

    /// The moment so many seconds after 1970-01-01 00:00 UTC, in the given zone.
    ///
    /// # Errors
    ///
    /// [`NoSuchDate`] before 1900 or after 9999.
    pub fn from_unix(seconds: i64, offset: Offset) -> Result<Self, NoSuchDate> {
        let local = seconds.checked_add(i64::from(offset.minutes()) * 60).ok_or(NoSuchDate)?;
        let (year, month, day) = calendar::civil_from_days(local.div_euclid(86_400));
        let of_day = local.rem_euclid(86_400);
        let year = u16::try_from(year).map_err(|_| NoSuchDate)?;
        Self::new(
            (year, month as u8, day as u8),
            ((of_day / 3600) as u8, (of_day / 60 % 60) as u8, (of_day % 60) as u8),
            offset,
        )
    }

    /// Reads the value of a Date field.
    ///
    /// # Errors
    ///
    /// The defect that makes it no date. What is only odd (a wrong day of the week, no zone) is forgiven; see
    /// [`parse_with`](Self::parse_with).
    pub fn parse(text: &[u8]) -> Result<Self, Defect> {
        Self::parse_with(text, &mut Vec::new())
    }

    /// As [`parse`](Self::parse), with every defect noted.
    ///
    /// # Errors
    ///
    /// The defect that makes it no date; it is noted too.
    pub fn parse_with(text: &[u8], defects: &mut Vec<Defect>) -> Result<Self, Defect> {
        crate::work::add(text.len());
        if let Some((date, weekday)) = canonical(text) {
            if weekday != u32::from(date.weekday()) {
                defects.push(Defect::at(DefectKind::WrongWeekday, usize::from(text.starts_with(b" "))));
            }
            return Ok(date);
        }
        let start = skip_cfws(text, 0).end;
        let fail = |at: &[u8], defects: &mut Vec<Defect>| {
            let defect = Defect::at(DefectKind::InvalidDate, text.len() - at.len());
            defects.push(defect);
            defect
        };
        let (rest, written) = match written(&text[start..]) {
            Ok(read) => read,
            Err(nom::Err::Error(error) | nom::Err::Failure(error)) => return Err(fail(error.input, defects)),
            Err(nom::Err::Incomplete(_)) => return Err(fail(text, defects)),
        };
        let end = skip_cfws(rest, 0);
        if end.end != rest.len() {
            return Err(fail(&rest[end.end..], defects));
        }
        let offset = written.zone.unwrap_or(Offset::Unknown);
        let date = Self::new((written.year, written.month, written.day), written.time, offset)
            .map_err(|NoSuchDate| fail(&text[start..], defects))?;
        if written.weekday.is_some_and(|weekday| weekday != date.weekday()) {
            defects.push(Defect::at(DefectKind::WrongWeekday, start));
        }
        if written.zone.is_none() {
            defects.push(Defect::at(DefectKind::MissingZone, text.len() - rest.len()));
        }
        Ok(date)
    }

    /// The year, 1900 to 9999.
    pub const fn year(&self) -> u16 {
        self.year
    }
    /// The month, 1 to 12.
    pub const fn month(&self) -> u8 {
        self.month
    }
    /// The day of the month, from 1.
    pub const fn day(&self) -> u8 {
        self.day
    }
    /// The hour, 0 to 23.
    pub const fn hour(&self) -> u8 {
        self.hour
    }
    /// The minute, 0 to 59.
    pub const fn minute(&self) -> u8 {
        self.minute
    }
    /// The second, 0 to 60.
    pub const fn second(&self) -> u8 {
        self.second
    }
    /// The offset from UTC.
    pub const fn offset(&self) -> Offset {
        self.offset
    }

    /// The day of the week: 0 is Sunday.
    pub const fn weekday(&self) -> u8 {
        calendar::weekday(self.days()) as u8
    }

    const fn days(&self) -> i64 {
        calendar::days_from_civil(self.year as i64, self.month as u32, self.day as u32)
    }

    /// Seconds since 1970-01-01 00:00 UTC. A leap second counts as the one after it.
    pub const fn unix(&self) -> i64 {
        let of_day = self.hour as i64 * 3600 + self.minute as i64 * 60 + self.second as i64;
        self.days() * 86_400 + of_day - self.offset.minutes() as i64 * 60
    }

    /// The date as ISO 8601 and RFC 3339 write it, with its offset (`-00:00` where that is unknown).
    pub const fn iso_8601(&self) -> Iso8601 {
        Iso8601(*self)
    }
}

/// As a Date field says it: `Fri, 21 Nov 1997 09:55:06 -0600`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = self.offset.minutes();
        let sign = if zone < 0 || self.offset == Offset::Unknown { '-' } else { '+' };
        write!(
            f,
            "{}, {} {} {:04} {:02}:{:02}:{:02} {sign}{:02}{:02}",
            calendar::DAYS[usize::from(self.weekday())],
            self.day,
            calendar::MONTHS[usize::from(self.month) - 1],
            self.year,
            self.hour,
            self.minute,
            self.second,
            zone.unsigned_abs() / 60,
            zone.unsigned_abs() % 60
        )
    }
}

/// A [`DateTime`] as ISO 8601 writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Iso8601(DateTime);

impl fmt::Display for Iso8601 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = &self.0;
        let zone = date.offset.minutes();
        let sign = if zone < 0 || date.offset == Offset::Unknown { '-' } else { '+' };
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
            date.year,
            date.month,
            date.day,
            date.hour,
            date.minute,
            date.second,
            zone.unsigned_abs() / 60,
            zone.unsigned_abs() % 60
        )
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for DateTime {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let offset = if u.arbitrary()? { Offset::Unknown } else { Offset::East(u.int_in_range(-5999..=5999)?) };
        let (first, last) = (-2_208_000_000_i64, 253_402_000_000_i64);
        Self::from_unix(u.int_in_range(first..=last)?, offset).map_err(|NoSuchDate| arbitrary::Error::IncorrectFormat)
    }
}

/// The date in the form in which nearly all are written: ` Fri, 21 Nov 1997 09:55:06 -0600`, with a comment behind it
/// perhaps; and the day of the week that it says. `None` for every other form, right or wrong.
pub(super) fn canonical(text: &[u8]) -> Option<(DateTime, u32)> {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let (weekday, rest) = text.split_first_chunk::<3>()?;
    let rest = rest.strip_prefix(b", ")?;
    let number = |digits: &[u8]| {
        digits
            .iter()
            .try_fold(0_u16, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0')))
    };
    let space = rest.iter().take(3).position(|octet| *octet == b' ')?;
    let day = number(&rest[..space]).filter(|_| space > 0)?;
    let (fixed, rest) = rest[space + 1..].split_first_chunk::<22>()?;
    let [m0, m1, m2, b' ', y0, y1, y2, y3, b' ', h0, h1, b':', n0, n1, b':', s0, s1, b' ', sign, z0, z1, z2] = fixed
    else {
        return None;
    };
    let (z3, rest) = rest.split_first()?;
    if !rest.is_empty() && (rest[0] != b' ' || skip_cfws(rest, 0).end != rest.len()) {
        return None;
    }
    let year = number(&[*y0, *y1, *y2, *y3])?;
    let (hours, minutes) = (number(&[*z0, *z1])?, number(&[*z2, *z3]).filter(|minutes| *minutes < 60)?);
    let zone = (hours * 60 + minutes).cast_signed();
    let offset = match sign {
        b'+' => Offset::East(zone),
        b'-' if zone == 0 => Offset::Unknown,
        b'-' => Offset::East(-zone),
        _ => return None,
    };
    let time = (number(&[*h0, *h1])? as u8, number(&[*n0, *n1])? as u8, number(&[*s0, *s1])? as u8);
    let date = DateTime::new((year, calendar::month_named(&[*m0, *m1, *m2])? as u8, day as u8), time, offset).ok()?;
    Some((date, calendar::day_named(weekday)?))
}

/// What a date says, before it is checked against the calendar.
struct Written {
    weekday: Option<u8>,
    year: u16,
    month: u8,
    day: u8,
    time: (u8, u8, u8),
    zone: Option<Offset>,
}

/// Comments and folds may stand between any two tokens (RFC 5322 4.3).
fn cfws(input: &[u8]) -> IResult<&[u8], ()> {
    Ok((&input[skip_cfws(input, 0).end..], ()))
}

fn digits<'i>(least: usize, most: usize) -> impl Parser<&'i [u8], Output = u16, Error = nom::error::Error<&'i [u8]>> {
    map(take_while_m_n(least, most, |octet: u8| octet.is_ascii_digit()), |digits: &[u8]| {
        digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
    })
}

fn name(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let end = run(input, 0, |octet| octet.is_ascii_alphabetic());
    if end == 0 {
        return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Alpha)));
    }
    Ok((&input[end..], &input[..end]))
}

// date-time = [day-name ","] day month year hour ":" minute [":" second] zone, with CFWS anywhere (RFC 5322 3.3, 4.3)
fn written(input: &[u8]) -> IResult<&[u8], Written> {
    let weekday = terminated(map_opt(name, calendar::day_named), (cfws, tag(&b","[..]), cfws));
    let (input, weekday) = opt(map(weekday, |day| day as u8)).parse(input)?;
    let (input, day) = terminated(digits(1, 2), cfws).parse(input)?;
    let (input, month) = terminated(map_opt(name, calendar::month_named), cfws).parse(input)?;
    let (input, year) = terminated(year, cfws).parse(input)?;
    let (input, hour) = terminated(digits(1, 2), cfws).parse(input)?;
    let colon = || terminated(tag(&b":"[..]), cfws);
    let (input, minute) = terminated(preceded(colon(), digits(1, 2)), cfws).parse(input)?;
    let (input, second) = opt(terminated(preceded(colon(), digits(1, 2)), cfws)).parse(input)?;
    let (input, zone) = opt(zone).parse(input)?;
    let time = (hour as u8, minute as u8, second.unwrap_or(0) as u8);
    Ok((input, Written { weekday, year, month: month as u8, day: day as u8, time, zone }))
}

// RFC 5322 4.3: two digits are 1950 to 2049, three count from 1900.
fn year(input: &[u8]) -> IResult<&[u8], u16> {
    let (rest, number) = digits(2, 4).parse(input)?;
    if rest.first().is_some_and(u8::is_ascii_digit) {
        return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Digit)));
    }
    let year = match (input.len() - rest.len(), number) {
        (2, 0..=49) => number + 2000,
        (2 | 3, _) => number + 1900,
        _ => number,
    };
    Ok((rest, year))
}

// zone = ("+" / "-") 4DIGIT / obs-zone (RFC 5322 3.3, 4.3)
fn zone(input: &[u8]) -> IResult<&[u8], Offset> {
    let sign = alt((value(1, tag(&b"+"[..])), value(-1, tag(&b"-"[..]))));
    let hours_minutes = map_opt((digits(2, 2), digits(2, 2)), |(hours, minutes)| {
        (minutes < 60).then_some((hours * 60 + minutes) as i16)
    });
    let numeric = map((sign, hours_minutes), |(sign, minutes)| match (sign, minutes) {
        (-1, 0) => Offset::Unknown,
        (sign, minutes) => Offset::East(sign * minutes),
    });
    // Military letters and names that nobody knows say nothing about the offset (RFC 5322 4.3).
    let obsolete = map(name, |name: &[u8]| {
        let hours = match name.to_ascii_uppercase().as_slice() {
            b"UT" | b"GMT" | b"UTC" => 0,
            b"EDT" => -4,
            b"EST" | b"CDT" => -5,
            b"CST" | b"MDT" => -6,
            b"MST" | b"PDT" => -7,
            b"PST" => -8,
            _ => return Offset::Unknown,
        };
        Offset::East(hours * 60)
    });
    alt((numeric, obsolete)).parse(input)
}
