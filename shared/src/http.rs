//! The only place that speaks HTTP: who calls, with which credential, and how answers look.
//!
//! A request passes [`service`]'s layers from the outside in: request id and log line, security headers,
//! deadline, panic catcher, route. Handlers return a [`problem::Problem`] for whatever goes wrong; one
//! layer turns it into `application/problem+json`. Other services guard their routes with
//! [`signed_in::IsSignedIn`], which answers as ours do.

pub mod body;
pub mod caller;
pub mod client;
pub mod cloudfront;
mod code;
pub mod cookie;
pub mod csrf;
pub mod etag;
pub mod middleware;
pub mod problem;
pub mod rate_limit;
pub mod service_caller;
pub mod signed_in;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, Method, StatusCode, header};

use crate::app::App;

/// Routes with every layer around them, ready to serve.
pub fn service(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(|| async { problem::Problem::of(problem::Code::NotFound) })
        .method_not_allowed_fallback(not_allowed)
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(middleware::panicked))
        .layer(axum::middleware::from_fn_with_state(app.clone(), cloudfront::check))
        .layer(axum::middleware::from_fn(middleware::deadline))
        .layer(axum::middleware::from_fn_with_state(app.clone(), middleware::finish))
        .with_state(app)
}

/// 405, but for a browser that asks before it calls from another origin (a preflight): API Gateway hands that to a route of
/// any method, and a browser takes no answer but a good one. Whom it allows is the gateway's to say, in headers of its
/// own; without them the browser does not call.
async fn not_allowed(request: Request) -> Response {
    let asks = |name: HeaderName| request.headers().contains_key(name);
    if request.method() == Method::OPTIONS
        && asks(header::ORIGIN)
        && asks(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        return StatusCode::NO_CONTENT.into_response();
    }
    problem::Problem::of(problem::Code::MethodNotAllowed).into_response()
}
