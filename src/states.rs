//! State tables: what may happen to an engine stands once, row by row, is looked up through a square, and prints as the
//! diagram in the documentation.
//!
//! [`states!`](states) makes the enums of states and causes and the table between them. Two rows for one state and cause
//! do not compile. [`diagram`] prints the table, in the engine's function of that name; the documentation includes the print
//! as a file, `states.txt` beside the table, and a unit test holds the file to the table by `judge`.

use alloc::format;
use alloc::string::String;
use core::fmt;

/// From which state, on what, to which state.
pub(crate) type Row<S, C> = (S, C, S);

/// The states of an engine, and the table of all that may happen to them; made by [`states!`](states).
pub(crate) trait States: Copy + PartialEq + fmt::Debug + 'static {
    /// What moves an engine from one state to the next.
    type Cause: Copy + PartialEq + fmt::Debug + 'static;

    /// Every state, the first one first.
    const ALL: &'static [Self];
    /// Every cause.
    #[cfg(test)]
    const CAUSES: &'static [Self::Cause];
    /// The table.
    const ROWS: &'static [Row<Self, Self::Cause>];

    /// Where `cause` leads from here, if it may come here at all.
    fn on(self, cause: Self::Cause) -> Option<Self>;

    /// Where `cause` leads from here. Without a row for it something is wrong with the engine, which stays where it is.
    #[inline(always)]
    fn after(self, cause: Self::Cause) -> Option<Self> {
        let next = self.on(cause);
        debug_assert!(next.is_some(), "no row from {self:?} by {cause:?}");
        next
    }
}

/// Two enums and the table between them, and the test of their diagram:
///
/// ```text
/// states! {
///     /// Where a lamp stands.
///     enum State { Off, On, Broken, }
///     /// What happens to it.
///     enum Cause { Switch, Surge, }
///     table {
///         Off: Switch => On;
///         On: Switch => Off, Surge => Broken;
///     }
/// }
/// ```
macro_rules! states {
    (
        $(#[$state_meta:meta])*
        $state_visible:vis enum $state:ident { $($(#[$state_doc:meta])* $name:ident,)+ }
        $(#[$cause_meta:meta])*
        $cause_visible:vis enum $cause:ident { $($(#[$cause_doc:meta])* $event:ident,)+ }
        table { $($from:ident: $($by:ident => $to:ident),+;)+ }
    ) => {
        $(#[$state_meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $state_visible enum $state { $($(#[$state_doc])* $name,)+ }

        $(#[$cause_meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $cause_visible enum $cause { $($(#[$cause_doc])* $event,)+ }

        impl $crate::states::States for $state {
            type Cause = $cause;

            const ALL: &'static [Self] = &[$(Self::$name,)+];
            #[cfg(test)]
            const CAUSES: &'static [$cause] = &[$($cause::$event,)+];
            const ROWS: &'static [$crate::states::Row<Self, $cause>] =
                &[$($((Self::$from, $cause::$by, Self::$to),)+)+];

            #[inline(always)]
            fn on(self, cause: $cause) -> Option<Self> {
                const STATES: usize = [$($state::$name,)+].len();
                const CAUSES: usize = [$($cause::$event,)+].len();
                /// The rows by state and cause.
                static NEXT: [[Option<$state>; CAUSES]; STATES] = {
                    let rows = <$state as $crate::states::States>::ROWS;
                    let mut next = [[None; CAUSES]; STATES];
                    let mut row = 0;
                    while row < rows.len() {
                        let (from, by, to) = rows[row];
                        assert!(next[from as usize][by as usize].is_none(), "two rows for one state and cause");
                        next[from as usize][by as usize] = Some(to);
                        row += 1;
                    }
                    next
                };
                NEXT[self as usize][cause as usize]
            }
        }

        #[cfg(test)]
        #[test]
        fn the_diagram_is_the_table() {
            $crate::states::judge::<$state>(&super::diagram(), include_str!("states.txt"));
        }
    };
}
pub(crate) use states;

/// The table as text: each state, what `about` says of it, and where each cause leads.
pub(crate) fn diagram<S: States>(about: impl Fn(S) -> String) -> String {
    let mut text = String::new();
    for &state in S::ALL {
        let about = about(state);
        text += &if about.is_empty() { format!("{state:?}\n") } else { format!("{state:?} ({about})\n") };
        for (_, cause, to) in S::ROWS.iter().filter(|(from, ..)| *from == state) {
            text += &format!("    {:<12} -> {to:?}\n", format!("{cause:?}"));
        }
    }
    text
}

/// Holds the print of a table that the documentation shows to the table, and the table to sense: every state can be
/// reached, and every cause has its place.
#[cfg(test)]
pub(crate) fn judge<S: States>(printed: &str, documented: &str) {
    assert_eq!(documented, printed, "the table is:\n{printed}");
    let mut reached = alloc::vec::Vec::from([S::ALL[0]]);
    let mut at = 0;
    while let Some(&state) = reached.get(at) {
        for &cause in S::CAUSES {
            let next = state.on(cause);
            assert_eq!(S::ROWS.iter().any(|row| (row.0, row.1) == (state, cause)), next.is_some());
            reached.extend(next.filter(|next| !reached.contains(next)));
        }
        at += 1;
    }
    assert_eq!(S::ALL.iter().find(|state| !reached.contains(state)), None, "no cause leads there");
    let idle = S::CAUSES.iter().find(|cause| !S::ROWS.iter().any(|(_, by, _)| by == *cause));
    assert_eq!(idle, None, "leads nowhere");
}
