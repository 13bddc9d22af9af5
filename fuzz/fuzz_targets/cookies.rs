//! Fuzz target for `latchkey_fuzz::fields::cookies`, whose documentation states the property.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| latchkey_fuzz::fields::cookies(bytes));
