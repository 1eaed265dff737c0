//! Downloads.

pub mod plan;
