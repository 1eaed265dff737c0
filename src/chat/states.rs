//! State tables: the rows stand once, are looked up through a square, and print as the diagram in the documentation.

/// From which state, on what, to which state.
pub(super) type Row<S, C> = (S, C, S);

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
pub(super) use square;

/// The table as it stands in the documentation.
#[cfg(test)]
pub(super) fn diagram<S, C>(table: &[Row<S, C>], describe: impl Fn(S) -> &'static str) -> alloc::string::String
where
    S: Copy + PartialEq + core::fmt::Debug,
    C: Copy + core::fmt::Debug,
{
    use core::fmt::Write;
    let mut text = alloc::string::String::new();
    let mut last = None;
    for &(from, on, to) in table {
        if last != Some(from) {
            writeln!(text, "{from:?} ({})", describe(from)).unwrap();
            last = Some(from);
        }
        writeln!(text, "  {:<9} ──▶ {to:?}", alloc::format!("{on:?}")).unwrap();
    }
    text
}

/// The lines of the documentation's diagram in a source file: those between ```` ```text ```` and the closing fence
/// behind the heading `# States`.
#[cfg(test)]
pub(super) fn documented(source: &str) -> alloc::string::String {
    source
        .lines()
        .skip_while(|line| *line != "/// # States")
        .skip_while(|line| *line != "/// ```text")
        .skip(1)
        .take_while(|line| *line != "/// ```")
        .flat_map(|line| [line.strip_prefix("/// ").unwrap_or(""), "\n"])
        .collect()
}
