//! The values that parameters take.

use crate::smtp::Xtext;
use crate::smtp::syntax::words;

/// `BODY=` (RFC 6152, RFC 3030): what octets the message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub enum Body {
    /// `7BIT`: ASCII in lines.
    SevenBit,
    /// `8BITMIME`: any octets in lines.
    EightBit,
    /// `BINARYMIME`: any octets, not in lines. Only with `BDAT`.
    Binary,
}

/// `RET=` (RFC 3461 4.3): how much of the message a failure report brings back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub enum Return {
    /// `FULL`: all of it.
    Full,
    /// `HDRS`: its head.
    Headers,
}

const SUCCESS: u64 = words::key(b"SUCCESS");
const FAILURE: u64 = words::key(b"FAILURE");
const DELAY: u64 = words::key(b"DELAY");

/// `NOTIFY=` (RFC 3461 4.1): when to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Notify {
    /// On delivery.
    pub success: bool,
    /// On failure.
    pub failure: bool,
    /// On delay.
    pub delay: bool,
}

impl Notify {
    /// `NEVER`: no report at all.
    pub const NEVER: Self = Self { success: false, failure: false, delay: false };

    /// notify-esmtp-value = "NEVER" / 1#notify-list-element (RFC 3461 4.1)
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        if text.eq_ignore_ascii_case(b"NEVER") {
            return Some(Self::NEVER);
        }
        let (mut found, mut rest) = (Self::NEVER, text);
        loop {
            // The words have seven letters or five: no octet between has to be looked at for its comma.
            let ends = |length: usize| rest.len() == length || rest.get(length) == Some(&b',');
            let length = if ends(7) { 7 } else { 5 };
            *match words::folded(rest.get(..length)?) {
                SUCCESS => &mut found.success,
                FAILURE => &mut found.failure,
                DELAY => &mut found.delay,
                _ => return None,
            } = true;
            rest = match &rest[length..] {
                [] => return Some(found),
                [b',', rest @ ..] => rest,
                _ => return None,
            };
        }
    }
}

/// `HOLDFOR=` and `HOLDUNTIL=` (RFC 4865): release in future.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hold<B> {
    /// So long from now.
    For(Interval),
    /// Until a date and time of RFC 3339, as it stands.
    Until(Moment<B>),
}

/// A date and time of RFC 3339 in UTC or with an offset, to the second: `2026-11-23T10:44:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment<B>(B);

impl<'a> Moment<&'a [u8]> {
    /// The moment that `text` spells. That the day exists in its month is not looked at.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (time, zone) = text.split_at_checked(19)?;
        let digits = |part: &[u8], from: u64, to: u64| {
            words::number(part, part.len()).is_some_and(|number| (from..=to).contains(&number))
        };
        let shape = [time[4], time[7], time[10], time[13], time[16]] == *b"--T::";
        let date = digits(&time[..4], 0, 9999) && digits(&time[5..7], 1, 12) && digits(&time[8..10], 1, 31);
        let clock = digits(&time[11..13], 0, 23) && digits(&time[14..16], 0, 59) && digits(&time[17..19], 0, 60);
        let offset = match zone {
            b"Z" => true,
            [b'+' | b'-', hours @ .., b':', tens, ones] => {
                hours.len() == 2 && digits(hours, 0, 23) && digits(&[*tens, *ones], 0, 59)
            }
            _ => false,
        };
        (shape && date && clock && offset).then_some(Self(text))
    }
}

impl<B> Moment<B> {
    /// With its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> Moment<C> {
        Moment(keep(self.0))
    }
}

impl<B: AsRef<[u8]>> Moment<B> {
    /// As it stands on the wire.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.0.as_ref()).unwrap_or_default()
    }
}

/// The longest time that one to nine digits of seconds can say (RFC 2852 4, RFC 4865 4).
const NINE_DIGITS: u32 = 999_999_999;

/// A time in seconds, of at most nine digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval(u32);

impl Interval {
    /// So many seconds, up to 999,999,999.
    pub const fn new(seconds: u32) -> Option<Self> {
        if seconds <= NINE_DIGITS { Some(Self(seconds)) } else { None }
    }

    /// The number of seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// 1*9DIGIT (RFC 4865 4)
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        words::number(text, 9).map(|seconds| Self(seconds as u32))
    }
}

/// `MT-PRIORITY=` (RFC 6710): -9 to 9, and the higher the more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(i8);

impl Priority {
    /// The priority of that level, from -9 to 9.
    pub const fn new(level: i8) -> Option<Self> {
        if level >= -9 && level <= 9 { Some(Self(level)) } else { None }
    }

    /// The level.
    pub const fn level(self) -> i8 {
        self.0
    }

    /// `["-"] ("0".."9")` (RFC 6710 4)
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let (digits, sign) = text.strip_prefix(b"-").map_or((text, 1), |digits| (digits, -1));
        words::number(digits, 1).map(|level| Self(level as i8 * sign))
    }
}

/// `BY=` (RFC 2852): deliver by a time or do something about it.
///
/// ```
/// use plainwire::smtp::DeliverBy;
///
/// assert!(DeliverBy::or_notify(-60, false).is_some());
/// assert!(DeliverBy::or_return(0, false).is_none(), "what is late already can't be returned in time");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliverBy {
    seconds: i32,
    or_return: bool,
    trace: bool,
}

impl DeliverBy {
    /// Within so many seconds, 1 to 999,999,999, or the message is returned. With `trace` each relay reports.
    pub const fn or_return(seconds: u32, trace: bool) -> Option<Self> {
        match seconds {
            1..=NINE_DIGITS => Some(Self { seconds: seconds as i32, or_return: true, trace }),
            _ => None,
        }
    }

    /// Within so many seconds, or the delay is reported. The time may have passed already, by up to 999,999,999
    /// seconds. With `trace` each relay reports.
    pub const fn or_notify(seconds: i32, trace: bool) -> Option<Self> {
        if seconds.unsigned_abs() <= NINE_DIGITS { Some(Self { seconds, or_return: false, trace }) } else { None }
    }

    /// Seconds from now; negative where the time has passed already.
    pub const fn seconds(self) -> i32 {
        self.seconds
    }

    /// `R`: the message is returned then. Otherwise `N`: its sender is told of the delay.
    pub const fn returns(self) -> bool {
        self.or_return
    }

    /// `T`: each relay reports.
    pub const fn traces(self) -> bool {
        self.trace
    }

    /// by-value = by-time ";" by-mode [by-trace] (RFC 2852 4)
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let at = memchr::memchr(b';', text)?;
        let (time, mode) = (&text[..at], &text[at + 1..]);
        let (digits, sign) = match time {
            [b'-', digits @ ..] => (digits, -1),
            [b'+', digits @ ..] | digits => (digits, 1),
        };
        let seconds = words::number(digits, 9)? as i32 * sign;
        let (or_return, trace) = match mode {
            [b'R' | b'r'] => (true, false),
            [b'R' | b'r', b'T' | b't'] => (true, true),
            [b'N' | b'n'] => (false, false),
            [b'N' | b'n', b'T' | b't'] => (false, true),
            _ => return None,
        };
        // RFC 2852 4: with R the time is above zero.
        (!or_return || seconds > 0).then_some(Self { seconds, or_return, trace })
    }
}

/// `AUTH=` of `MAIL` (RFC 4954 5): who submitted the message first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Submitter<B> {
    /// `<>`: not known, or not trusted.
    Unknown,
    /// A mailbox in xtext.
    Mailbox(Xtext<B>),
}
