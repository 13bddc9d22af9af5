//! The endpoints: one file each, from request to response.
//!
//! A file parses the request, calls one operation of [`crate::app`] and returns a typed response. Each
//! function serves one of the `routes()`; the local server serves all of them. To add an endpoint, follow
//! the list in `docs/ARCHITECTURE.md`.

mod admin;
mod device;
mod fleet;
mod general_limit;
mod introspect;
pub mod login;
mod login_attempts;
mod own_sessions;
mod provider_order;
pub mod refresh;
mod revocation_feed;
pub mod revoke;
mod revoke_response;
pub mod sessions;
mod sign_in_review;
mod status;
mod target_user;
mod token_response;
pub mod well_known;
