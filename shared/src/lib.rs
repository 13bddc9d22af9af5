//! Latchkey: sessions and tokens for serverless apps.
//!
//! A user signs in with the identity provider that the app already has. Latchkey opens a session, issues short-lived
//! access tokens and rotating refresh tokens, detects stolen tokens, and ends sessions at once.
//!
//! Each module below is a layer. A module imports only from the layers below its own; `tests/layers.rs` checks that.
//!
//! | layer | what it does |
//! |---|---|
//! | [`lambda`] | API Gateway, authorizer and schedule events as requests; what each `functions/*/main.rs` calls |
//! | [`api`] | one file for each endpoint: request, operation, typed response |
//! | [`http`] | credentials, cookies, CSRF, problem+json, rate-limit headers; the only layer that knows status codes |
//! | [`app`] | [`app::App`], and one file for each operation: sign-in, refresh, sign-out, rate limits, cleanup |
//! | [`store`] | DynamoDB: one method for each intention, each one atomic call |
//! | [`telemetry`] | log lines and metrics |
//! | [`config`] | all settings, parsed and validated once |
//! | [`token`] | assertions, access tokens, refresh tokens and the keys behind them |
//! | [`aws`] | signed calls to SQS and SNS |
//! | [`geoip`], [`https`], [`clock`] | the address database, outgoing HTTPS, the time |
//! | [`domain`] | the rules, without I/O: values and `now` in, values out. Only event ids contain randomness |
//!
//! Below all of them is the crate `latchkey-verifier`, with which any Rust service verifies our access tokens.

pub mod api;
pub mod app;
pub mod aws;
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
