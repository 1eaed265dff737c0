//! Not written yet.

#[cfg(feature = "web")]
pub mod http;
#[cfg(feature = "mime")]
pub mod maildir;
