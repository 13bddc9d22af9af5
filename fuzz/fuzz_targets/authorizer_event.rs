//! Fuzz target for `latchkey_fuzz::events::authorizer_event`, whose documentation states the property.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| latchkey_fuzz::events::authorizer_event(bytes));
