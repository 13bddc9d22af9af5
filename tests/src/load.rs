//! Simulated users of one server over HTTP. Each of them checks that its session is alive or ended as it must be.
//!
//! ```text
//! crowd ─▶ caller ─▶ one of its people ─▶ action (refresh, status, list, sign out and in again) ─▶ tally
//! ```
//!
//! Each person remembers its own actions: a person that did not sign out must stay signed in, and a person that did
//! must stay signed out from the response on. After 503 and 429 it repeats the request a little later, as a client does.

mod api;
mod crowd;
mod keys;
mod person;
mod server;
mod tally;

pub use crowd::{Crowd, Until, live};
pub use server::Server;
pub use tally::{Action, Tally};
