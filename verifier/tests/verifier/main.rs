//! The crate from outside: tokens, keys, sessions and the layer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access_tokens;
mod dpop_vectors;
#[cfg(feature = "hyper")]
mod https;
mod introspection;
mod jwks_cache;
#[cfg(feature = "axum")]
mod layer;
mod published;
mod signer;
mod wycheproof;
