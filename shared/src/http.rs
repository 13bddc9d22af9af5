//! The only place that speaks HTTP: who calls, with which credential, and how answers look.
//!
//! A request passes [`service`]'s layers from the outside in: request id and log line, security headers,
//! deadline, panic catcher, route. Handlers return a [`problem::Problem`] for whatever goes wrong; one
//! layer turns it into `application/problem+json`. Other services guard their routes with
//! [`signed_in::IsSignedIn`], which answers as ours do.

pub mod backend;
pub mod body;
pub mod caller;
pub mod client;
mod code;
pub mod cookie;
pub mod csrf;
pub mod edge;
pub mod origin;
pub mod problem;
pub mod rate_limit;
pub mod signed_in;
pub mod tag;

use axum::Router;

use crate::app::App;

/// The base path of the API, which is also the path of the issuer.
pub const BASE: &str = "/api/auth";

/// Routes with every layer around them, ready to serve.
pub fn service(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(|| async { problem::Problem::of(problem::Code::NotFound) })
        .method_not_allowed_fallback(|| async { problem::Problem::of(problem::Code::MethodNotAllowed) })
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(edge::panicked))
        .layer(axum::middleware::from_fn_with_state(app.clone(), origin::check))
        .layer(axum::middleware::from_fn(edge::deadline))
        .layer(axum::middleware::from_fn_with_state(app.clone(), edge::finish))
        .with_state(app)
}
