#![no_main]

#[path = "../../tests/checks/http1_values.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::exchange(data));
