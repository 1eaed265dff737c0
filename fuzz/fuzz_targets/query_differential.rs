#![no_main]

#[path = "../differential/query.rs"]
mod differential;

libfuzzer_sys::fuzz_target!(|data: &[u8]| differential::query(data));
