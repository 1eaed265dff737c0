//! The adapters under a toy protocol: lines, told and answered.

mod drive;
mod servers;
#[cfg(all(feature = "tls", feature = "cli"))]
mod tls;
mod toy;
