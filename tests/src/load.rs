//! A crowd that lives on one server over HTTP: what an app's people do all day, and what must hold for each of them.
//!
//! ```text
//! crowd ─▶ a caller ─▶ one of its people ─▶ what to do (refresh, status, list, sign out and in again) ─▶ tally
//! ```
//!
//! A person's own story is kept by the person: whoever did not sign out must not be signed out, and whoever did
//! must stay so from the moment on at which the server said it. Answers of 503 and 429 are borne, as a client bears
//! them: the same again, a little later.

mod api;
mod crowd;
mod person;
mod server;
mod tally;

pub use crowd::{Crowd, Until, live};
pub use server::Server;
pub use tally::{Kind, Tally};
