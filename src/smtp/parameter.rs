//! The parameters of `MAIL` and `RCPT`, as typed values.

use super::syntax::words;
use super::{Mailbox, Xtext};
use alloc::vec::Vec;
use bytes::{BufMut, Bytes, BytesMut};
use core::fmt::{self, Write as _};

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
    fn map<C>(self, keep: impl FnOnce(B) -> C) -> Moment<C> {
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
}

/// The original recipient (RFC 3461 4.2): `rfc822;ada@example.org`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OriginalRecipient<B> {
    text: B,
    /// Where the `;` is.
    at: u16,
}

impl<'a> OriginalRecipient<&'a [u8]> {
    /// addr-type ";" xtext, or utf-8-addr-xtext where the type is `utf-8` (RFC 6533 3).
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        // RFC 3461 4.2: no more than 500 characters.
        if text.len() > 500 {
            return None;
        }
        let at = memchr::memchr(b';', text)?;
        let (kind, address) = (&text[..at], &text[at + 1..]);
        let utf8 = kind.eq_ignore_ascii_case(b"utf-8");
        let spelled = if utf8 {
            words::printable(address) && !address.contains(&b' ') && !address.contains(&b'=')
        } else {
            words::xtext(address)
        };
        let kind = kind.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-') && !kind.is_empty();
        (kind && spelled && !address.is_empty()).then_some(Self { text, at: at as u16 })
    }
}

impl OriginalRecipient<Bytes> {
    /// The original recipient of type `rfc822` that is `mailbox`; `utf-8` where it is not ASCII.
    pub fn of<B: AsRef<[u8]>>(mailbox: &Mailbox<B>) -> Self {
        let mut text = BytesMut::new();
        let at = if mailbox.is_ascii() {
            text.put_slice(b"rfc822;");
            Xtext::encode_into(mailbox.as_str().as_bytes(), &mut text);
            6
        } else {
            text.put_slice(b"utf-8;");
            for c in mailbox.as_str().chars() {
                match c {
                    // RFC 6533 3: EmbeddedUnicodeChar for what xtext would escape.
                    '!'..='~' if !matches!(c, '+' | '=' | '\\') => text.put_u8(c as u8),
                    c if c.is_ascii() => {
                        // A BytesMut takes whatever is written to it.
                        let _infallible = write!(text, "\\x{{{:02X}}}", u32::from(c));
                    }
                    c => text.put_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            5
        };
        Self { text: text.freeze(), at }
    }
}

impl<B> OriginalRecipient<B> {
    /// With its octets held otherwise.
    pub fn map<C>(self, keep: impl FnOnce(B) -> C) -> OriginalRecipient<C> {
        OriginalRecipient { text: keep(self.text), at: self.at }
    }
}

impl<B: AsRef<[u8]>> OriginalRecipient<B> {
    /// As it stands on the wire.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.text.as_ref()).unwrap_or_default()
    }

    /// The address type, such as `rfc822`.
    pub fn kind(&self) -> &str {
        self.as_str().get(..usize::from(self.at)).unwrap_or_default()
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

/// What a `MAIL` command says beside the sender.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MailParameters<B> {
    /// `SIZE=` (RFC 1870): octets of the message, as far as known.
    pub size: Option<u64>,
    /// `BODY=`: what octets the message has.
    pub body: Option<Body>,
    /// `SMTPUTF8` (RFC 6531): addresses or header in UTF-8.
    pub utf8: bool,
    /// `RET=` (RFC 3461).
    pub ret: Option<Return>,
    /// `ENVID=` (RFC 3461): the sender's name for this envelope, at most 100 characters.
    pub envelope_id: Option<Xtext<B>>,
    /// `AUTH=` (RFC 4954).
    pub submitter: Option<Submitter<B>>,
    /// `REQUIRETLS` (RFC 8689).
    pub require_tls: bool,
    /// `MT-PRIORITY=` (RFC 6710).
    pub priority: Option<Priority>,
    /// `HOLDFOR=`, `HOLDUNTIL=` (RFC 4865).
    pub hold: Option<Hold<B>>,
    /// `BY=` (RFC 2852).
    pub deliver_by: Option<DeliverBy>,
}

impl<B> Default for MailParameters<B> {
    fn default() -> Self {
        Self {
            size: None,
            body: None,
            utf8: false,
            ret: None,
            envelope_id: None,
            submitter: None,
            require_tls: false,
            priority: None,
            hold: None,
            deliver_by: None,
        }
    }
}

/// What a `RCPT` command says beside the recipient.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RcptParameters<B> {
    /// `NOTIFY=` (RFC 3461).
    pub notify: Option<Notify>,
    /// `ORCPT=` (RFC 3461).
    pub original: Option<OriginalRecipient<B>>,
}

impl<B> Default for RcptParameters<B> {
    fn default() -> Self {
        Self { notify: None, original: None }
    }
}

impl<B: fmt::Debug> fmt::Debug for OriginalRecipient<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OriginalRecipient").field(&self.text).finish()
    }
}

