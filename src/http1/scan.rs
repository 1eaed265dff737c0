//! Heads and trailer sections octet by octet: resumes where it stopped, and tells what is wrong at the very octet.
//!
//! This is the grammar of RFC 9112 2 to 5 as one table of states. The loops in [`fast`](super::fast) take what is whole
//! and plain; everything else (a head that is not whole yet, an odd one, a wrong one) comes here, so that an error is
//! the same however the octets came, and each octet is looked at once.

use super::error::ErrorKind;
use super::syntax::{TARGET, TEXT, TOKEN, is, trim};
use super::target;
use super::value::{StatusCode, Version};
use crate::work;

/// What is done with the lines that were found good.
pub(super) trait Judge {
    /// The start line.
    fn start(&mut self, version: Version, status: Option<StatusCode>);
    /// Names of this length are worth a look.
    fn wants(&self, length: usize) -> bool;
    /// A field line. An error comes with its offset in the value.
    fn field(&mut self, name: &[u8], value: &[u8]) -> Result<(), (ErrorKind, usize)>;
    /// The empty line.
    fn end(&self) -> Result<(), ErrorKind>;
}

/// Syntax alone.
impl Judge for () {
    #[inline(always)]
    fn start(&mut self, _: Version, _: Option<StatusCode>) {}
    #[inline(always)]
    fn wants(&self, _: usize) -> bool {
        false
    }
    fn field(&mut self, _: &[u8], _: &[u8]) -> Result<(), (ErrorKind, usize)> {
        Ok(())
    }
    fn end(&self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// What is scanned, within which limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) part: Part,
    /// The whole, in octets.
    pub(super) whole: u32,
    pub(super) start_line: u32,
    pub(super) field_line: u32,
    pub(super) fields: u16,
    pub(super) bare_lf: bool,
    pub(super) obs_fold: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Request,
    Response,
    Trailers,
}

/// Where the next octet stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Method,
    Target,
    /// So many octets of `HTTP/1.1` were seen, in a request line.
    RequestVersion(u8),
    /// The same, in a status line.
    StatusVersion(u8),
    /// The space behind it.
    StatusGap,
    /// So many digits were seen.
    Code(u8),
    Reason,
    /// The LF of the start line.
    StartLf,
    /// The first octet of a field line, or of the empty line.
    Line,
    Name,
    Value,
    /// The LF of a field line.
    FieldLf,
    /// The LF of the empty line.
    EndLf,
}

/// How far a scan came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan {
    state: At,
    /// How many octets were looked at.
    at: u32,
    /// Where the line starts.
    line: u32,
    /// Where the method, or the field's name, ends.
    mark: u32,
    count: u16,
    minor: u8,
    /// A field line is whole, but a fold might follow (only with the quirk).
    pending: bool,
}

impl Scan {
    pub(super) const fn new(part: Part) -> Self {
        let state = match part {
            Part::Request => At::Method,
            Part::Response => At::StatusVersion(0),
            Part::Trailers => At::Line,
        };
        Self { state, at: 0, line: 0, mark: 0, count: 0, minor: 0, pending: false }
    }

    /// No octet was looked at yet.
    #[inline]
    pub(super) const fn is_fresh(&self) -> bool {
        self.at == 0
    }

    /// How many field lines were seen.
    pub(super) const fn count(&self) -> u16 {
        self.count
    }

    /// Goes on over `input`, which begins with the head's first octet. Tells the head's length once it is whole.
    pub(super) fn run(
        &mut self,
        input: &[u8],
        rules: &Rules,
        judge: &mut impl Judge,
    ) -> Result<Option<usize>, (ErrorKind, usize)> {
        let whole = rules.whole.min(super::limits::OFFSETS) as usize;
        let end = input.len().min(whole);
        debug_assert!(input.len() >= self.at as usize, "the input begins where the last call left it, and only grows");
        work::add(end.saturating_sub(self.at as usize));
        while (self.at as usize) < end {
            let at = self.at as usize;
            let byte = input[at];
            self.step(byte, at, input, rules, judge)?;
            self.at += 1;
            if self.state == At::Line && byte == b'\n' {
                self.line_ended(input, rules, judge)?;
            } else if self.state == At::EndLf && byte == b'\n' {
                judge.end().map_err(|kind| (kind, at))?;
                return Ok(Some(at + 1));
            } else {
                self.judge_line_length(rules)?;
            }
        }
        if input.len() >= whole {
            let kind = if rules.part == Part::Trailers { ErrorKind::TrailersTooLong } else { ErrorKind::HeadTooLong };
            return Err((kind, whole));
        }
        Ok(None)
    }

