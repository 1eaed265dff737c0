//! The setters of the standard's `URL` (URL Standard 6.1): each replaces a slice of the text and moves the offsets
//! behind it.
//!
//! What a setter of the standard does silently nothing about is an error here, and the URL is as it was.

use super::error::{ParseError, SetError};
use super::host::{self, Form};
use super::options::{MAX_LENGTH, Options};
use super::plan::{host_and_port, leading_port, without_tabs_and_newlines};
use super::scheme::{self, Kind, SpecialSchemes};
use super::{Url, parse, path};
use crate::syntax::percent::{self, FRAGMENT, USERINFO};
use alloc::format;
use alloc::string::String;

/// The offsets, in the order in which they lie in the text.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Mark {
    SchemeEnd,
    UsernameEnd,
    HostStart,
    HostEnd,
    PathStart,
    QueryStart,
    FragmentStart,
}

impl Url {
    /// Replaces the whole URL. On an error nothing changes.
    ///
    /// A scheme that this URL was parsed with as [special](super::SpecialSchemes) stays special.
    pub fn set_href(&mut self, value: &str) -> Result<(), ParseError> {
        let schemes = self.registered();
        let options = schemes.as_ref().map_or(Options::new(), |schemes| Options::new().special_schemes(schemes));
        *self = options.parse(value)?;
        Ok(())
    }

    /// Replaces the scheme; what stands behind a colon in `value` doesn't matter.
    ///
    /// A special scheme can become another special one, and one that is not special another such.
    pub fn set_protocol(&mut self, value: &str) -> Result<(), SetError> {
        self.set_protocol_among(value, &SpecialSchemes::new())
    }

    /// As [`set_protocol`](Self::set_protocol), with special schemes of one's own.
    pub fn set_protocol_among(&mut self, value: &str, schemes: &SpecialSchemes) -> Result<(), SetError> {
        let value = without_tabs_and_newlines(value);
        let name = value.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if !scheme::is_scheme(name.as_bytes()) {
            return Err(SetError::InvalidScheme);
        }
        let kind = Options::new().base(self).special_schemes(schemes).kind_of_lower(&name);
        if kind.is_special() != self.kind.is_special() {
            return Err(SetError::SchemeChange);
        }
        let leaves_file = self.kind.is_file() && self.form == Form::Empty;
        if kind.is_file() && (self.includes_credentials() || self.port().is_some()) || leaves_file {
            // A `file` URL stays one, which changes nothing.
            return if leaves_file && kind.is_file() { Ok(()) } else { Err(SetError::SchemeAuthority) };
        }
        self.splice(0, self.scheme_end as usize, &name, Mark::SchemeEnd)?;
        self.kind = kind;
        if self.port().is_some() && self.port() == kind.default_port() {
            self.splice(self.host_end as usize, self.path_start as usize, "", Mark::PathStart)?;
        }
        Ok(())
    }

    /// Replaces the user name; what has to be percent-encoded is.
    pub fn set_username(&mut self, value: &str) -> Result<(), SetError> {
        self.check_authority()?;
        let name = percent::encode(value.as_bytes(), &USERINFO);
        let start = self.userinfo_start();
        match (self.includes_credentials(), name.is_empty()) {
            (false, true) => Ok(()),
            (false, false) => {
                self.splice(start, start, &format!("{name}@"), Mark::HostStart)?;
                self.username_end = (start + name.len()) as u32;
                Ok(())
            }
            (true, true) if !self.has_password() => {
                self.splice(start, self.host_start as usize, "", Mark::HostStart)?;
                self.username_end = start as u32;
                Ok(())
            }
            (true, _) => self.splice(start, self.username_end as usize, &name, Mark::UsernameEnd),
        }
    }

    /// Replaces the password; what has to be percent-encoded is. An empty one is none.
    pub fn set_password(&mut self, value: &str) -> Result<(), SetError> {
        self.check_authority()?;
        let (name_end, host) = (self.username_end as usize, self.host_start as usize);
        let text = match (value.is_empty(), self.userinfo_start() == name_end) {
            (true, true) => String::new(),
            (true, false) => String::from("@"),
            (false, _) => format!(":{}@", percent::encode(value.as_bytes(), &USERINFO)),
        };
        self.splice(name_end, host, &text, Mark::HostStart)
    }

    /// Replaces the host, and the port if `value` has one.
    ///
    /// As in the standard the value ends at the first `/`, `?` or `#`, and the host is set even where the port behind it
    /// is [no port](SetError::InvalidPort).
    pub fn set_host(&mut self, value: &str) -> Result<(), SetError> {
        self.replace_host(value, true)
    }

