//! Grammar that several protocols share.

#[cfg(any(feature = "smtp", feature = "pop3"))]
pub mod dots;
#[cfg(any(feature = "smtp", feature = "pop3"))]
pub mod line;
pub mod percent;

#[cfg(any(feature = "mime", feature = "cookie"))]
pub(crate) mod calendar;
#[cfg(any(feature = "mime", feature = "web"))]
pub(crate) mod file_name;
#[cfg(any(feature = "pop3", feature = "web"))]
pub(crate) mod hex;
#[cfg(feature = "mime")]
pub(crate) mod token;
