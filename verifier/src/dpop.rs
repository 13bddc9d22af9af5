//! Does the caller have the key that its token is bound to? Proofs of possession as RFC 9449 (DPoP) defines them.
//!
//! A token that is bound to a key is useless without that key, so that a copied token opens nothing. With each request the
//! client sends a proof: a JWT in the header `DPoP`, made for one method and one URL, and signed with the key. [`verify`]
//! checks it. The module does no I/O and reads no clock.
//!
//! ```
//! use std::time::SystemTime;
//! use http::HeaderMap;
//! use latchkey_verifier::dpop::{self, BaseUrls, Expected, KeyRule, NonceRule, Proof, ProofError};
//!
//! fn proof_of(headers: &HeaderMap, token: &str, urls: &BaseUrls) -> Result<Proof, ProofError> {
//!     let expected = Expected {
//!         method: "GET",
//!         base_urls: urls,
//!         path: "/orders",
//!         access_token: Some(token),
//!         key: KeyRule::Any,
//!         nonce: NonceRule::Ignored,
//!         now: SystemTime::now(),
//!     };
//!     dpop::verify(headers.get_all("dpop"), &expected)
//! }
//! # let urls = BaseUrls::parse(["https://api.example.com"]).unwrap();
//! # assert_eq!(proof_of(&HeaderMap::new(), "a.b.c", &urls).unwrap_err(), ProofError::Missing);
//! ```
//!
//! [`RequireSignedIn`](crate::RequireSignedIn) does this for whole requests.
//!
//! A proof can be used again for the same method and URL while its `iat` is recent. [`SeenProofs`] refuses that for methods
//! that change something, and [`Nonces`] limits how far ahead of time a proof can be made.
//!
//! *Source*: RFC 9449.

mod base_urls;
mod error;
mod expected;
mod jws;
mod key;
mod nonces;
mod proof;
mod seen;
mod thumbprint;

pub use base_urls::{BaseUrlError, BaseUrls};
pub use error::ProofError;
pub use expected::{Expected, KeyRule, NonceRule};
pub use jws::{PROOF_MAX_BYTES, UnverifiedProof};
pub use key::ProofKey;
pub use nonces::Nonces;
pub use proof::{Proof, access_token_hash, verify};
pub use seen::SeenProofs;
pub use thumbprint::{Thumbprint, ThumbprintError};
