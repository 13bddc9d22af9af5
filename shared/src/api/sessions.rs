//! `/sessions`: list the live sessions, read their audit trail, end them.

mod cleanup;
mod detail;
mod end;
mod events;
mod list;
mod look_up;
mod session_view;

use axum::Router;
use axum::routing::get;

use super::fleet;
use crate::app::App;

/// The routes of the sessions function, which also serves the lists of all users.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/sessions", get(list::list).delete(end::end_others).post(cleanup::cleanup))
        .route("/api/auth/sessions/events", get(events::events))
        .route("/api/auth/sessions/{id}", get(detail::detail).delete(end::end_one))
        .merge(fleet::routes())
}
