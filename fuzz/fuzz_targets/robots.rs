#![no_main]

#[path = "../../tests/checks/robots.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::robots(data));
