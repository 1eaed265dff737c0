//! How much of a message is opened.

/// The bounds of reading. What goes beyond one of them is a [defect](super::DefectKind), never an error: the message
/// is read to its end, opened as far as the limits allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Limits {
    /// How deep parts may lie within parts; the message itself is at depth 0. Deeper ones are told as leaves.
    ///
    /// 1,024 by default: nothing real goes beyond ten, and what a level costs is its boundary.
    pub depth: usize,
    /// How many parts are opened, the message included. After that, boundaries are text.
    ///
    /// 10,000 by default; the largest digests have some hundreds.
    pub parts: usize,
    /// Octets of one header (all fields of a part). Fields beyond are passed over.
    ///
    /// 1 MiB by default: Received, ARC and DKIM fields of a long way are some 50 KiB, and Python's corpora stay below.
    pub header: usize,
    /// Octets of one header field with its folds; what is longer is cut there.
    ///
    /// 64 KiB by default, which is 1,500 recipients in one field; a stream has to hold one field at a time.
    pub field: usize,
    /// Parameters of a Content-Type or Content-Disposition, each section of a continuation counted.
    ///
    /// 128 by default; a long file name takes a dozen sections.
    pub parameters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 1024, parts: 10_000, header: 1 << 20, field: 1 << 16, parameters: 128 }
    }
}