    /// A line that is not whole within its limit is too long.
    fn judge_line_length(&self, rules: &Rules) -> Result<(), (ErrorKind, usize)> {
        let (limit, kind) = match self.state {
            At::EndLf => return Ok(()),
            At::Line | At::Name | At::Value | At::FieldLf => (rules.field_line, ErrorKind::FieldTooLong),
            _ => (rules.start_line, ErrorKind::StartLineTooLong),
        };
        if self.at - self.line >= limit {
            return Err((kind, self.line.saturating_add(limit) as usize));
        }
        Ok(())
    }

    #[inline(always)]
    fn step(
        &mut self,
        byte: u8,
        at: usize,
        input: &[u8],
        rules: &Rules,
        judge: &mut impl Judge,
    ) -> Result<(), (ErrorKind, usize)> {
        let fail = |kind| Err((kind, at));
        match self.state {
            At::Value => match byte {
                _ if is(byte, TEXT) => {}
                b'\r' => self.state = At::FieldLf,
                b'\n' if rules.bare_lf => self.state = At::Line,
                b'\n' => return fail(ErrorKind::BareLf),
                // RFC 9110 5.5: CR, LF and NUL are dangerous, other controls invalid.
                _ => return fail(ErrorKind::BadFieldValue),
            },
            At::Name => match byte {
                _ if is(byte, TOKEN) => {}
                b':' => {
                    self.mark = at as u32;
                    self.state = At::Value;
                }
                // RFC 9112 5.1: no whitespace between name and colon.
                b' ' | b'\t' => return fail(ErrorKind::SpaceBeforeColon),
                b'\r' | b'\n' => return fail(ErrorKind::NoColon),
                _ => return fail(ErrorKind::BadFieldName),
            },
            At::Line => {
                if self.pending && matches!(byte, b' ' | b'\t') {
                    self.pending = false;
                    self.state = At::Value;
                    return Ok(());
                }
                if self.pending {
                    self.pending = false;
                    self.judge_field(input, judge)?;
                }
                self.line = at as u32;
                match byte {
                    b'\r' => self.state = At::EndLf,
                    b'\n' if rules.bare_lf => self.state = At::EndLf,
                    b'\n' => return fail(ErrorKind::BareLf),
                    _ if self.count >= rules.fields => return fail(ErrorKind::TooManyFields),
                    _ if is(byte, TOKEN) => {
                        self.count += 1;
                        self.state = At::Name;
                    }
                    // RFC 9112 2.2: whitespace before the first field; 5.2: a folded line.
                    b' ' | b'\t' if self.count == 0 => return fail(ErrorKind::LeadingSpace),
                    b' ' | b'\t' => return fail(ErrorKind::ObsFold),
                    _ => return fail(ErrorKind::BadFieldName),
                }
            }
            At::FieldLf if byte == b'\n' => self.state = At::Line,
            At::StartLf if byte == b'\n' => self.state = At::Line,
            At::EndLf if byte == b'\n' => {}
            // RFC 9112 2.2: a bare CR is invalid in a head.
            At::FieldLf | At::StartLf | At::EndLf => return Err((ErrorKind::BareCr, at - 1)),
            At::Method => match byte {
                _ if is(byte, TOKEN) => {}
                b' ' if at > 0 => {
                    self.mark = at as u32;
                    self.state = At::Target;
                }
                b' ' | b'\t' | b'\r' | b'\n' => return fail(ErrorKind::BadRequestLine),
                _ => return fail(ErrorKind::BadMethod),
            },
            At::Target => match byte {
                _ if is(byte, TARGET) => {}
                b' ' if at > self.mark as usize + 1 => {
                    let start = self.mark as usize + 1;
                    if target::form(&input[..self.mark as usize], &input[start..at]).is_none() {
                        return Err((ErrorKind::BadTarget, start));
                    }
                    self.state = At::RequestVersion(0);
                }
                // RFC 9112 3: single spaces, and a version.
                b' ' | b'\t' | b'\r' | b'\n' => return fail(ErrorKind::BadRequestLine),
                _ => return fail(ErrorKind::BadTarget),
            },
            At::RequestVersion(8) => match byte {
                b'\r' | b'\n' => return self.start_line(byte, at, rules, judge, None),
                b' ' | b'\t' => return fail(ErrorKind::BadRequestLine),
                _ => return fail(ErrorKind::BadVersion),
            },
            At::RequestVersion(seen) => {
                self.version(byte, seen, at)?;
                self.state = At::RequestVersion(seen + 1);
            }
            At::StatusVersion(8) | At::StatusGap => match byte {
                b' ' => self.state = At::Code(0),
                _ => return fail(ErrorKind::BadStatusLine),
            },
            At::StatusVersion(seen) => {
                self.version(byte, seen, at)?;
                self.state = if seen == 7 { At::StatusGap } else { At::StatusVersion(seen + 1) };
            }
            At::Code(3) => match byte {
                b' ' => self.state = At::Reason,
                // RFC 9112 4 wants the space even without a reason; servers leave it out, and nothing else can be meant.
                b'\r' | b'\n' => return self.start_line(byte, at, rules, judge, Some(code(input))),
                _ => return fail(ErrorKind::BadStatusLine),
            },
            At::Code(seen) => match byte {
                b'1'..=b'9' => self.state = At::Code(seen + 1),
                b'0' if seen > 0 => self.state = At::Code(seen + 1),
                _ => return fail(ErrorKind::BadStatusLine),
            },
            At::Reason => match byte {
                _ if is(byte, TEXT) => {}
                b'\r' | b'\n' => return self.start_line(byte, at, rules, judge, Some(code(input))),
                _ => return fail(ErrorKind::BadStatusLine),
            },
        }
        Ok(())
    }

