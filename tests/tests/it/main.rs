//! The end-to-end tests: one module for each endpoint, promise or document.
//!
//! All of them are one binary, because one link step is faster than thirty. `cargo nextest` runs every test in a
//! process of its own, so a test may change process-wide state, for example a panic hook. Run one suite with
//! `cargo nextest run -p latchkey-tests -E 'test(/^refresh::/)'`.

mod attacks;
mod binding;
mod cleanup;
mod device_keys;
mod docs;
mod doctor;
mod fleet;
mod forged_tokens;
mod functions;
mod guard;
mod http_contract;
mod identity_providers;
mod issuer_keys;
mod linearizability;
mod local_server;
mod login;
mod make;
mod monitoring;
mod openapi;
mod provider_logout;
mod rate_limits;
mod refresh;
mod request_costs;
mod revocation_feed;
mod revoke;
mod rotation_machine;
mod secrets;
mod sessions;
mod sign_in_review;
mod signing_keys;
mod store_faults;
mod template;
mod webhooks;
