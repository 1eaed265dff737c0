//! How much of a message is taken, and what is forgiven.

/// How large the parts of a message may be. Each limit is judged on the element, never on how the bytes were cut; what
/// is exactly as long as its limit passes, and 0 means 0.
///
/// All sizes are in octets and include the line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct MessageLimits {
    /// A whole head, from the start line to the empty line. Default 32,768: four times what nginx and Apache give one
    /// line, twice what Node and h11 give a head. At most 65,535, since offsets in a head are 16 bits wide; a larger
    /// number means that. Empty lines before a head (RFC 9112 2.2) may take as much again, all of them together.
    pub head: u32,
    /// The request line or status line. Default 8,192: RFC 9112 3 asks for at least 8,000.
    pub start_line: u32,
    /// One field line, the lines folded under it included. Default 16,384: browsers send cookies of 4 KiB each, and
    /// single sign-on tickets of 12 KiB are seen.
    pub field_line: u32,
    /// How many field lines a head or a trailer section may have. Default 128: Apache, hyper and CPython stop at 100, and
    /// servers that send a few more are known.
    pub fields: u16,
    /// The line before a chunk: its size and its extensions. Default 1,024: a size takes 18 octets.
    pub chunk_line: u32,
    /// The extensions of all chunks of one body together. Default 16,384, as in hyper and llhttp: without it a peer
    /// sends any amount of octets for each octet of content.
    pub extensions: u32,
    /// A trailer section, its empty line included. Default 8,192. At most 65,535, as for a head.
    pub trailers: u32,
}

impl Default for MessageLimits {
    fn default() -> Self {
        Self {
            head: 32_768,
            start_line: 8_192,
            field_line: 16_384,
            fields: 128,
            chunk_line: 1_024,
            extensions: 16_384,
            trailers: 8_192,
        }
    }
}

impl MessageLimits {
    /// The longest input that a head, a chunk line or a trailer section can need before it is judged.
    pub(super) fn window(&self) -> usize {
        let widest = self.head.min(OFFSETS).max(self.chunk_line).max(self.trailers.min(OFFSETS));
        // A lone CR between messages is judged by its second octet, whatever the limits.
        widest.max(2) as usize
    }
}

/// Offsets in a head are 16 bits wide.
pub(super) const OFFSETS: u32 = u16::MAX as u32;

/// Deviations that are forgiven. All are off by default, and each opens a door: where two recipients on one path
/// disagree on what a message is, a third party can put a message of its own between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Quirks {
    /// Takes a bare LF for a line end in heads and trailer sections (RFC 9112 2.2 allows it there), as some embedded
    /// servers send it. Danger: a peer that takes the LF for part of a value sees fewer fields than we do. Chunk lines
    /// always end in CRLF.
    pub bare_lf: bool,
    /// Takes folded field lines in *responses* (RFC 9112 5.2), as old servers and CGI programs send them; their values
    /// are read with each fold as one space. In requests a fold is always refused. Danger: a cache that ends the value
    /// at the first line sees another message than we do. Framing fields are refused when folded, all the same.
    pub obs_fold: bool,
    /// Takes spaces and tabs between a chunk's size and its line end, as servers that print sizes in a column do.
    /// Danger: a recipient that reads on after the space sees another size.
    pub chunk_size_space: bool,
}
