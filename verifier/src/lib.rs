//! Verifies Latchkey's access tokens in any Rust service.
//!
//! A service that receives Latchkey's access tokens must find out, for each request, which user is calling. This crate
//! verifies the tokens in any Rust service: with or without tower, with any HTTP client, and without an AWS SDK.
//!
//! It has four parts:
//!
//! - [`Verifier`] checks a token offline, with the issuer's public keys. [`RemoteVerifier`] also fetches these keys, caches
//!   them and follows a key rotation.
//! - A [`SessionCheck`] finds out whether the session has ended in the meantime. [`RevocationFeed`] does so by a signed list of
//!   ended sessions, [`Introspection`] by asking the issuer for each request.
//! - [`RequireSignedIn`] checks whole requests: it finds the token in `Authorization` or in the access cookie, and answers
//!   with `application/problem+json` if the check fails. With the feature `tower` it is a layer.
//! - [`dpop`] verifies proofs of possession: a token that is bound to a key is worth nothing without that key.
//!
//! # Verify a token
//!
//! ```
//! use std::time::SystemTime;
//! use latchkey_verifier::{AccessTokenError, Verifier};
//!
//! fn user_of(token: &str, jwks: &str) -> Result<String, Box<dyn std::error::Error>> {
//!     // `jwks` is the text of https://app.example.com/api/auth/.well-known/jwks.json
//!     let verifier = Verifier::parse(jwks, "https://app.example.com/api/auth", "shop")?;
//!     match verifier.verify(token, SystemTime::now()) {
//!         Ok(claims) => Ok(claims.sub.to_string()),
//!         // The client should refresh its token and try again.
//!         Err(AccessTokenError::Expired) => Err("expired".into()),
//!         // The token was never valid for this service, or it is bound to a key and needs a proof.
//!         Err(_) => Err("invalid".into()),
//!     }
//! }
//! # let jwks = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sample/jwks.json"));
//! # let forged = format!("{}A", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sample/token.txt")).trim());
//! # assert_eq!(user_of(&forged, jwks).unwrap_err().to_string(), "invalid");
//! ```
//!
//! Parse the keys once, keep the `Verifier`, and clone it where you need it.
//!
//! # Protect the routes of a service
//!
#![cfg_attr(all(feature = "axum", feature = "hyper"), doc = "```")]
#![cfg_attr(not(all(feature = "axum", feature = "hyper")), doc = "```ignore")]
//! use std::sync::Arc;
//! use axum::{Router, routing::get};
//! use latchkey_verifier::{HttpsFetch, IssuerUrlError, Refusal, RemoteVerifier, RequireSignedIn, SignedIn};
//!
//! fn routes() -> Result<Router, IssuerUrlError> {
//!     let issuer = "https://app.example.com/api/auth";
//!     let verifier = RemoteVerifier::new(issuer, "shop", Arc::new(HttpsFetch::new()))?;
//!     Ok(Router::new()
//!         .route("/orders", get(orders))
//!         .layer(RequireSignedIn::offline(verifier)))
//! }
//!
//! async fn orders(user: SignedIn) -> Result<String, Refusal> {
//!     user.require_scope("orders:read")?;
//!     Ok(format!("orders of {}", user.claims().sub))
//! }
//! # assert!(routes().is_ok());
//! ```
//!
//! A request without a valid token is answered with 401 and a `code`, as Latchkey's own endpoints answer: see the table in
//! [`refusal`]. Put a CORS layer outside this one, because a preflight request carries no credential.
//!
//! Without axum, read [`SignedIn`] from the request's extensions. Without tower, call [`RequireSignedIn::check`].
//!
//! # Offline, with the feed, or strict?
//!
//! An offline check sends no request, but it cannot know that a session has ended: a token stays valid until its `exp`, at
//! most an hour after it was issued. A strict check refuses the token of an ended session at once, because it asks for each
//! request:
//!
//! ```
//! use std::sync::Arc;
//! use latchkey_verifier::{Fetch, Introspection, IssuerUrlError, RemoteVerifier, RequireSignedIn};
//!
//! fn strict(fetch: Arc<dyn Fetch>) -> Result<RequireSignedIn, IssuerUrlError> {
//!     let issuer = "https://app.example.com/api/auth";
//!     let verifier = RemoteVerifier::new(issuer, "shop", fetch.clone())?;
//!     Ok(RequireSignedIn::strict(verifier, Introspection::new(issuer, fetch)?))
//! }
//! ```
//!
//! Between both is the issuer's revocation feed, a signed list of the sessions that have ended lately. [`RevocationFeed`] fetches
//! it every 4 seconds and refuses an ended session within 10 seconds, without a request for each token. [`WhenStale`] decides
//! what happens while the feed cannot be fetched.
//!
//! If the keys or the answer of the issuer cannot be fetched, the request is answered with 503, never with 401: a client
//! must not sign its user out because a server is down.
//!
//! # Tokens that are bound to a key
//!
//! A token with the claim `cnf` is bound to a key of its client, and each request needs a proof of that key in the header
//! `DPoP` (RFC 9449). [`RequireSignedIn`] verifies it for the URLs in [`RequireSignedIn::public_urls`]. It refuses a bound
//! token as Bearer, in a cookie, and without these URLs. So do [`Verifier::verify`] and the other functions that see no proof.
//!
//! # Keys
//!
//! [`RemoteVerifier`] fetches `<issuer>/.well-known/jwks.json` at the first need. The keys are fresh for 10 minutes. A token
//! with an unknown `kid` has them fetched again, at most once a minute, so that made-up tokens do not become requests. While
//! the issuer is down, the last good keys are used for 24 hours. At most one fetch runs at a time.
//!
//! The algorithms are ES256, RS256 with 2,048 bits or more, and EdDSA with Ed25519. The key decides the algorithm; `none`, an
//! HMAC algorithm, and keys in the token's header are never accepted.
//!
//! # Time
//!
//! Functions take `now` as an argument, so that tests need not wait. [`RequireSignedIn`] reads the clock once for each
//! request; [`RequireSignedIn::clock`] replaces it.
//!
//! # Features
//!
//! | feature | adds | default |
//! |---|---|---|
//! | `aws-lc-rs` | cryptography by aws-lc-rs | yes |
//! | `ring` | cryptography by ring; turn the default features off, because with both aws-lc-rs is used | |
//! | `tower` | [`RequireSignedIn`] as a tower layer | |
//! | `axum` | `tower`, and [`SignedIn`] as an extractor, [`Refusal`] as a response | |
//! | `hyper` | `HttpsFetch`, a ready HTTPS client on tokio | |
//!
//! Without `hyper`, implement [`Fetch`] for the HTTP client that your service already has: it is one method, and this crate
//! itself needs no async runtime.

