//! The adapters under a toy protocol: lines, told and answered.

mod address;
mod adversity;
#[cfg(feature = "chat")]
mod chat;
mod drive;
mod multicast;
mod servers;
#[cfg(all(feature = "tls", feature = "cli"))]
mod tls;
pub(in crate::net) mod toy;
