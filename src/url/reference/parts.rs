//! Where the components of a reference lie in its text.

use core::ops::Range;

/// Seven offsets. The text is ASCII, so all of them are character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// Where the `:` behind the scheme stands; 0 without a scheme, which is never empty.
    pub(super) colon: u32,
    /// Where the authority begins, behind `//`; 0 without one.
    pub(super) authority: u32,
    /// Where the host begins: `authority`, or behind the `@`.
    pub(super) host: u32,
    /// Where the host ends: `path`, or where the `:` before the port stands.
    pub(super) host_end: u32,
    /// Where the path begins.
    pub(super) path: u32,
    /// Where the path ends: `fragment`, or where the `?` stands.
    pub(super) path_end: u32,
    /// Where the `#` stands; the length of the text without one.
    pub(super) fragment: u32,
    /// The length of the text.
    pub(super) end: u32,
}

/// As a range of indices.
fn range(start: u32, end: u32) -> Range<usize> {
    start as usize..end as usize
}

impl Parts {
    pub(super) fn scheme(&self) -> Option<Range<usize>> {
        (self.colon > 0).then(|| range(0, self.colon))
    }

    pub(super) fn authority(&self) -> Option<Range<usize>> {
        (self.authority > 0).then(|| range(self.authority, self.path))
    }

    pub(super) fn userinfo(&self) -> Option<Range<usize>> {
        (self.host > self.authority).then(|| range(self.authority, self.host - 1))
    }

    pub(super) fn host(&self) -> Option<Range<usize>> {
        (self.authority > 0).then(|| range(self.host, self.host_end))
    }

    pub(super) fn port(&self) -> Option<Range<usize>> {
        (self.authority > 0 && self.host_end < self.path).then(|| range(self.host_end + 1, self.path))
    }

    pub(super) fn path(&self) -> Range<usize> {
        range(self.path, self.path_end)
    }

    pub(super) fn query(&self) -> Option<Range<usize>> {
        (self.path_end < self.fragment).then(|| range(self.path_end + 1, self.fragment))
    }

    pub(super) fn fragment(&self) -> Option<Range<usize>> {
        (self.fragment < self.end).then(|| range(self.fragment + 1, self.end))
    }

    pub(super) fn without_fragment(self, text: &str) -> (&str, Self) {
        (&text[..self.fragment as usize], Self { end: self.fragment, ..self })
    }
}
