//! End-to-end tests: the router in this process, the local server, the functions' binaries.
//!
//! | caller | through |
//! |---|---|
//! | users and services | [`world`]: the real router on a real engine, in process |
//! | the same | [`openapi`]: compares every response of the router with `openapi.yaml` |
//! | API Gateway | [`lambda`] and [`event`]: the real binaries under a Lambda runtime API |
//! | a crowd | [`load`]: the local server over HTTP, under load and faults |

pub mod binary;
pub mod event;
pub mod lambda;
pub mod load;
pub mod mmdb;
pub mod openapi;
pub mod random;
pub mod world;

/// The Rust of this page compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/verifying.md")]
struct VerifyingAccessTokens;
