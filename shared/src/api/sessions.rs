//! `/sessions`: where am I signed in, what happened there, and out with the ones I do not know.

mod clean;
mod end;
mod list;
mod one;
mod trail;
mod view;

use axum::Router;
use axum::routing::get;

use crate::app::App;

/// The routes of the sessions function.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/sessions", get(list::list).delete(end::others).post(clean::clean))
        .route("/api/auth/sessions/events", get(trail::trail))
        .route("/api/auth/sessions/{id}", get(one::one).delete(end::one))
}
