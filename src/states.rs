//! State tables: the rows stand once, are looked up through a square, and print as the diagram in the documentation.
//!
//! An engine declares its states and its causes as plain enums, each with a `COUNT`, writes the rows as one `const`
//! slice, and turns it into a square with `square!`. Two rows for one state and cause do not compile. A unit test holds
//! what the documentation shows ([`documented`]) against what the table says ([`diagram`]).

/// From which state, on what, to which state.
pub(crate) type Row<S, C> = (S, C, S);

/// Turns rows into a square for looking up: `square!(State, Cause, TABLE)`.
macro_rules! square {
    ($state:ty, $cause:ty, $table:expr) => {{
        let mut square: [[Option<$state>; <$cause>::COUNT]; <$state>::COUNT] =
            [[None; <$cause>::COUNT]; <$state>::COUNT];
        let mut row = 0;
        while row < $table.len() {
            let (from, on, to) = $table[row];
            assert!(square[from as usize][on as usize].is_none(), "two rows for one state and cause");
            square[from as usize][on as usize] = Some(to);
            row += 1;
        }
        square
    }};
}
pub(crate) use square;

/// The table as it stands in the documentation.
#[cfg(test)]
pub(crate) fn diagram<S, C>(table: &[Row<S, C>], describe: impl Fn(S) -> &'static str) -> alloc::string::String
where
    S: Copy + PartialEq + core::fmt::Debug,
    C: Copy + core::fmt::Debug,
{
    let mut text = alloc::string::String::new();
    let mut last = None;
    for &(from, on, to) in table {
        if last != Some(from) {
            text += &alloc::format!("{from:?} ({})\n", describe(from));
            last = Some(from);
        }
        text += &alloc::format!("  {:<9} ──▶ {to:?}\n", alloc::format!("{on:?}"));
    }
    text
}

/// The lines of the documentation's diagram in a source file: those between ```` ```text ```` and the closing fence
/// behind the heading `# States`.
#[cfg(test)]
pub(crate) fn documented(source: &str) -> alloc::string::String {
    source
        .lines()
        .skip_while(|line| *line != "/// # States")
        .skip_while(|line| *line != "/// ```text")
        .skip(1)
        .take_while(|line| *line != "/// ```")
        .flat_map(|line| [line.strip_prefix("/// ").unwrap_or(""), "\n"])
        .collect()
}
