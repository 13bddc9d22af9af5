//! Latchkey: sessions and tokens for serverless apps.
//!
//! A user signs in with the identity provider the app already has; Latchkey takes over from there. A
//! request goes straight through:
//!
//! ```text
//!   adapter ──▶ caller ──▶ domain ──▶ store ──▶ response
//!  function.rs  http/     sign_in      store/    api/
//!  (or laptop)            exchange
//!                         sign_out
//!                         session/ token/ limit   (pure: values and `now` in, values out)
//! ```
//!
//! | question | file |
//! |---|---|
//! | what can be set | [`config`] |
//! | what a session is, when it may rotate, which one makes room | [`session`] |
//! | what the tokens are and how they are checked | [`token`] |
//! | how a login, a refresh, a sign-out goes | [`sign_in`], [`exchange`], [`sign_out`] |
//! | how often something may happen, and who is over it | [`limit`], [`limiter`] |
//! | what becomes of sessions that expired | [`cleanup`] |
//! | what the tables look like and what each write does | [`store`] |
//! | where an endpoint is | [`api`] |
//! | how other services check an access token | [`token::verifier`], [`http::signed_in`], [`authorizer`] |

pub mod api;
pub mod app;
pub mod clock;
pub mod config;
pub mod domain;
pub mod geoip;
pub mod http;
pub mod https;
pub mod lambda;
pub mod store;
pub mod telemetry;
pub mod token;
