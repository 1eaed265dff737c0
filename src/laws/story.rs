//! How a broken law is told.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The laws, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Law {
    /// The same however the input is cut.
    Split,
    /// No panic.
    Total,
    /// A buffer of `window()` octets suffices.
    Bounded,
    /// Work in proportion to what came.
    Linear,
    /// No hot loop.
    Progress,
    /// Silent after an error or a close.
    Fused,
    /// Slices of events lie inside the octets taken.
    Inside,
    /// Paused is still.
    Paused,
    /// The same for every output mark and every lateness.
    Marks,
    /// Deadlines lead somewhere.
    Time,
    /// Both ends agree through every cut.
    Mirror,
    /// Written, then read, is the same.
    RoundTrip,
    /// A value stays a value.
    Forgery,
}

/// A law that was broken, and the smallest way found to break it.
#[derive(Clone, PartialEq, Eq)]
pub struct Story {
    /// The law.
    pub law: Law,
    /// The input, made as small as it could be while the same law still breaks.
    pub input: Vec<u8>,
    /// How the machine was driven: the cut, the mark, the moment.
    pub how: String,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub found: String,
}

impl Story {
    pub(super) fn new(
        law: Law,
        input: &[u8],
        how: impl fmt::Display,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        use alloc::string::ToString;
        Self {
            law,
            input: input.to_vec(),
            how: how.to_string(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "law {:?} is broken", self.law)?;
        writeln!(f, "  input:    \"{}\" ({} octets)", self.input.escape_ascii(), self.input.len())?;
        writeln!(f, "  how:      {}", self.how)?;
        writeln!(f, "  expected: {}", self.expected)?;
        write!(f, "  found:    {}", self.found)
    }
}

/// As `Display`, so that `unwrap` tells the story.
impl fmt::Debug for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}\n")
    }
}

impl core::error::Error for Story {}

/// Makes `story` smaller: pieces of its input are left out for as long as `judge` breaks the same law on the rest.
pub(super) fn smallest(story: Story, judge: impl Fn(&[u8]) -> Result<(), Story>) -> Story {
    const ATTEMPTS: usize = 300;
    let mut best = story;
    let mut attempts = 0;
    let mut piece = best.input.len().div_ceil(2);
    while piece > 0 {
        let mut from = 0;
        while from < best.input.len() && attempts < ATTEMPTS {
            attempts += 1;
            let to = (from + piece).min(best.input.len());
            let shorter = [&best.input[..from], &best.input[to..]].concat();
            match judge(&shorter) {
                Err(again) if again.law == best.law => best = again,
                _ => from = to,
            }
        }
        piece /= 2;
    }
    best
}

/// Runs `body` and tells a panic as a broken law.
pub(super) fn total<T>(input: &[u8], how: &str, body: impl FnOnce() -> Result<T, Story>) -> Result<T, Story> {
    match std::panic::catch_unwind(core::panic::AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(panic) => {
            let said = panic
                .downcast_ref::<&str>()
                .map(|text| String::from(*text))
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(Story::new(Law::Total, input, how, "no panic", format_args!("panicked: {said}")))
        }
    }
}
