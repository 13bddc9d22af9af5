//! What may bytes from outside do? Nothing but what is promised, whatever they are.
//!
//! Every place where we read what somebody else wrote has a function of bytes here, with its promise as an
//! assertion. A fuzzer calls it with bytes that it makes up (`make fuzz`, docs/fuzzing.md), a test with those that
//! are kept (`fuzz/corpus`).
//!
//! | file | reads |
//! |---|---|
//! | [`tokens`] | refresh and access tokens, assertions |
//! | [`fields`] | cookies, forms, queries, tags, cursors |
//! | [`agents`] | user agents and client hints |
//! | [`jwks`] | an issuer's keys |
//! | [`requests`] | whole requests and bodies, by the real router |
//! | [`events`] | what API Gateway and EventBridge send |

// A broken promise is a panic: that is what a fuzzer looks for.
#![expect(clippy::missing_panics_doc, reason = "every function here panics when a promise is broken")]

pub mod agents;
pub mod door;
pub mod edits;
pub mod events;
pub mod fields;
pub mod genuine;
pub mod jwks;
pub mod requests;
pub mod tokens;

/// A function of bytes that holds a promise against them.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its file in `fuzz/fuzz_targets` and of its folder in `fuzz/corpus`.
pub const TARGETS: [(&str, Target); 16] = [
    ("access_token", tokens::access_token),
    ("assertion", tokens::assertion),
    ("authorizer_event", events::authorizer_event),
    ("body", requests::body),
    ("cleanup_event", events::cleanup_event),
    ("client_hints", agents::client_hints),
    ("cookies", fields::cookies),
    ("cursor", fields::cursor),
    ("form", fields::form),
    ("if_none_match", fields::if_none_match),
    ("jwks", jwks::jwks),
    ("lambda_event", events::lambda_event),
    ("query", fields::query),
    ("refresh_token", tokens::refresh_token),
    ("request", requests::request),
    ("user_agent", agents::user_agent),
];
