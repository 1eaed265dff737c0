//! Not written yet.

#[cfg(feature = "mime")]
pub mod maildir;
