//! What it promises is said beside it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| latchkey_fuzz::events::cleanup_event(bytes));
