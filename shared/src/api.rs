//! The endpoints: one file each, from request to response.
//!
//! A file parses the request, calls one operation of [`crate::app`] and returns a typed response. Each
//! function serves one of the `routes()`; the local server serves all of them. To add an endpoint, add a
//! file here, its route, its path in `openapi.yaml` and `template.yaml`, and a sample event in `events/`.

mod admin;
mod attempts;
mod introspect;
mod limited;
pub mod login;
mod own_sessions;
pub mod refresh;
mod reply;
pub mod revoke;
mod revoke_response;
pub mod sessions;
mod status;
mod target_user;
pub mod well_known;
