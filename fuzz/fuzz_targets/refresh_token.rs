//! Fuzz target for `latchkey_fuzz::tokens::refresh_token`, whose documentation states the property.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| latchkey_fuzz::tokens::refresh_token(bytes));
