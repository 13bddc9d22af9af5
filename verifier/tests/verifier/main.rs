//! The crate from outside: tokens, keys, sessions and the layer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access_tokens;
#[cfg(feature = "axum")]
mod bound_tokens;
mod dpop_properties;
mod dpop_vectors;
mod feed_simulation;
mod feed_vectors;
#[cfg(feature = "hyper")]
mod https;
mod introspection;
mod jwks_cache;
#[cfg(feature = "axum")]
mod layer;
mod memory;
mod prover;
mod published;
mod revocation_feed;
mod signed_claims;
mod signer;
mod virtual_clock;
mod wycheproof;
