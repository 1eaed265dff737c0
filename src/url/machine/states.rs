//! The states, in the order of the standard.

use super::host::{self, is_url_code_point, percent_encode, utf8_percent_encode};
use super::record::{Host, Path, Record, is_normalized_windows_drive_letter, is_windows_drive_letter};
use super::{Failure, Machine, State, Step};
use crate::syntax::percent::{CONTROLS, FRAGMENT, PATH, QUERY, SPECIAL_QUERY, Set, USERINFO};
use crate::url::error::{ParseErrorKind, ViolationKind};
use alloc::string::String;
use alloc::vec::Vec;

type Run = Result<Step, Failure>;

impl Machine<'_> {
    pub(super) fn step(&mut self) -> Run {
        match self.state {
            State::SchemeStart => self.scheme_start(),
            State::Scheme => self.scheme(),
            State::NoScheme => self.no_scheme(),
            State::SpecialRelativeOrAuthority => {
                if self.c() == Some('/') && self.remaining(0) == Some('/') {
                    self.next += 1;
                    self.go(State::SpecialAuthorityIgnoreSlashes)
                } else {
                    self.violation(ViolationKind::SpecialSchemeMissingFollowingSolidus);
                    self.again(State::Relative)
                }
            }
            State::PathOrAuthority => match self.c() {
                Some('/') => self.go(State::Authority),
                _ => self.again(State::Path),
            },
            State::Relative => self.relative(),
            State::RelativeSlash => self.relative_slash(),
            State::SpecialAuthoritySlashes => {
                if self.c() == Some('/') && self.remaining(0) == Some('/') {
                    self.next += 1;
                    self.go(State::SpecialAuthorityIgnoreSlashes)
                } else {
                    self.violation(ViolationKind::SpecialSchemeMissingFollowingSolidus);
                    self.again(State::SpecialAuthorityIgnoreSlashes)
                }
            }
            State::SpecialAuthorityIgnoreSlashes => match self.c() {
                Some('/' | '\\') => {
                    self.violation(ViolationKind::SpecialSchemeMissingFollowingSolidus);
                    Ok(Step::Go)
                }
                _ => self.again(State::Authority),
            },
            State::Authority => self.authority(),
            State::Host | State::Hostname => self.host(),
            State::Port => self.port(),
            State::File => self.file(),
            State::FileSlash => self.file_slash(),
            State::FileHost => self.file_host(),
            State::PathStart => self.path_start(),
            State::Path => self.path(),
            State::OpaquePath => self.opaque_path(),
            State::Query => self.query(),
            State::Fragment => {
                if let Some(c) = self.c() {
                    self.check_url_unit();
                    let text = encode(c, &FRAGMENT);
                    self.url.fragment.get_or_insert_default().push_str(&text);
                }
                Ok(Step::Go)
            }
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is how a state returns")]
    fn go(&mut self, state: State) -> Run {
        self.state = state;
        Ok(Step::Go)
    }

    /// Sets the state and decreases the pointer by 1.
    fn again(&mut self, state: State) -> Run {
        self.next -= 1;
        self.go(state)
    }

    fn push(&mut self, c: char) {
        if self.buffer.is_empty() {
            self.buffer_start = self.pointer();
        }
        self.buffer.push(c);
    }

    /// A failure without a validation error of the standard's.
    fn api_failure(&self) -> Run {
        Err(Failure { kind: None, pointer: self.pointer() })
    }

    fn failure(&mut self, kind: ParseErrorKind) -> Run {
        if let Some(violation) = kind.violation() {
            self.violation(violation);
        }
        Err(self.fail(kind))
    }

    fn is_special(&self) -> bool {
        self.options.kind_of_lower(&self.url.scheme).is_special()
    }

    fn default_port(&self) -> Option<u16> {
        self.options.kind_of_lower(&self.url.scheme).default_port()
    }

    /// Whether `url` is special and c is `\`.
    fn at_special_backslash(&self) -> bool {
        self.is_special() && self.c() == Some('\\')
    }

    /// Whether c ends an authority.
    fn at_end_of_authority(&self) -> bool {
        matches!(self.c(), None | Some('/' | '?' | '#')) || self.at_special_backslash()
    }

    fn check_url_unit(&mut self) {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_hexdigit());
        let Some(c) = self.c() else { return };
        let is_unit = match c {
            '%' => digit(self.remaining(0)) && digit(self.remaining(1)),
            c => is_url_code_point(c),
        };
        if !is_unit {
            self.violation(ViolationKind::InvalidUrlUnit);
        }
    }

    /// Whether the text from the pointer on starts with a Windows drive letter.
    fn starts_with_drive_letter(&self) -> bool {
        self.c().is_some_and(|c| c.is_ascii_alphabetic())
            && matches!(self.remaining(0), Some(':' | '|'))
            && matches!(self.remaining(1), None | Some('/' | '\\' | '?' | '#'))
    }

    fn scheme_start(&mut self) -> Run {
        match self.c() {
            Some(c) if c.is_ascii_alphabetic() => {
                self.push(c.to_ascii_lowercase());
                self.go(State::Scheme)
            }
            _ if self.state_override.is_none() => self.again(State::NoScheme),
            _ => self.api_failure(),
        }
    }

    fn scheme(&mut self) -> Run {
        match self.c() {
            Some(c) if c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.') => {
                self.push(c.to_ascii_lowercase());
                Ok(Step::Go)
            }
            Some(':') => {
                if self.state_override.is_some() {
                    let becomes_special = self.options.kind_of_lower(&self.buffer).is_special();
                    let has_authority = self.url.includes_credentials() || self.url.port.is_some();
                    if self.is_special() != becomes_special
                        || has_authority && self.buffer == "file"
                        || self.url.scheme == "file" && self.url.host == Some(Host::Empty)
                    {
                        return Ok(Step::Stop);
                    }
                }
                self.url.scheme = core::mem::take(&mut self.buffer);
                if self.state_override.is_some() {
                    if self.url.port == self.default_port() {
                        self.url.port = None;
                    }
                    return Ok(Step::Stop);
                }
                let same_as_base = self.base.as_ref().is_some_and(|base| base.scheme == self.url.scheme);
                if self.url.scheme == "file" {
                    if self.remaining(0) != Some('/') || self.remaining(1) != Some('/') {
                        self.violation(ViolationKind::SpecialSchemeMissingFollowingSolidus);
                    }
                    self.go(State::File)
                } else if self.is_special() && same_as_base {
                    self.go(State::SpecialRelativeOrAuthority)
                } else if self.is_special() {
                    self.go(State::SpecialAuthoritySlashes)
                } else if self.remaining(0) == Some('/') {
                    self.next += 1;
                    self.go(State::PathOrAuthority)
                } else {
                    self.url.path = Path::Opaque(String::new());
                    self.go(State::OpaquePath)
                }
            }
            _ if self.state_override.is_none() => {
                self.buffer.clear();
                self.next = 0;
                self.go(State::NoScheme)
            }
            _ => self.api_failure(),
        }
    }

    fn no_scheme(&mut self) -> Run {
        let Some(base) = self.base.clone() else {
            return self.failure(ParseErrorKind::MissingScheme);
        };
        if base.has_opaque_path() {
            if self.c() != Some('#') {
                return self.failure(ParseErrorKind::MissingScheme);
            }
            self.url = Record { fragment: Some(String::new()), ..base };
            self.go(State::Fragment)
        } else if base.scheme == "file" {
            self.again(State::File)
        } else {
            self.again(State::Relative)
        }
    }

    fn relative(&mut self) -> Run {
        let Some(base) = self.base.clone() else {
            return self.failure(ParseErrorKind::MissingScheme);
        };
        self.url.scheme.clone_from(&base.scheme);
        if self.c() == Some('/') {
            return self.go(State::RelativeSlash);
        }
        if self.at_special_backslash() {
            self.violation(ViolationKind::InvalidReverseSolidus);
            return self.go(State::RelativeSlash);
        }
        self.url = Record { fragment: None, ..base };
        self.behind_base()
    }

    /// The end of relative state and of file state with a base: the URL is the base's but for its fragment.
    fn behind_base(&mut self) -> Run {
        match self.c() {
            Some('?') => {
                self.url.query = Some(String::new());
                self.go(State::Query)
            }
            Some('#') => {
                self.url.fragment = Some(String::new());
                self.go(State::Fragment)
            }
            Some(_) => {
                self.url.query = None;
                if self.url.scheme == "file" && self.starts_with_drive_letter() {
                    self.violation(ViolationKind::FileInvalidWindowsDriveLetter);
                    self.url.path = Path::List(Vec::new());
                } else {
                    self.url.shorten();
                }
                self.again(State::Path)
            }
            None => Ok(Step::Go),
        }
    }

    fn relative_slash(&mut self) -> Run {
        if self.is_special() && matches!(self.c(), Some('/' | '\\')) {
            if self.c() == Some('\\') {
                self.violation(ViolationKind::InvalidReverseSolidus);
            }
            return self.go(State::SpecialAuthorityIgnoreSlashes);
        }
        if self.c() == Some('/') {
            return self.go(State::Authority);
        }
        if let Some(base) = self.base.clone() {
            let scheme = core::mem::take(&mut self.url.scheme);
            self.url = Record { scheme, path: Path::List(Vec::new()), query: None, fragment: None, ..base };
        }
        self.again(State::Path)
    }

    fn authority(&mut self) -> Run {
        if self.c() == Some('@') {
            self.violation(ViolationKind::InvalidCredentials);
            if self.at_sign_seen {
                self.buffer.insert_str(0, "%40");
            }
            self.at_sign_seen = true;
            for c in core::mem::take(&mut self.buffer).chars() {
                if c == ':' && !self.password_token_seen {
                    self.password_token_seen = true;
                    continue;
                }
                let text = encode(c, &USERINFO);
                if self.password_token_seen {
                    self.url.password.push_str(&text);
                } else {
                    self.url.username.push_str(&text);
                }
            }
            Ok(Step::Go)
        } else if self.at_end_of_authority() {
            if self.at_sign_seen && self.buffer.is_empty() {
                return self.failure(ParseErrorKind::HostMissing);
            }
            self.next -= self.buffer.chars().count() + 1;
            self.buffer.clear();
            self.go(State::Host)
        } else if let Some(c) = self.c() {
            self.push(c);
            Ok(Step::Go)
        } else {
            Ok(Step::Go)
        }
    }

    /// Host parses the buffer.
    fn parse_host(&mut self) -> Result<Host, Failure> {
        if self.buffer.is_empty() {
            return Ok(Host::Empty);
        }
        let is_opaque = !self.is_special();
        let buffer = core::mem::take(&mut self.buffer);
        let (start, report) = (self.buffer_start, &mut *self.report);
        let pointer = |at: usize| start + buffer[..at].chars().count();
        host::parse(&buffer, is_opaque, &mut |kind, at| report(kind, pointer(at)))
            .map_err(|fail| Failure { kind: Some(fail.kind), pointer: pointer(fail.at) })
    }

    fn host(&mut self) -> Run {
        if self.state_override.is_some() && self.url.scheme == "file" {
            return self.again(State::FileHost);
        }
        if self.c() == Some(':') && !self.inside_brackets {
            if self.buffer.is_empty() {
                return self.failure(ParseErrorKind::HostMissing);
            }
            if self.state_override == Some(State::Hostname) {
                return self.api_failure();
            }
            self.url.host = Some(self.parse_host()?);
            self.buffer_start = self.pointer() + 1;
            return self.go(State::Port);
        }
        if self.at_end_of_authority() {
            if self.is_special() && self.buffer.is_empty() {
                return self.failure(ParseErrorKind::HostMissing);
            }
            self.next -= 1;
            let needed = self.url.includes_credentials() || self.url.port.is_some();
            if self.state_override.is_some() && self.buffer.is_empty() && needed {
                return self.api_failure();
            }
            self.url.host = Some(self.parse_host()?);
            return match self.state_override {
                Some(_) => Ok(Step::Stop),
                None => self.go(State::PathStart),
            };
        }
        if let Some(c) = self.c() {
            match c {
                '[' => self.inside_brackets = true,
                ']' => self.inside_brackets = false,
                _ => {}
            }
            self.push(c);
        }
        Ok(Step::Go)
    }

    fn port(&mut self) -> Run {
        match self.c() {
            Some(c) if c.is_ascii_digit() => {
                self.push(c);
                Ok(Step::Go)
            }
            _ if self.at_end_of_authority() || self.state_override.is_some() => {
                if !self.buffer.is_empty() {
                    let digits = core::mem::take(&mut self.buffer);
                    let port = digits.trim_start_matches('0');
                    let port = if port.is_empty() { Ok(0) } else { port.parse::<u16>() };
                    let Ok(port) = port else {
                        let start = self.buffer_start;
                        (self.report)(ViolationKind::PortOutOfRange, start);
                        return Err(Failure { kind: Some(ParseErrorKind::PortOutOfRange), pointer: start });
                    };
                    self.url.port = Some(port).filter(|port| Some(*port) != self.default_port());
                    if self.state_override.is_some() {
                        return Ok(Step::Stop);
                    }
                }
                if self.state_override.is_some() {
                    return self.api_failure();
                }
                self.again(State::PathStart)
            }
            _ => self.failure(ParseErrorKind::PortInvalid),
        }
    }

    fn file(&mut self) -> Run {
        self.url.scheme = "file".into();
        self.url.host = Some(Host::Empty);
        if let Some('/' | '\\') = self.c() {
            if self.c() == Some('\\') {
                self.violation(ViolationKind::InvalidReverseSolidus);
            }
            return self.go(State::FileSlash);
        }
        match self.base.clone().filter(|base| base.scheme == "file") {
            Some(base) => {
                self.url.host = base.host;
                self.url.path = base.path;
                self.url.query = base.query;
                self.behind_base()
            }
            None => self.again(State::Path),
        }
    }

    fn file_slash(&mut self) -> Run {
        if let Some('/' | '\\') = self.c() {
            if self.c() == Some('\\') {
                self.violation(ViolationKind::InvalidReverseSolidus);
            }
            return self.go(State::FileHost);
        }
        if let Some(base) = self.base.clone().filter(|base| base.scheme == "file") {
            self.url.host = base.host;
            if let (false, Path::List(path)) = (self.starts_with_drive_letter(), base.path)
                && let Some(first) = path.first().filter(|first| is_normalized_windows_drive_letter(first))
            {
                self.append(first.clone());
            }
        }
        self.again(State::Path)
    }

    fn file_host(&mut self) -> Run {
        let Some(c) = self.c().filter(|c| !matches!(c, '/' | '\\' | '?' | '#')) else {
            self.next -= 1;
            if self.state_override.is_none() && is_windows_drive_letter(&self.buffer) {
                let start = self.buffer_start;
                (self.report)(ViolationKind::FileInvalidWindowsDriveLetterHost, start);
                return self.go(State::Path);
            }
            let host = self.parse_host()?;
            self.url.host = Some(match host {
                Host::Domain(name) if name == "localhost" => Host::Empty,
                host => host,
            });
            return match self.state_override {
                Some(_) => Ok(Step::Stop),
                None => self.go(State::PathStart),
            };
        };
        self.push(c);
        Ok(Step::Go)
    }

    fn path_start(&mut self) -> Run {
        if self.is_special() {
            if self.c() == Some('\\') {
                self.violation(ViolationKind::InvalidReverseSolidus);
            }
            return match self.c() {
                Some('/' | '\\') => self.go(State::Path),
                _ => self.again(State::Path),
            };
        }
        match self.c() {
            Some('?') if self.state_override.is_none() => {
                self.url.query = Some(String::new());
                self.go(State::Query)
            }
            Some('#') if self.state_override.is_none() => {
                self.url.fragment = Some(String::new());
                self.go(State::Fragment)
            }
            Some('/') => self.go(State::Path),
            Some(_) => self.again(State::Path),
            None => {
                if self.state_override.is_some() && self.url.host.is_none() {
                    self.append(String::new());
                }
                Ok(Step::Go)
            }
        }
    }

    fn append(&mut self, segment: String) {
        if let Path::List(path) = &mut self.url.path {
            path.push(segment);
        }
    }

    fn path(&mut self) -> Run {
        let at_slash = self.c() == Some('/') || self.at_special_backslash();
        let at_mark = self.state_override.is_none() && matches!(self.c(), Some('?' | '#'));
        let Some(c) = self.c().filter(|_| !at_slash && !at_mark) else {
            if self.at_special_backslash() {
                self.violation(ViolationKind::InvalidReverseSolidus);
            }
            let mut buffer = core::mem::take(&mut self.buffer);
            let lower = buffer.to_ascii_lowercase();
            let single_dot = matches!(&*lower, "." | "%2e");
            if matches!(&*lower, ".." | ".%2e" | "%2e." | "%2e%2e") {
                self.url.shorten();
                if !at_slash {
                    self.append(String::new());
                }
            } else if single_dot && !at_slash {
                self.append(String::new());
            } else if !single_dot {
                let empty = matches!(&self.url.path, Path::List(path) if path.is_empty());
                if self.url.scheme == "file" && empty && is_windows_drive_letter(&buffer) {
                    buffer.truncate(1);
                    buffer.push(':');
                }
                self.append(buffer);
            }
            if at_mark && self.c() == Some('?') {
                self.url.query = Some(String::new());
                return self.go(State::Query);
            }
            if at_mark {
                self.url.fragment = Some(String::new());
                return self.go(State::Fragment);
            }
            return Ok(Step::Go);
        };
        self.check_url_unit();
        self.buffer.push_str(&encode(c, &PATH));
        Ok(Step::Go)
    }

    fn opaque_path(&mut self) -> Run {
        let text = match self.c() {
            Some('?') => {
                self.url.query = Some(String::new());
                return self.go(State::Query);
            }
            Some('#') => {
                self.url.fragment = Some(String::new());
                return self.go(State::Fragment);
            }
            Some(' ') => {
                self.violation(ViolationKind::InvalidUrlUnit);
                match self.remaining(0) {
                    Some('?' | '#') => "%20".into(),
                    _ => " ".into(),
                }
            }
            Some(c) => {
                self.check_url_unit();
                encode(c, &CONTROLS)
            }
            None => return Ok(Step::Go),
        };
        if let Path::Opaque(path) = &mut self.url.path {
            path.push_str(&text);
        }
        Ok(Step::Go)
    }

    fn query(&mut self) -> Run {
        if let Some(c) = self.c().filter(|c| *c != '#' || self.state_override.is_some()) {
            self.check_url_unit();
            self.buffer.push(c);
            return Ok(Step::Go);
        }
        let set = if self.is_special() { &SPECIAL_QUERY } else { &QUERY };
        let buffer = core::mem::take(&mut self.buffer);
        let utf8 = !self.is_special() || matches!(&*self.url.scheme, "ws" | "wss");
        let text = match self.options.query_encoding.filter(|_| !utf8) {
            Some(encoding) => percent_encode(&encoding(&buffer), set),
            None => utf8_percent_encode(&buffer, set),
        };
        self.url.query.get_or_insert_default().push_str(&text);
        if self.c() == Some('#') {
            self.url.fragment = Some(String::new());
            return self.go(State::Fragment);
        }
        Ok(Step::Go)
    }
}

fn encode(c: char, set: &Set) -> String {
    utf8_percent_encode(c.encode_utf8(&mut [0; 4]), set)
}
