//! The basic URL parser as the standard writes it (URL Standard 4.4): a state for each of its states, a code point at a
//! time, with every validation error where it is raised.
//!
//! It is the slow way: [`Options::parse_reporting`](super::Options::parse_reporting) takes it because it knows the
//! validation errors, and the tests because it is what the fast way has to agree with. Nothing is shared with that but
//! the sets of percent-encoding, the table of schemes and IDNA.

mod host;
mod record;
mod states;

use self::record::Record;
use super::Url;
use super::error::{ParseError, ParseErrorKind, Violation, ViolationKind};
use super::options::Options;
use super::plan::{Cleaned, is_tab_or_newline};
use alloc::string::String;
use alloc::vec::Vec;

/// A state of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    SchemeStart,
    Scheme,
    NoScheme,
    SpecialRelativeOrAuthority,
    PathOrAuthority,
    Relative,
    RelativeSlash,
    SpecialAuthoritySlashes,
    SpecialAuthorityIgnoreSlashes,
    Authority,
    Host,
    Hostname,
    Port,
    File,
    FileSlash,
    FileHost,
    PathStart,
    Path,
    OpaquePath,
    Query,
    Fragment,
}

/// What a run of a state says about the machine.
enum Step {
    Go,
    /// Return without failure.
    Stop,
}

/// A failure, with the pointer to the code point that it is about.
struct Failure {
    /// `None` where only the API cares ("API validation error").
    kind: Option<ParseErrorKind>,
    pointer: usize,
}

/// The machine: the variables of the standard, by their names.
struct Machine<'a> {
    input: Vec<char>,
    options: &'a Options<'a>,
    base: Option<Record>,
    url: Record,
    state_override: Option<State>,
    state: State,
    buffer: String,
    /// Where in the input the buffer's text begins.
    buffer_start: usize,
    at_sign_seen: bool,
    inside_brackets: bool,
    password_token_seen: bool,
    /// One more than the standard's pointer, so that it can point before the first code point.
    next: usize,
    report: &'a mut dyn FnMut(ViolationKind, usize),
}

impl Machine<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        loop {
            self.next += 1;
            if matches!(self.step()?, Step::Stop) {
                return Ok(());
            }
            if self.next > self.input.len() {
                return Ok(());
            }
        }
    }

    /// The code point that the pointer points to; `None` is the EOF code point.
    fn c(&self) -> Option<char> {
        self.input.get(self.next - 1).copied()
    }

    fn pointer(&self) -> usize {
        self.next.saturating_sub(1)
    }

    /// The `index`th code point of "remaining".
    fn remaining(&self, index: usize) -> Option<char> {
        self.input.get(self.next + index).copied()
    }

    fn violation(&mut self, kind: ViolationKind) {
        let pointer = self.pointer();
        (self.report)(kind, pointer);
    }

    fn fail(&self, kind: ParseErrorKind) -> Failure {
        Failure { kind: Some(kind), pointer: self.pointer() }
    }
}

/// Parses a URL and reports its violations.
pub(super) fn parse(text: &str, options: &Options<'_>, report: &mut dyn FnMut(Violation)) -> Result<Url, ParseError> {
    if text.len() > options.max_length {
        return Err(ParseError { kind: ParseErrorKind::TooLong, offset: options.max_length });
    }
    let cleaned = Cleaned::new(text);
    let head = text.trim_start_matches(|c: char| c <= ' ');
    let start = text.len() - head.len();
    let body = head.trim_end_matches(|c: char| c <= ' ');
    // Where each code point stands in the input; the last is the EOF code point's.
    let mut offsets = Vec::new();
    let mut input = Vec::new();
    let mut removed = None;
    for (at, c) in body.char_indices() {
        if c.is_ascii() && is_tab_or_newline(c as u8) {
            removed = removed.or(Some(start + at));
        } else {
            input.push(c);
            offsets.push(start + at);
        }
    }
    offsets.push(cleaned.offset(cleaned.text.len()));
    if body.len() < text.len() {
        let offset = if start > 0 { 0 } else { body.len() };
        report(Violation { kind: ViolationKind::InvalidUrlUnit, offset });
    }
    if let Some(offset) = removed {
        report(Violation { kind: ViolationKind::InvalidUrlUnit, offset });
    }
    let offset = |pointer: usize| offsets[pointer.min(offsets.len() - 1)];
    let mut machine = Machine {
        input,
        options,
        base: options.base.map(Record::of),
        url: Record::new(),
        state_override: None,
        state: State::SchemeStart,
        buffer: String::new(),
        buffer_start: 0,
        at_sign_seen: false,
        inside_brackets: false,
        password_token_seen: false,
        next: 0,
        report: &mut |kind, pointer| report(Violation { kind, offset: offset(pointer) }),
    };
    let outcome = machine.run();
    let record = machine.url;
    match outcome {
        Ok(()) => {}
        // Without a state override every failure has a kind.
        Err(Failure { kind, pointer }) => {
            let kind = kind.unwrap_or(ParseErrorKind::MissingScheme);
            return Err(ParseError { kind, offset: offset(pointer) });
        }
    }
    record
        .into_url(options)
        .filter(|url| url.href.len() <= options.max_length)
        .ok_or(ParseError { kind: ParseErrorKind::TooLong, offset: offset(usize::MAX) })
}