    /// `HTTP/1.` and a digit (RFC 9112 2.3), with its case.
    fn version(&mut self, byte: u8, seen: u8, at: usize) -> Result<(), (ErrorKind, usize)> {
        match (seen, byte) {
            (5, b'1') => Ok(()),
            (5, b'0'..=b'9') => Err((ErrorKind::UnsupportedVersion, at)),
            (7, b'0'..=b'9') => {
                self.minor = byte;
                Ok(())
            }
            (7, _) => Err((ErrorKind::BadVersion, at)),
            _ if b"HTTP/1."[seen as usize] == byte => Ok(()),
            _ => Err((ErrorKind::BadVersion, at)),
        }
    }

    /// The start line's CR or LF.
    fn start_line(
        &mut self,
        byte: u8,
        at: usize,
        rules: &Rules,
        judge: &mut impl Judge,
        status: Option<StatusCode>,
    ) -> Result<(), (ErrorKind, usize)> {
        if byte == b'\n' && !rules.bare_lf {
            return Err((ErrorKind::BareLf, at));
        }
        judge.start(Version::from_digit(self.minor), status);
        self.state = if byte == b'\n' { At::Line } else { At::StartLf };
        Ok(())
    }

    /// An LF was taken and the next line begins: the one before is judged, unless it may be folded on.
    fn line_ended(&mut self, input: &[u8], rules: &Rules, judge: &mut impl Judge) -> Result<(), (ErrorKind, usize)> {
        if self.count == 0 {
            return Ok(());
        }
        if rules.obs_fold {
            self.pending = true;
            return Ok(());
        }
        self.judge_field(input, judge)
    }

    /// The field line whose colon is at `mark` is whole, and `input[..self.at]` ends with it.
    fn judge_field(&mut self, input: &[u8], judge: &mut impl Judge) -> Result<(), (ErrorKind, usize)> {
        let mark = self.mark as usize;
        let start = input[..mark].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let line = &input[mark + 1..self.at as usize];
        let value = trim(line);
        let lead = match value {
            [] => 0,
            _ => line.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count(),
        };
        judge.field(&input[start..mark], value).map_err(|(kind, offset)| (kind, mark + 1 + lead + offset))
    }
}

/// The code of a status line that is good so far.
fn code(input: &[u8]) -> StatusCode {
    let digits = input[9..12].iter().fold(0_u16, |code, byte| code * 10 + u16::from(byte.wrapping_sub(b'0')));
    StatusCode::new(digits).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