    /// Replaces the host; a port in `value` is an error.
    pub fn set_hostname(&mut self, value: &str) -> Result<(), SetError> {
        self.replace_host(value, false)
    }

    /// Host state, hostname state and file host state with a state override.
    fn replace_host(&mut self, value: &str, with_port: bool) -> Result<(), SetError> {
        if self.has_opaque_path() {
            return Err(SetError::OpaquePath);
        }
        let value = without_tabs_and_newlines(value);
        let kind = self.kind;
        let (name, port) = if kind.is_file() { (&*value, None) } else { host_and_port(&value) };
        let end = name.bytes().position(|octet| kind.is_slash(octet) || matches!(octet, b'?' | b'#'));
        // A colon behind the end of the host begins no port.
        let (name, port) = (&name[..end.unwrap_or(name.len())], port.filter(|_| end.is_none()));
        let needed = kind.is_special() || port.is_some() || self.includes_credentials() || self.port().is_some();
        if name.is_empty() && needed && !kind.is_file() {
            return Err(SetError::HostMissing);
        }
        if port.is_some() && !with_port {
            return Err(SetError::PortInHostname);
        }
        let (mut text, mut form) = (String::with_capacity(name.len()), Form::Empty);
        if !name.is_empty() {
            form = host::parse(name, kind.is_special(), &mut text).map_err(|fail| SetError::InvalidHost(fail.kind))?;
            if kind.is_file() && text == "localhost" {
                text.clear();
                form = Form::Empty;
            }
        }
        self.write_host(&text, form)?;
        match port {
            None | Some("") => Ok(()),
            Some(port) => match leading_port(port) {
                // "x:/": the port is empty, which changes nothing.
                (None, 0) => Ok(()),
                (None, _) => Err(SetError::InvalidPort),
                (Some(port), _) => self.write_port(Some(port)),
            },
        }
    }

    /// Replaces the host by its canonical text.
    fn write_host(&mut self, text: &str, form: Form) -> Result<(), SetError> {
        if self.has_authority() {
            self.splice(self.host_start as usize, self.host_end as usize, text, Mark::HostEnd)?;
        } else {
            // `//` comes in, and the path's guard goes out.
            let start = self.scheme_end as usize + 1;
            self.splice(start, self.path_start as usize, &format!("//{text}"), Mark::PathStart)?;
            self.username_end = start as u32 + 2;
            self.host_start = self.username_end;
            self.host_end = self.path_start;
        }
        self.form = form;
        Ok(())
    }

    /// Replaces the port by the number that `value` begins with; an empty value takes it away.
    pub fn set_port(&mut self, value: &str) -> Result<(), SetError> {
        self.check_authority()?;
        if value.is_empty() {
            return self.write_port(None);
        }
        match leading_port(&without_tabs_and_newlines(value)) {
            (Some(port), _) => self.write_port(Some(port)),
            (None, _) => Err(SetError::InvalidPort),
        }
    }

    fn write_port(&mut self, port: Option<u16>) -> Result<(), SetError> {
        let port = port.filter(|port| self.kind.default_port() != Some(*port));
        let text = port.map_or_else(String::new, |port| format!(":{port}"));
        self.splice(self.host_end as usize, self.path_start as usize, &text, Mark::PathStart)
    }

    /// Replaces the path: dot segments are resolved, and what has to be percent-encoded is, `?` and `#` among it.
    #[doc(alias = "set_path")]
    pub fn set_pathname(&mut self, value: &str) -> Result<(), SetError> {
        if self.has_opaque_path() {
            return Err(SetError::OpaquePath);
        }
        let value = without_tabs_and_newlines(value);
        let kind = self.kind;
        let mut text = String::with_capacity(value.len() + 1);
        // Path start state.
        match value.bytes().next() {
            None if !kind.is_special() && self.has_authority() => {}
            Some(first) if kind.is_slash(first) => path::append(&mut text, 0, &value[1..], kind),
            _ => path::append(&mut text, 0, &value, kind),
        }
        self.write_path(&text)
    }

    /// Replaces the path by one that is encoded and has its leading slash.
    pub(super) fn write_path(&mut self, text: &str) -> Result<(), SetError> {
        let (start, end) = (self.port_end(), self.path_end());
        let guarded = !self.has_authority() && text.starts_with("//");
        if guarded {
            self.splice(start, end, &format!("/.{text}"), Mark::QueryStart)?;
        } else {
            self.splice(start, end, text, Mark::QueryStart)?;
        }
        self.path_start = (start + if guarded { 2 } else { 0 }) as u32;
        Ok(())
    }

