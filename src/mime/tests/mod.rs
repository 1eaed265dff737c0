//! Unit tests of the module, one file for each thing.

mod address;
mod build;
mod codec;
mod date;
mod flowed;
mod mbox;
mod message;
mod name;
mod parameters;
mod stream;
mod word;

use super::{Defect, DefectKind};
use std::vec::Vec;

/// The kinds of some defects.
fn kinds(defects: &[Defect]) -> Vec<DefectKind> {
    defects.iter().map(|defect| defect.kind).collect()
}
