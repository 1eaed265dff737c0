#![no_main]

#[path = "../differential/reference.rs"]
mod differential;

libfuzzer_sys::fuzz_target!(|data: &[u8]| differential::reference(data));
