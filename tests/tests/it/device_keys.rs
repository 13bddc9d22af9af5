//! Sessions that a browser binds to a key in the user's device (Device Bound Session Credentials).

mod offers;
mod other_endpoints;
mod refresh;
mod registration;
