//! The segments of a path.

use super::Url;
use super::error::SetError;
use super::path::{Dots, is_lone_drive};
use crate::syntax::percent::{self, PATH, Set};
use alloc::borrow::Cow;
use alloc::string::String;

/// What is encoded in a segment that is a value: the path's set, and what would part it or be taken for an escape.
const SEGMENT: Set = PATH.with(b"/\\%");

impl Url {
    /// The segments of the path as they stand, percent-encoded: `/a/b/` has `a`, `b` and an empty one. `None` for an
    /// opaque path.
    pub fn path_segments(&self) -> Option<impl DoubleEndedIterator<Item = &str>> {
        let path = self.pathname();
        let segments = path.strip_prefix('/').map(|path| path.split('/'));
        (!self.has_opaque_path()).then(|| segments.into_iter().flatten())
    }

    /// Adds a segment behind the last one, which stays. An empty last segment, as behind a trailing slash, is replaced.
    ///
    /// The segment is a value: `/`, `\` and `%` in it are percent-encoded, so it stays one segment and is read back as
    /// it was given.
    ///
    /// ```
    /// use plainwire::url::Url;
    ///
    /// let mut url = Url::parse("https://example.org/api?x").unwrap();
    /// url.append_segment("v1").unwrap();
    /// url.append_segment("50% off/now").unwrap();
    /// assert_eq!(url.as_str(), "https://example.org/api/v1/50%25%20off%2Fnow?x");
    /// ```
    ///
    /// [`OpaquePath`](SetError::OpaquePath) where there are no segments; [`DotSegment`](SetError::DotSegment) for `.` and
    /// `..`, which can't be written as segments; [`TooLong`](SetError::TooLong).
    #[doc(alias = "path_segments_mut")]
    pub fn append_segment(&mut self, segment: &str) -> Result<(), SetError> {
        self.append_segments([segment])
    }

    /// Adds several segments; see [`append_segment`](Self::append_segment). All or none.
    pub fn append_segments<S: AsRef<str>>(&mut self, segments: impl IntoIterator<Item = S>) -> Result<(), SetError> {
        if self.has_opaque_path() {
            return Err(SetError::OpaquePath);
        }
        let mut path = String::from(self.pathname());
        let before = path.len();
        for segment in segments {
            let segment = segment.as_ref();
            if Dots::of(segment.as_bytes()) != Dots::None && !segment.contains('%') {
                return Err(SetError::DotSegment);
            }
            if !path.ends_with('/') {
                path.push('/');
            }
            let first = path.len() == 1;
            let mut text: Cow<'_, str> = percent::encode(segment.as_bytes(), &SEGMENT);
            if first && self.kind.is_file() && matches!(text.as_bytes(), [letter, b'|'] if letter.is_ascii_alphabetic())
            {
                // As the first segment of a `file` URL this would be read as a drive letter.
                text = Cow::Owned(text.replace('|', "%7C"));
            }
            path.push_str(&text);
        }
        if path.len() == before {
            return Ok(());
        }
        self.write_path(&path)
    }

    /// Takes the last segment away, with its slash; the slash before it stays only where it is the path's first. The
    /// drive letter of a `file` URL stays. `false` if there was nothing to take.
    ///
    /// ```
    /// use plainwire::url::Url;
    ///
    /// let mut url = Url::parse("https://example.org/a/b").unwrap();
    /// assert!(url.pop_segment());
    /// assert_eq!(url.as_str(), "https://example.org/a");
    /// assert!(url.pop_segment());
    /// assert!(!url.pop_segment());
    /// assert_eq!(url.as_str(), "https://example.org/");
    /// ```
    pub fn pop_segment(&mut self) -> bool {
        let path = self.pathname();
        if self.has_opaque_path() || matches!(path, "" | "/") || self.kind.is_file() && is_lone_drive(path.as_bytes()) {
            return false;
        }
        let kept = String::from(path.rsplit_once('/').map_or("", |(before, _)| before));
        // A shorter URL always fits.
        self.write_path(if kept.is_empty() { "/" } else { &kept }).is_ok()
    }
}
