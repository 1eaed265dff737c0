#![no_main]

#[path = "../../tests/checks/python.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::python(data));
