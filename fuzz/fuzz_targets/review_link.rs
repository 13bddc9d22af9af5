//! Fuzz target for `latchkey_fuzz::fields::review_link`, whose documentation states the property.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| latchkey_fuzz::fields::review_link(bytes));
