//! Answers CORS requests as `CorsConfiguration` in `template.yaml` makes API Gateway answer them.
//!
//! A page on another port of this machine is of another origin, for example an app on Vite's development server. Its
//! browser asks for permission before it sends a request with JSON, and passes no response on without permission.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use latchkey_verifier::CookiePolicy;

const METHODS: HeaderValue = HeaderValue::from_static("GET,POST,DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization,content-type,dpop,idempotency-key,if-none-match");
const RESPONSE_HEADERS: HeaderValue = HeaderValue::from_static(
    "date,dpop-nonce,etag,next-cursor,ratelimit,ratelimit-policy,retry-after,www-authenticate",
);
const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("600");

/// Permits pages of allowed origins to send requests and to read the responses. No page of another origin gets a
/// permission.
///
/// API Gateway sends a preflight request to its route, too, and adds its headers only if the route succeeds. The dev
/// controls have no such route.
pub(super) async fn allow_pages(
    State(policy): State<CookiePolicy>,
    request: Request,
    next: Next,
) -> Response {
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let permission = permission(&policy, request.headers());
    let mut response = if is_preflight && request.uri().path().starts_with("/dev/") {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let is_success = response.status().is_success();
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    match permission {
        Some(permission) if is_preflight && is_success => {
            headers.extend(permission);
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS);
        }
        Some(permission) if !is_preflight => {
            headers.extend(permission);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
        }
        _ => {}
    }
    response
}

/// The headers that let a page of an allowed origin send cookies and read the response.
fn permission(policy: &CookiePolicy, headers: &HeaderMap) -> Option<HeaderMap> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next().filter(|origin| policy.lists_origin(origin))?;
    let is_single = origins.next().is_none();
    is_single.then(|| {
        HeaderMap::from_iter([
            (ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
            (ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")),
        ])
    })
}
