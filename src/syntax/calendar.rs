//! The Gregorian calendar: days counted from 1970-01-01, and back. No clock, no time zones.

/// The days from 1970-01-01 to a date of the proleptic Gregorian calendar; negative before it.
///
/// `month` is 1 to 12 and `day` 1 to 31: a caller checks with [`days_in_month`].
pub(crate) const fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    // Years begin in March, so that the leap day is the last one of a year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month as i64 + 9) % 12) + 2) / 5 + day as i64 - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date that lies so many days after 1970-01-01, as (year, month, day).
pub(crate) const fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * month + 2) / 5 + 1) as u32;
    let month = if month < 10 { month + 3 } else { month - 9 } as u32;
    (era * 400 + year_of_era + (month <= 2) as i64, month, day)
}

/// The days of a month, 28 to 31; 0 for a month that does not exist.
pub(crate) const fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

/// The day of the week of a day counted from 1970-01-01: 0 is Sunday.
pub(crate) const fn weekday(days: i64) -> u32 {
    (days + 4).rem_euclid(7) as u32
}

/// The names of the months as mail, HTTP and cookies write them.
pub(crate) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The names of the days of the week, from Sunday.
pub(crate) const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// The month (1 to 12) whose three-letter name this is, in any case.
pub(crate) fn month_named(name: &[u8]) -> Option<u32> {
    let name: [u8; 3] = name.try_into().ok()?;
    // One comparison with a constant each: every `Set-Cookie` with a date comes by here.
    Some(match &name.map(|letter| letter.to_ascii_lowercase()) {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

/// The day of the week (0 is Sunday) whose three-letter name this is, in any case.
#[cfg(feature = "mime")]
pub(crate) fn day_named(name: &[u8]) -> Option<u32> {
    let name: [u8; 3] = name.try_into().ok()?;
    Some(match &name.map(|letter| letter.to_ascii_lowercase()) {
        b"sun" => 0,
        b"mon" => 1,
        b"tue" => 2,
        b"wed" => 3,
        b"thu" => 4,
        b"fri" => 5,
        b"sat" => 6,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned as _;

    #[test]
    fn months_are_known_by_their_names() {
        for (month, name) in (1..).zip(MONTHS) {
            for name in [name.to_owned(), name.to_ascii_uppercase(), name.to_ascii_lowercase()] {
                assert_eq!(month_named(name.as_bytes()), Some(month));
            }
        }
        for none in ["", "ja", "janu", "xyz"] {
            assert_eq!(month_named(none.as_bytes()), None);
        }
    }

    #[test]
    fn days_and_dates_agree_day_by_day() {
        let (mut year, mut month, mut day) = (1599, 1, 1);
        let first = days_from_civil(year, month, day);
        for days in first..first + 400_000 {
            assert_eq!(days_from_civil(year, month, day), days);
            assert_eq!(civil_from_days(days), (year, month, day));
            day += 1;
            if day > days_in_month(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(weekday(0), 4);
        assert_eq!(weekday(days_from_civil(1997, 11, 21)), 5);
    }
}
