#![no_main]

#[path = "../differential/http1.rs"]
mod differential;

libfuzzer_sys::fuzz_target!(|data: &[u8]| differential::heads(data));