mod access_token;
mod cookie_domain;
mod cookie_name;
mod cookies;
mod credential;
mod crypto;
pub mod dpop;
mod feed;
mod fetch;
#[cfg(feature = "hyper")]
mod https;
mod id;
mod introspection;
mod issuer_url;
mod jwk;
mod jwks;
mod jwks_cache;
mod jws;
mod origin;
pub mod refusal;
mod request_id;
mod require_signed_in;
mod scheme;
mod scope;
mod session_check;
mod time;
mod verifier;

pub use access_token::{
    ACCESS_TOKEN_TYPE, AccessTokenError, Claims, Confirmation, SignedClaims, verify_access_token,
    verify_expired_access_token, verify_signed_claims,
};
pub use cookie_domain::{CookieDomain, CookieDomainError};
pub use cookie_name::{CookieName, CookieNameError};
pub use cookies::{CookieKind, CookiePolicy};
pub use credential::{Credential, Transport, authorization_token, bearer_token};
pub use feed::{FeedError, RevocationFeed, WhenStale};
pub use fetch::{Cause, Fetch, FetchError, FetchFuture, FetchLimits};
#[cfg(feature = "hyper")]
pub use https::HttpsFetch;
pub use id::{IdError, SUBJECT_MAX_BYTES, SessionId, USER_ID_MAX_BYTES, USER_PREFIX_MAX_BYTES, UserId};
pub use introspection::{Introspection, IntrospectionError};
pub use issuer_url::IssuerUrlError;
pub use jwk::{Algorithm, Jwk, JwkError, decode_bytes};
pub use jwks::{NoKeys, parse_jwks};
pub use jwks_cache::{JwksCache, KeysUnavailable};
pub use jws::{JwsError, Signed, TOKEN_MAX_BYTES, VerifyingKey, unverified_kid, verify_signature};
pub use origin::{is_loopback_origin, normal_origin};
pub use refusal::{Refusal, RefusalCode};
pub use request_id::RequestId;
#[cfg(feature = "tower")]
pub use require_signed_in::RequireSignedInService;
pub use require_signed_in::{RequireSignedIn, SignedIn};
pub use scheme::Scheme;
pub use scope::Scope;
pub use session_check::{SessionCheck, SessionCheckError, SessionCheckFuture};
pub use time::epoch_seconds;
pub use verifier::{AnyVerifier, RemoteVerifier, Verifier, VerifyError};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
