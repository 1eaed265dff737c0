//! The server's side: a handler for requests on the pool and on the reactor, and files.

pub mod conditional;
pub mod path;
pub mod range;