/// Adds a field that was said; what was not is not shown.
fn shown<T: fmt::Debug>(form: &mut fmt::DebugStruct<'_, '_>, name: &str, value: Option<&T>) {
    if let Some(value) = value {
        form.field(name, value);
    }
}

impl<B: fmt::Debug> fmt::Debug for MailParameters<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = &mut f.debug_struct("MailParameters");
        shown(form, "size", self.size.as_ref());
        shown(form, "body", self.body.as_ref());
        shown(form, "utf8", Some(&self.utf8).filter(|said| **said));
        shown(form, "ret", self.ret.as_ref());
        shown(form, "envelope_id", self.envelope_id.as_ref());
        shown(form, "submitter", self.submitter.as_ref());
        shown(form, "require_tls", Some(&self.require_tls).filter(|said| **said));
        shown(form, "priority", self.priority.as_ref());
        shown(form, "hold", self.hold.as_ref());
        shown(form, "deliver_by", self.deliver_by.as_ref());
        form.finish()
    }
}

impl<B: fmt::Debug> fmt::Debug for RcptParameters<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = &mut f.debug_struct("RcptParameters");
        shown(form, "notify", self.notify.as_ref());
        shown(form, "original", self.original.as_ref());
        form.finish()
    }
}

/// What is wrong with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// Not `keyword` or `keyword=value` behind one space.
    #[error("not a parameter")]
    Syntax,
    /// A keyword that nobody has defined for this command.
    #[error("unknown parameter")]
    Unknown,
    /// A value that the keyword does not take, or none where it takes one.
    #[error("bad value of a parameter")]
    Value,
    /// The same keyword twice.
    #[error("parameter given twice")]
    Twice,
}

/// Calls `take` with every parameter of `text`, which begins with the space before the first.
fn each<'i>(
    mut text: &'i [u8],
    mut take: impl FnMut(&'i [u8], Option<&'i [u8]>) -> Result<(), ParameterError>,
) -> Result<(), ParameterError> {
    while let Some(rest) = text.strip_prefix(b" ") {
        let (keyword, value, rest) = words::parameter(rest).ok_or(ParameterError::Syntax)?;
        take(keyword, value)?;
        text = rest;
    }
    if text.is_empty() { Ok(()) } else { Err(ParameterError::Syntax) }
}

fn once<T>(slot: &mut Option<T>, value: Option<T>) -> Result<(), ParameterError> {
    match (value, slot.is_some()) {
        (None, _) => Err(ParameterError::Value),
        (Some(_), true) => Err(ParameterError::Twice),
        (value, false) => {
            *slot = value;
            Ok(())
        }
    }
}

fn flag(slot: &mut bool, value: Option<&[u8]>) -> Result<(), ParameterError> {
    match (value, *slot) {
        (Some(_), _) => Err(ParameterError::Value),
        (None, true) => Err(ParameterError::Twice),
        (None, false) => {
            *slot = true;
            Ok(())
        }
    }
}

impl<'i> MailParameters<&'i [u8]> {
    /// The parameters that `text` spells, which begins with the space before the first or is empty.
    pub fn parse(text: &'i [u8]) -> Result<Self, ParameterError> {
        let mut found = Self::default();
        each(text, |keyword, value| found.take(keyword, value))?;
        Ok(found)
    }

