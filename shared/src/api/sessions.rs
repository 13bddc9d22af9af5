//! `/sessions`: where am I signed in, what happened there, and out with the ones I do not know.

mod cleanup;
mod detail;
mod end;
mod events;
mod list;
mod session_view;

use axum::Router;
use axum::routing::get;

use crate::app::App;

/// The routes of the sessions function.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/sessions", get(list::list).delete(end::others).post(cleanup::clean))
        .route("/api/auth/sessions/events", get(events::trail))
        .route("/api/auth/sessions/{id}", get(detail::one).delete(end::one))
}
