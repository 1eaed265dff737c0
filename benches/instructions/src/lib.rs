//! What is counted: shared with the benches that are timed.

#[path = "../../src/http1.rs"]
pub mod http1;

#[path = "../../src/smtp.rs"]
pub mod smtp;
