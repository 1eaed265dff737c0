#![no_main]

#[path = "../../tests/checks/query_structs.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::structs(data));
