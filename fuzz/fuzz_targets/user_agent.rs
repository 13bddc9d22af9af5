//! Fuzz target for `latchkey_fuzz::agents::user_agent`, whose documentation states the property.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| latchkey_fuzz::agents::user_agent(bytes));
