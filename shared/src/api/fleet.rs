//! `/fleet`: the events, sign-ins and numbers of all users, for administrators.

mod events;
mod export;
mod overview;
pub(super) mod parameters;
mod search;
mod sign_ins;

use axum::Router;
use axum::routing::get;

use crate::app::App;

/// The routes, which the sessions function serves.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/fleet/events", get(events::events))
        .route("/api/auth/fleet/sign-ins", get(sign_ins::sign_ins))
        .route("/api/auth/fleet/overview", get(overview::overview))
        .route("/api/auth/fleet/search", get(search::search))
}
