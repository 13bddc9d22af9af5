//! Fuzz target for `latchkey_fuzz::proofs::proof`, whose documentation states the property.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| latchkey_fuzz::proofs::proof(bytes));
