//! `file` URLs and the paths of file systems.

use super::Url;
use super::host::{self, Form};
use super::path::{Dots, is_drive_letter};
use super::scheme::Kind;
use crate::syntax::percent::{self, PATH, Set};
use alloc::string::String;
use alloc::vec::Vec;

/// How a file system writes its paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathStyle {
    /// Octets, `/` between components.
    Posix,
    /// UTF-8, `\` or `/` between components, drives and `\\server\share`.
    Windows,
}

/// Why a path is no `file` URL, or a URL no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilePathError {
    /// The path is relative.
    #[error("the path is not absolute")]
    NotAbsolute,
    /// A component `..`, which a URL would resolve without asking the file system.
    #[error("the path has a component `..`")]
    DotSegment,
    /// A NUL, which no file name has.
    #[error("the path has a NUL")]
    Nul,
    /// A path for Windows that is not UTF-8.
    #[error("the path is not UTF-8")]
    NotUtf8,
    /// A server that is no host, or a URL's host where the style has none.
    #[error("the host is none that such a path has")]
    Host,
    /// A URL of another scheme.
    #[error("the scheme is not file")]
    NotFile,
    /// A segment that contains, percent-encoded, what parts the components of a path.
    #[error("a segment has an encoded separator")]
    EncodedSeparator,
    /// A URL without a drive letter, which Windows asks for.
    #[error("the path begins with no drive letter")]
    NoDrive,
}

/// What is encoded in a component: the path's set, and what a URL would read as something else.
const COMPONENT: Set = PATH.with(b"/\\%|");

impl Url {
    /// The `file` URL of an absolute path.
    ///
    /// `.` components are dropped; `..` is [refused](FilePathError::DotSegment), since what it leads to is for the file
    /// system to say. A trailing separator stays.
    ///
    /// ```
    /// use plainwire::url::{PathStyle, Url};
    ///
    /// let url = Url::from_path_octets(br"C:\Users\50% done?.txt", PathStyle::Windows).unwrap();
    /// assert_eq!(url.as_str(), "file:///C:/Users/50%25%20done%3F.txt");
    /// assert_eq!(url.to_path_octets(PathStyle::Windows).unwrap(), br"C:\Users\50% done?.txt");
    ///
    /// let url = Url::from_path_octets(br"\\server\share\x", PathStyle::Windows).unwrap();
    /// assert_eq!(url.as_str(), "file://server/share/x");
    /// ```
    pub fn from_path_octets(path: &[u8], style: PathStyle) -> Result<Self, FilePathError> {
        if path.contains(&0) {
            return Err(FilePathError::Nul);
        }
        match style {
            PathStyle::Posix => {
                let behind = path.strip_prefix(b"/").ok_or(FilePathError::NotAbsolute)?;
                file_url(None, behind.split(|octet| *octet == b'/'))
            }
            PathStyle::Windows => {
                let path = core::str::from_utf8(path).map_err(|_| FilePathError::NotUtf8)?;
                from_windows(path)
            }
        }
    }

    /// The path that a `file` URL means. Query and fragment don't matter.
    ///
    /// A host that is not empty is an [error](FilePathError::Host) for POSIX, and the server of a share for Windows.
    pub fn to_path_octets(&self, style: PathStyle) -> Result<Vec<u8>, FilePathError> {
        if self.kind != Kind::File {
            return Err(FilePathError::NotFile);
        }
        let separators: &[u8] = match style {
            PathStyle::Posix => b"/",
            PathStyle::Windows => b"/\\",
        };
        let mut path = Vec::new();
        match (style, self.hostname()) {
            (PathStyle::Posix, "") => {}
            (PathStyle::Posix, _) => return Err(FilePathError::Host),
            (PathStyle::Windows, "") => {
                let first = self.pathname()[1..].split('/').next().unwrap_or_default();
                if !is_drive_letter(first.as_bytes()) {
                    return Err(FilePathError::NoDrive);
                }
            }
            (PathStyle::Windows, server) => {
                path.extend_from_slice(b"\\\\");
                path.extend_from_slice(server.as_bytes());
                path.push(b'\\');
            }
        }
        let mut segments = self.pathname()[1..].split('/').enumerate().peekable();
        while let Some((index, segment)) = segments.next() {
            if style == PathStyle::Posix || index > 0 {
                path.push(separators[separators.len() - 1]);
            }
            let decoded = percent::decode(segment.as_bytes());
            if decoded.contains(&0) {
                return Err(FilePathError::Nul);
            }
            if decoded.iter().any(|octet| separators.contains(octet)) {
                return Err(FilePathError::EncodedSeparator);
            }
            path.extend_from_slice(&decoded);
            if index == 0 && segments.peek().is_none() && style == PathStyle::Windows && self.hostname().is_empty() {
                // C: alone is the drive's current folder; the URL means its root.
                path.push(b'\\');
            }
        }
        if style == PathStyle::Windows && core::str::from_utf8(&path).is_err() {
            return Err(FilePathError::NotUtf8);
        }
        Ok(path)
    }
}