/// The setters of the standard's `URL`, for [`Url::set_literally`].
#[cfg(any(test, feature = "testing"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the standard's, and their meaning is that of the setters of Url")]
pub enum Setter {
    Protocol,
    Username,
    Password,
    Host,
    Hostname,
    Port,
    Pathname,
    Search,
    Hash,
}

#[cfg(any(test, feature = "testing"))]
impl Setter {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Protocol,
        Self::Username,
        Self::Password,
        Self::Host,
        Self::Hostname,
        Self::Port,
        Self::Pathname,
        Self::Search,
        Self::Hash,
    ];
}

#[cfg(any(test, feature = "testing"))]
impl Url {
    /// The setter of that name: what [`set_literally`](Self::set_literally) is the reference of.
    ///
    /// # Errors
    ///
    /// As that setter.
    pub fn set(&mut self, setter: Setter, value: &str) -> Result<(), super::SetError> {
        match setter {
            Setter::Protocol => self.set_protocol(value),
            Setter::Username => self.set_username(value),
            Setter::Password => self.set_password(value),
            Setter::Host => self.set_host(value),
            Setter::Hostname => self.set_hostname(value),
            Setter::Port => self.set_port(value),
            Setter::Pathname => self.set_pathname(value),
            Setter::Search => self.set_search(value),
            Setter::Hash => self.set_hash(value),
        }
    }

    /// A setter as the standard writes it, through its state machine: the slow reference of the setters. Silent where
    /// they return an error.
    pub fn set_literally(&mut self, setter: Setter, value: &str) {
        use crate::syntax::percent::USERINFO;
        let options = Options::new().base(self);
        let mut url = Record::of(self);
        let cannot_have = url.cannot_have_username_password_port();
        let opaque = url.has_opaque_path();
        let (state, value) = match setter {
            Setter::Protocol => (State::SchemeStart, [value, ":"].concat()),
            Setter::Username if !cannot_have => {
                url.username = host::utf8_percent_encode(value, &USERINFO);
                (State::Fragment, String::new())
            }
            Setter::Password if !cannot_have => {
                url.password = host::utf8_percent_encode(value, &USERINFO);
                (State::Fragment, String::new())
            }
            Setter::Host if !opaque => (State::Host, String::from(value)),
            Setter::Hostname if !opaque => (State::Hostname, String::from(value)),
            Setter::Port if !cannot_have && value.is_empty() => {
                url.port = None;
                (State::Fragment, String::new())
            }
            Setter::Port if !cannot_have => (State::Port, String::from(value)),
            Setter::Pathname if !opaque => {
                url.path = record::Path::List(Vec::new());
                (State::PathStart, String::from(value))
            }
            Setter::Search if value.is_empty() => {
                url.query = None;
                (State::Fragment, String::new())
            }
            Setter::Search => {
                url.query = Some(String::new());
                (State::Query, String::from(value.strip_prefix('?').unwrap_or(value)))
            }
            Setter::Hash if value.is_empty() => {
                url.fragment = None;
                (State::Fragment, String::new())
            }
            Setter::Hash => {
                url.fragment = Some(String::new());
                (State::Fragment, String::from(value.strip_prefix('#').unwrap_or(value)))
            }
            _ => return,
        };
        let mut machine = Machine {
            input: value.chars().filter(|c| !(c.is_ascii() && is_tab_or_newline(*c as u8))).collect(),
            options: &options,
            base: None,
            url,
            state_override: Some(state),
            state,
            buffer: String::new(),
            buffer_start: 0,
            at_sign_seen: false,
            inside_brackets: false,
            password_token_seen: false,
            next: 0,
            report: &mut |_, _| {},
        };
        // A failure ends the setter; what it has set by then stays.
        let _failure = machine.run();
        if let Some(url) = machine.url.into_url(&options) {
            *self = url;
        }
    }
}
