//! The parameters of `MAIL` and `RCPT`, as typed values.

mod original;
mod value;

pub use self::original::OriginalRecipient;
pub use self::value::{Body, DeliverBy, Hold, Interval, Moment, Notify, Priority, Return, Submitter};

use super::Xtext;
use super::syntax::words;
use alloc::vec::Vec;
use bytes::{BufMut, BytesMut};
use core::fmt::{self, Write as _};

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

const SIZE: u64 = words::key(b"SIZE");
const BODY: u64 = words::key(b"BODY");
const EIGHT_BIT: u64 = words::key(b"8BITMIME");
const NOTIFY: u64 = words::key(b"NOTIFY");
const ORCPT: u64 = words::key(b"ORCPT");
// With what has to follow, where there is a value.
const SIZE_IS: u64 = words::key(b"SIZE=");
const BODY_IS: u64 = words::key(b"BODY=");
const NOTIFY_IS: u64 = words::key(b"NOTIFY=");
const ORCPT_IS: u64 = words::key(b"ORCPT=");

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
        found.read(text)?;
        Ok(found)
    }

    /// Takes the parameters of `text`, as [`parse`](Self::parse) does, into what says none yet. On an error some of them
    /// may have been taken.
    pub(super) fn read(&mut self, text: &'i [u8]) -> Result<(), ParameterError> {
        let mut text = text;
        while let Some(rest) = text.strip_prefix(b" ") {
            text = match self.take_frequent(rest) {
                Some(rest) => rest,
                None => {
                    let (keyword, value, rest) = words::parameter(rest).ok_or(ParameterError::Syntax)?;
                    self.take(keyword, value)?;
                    rest
                }
            };
        }
        if text.is_empty() { Ok(()) } else { Err(ParameterError::Syntax) }
    }

    /// Takes the parameter at the front of `text` if it is one of the two that nearly all senders say, and gives what
    /// follows. `None` says only that the walk has to look.
    #[inline]
    fn take_frequent(&mut self, text: &'i [u8]) -> Option<&'i [u8]> {
        let ends = |rest: &[u8]| rest.first().is_none_or(|octet| *octet == b' ');
        match words::keyed(text)? {
            (SIZE_IS, value) if self.size.is_none() => {
                let (size, rest) = words::digits(value).filter(|(_, rest)| ends(rest))?;
                self.size = Some(size);
                Some(rest)
            }
            (BODY_IS, value) if self.body.is_none() => {
                let (word, rest) = value.split_first_chunk::<8>().filter(|(_, rest)| ends(rest))?;
                // Folded, a control character may be a digit.
                if word[0] != b'8' || words::folded(word) != EIGHT_BIT {
                    return None;
                }
                self.body = Some(Body::EightBit);
                Some(rest)
            }
            _ => None,
        }
    }

    pub(super) fn take(&mut self, keyword: &'i [u8], value: Option<&'i [u8]>) -> Result<(), ParameterError> {
        let some = || value.ok_or(ParameterError::Value);
        match words::folded(keyword) {
            // RFC 1870 3: up to 20 digits.
            SIZE => once(&mut self.size, words::number(some()?, 20)),
            BODY => {
                let body = match some()? {
                    value if words::folded(value) == EIGHT_BIT => Some(Body::EightBit),
                    value if value.eq_ignore_ascii_case(b"7BIT") => Some(Body::SevenBit),
                    value if value.eq_ignore_ascii_case(b"BINARYMIME") => Some(Body::Binary),
                    _ => None,
                };
                once(&mut self.body, body)
            }
            _ => self.take_rare(keyword, value),
        }
    }

    fn take_rare(&mut self, keyword: &'i [u8], value: Option<&'i [u8]>) -> Result<(), ParameterError> {
        let is = |name: &[u8]| keyword.eq_ignore_ascii_case(name);
        let some = || value.ok_or(ParameterError::Value);
        if is(b"SMTPUTF8") {
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
            once(&mut self.priority, Priority::parse(some()?))
        } else if is(b"HOLDFOR") {
            once(&mut self.hold, Interval::parse(some()?).map(Hold::For))
        } else if is(b"HOLDUNTIL") {
            once(&mut self.hold, Moment::parse(some()?).map(Hold::Until))
        } else if is(b"BY") {
            once(&mut self.deliver_by, DeliverBy::parse(some()?))
        } else {
            Err(ParameterError::Unknown)
        }
    }
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
            number(format_args!(" MT-PRIORITY={}", priority.level()));
        }
        match &self.hold {
            None => {}
            Some(Hold::For(interval)) => number(format_args!(" HOLDFOR={}", interval.seconds())),
            Some(Hold::Until(moment)) => number(format_args!(" HOLDUNTIL={}", moment.as_str())),
        }
        if let Some(by) = self.deliver_by {
            let (mode, trace) = (if by.returns() { "R" } else { "N" }, if by.traces() { "T" } else { "" });
            number(format_args!(" BY={};{mode}{trace}", by.seconds()));
        }
    }
}

impl<'i> RcptParameters<&'i [u8]> {
    /// The parameters that `text` spells, which begins with the space before the first or is empty.
    pub fn parse(text: &'i [u8]) -> Result<Self, ParameterError> {
        let mut found = Self::default();
        found.read(text)?;
        Ok(found)
    }

    /// Takes the parameters of `text`, as [`parse`](Self::parse) does, into what says none yet. On an error some of them
    /// may have been taken.
    pub(super) fn read(&mut self, text: &'i [u8]) -> Result<(), ParameterError> {
        let mut text = text;
        while let Some(rest) = text.strip_prefix(b" ") {
            let (key, value);
            (key, value, text) = match words::keyed(rest) {
                Some((key @ (NOTIFY_IS | ORCPT_IS), rest)) => {
                    let (value, rest) = words::value(rest).ok_or(ParameterError::Syntax)?;
                    (key, Some(value), rest)
                }
                _ => {
                    let (keyword, value, rest) = words::parameter(rest).ok_or(ParameterError::Syntax)?;
                    let key = match words::folded(keyword) {
                        NOTIFY => NOTIFY_IS,
                        ORCPT => ORCPT_IS,
                        _ => return Err(ParameterError::Unknown),
                    };
                    (key, value, rest)
                }
            };
            let some = || value.ok_or(ParameterError::Value);
            if key == NOTIFY_IS {
                once(&mut self.notify, Notify::parse(some()?))?;
            } else {
                once(&mut self.original, OriginalRecipient::parse(some()?))?;
            }
        }
        if text.is_empty() { Ok(()) } else { Err(ParameterError::Syntax) }
    }
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