fn from_windows(path: &str) -> Result<Url, FilePathError> {
    let is_separator = |octet: u8| matches!(octet, b'/' | b'\\');
    // Verbatim paths: \\?\C:\… and \\?\UNC\server\share\…
    let (path, share) = match path.strip_prefix(r"\\?\") {
        Some(verbatim) => match verbatim.get(..4).filter(|head| head.eq_ignore_ascii_case(r"UNC\")) {
            Some(_) => (&verbatim[4..], true),
            None => (verbatim, false),
        },
        None => match path.as_bytes() {
            [first, second, ..] if is_separator(*first) && is_separator(*second) => (&path[2..], true),
            _ => (path, false),
        },
    };
    let octets = path.as_bytes();
    if share {
        let mut components = octets.split(|octet| is_separator(*octet));
        let server = components.next().unwrap_or_default();
        let server = core::str::from_utf8(server).ok().filter(|server| !server.is_empty() && *server != "?");
        return file_url(Some(server.ok_or(FilePathError::Host)?), components);
    }
    match octets {
        [_, b':', third, ..] if is_drive_letter(&octets[..2]) && is_separator(*third) => {
            file_url(None, octets.split(|octet| is_separator(*octet)))
        }
        _ => Err(FilePathError::NotAbsolute),
    }
}

fn file_url<'p>(server: Option<&str>, components: impl Iterator<Item = &'p [u8]>) -> Result<Url, FilePathError> {
    let mut url = Url::blank(Kind::File, String::from("file://"));
    url.scheme_end = 4;
    url.mark_empty_host();
    if let Some(server) = server {
        // `localhost` would be no host at all, and a `%` would be decoded: neither comes back.
        let form = host::parse(server, true, &mut url.href).map_err(|_| FilePathError::Host)?;
        url.end_file_host(form);
        if url.form == Form::Empty || server.contains('%') {
            return Err(FilePathError::Host);
        }
    }
    let start = url.href.len();
    let mut components = components.peekable();
    while let Some(component) = components.next() {
        let last = components.peek().is_none();
        match Dots::of(component) {
            Dots::Two if component == b".." => return Err(FilePathError::DotSegment),
            Dots::One if component == b"." => {
                if last {
                    url.href.push('/');
                }
                continue;
            }
            _ => {}
        }
        url.href.push('/');
        percent::encode_onto(component, &COMPONENT, &mut url.href);
    }
    if url.href.len() == start {
        url.href.push('/');
    }
    if url.href.len() > super::options::MAX_LENGTH {
        return Err(FilePathError::NotAbsolute);
    }
    Ok(url)
}

#[cfg(all(feature = "std", any(unix, windows)))]
mod native {
    use super::{FilePathError, PathStyle, Url};
    #[cfg(windows)]
    use alloc::string::String;
    use alloc::vec::Vec;
    use std::ffi::OsStr;
    use std::path::{Path, PathBuf};

    #[cfg(unix)]
    const STYLE: PathStyle = PathStyle::Posix;
    #[cfg(windows)]
    const STYLE: PathStyle = PathStyle::Windows;

    #[cfg(unix)]
    #[expect(clippy::unnecessary_wraps, reason = "on Windows it can fail")]
    fn octets(path: &OsStr) -> Result<&[u8], FilePathError> {
        Ok(std::os::unix::ffi::OsStrExt::as_bytes(path))
    }

    #[cfg(windows)]
    fn octets(path: &OsStr) -> Result<&[u8], FilePathError> {
        path.to_str().map(str::as_bytes).ok_or(FilePathError::NotUtf8)
    }

    #[cfg(unix)]
    #[expect(clippy::unnecessary_wraps, reason = "on Windows it can fail")]
    fn path(octets: Vec<u8>) -> Result<PathBuf, FilePathError> {
        let path: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(octets);
        Ok(path.into())
    }

    #[cfg(windows)]
    fn path(octets: Vec<u8>) -> Result<PathBuf, FilePathError> {
        String::from_utf8(octets).map(PathBuf::from).map_err(|_| FilePathError::NotUtf8)
    }

    impl Url {
        /// The `file` URL of an absolute path of this system; see [`from_path_octets`](Self::from_path_octets).
        ///
        /// ```
        /// # #[cfg(unix)] {
        /// use plainwire::url::Url;
        ///
        /// let url = Url::from_file_path("/tmp/a b.txt").unwrap();
        /// assert_eq!(url.as_str(), "file:///tmp/a%20b.txt");
        /// assert_eq!(url.to_file_path().unwrap(), std::path::Path::new("/tmp/a b.txt"));
        /// # }
        /// ```
        pub fn from_file_path(path: impl AsRef<Path>) -> Result<Self, FilePathError> {
            Self::from_path_octets(octets(path.as_ref().as_os_str())?, STYLE)
        }

        /// As [`from_file_path`](Self::from_file_path), with a slash at the end, so that what is
        /// [joined](Self::join) to it lies inside.
        pub fn from_directory_path(path: impl AsRef<Path>) -> Result<Self, FilePathError> {
            let mut url = Self::from_file_path(path)?;
            if !url.href.ends_with('/') {
                url.href.push('/');
            }
            Ok(url)
        }

        /// The path of this system that a `file` URL means; see [`to_path_octets`](Self::to_path_octets).
        pub fn to_file_path(&self) -> Result<PathBuf, FilePathError> {
            path(self.to_path_octets(STYLE)?)
        }
    }
}