    fn take(&mut self, keyword: &'i [u8], value: Option<&'i [u8]>) -> Result<(), ParameterError> {
        let is = |name: &[u8]| keyword.eq_ignore_ascii_case(name);
        let some = || value.ok_or(ParameterError::Value);
        if is(b"SIZE") {
            // RFC 1870 3: up to 20 digits.
            once(&mut self.size, words::number(some()?, 20))
        } else if is(b"BODY") {
            let body = match some()? {
                value if value.eq_ignore_ascii_case(b"8BITMIME") => Some(Body::EightBit),
                value if value.eq_ignore_ascii_case(b"7BIT") => Some(Body::SevenBit),
                value if value.eq_ignore_ascii_case(b"BINARYMIME") => Some(Body::Binary),
                _ => None,
            };
            once(&mut self.body, body)
        } else if is(b"SMTPUTF8") {
            flag(&mut self.utf8, value)
        } else if is(b"RET") {
            let ret = match some()? {
                value if value.eq_ignore_ascii_case(b"FULL") => Some(Return::Full),
                value if value.eq_ignore_ascii_case(b"HDRS") => Some(Return::Headers),
                _ => None,
            };
            once(&mut self.ret, ret)
        } else if is(b"ENVID") {
            // RFC 3461 4.4: at most 100 characters.
            once(&mut self.envelope_id, Some(some()?).filter(|id| id.len() <= 100).and_then(Xtext::parse))
        } else if is(b"AUTH") {
            let submitter = match some()? {
                b"<>" => Some(Submitter::Unknown),
                value => Xtext::parse(value).map(Submitter::Mailbox),
            };
            once(&mut self.submitter, submitter)
        } else if is(b"REQUIRETLS") {
            flag(&mut self.require_tls, value)
        } else if is(b"MT-PRIORITY") {
            once(&mut self.priority, priority(some()?))
        } else if is(b"HOLDFOR") {
            // RFC 4865 4: one to nine digits.
            once(&mut self.hold, words::number(some()?, 9).map(|seconds| Hold::For(Interval(seconds as u32))))
        } else if is(b"HOLDUNTIL") {
            once(&mut self.hold, Moment::parse(some()?).map(Hold::Until))
        } else if is(b"BY") {
            once(&mut self.deliver_by, deliver_by(some()?))
        } else {
            Err(ParameterError::Unknown)
        }
    }
}

/// ["-"] ("0".."9") (RFC 6710 4)
fn priority(text: &[u8]) -> Option<Priority> {
    let (digits, sign) = text.strip_prefix(b"-").map_or((text, 1), |digits| (digits, -1));
    words::number(digits, 1).map(|level| Priority(level as i8 * sign))
}

/// by-value = by-time ";" by-mode [by-trace] (RFC 2852 4)
fn deliver_by(text: &[u8]) -> Option<DeliverBy> {
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
    (!or_return || seconds > 0).then_some(DeliverBy { seconds, or_return, trace })
}

impl<B> MailParameters<B> {
    /// With the octets held otherwise.
    pub fn map<C>(self, mut keep: impl FnMut(B) -> C) -> MailParameters<C> {
        MailParameters {
            size: self.size,
            body: self.body,
            utf8: self.utf8,
            ret: self.ret,
            envelope_id: self.envelope_id.map(|id| id.map(&mut keep)),
            submitter: self.submitter.map(|submitter| match submitter {
                Submitter::Unknown => Submitter::Unknown,
                Submitter::Mailbox(mailbox) => Submitter::Mailbox(mailbox.map(&mut keep)),
            }),
            require_tls: self.require_tls,
            priority: self.priority,
            hold: self.hold.map(|hold| match hold {
                Hold::For(interval) => Hold::For(interval),
                Hold::Until(moment) => Hold::Until(moment.map(&mut keep)),
            }),
            deliver_by: self.deliver_by,
        }
    }
}

