//! Fuzz targets: properties that hold for any input bytes.
//!
//! Every parser of untrusted input has a function of bytes here, which asserts a property. A fuzzer calls it with generated
//! bytes (`make fuzz`, docs/fuzzing.md), and a test calls it with the stored inputs (`fuzz/corpus`).
//!
//! | file | reads |
//! |---|---|
//! | [`tokens`] | refresh and access tokens, assertions |
//! | [`proofs`] | proofs of possession |
//! | [`fields`] | cookies, forms, queries, tags, languages, cursors, links of sign-in reviews |
//! | [`keys`] | idempotency keys |
//! | [`agents`] | user agents and client hints |
//! | [`jwks`] | an issuer's keys |
//! | [`requests`] | whole requests and bodies, through the real router |
//! | [`events`] | the events of API Gateway and EventBridge |

// A fuzzer looks for panics, so that a broken property is a panic.
#![expect(clippy::missing_panics_doc, reason = "every function here panics if its property is broken")]

pub mod agents;
pub mod edits;
pub mod events;
pub mod fields;
pub mod genuine;
pub mod jwks;
pub mod keys;
pub mod proofs;
pub mod requests;
pub mod router;
pub mod tokens;

/// A function that asserts a property of any input bytes.
pub type Target = fn(&[u8]);

/// Every target with its name, which is also the name of its file in `fuzz/fuzz_targets` and of its folder in `fuzz/corpus`.
pub const TARGETS: [(&str, Target); 20] = [
    ("accept_language", fields::accept_language),
    ("access_token", tokens::access_token),
    ("assertion", tokens::assertion),
    ("authorizer_event", events::authorizer_event),
    ("body", requests::body),
    ("cleanup_event", events::cleanup_event),
    ("client_hints", agents::client_hints),
    ("cookies", fields::cookies),
    ("cursor", fields::cursor),
    ("form", fields::form),
    ("idempotency_keys", keys::idempotency_keys),
    ("if_none_match", fields::if_none_match),
    ("jwks", jwks::jwks),
    ("lambda_event", events::lambda_event),
    ("proof", proofs::proof),
    ("query", fields::query),
    ("refresh_token", tokens::refresh_token),
    ("request", requests::request),
    ("review_link", fields::review_link),
    ("user_agent", agents::user_agent),
];
