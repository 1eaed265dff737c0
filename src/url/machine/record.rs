//! The URL record (URL Standard 4.1) and its serialiser (4.5).

use crate::url::Url;
use crate::url::host::Form;
use crate::url::ip;
use crate::url::options::{MAX_LENGTH, Options};
use crate::url::scheme::Kind;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Domain(String),
    Ipv4(u32),
    Ipv6([u16; 8]),
    Opaque(String),
    Empty,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Path {
    Opaque(String),
    List(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) scheme: String,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) host: Option<Host>,
    pub(super) port: Option<u16>,
    pub(super) path: Path,
    pub(super) query: Option<String>,
    pub(super) fragment: Option<String>,
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            scheme: String::new(),
            username: String::new(),
            password: String::new(),
            host: None,
            port: None,
            path: Path::List(Vec::new()),
            query: None,
            fragment: None,
        }
    }

    pub(super) fn of(url: &Url) -> Self {
        let host = match url.form {
            Form::Null => None,
            Form::Empty => Some(Host::Empty),
            Form::Opaque => Some(Host::Opaque(url.hostname().into())),
            Form::Domain => Some(Host::Domain(url.hostname().into())),
            Form::Ipv4 | Form::Ipv6 => match url.host() {
                Some(crate::url::Host::Ipv4(address)) => Some(Host::Ipv4(address.to_bits())),
                Some(crate::url::Host::Ipv6(address)) => Some(Host::Ipv6(address.segments())),
                _ => None,
            },
        };
        let path = if url.has_opaque_path() {
            Path::Opaque(url.pathname().into())
        } else {
            Path::List(url.pathname().split('/').skip(1).map(String::from).collect())
        };
        Self {
            scheme: url.scheme().into(),
            username: url.username().into(),
            password: url.password().into(),
            host,
            port: url.port(),
            path,
            query: url.query().map(String::from),
            fragment: url.fragment().map(String::from),
        }
    }

    pub(super) fn has_opaque_path(&self) -> bool {
        matches!(self.path, Path::Opaque(_))
    }

    pub(super) fn includes_credentials(&self) -> bool {
        !self.username.is_empty() || !self.password.is_empty()
    }

    #[cfg(any(test, feature = "testing"))]
    pub(super) fn cannot_have_username_password_port(&self) -> bool {
        matches!(self.host, None | Some(Host::Empty)) || self.scheme == "file"
    }

    /// Shorten.
    pub(super) fn shorten(&mut self) {
        let Path::List(path) = &mut self.path else { return };
        if self.scheme == "file" && path.len() == 1 && is_normalized_windows_drive_letter(&path[0]) {
            return;
        }
        path.pop();
    }

    /// The URL serialiser, which notes where each part lies. `None` if it is too long for a [`Url`].
    pub(super) fn into_url(self, options: &Options<'_>) -> Option<Url> {
        let kind: Kind = options.kind_of_lower(&self.scheme);
        let mut url = Url::blank(kind, self.scheme.clone());
        url.scheme_end = mark(&url.href)?;
        url.href.push(':');
        match &self.host {
            None => url.mark_null_host(),
            Some(host) => {
                url.href.push_str("//");
                url.href.push_str(&self.username);
                url.username_end = mark(&url.href)?;
                if self.includes_credentials() {
                    if !self.password.is_empty() {
                        url.href.push(':');
                        url.href.push_str(&self.password);
                    }
                    url.href.push('@');
                }
                url.host_start = mark(&url.href)?;
                url.form = host.write(&mut url.href);
                url.host_end = mark(&url.href)?;
                if let Some(port) = self.port {
                    url.href.push(':');
                    url.href.push_str(&port.to_string());
                }
            }
        }
        if let (None, Path::List(path)) = (&self.host, &self.path)
            && path.len() > 1
            && path[0].is_empty()
        {
            url.href.push_str("/.");
        }
        url.path_start = mark(&url.href)?;
        match &self.path {
            Path::Opaque(path) => url.href.push_str(path),
            Path::List(path) => {
                for segment in path {
                    url.href.push('/');
                    url.href.push_str(segment);
                }
            }
        }
        if let Some(query) = &self.query {
            url.query_start = mark(&url.href)?;
            url.href.push('?');
            url.href.push_str(query);
        }
        if let Some(fragment) = &self.fragment {
            url.fragment_start = mark(&url.href)?;
            url.href.push('#');
            url.href.push_str(fragment);
        }
        (url.href.len() <= MAX_LENGTH).then_some(url)
    }
}

fn mark(href: &str) -> Option<u32> {
    u32::try_from(href.len()).ok()
}

impl Host {
    fn write(&self, out: &mut String) -> Form {
        match self {
            Self::Domain(name) => {
                out.push_str(name);
                Form::Domain
            }
            Self::Opaque(name) => {
                out.push_str(name);
                Form::Opaque
            }
            Self::Ipv4(address) => {
                ip::write_v4(*address, out);
                Form::Ipv4
            }
            Self::Ipv6(pieces) => {
                out.push('[');
                ip::write_v6(*pieces, out);
                out.push(']');
                Form::Ipv6
            }
            Self::Empty => Form::Empty,
        }
    }
}

pub(super) fn is_windows_drive_letter(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && matches!(chars.next(), Some(':' | '|'))
        && chars.next().is_none()
}

pub(super) fn is_normalized_windows_drive_letter(text: &str) -> bool {
    is_windows_drive_letter(text) && text.ends_with(':')
}
