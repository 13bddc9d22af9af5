//! HTTP: credentials, cookies, CSRF, rate-limit headers, problem+json. Only this layer knows status codes.
//!
//! A request passes the layers of [`service`] from the outside in: request id and log line, security headers,
//! deadline, CloudFront check, panic catcher, route. Handlers return a [`problem::Problem`] for every error, and
//! one layer turns it into `application/problem+json`. Other services protect their routes with
//! the crate `latchkey-verifier`, which answers as ours do.

pub mod body;
pub mod caller;
pub mod client;
pub mod cloudfront;
mod code;
pub mod cookie;
pub mod csrf;
pub mod device;
pub mod etag;
pub mod html;
pub mod idempotency_key;
pub mod language;
pub mod middleware;
pub mod problem;
pub mod proof;
pub mod rate_limit;
pub mod service_caller;
pub mod success;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, Method, StatusCode, header};

use crate::app::App;

/// The routes with every layer around them, ready to serve.
pub fn service(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(|| async { problem::Problem::of(problem::Code::NotFound) })
        .method_not_allowed_fallback(not_allowed)
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(middleware::answer_panic))
        .layer(axum::middleware::from_fn_with_state(app.clone(), proof::offer_nonce))
        .layer(axum::middleware::from_fn_with_state(app.clone(), cloudfront::check))
        .layer(axum::middleware::from_fn(middleware::deadline))
        .layer(axum::middleware::from_fn_with_state(app.clone(), middleware::finish_response))
        .with_state(app)
}

/// 405, except for a CORS preflight, which gets 204.
///
/// API Gateway passes a preflight on to a route of any method, and a browser accepts only a successful response to
/// it. API Gateway adds the CORS headers; without them the browser does not send the actual request.
async fn not_allowed(request: Request) -> Response {
    let has = |name: HeaderName| request.headers().contains_key(name);
    if request.method() == Method::OPTIONS
        && has(header::ORIGIN)
        && has(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        return StatusCode::NO_CONTENT.into_response();
    }
    problem::Problem::of(problem::Code::MethodNotAllowed).into_response()
}
