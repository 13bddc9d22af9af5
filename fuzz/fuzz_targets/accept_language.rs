//! Fuzz target for `latchkey_fuzz::fields::accept_language`, whose documentation states the property.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| latchkey_fuzz::fields::accept_language(bytes));
