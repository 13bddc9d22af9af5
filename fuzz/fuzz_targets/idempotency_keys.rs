//! Fuzz target for `latchkey_fuzz::keys::idempotency_keys`, whose documentation states the property.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| latchkey_fuzz::keys::idempotency_keys(bytes));
