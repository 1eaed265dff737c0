#![no_main]

#[path = "../differential/url.rs"]
mod differential;

libfuzzer_sys::fuzz_target!(|data: &[u8]| differential::url(data));