    /// Replaces the query; one leading `?` is dropped, and an empty value takes the query away.
    pub fn set_search(&mut self, value: &str) -> Result<(), SetError> {
        match value {
            "" => self.set_query(None),
            value => self.set_query(Some(value.strip_prefix('?').unwrap_or(value))),
        }
    }

    /// Replaces the query by `value` as it is, a leading `?` included, or takes it away. `Some("")` is a `?` with
    /// nothing behind it.
    pub fn set_query(&mut self, value: Option<&str>) -> Result<(), SetError> {
        let text = value.map(|value| {
            let mut text = String::from("?");
            parse::encode_query(&without_tabs_and_newlines(value), self.kind, &Options::new(), &mut text);
            text
        });
        self.write_query(text.as_deref())
    }

    /// Replaces the query by one that is encoded and has its `?`.
    pub(super) fn write_query(&mut self, text: Option<&str>) -> Result<(), SetError> {
        let (start, end) = (self.path_end(), self.query_end());
        self.splice(start, end, text.unwrap_or(""), Mark::FragmentStart)?;
        self.query_start = text.map_or(0, |_| start as u32);
        Ok(())
    }

    /// Replaces the fragment; one leading `#` is dropped, and an empty value takes the fragment away.
    pub fn set_hash(&mut self, value: &str) -> Result<(), SetError> {
        match value {
            "" => self.set_fragment(None),
            value => self.set_fragment(Some(value.strip_prefix('#').unwrap_or(value))),
        }
    }

    /// Replaces the fragment by `value` as it is, a leading `#` included, or takes it away. `Some("")` is a `#` with
    /// nothing behind it.
    pub fn set_fragment(&mut self, value: Option<&str>) -> Result<(), SetError> {
        let start = self.query_end();
        let text = value.map(|value| {
            let mut text = String::from("#");
            percent::encode_onto(without_tabs_and_newlines(value).as_bytes(), &FRAGMENT, &mut text);
            text
        });
        fits(start + text.as_ref().map_or(0, String::len))?;
        self.href.truncate(start);
        self.href.push_str(text.as_deref().unwrap_or(""));
        self.fragment_start = text.map_or(0, |_| start as u32);
        Ok(())
    }

    /// "Cannot have a username/password/port".
    fn check_authority(&self) -> Result<(), SetError> {
        match self.form {
            Form::Null | Form::Empty => Err(SetError::CannotHaveAuthority),
            _ if self.kind.is_file() => Err(SetError::CannotHaveAuthority),
            _ => Ok(()),
        }
    }

    /// This URL's scheme as a registry, if it is special because the caller said so.
    fn registered(&self) -> Option<SpecialSchemes> {
        match self.kind {
            Kind::Registered { .. } => SpecialSchemes::new().with(self.scheme(), self.kind.default_port()).ok(),
            _ => None,
        }
    }

    /// Replaces a part of the text. The offset `from` lies at its end, and it and those behind it move along; those
    /// inside the part are the caller's to set.
    fn splice(&mut self, start: usize, end: usize, text: &str, from: Mark) -> Result<(), SetError> {
        fits(self.href.len() - (end - start) + text.len())?;
        self.href.replace_range(start..end, text);
        // The result fits into 32 bits and wrapping arithmetic is exact there.
        let by = (text.len() as u32).wrapping_sub((end - start) as u32);
        for (mark, offset) in [
            (Mark::SchemeEnd, &mut self.scheme_end),
            (Mark::UsernameEnd, &mut self.username_end),
            (Mark::HostStart, &mut self.host_start),
            (Mark::HostEnd, &mut self.host_end),
            (Mark::PathStart, &mut self.path_start),
        ] {
            if mark >= from {
                *offset = offset.wrapping_add(by);
            }
        }
        for (mark, offset) in
            [(Mark::QueryStart, &mut self.query_start), (Mark::FragmentStart, &mut self.fragment_start)]
        {
            if mark >= from && *offset != 0 {
                *offset = offset.wrapping_add(by);
            }
        }
        Ok(())
    }
}

fn fits(length: usize) -> Result<(), SetError> {
    if length > MAX_LENGTH { Err(SetError::TooLong) } else { Ok(()) }
}
