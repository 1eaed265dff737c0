#![no_main]

#[path = "../../tests/checks/smtp.rs"]
#[allow(dead_code, reason = "each target runs one of the checks")]
mod checks;
#[path = "../../tests/checks/smtp_ops.rs"]
#[allow(dead_code, reason = "each target runs one of the checks")]
mod ops;

libfuzzer_sys::fuzz_target!(|data: &[u8]| ops::server(data));