impl<B: AsRef<[u8]>> MailParameters<B> {
    /// Appends them as they stand in a command, each behind its space.
    pub(super) fn write(&self, out: &mut BytesMut) {
        // A BytesMut takes whatever is written to it.
        let mut number = |text: core::fmt::Arguments<'_>| {
            let _infallible = out.write_fmt(text);
        };
        if let Some(size) = self.size {
            number(format_args!(" SIZE={size}"));
        }
        if let Some(body) = self.body {
            number(format_args!(
                " BODY={}",
                match body {
                    Body::SevenBit => "7BIT",
                    Body::EightBit => "8BITMIME",
                    Body::Binary => "BINARYMIME",
                }
            ));
        }
        if self.utf8 {
            number(format_args!(" SMTPUTF8"));
        }
        if let Some(ret) = self.ret {
            number(format_args!(" RET={}", if ret == Return::Full { "FULL" } else { "HDRS" }));
        }
        if let Some(id) = &self.envelope_id {
            number(format_args!(" ENVID={}", id.as_str()));
        }
        match &self.submitter {
            None => {}
            Some(Submitter::Unknown) => number(format_args!(" AUTH=<>")),
            Some(Submitter::Mailbox(mailbox)) => number(format_args!(" AUTH={}", mailbox.as_str())),
        }
        if self.require_tls {
            number(format_args!(" REQUIRETLS"));
        }
        if let Some(priority) = self.priority {
            number(format_args!(" MT-PRIORITY={}", priority.0));
        }
        match &self.hold {
            None => {}
            Some(Hold::For(interval)) => number(format_args!(" HOLDFOR={}", interval.0)),
            Some(Hold::Until(moment)) => number(format_args!(" HOLDUNTIL={}", moment.as_str())),
        }
        if let Some(by) = self.deliver_by {
            let DeliverBy { seconds, .. } = by;
            let (mode, trace) = (if by.or_return { "R" } else { "N" }, if by.trace { "T" } else { "" });
            number(format_args!(" BY={seconds};{mode}{trace}"));
        }
    }
}

impl<'i> RcptParameters<&'i [u8]> {
    /// The parameters that `text` spells, which begins with the space before the first or is empty.
    pub fn parse(text: &'i [u8]) -> Result<Self, ParameterError> {
        let mut found = Self::default();
        each(text, |keyword, value| {
            let some = || value.ok_or(ParameterError::Value);
            if keyword.eq_ignore_ascii_case(b"NOTIFY") {
                once(&mut found.notify, notify(some()?))
            } else if keyword.eq_ignore_ascii_case(b"ORCPT") {
                once(&mut found.original, OriginalRecipient::parse(some()?))
            } else {
                Err(ParameterError::Unknown)
            }
        })?;
        Ok(found)
    }
}

/// notify-esmtp-value = "NEVER" / 1#notify-list-element (RFC 3461 4.1)
fn notify(text: &[u8]) -> Option<Notify> {
    if text.eq_ignore_ascii_case(b"NEVER") {
        return Some(Notify::NEVER);
    }
    let mut found = Notify::NEVER;
    for word in text.split(|octet| *octet == b',') {
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        *(if is(b"SUCCESS") {
            &mut found.success
        } else if is(b"FAILURE") {
            &mut found.failure
        } else if is(b"DELAY") {
            &mut found.delay
        } else {
            return None;
        }) = true;
    }
    Some(found)
}

impl<B> RcptParameters<B> {
    /// With the octets held otherwise.
    pub fn map<C>(self, keep: impl FnMut(B) -> C) -> RcptParameters<C> {
        RcptParameters { notify: self.notify, original: self.original.map(|original| original.map(keep)) }
    }
}

impl<B: AsRef<[u8]>> RcptParameters<B> {
    /// Appends them as they stand in a command, each behind its space.
    pub(super) fn write(&self, out: &mut BytesMut) {
        if let Some(notify) = self.notify {
            out.put_slice(b" NOTIFY=");
            let mut words = Vec::with_capacity(3);
            for (set, word) in [(notify.success, "SUCCESS"), (notify.failure, "FAILURE"), (notify.delay, "DELAY")] {
                if set {
                    words.push(word);
                }
            }
            out.put_slice(if words.is_empty() { "NEVER".into() } else { words.join(",") }.as_bytes());
        }
        if let Some(original) = &self.original {
            out.put_slice(b" ORCPT=");
            out.put_slice(original.as_str().as_bytes());
        }
    }
}
