//! One file for each area.

use crate::measure::Bench;

/// Every area, by the name that the command line takes.
pub const ALL: &[(&str, fn(&mut Bench))] = &[];
