//! Webhooks by the Standard Webhooks specification: types, bodies, signatures, endpoints and the schedule of attempts.
//!
//! *Source*: <https://www.standardwebhooks.com>. `docs/webhooks.md` is the page for receivers.

pub mod address;
pub mod endpoint;
pub mod message;
pub mod schedule;
pub mod secret;
pub mod webhook_type;
