//! The rules of Latchkey as pure functions: values and `now` in, values out.
//!
//! Domain code performs no I/O and reads no clock, so a test needs neither a database nor a sleep. It imports
//! nothing from the layers above it: no store, no settings parser, no HTTP. The only exception to "values in, values out"
//! is the id of an [`event`], which has random bytes and a counter.

pub mod actor;
pub mod analytics;
pub mod client_context;
pub mod device;
pub mod event;
pub mod fingerprint;
pub mod fleet;
pub mod id;
pub mod limit;
pub mod logout_order;
pub mod place;
pub mod revocation_feed;
pub mod risk;
pub mod scope;
pub mod security_event_type;
pub mod session;
pub mod severity;
pub mod sign_in_review;
pub mod suspension;
pub mod time;
pub mod upstream_session;
pub mod webhook;
