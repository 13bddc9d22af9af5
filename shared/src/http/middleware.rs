//! The parts that all responses share: request id, security headers, deadline, one log line.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, header};

use super::client::request_id;
use super::problem::{Code, Problem};
use crate::app::App;
use crate::telemetry::metrics::{Counter, Metrics};

/// The time budget of a request: 3 s as seen by the client, less the gateway's own time.
const DEADLINE: Duration = Duration::from_millis(2_900);

const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// The outermost layer: writes the body of a problem, adds the common headers, logs the request.
pub async fn finish_response(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.extensions());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        write_problem(&mut response, problem, &id);
    }
    add_headers(&mut response, &id);
    let line = RequestLine { id: &id, method: &method, route: route.as_deref(), elapsed: started.elapsed() };
    measure(app.metrics(), line.elapsed, problem.as_ref());
    app.write_metrics();
    log(&app, &line, &response, problem.as_ref());
    response
}

/// The time budget of a cleanup on demand. API Gateway waits at most 30 s.
const CLEANUP_DEADLINE: Duration = Duration::from_secs(28);

/// Answers 503 when a request takes too long. That is safe, because every write is atomic and every call can be
/// repeated.
pub async fn deadline(request: Request, next: Next) -> Response {
    let is_cleanup = request.method() == Method::POST && request.uri().path() == "/api/auth/sessions";
    let deadline = if is_cleanup { CLEANUP_DEADLINE } else { DEADLINE };
    match tokio::time::timeout(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            Problem::of(Code::StoreUnavailable).because("the deadline of the request passed").into_response()
        }
    }
}

/// Answers 500 after a panic in a handler, without any detail, so that the process keeps serving.
pub fn answer_panic(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Problem::of(Code::Internal).because("a handler panicked").into_response()
}

pub(super) fn write_problem(response: &mut Response, problem: &Problem, id: &str) {
    let body = problem.text(id);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(problem.content_type()));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
}

fn add_headers(response: &mut Response, id: &str) {
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
}

fn measure(metrics: &Metrics, elapsed: Duration, problem: Option<&Problem>) {
    metrics.answered(elapsed);
    let Some(problem) = problem else { return };
    metrics.count(if problem.counts_as_failure() { Counter::Failed } else { Counter::Refused });
    match problem.code() {
        Code::RateLimited => metrics.count(Counter::Limited),
        Code::StoreUnavailable if problem.counts_as_failure() => metrics.count(Counter::StoreUnavailable),
        Code::InvalidAssertion => metrics.count(Counter::SignInsRefused),
        _ => {}
    }
}

struct RequestLine<'l> {
    id: &'l str,
    method: &'l Method,
    route: Option<&'l str>,
    elapsed: Duration,
}

/// Logs one line for a request. It holds the route's pattern instead of the path, so that nothing that a caller
/// wrote into the path is logged.
fn log(app: &App, line: &RequestLine<'_>, response: &Response, problem: Option<&Problem>) {
    let status = response.status().as_u16();
    let route = line.route.unwrap_or("none");
    let duration_ms = u64::try_from(line.elapsed.as_millis()).unwrap_or(u64::MAX);
    let (request_id, method) = (line.id, line.method.as_str());
    match problem {
        Some(problem) if !problem.is_logged() => {}
        Some(problem) => {
            let (code, cause) = (problem.code().name(), problem.cause());
            if status >= 500 {
                tracing::error!(
                    request_id,
                    method,
                    route,
                    status,
                    code,
                    cause,
                    duration_ms,
                    "request failed"
                );
            } else {
                tracing::info!(
                    request_id,
                    method,
                    route,
                    status,
                    code,
                    cause,
                    duration_ms,
                    "request refused"
                );
            }
        }
        None if app.should_log_success() => {
            tracing::info!(request_id, method, route, status, duration_ms, "request served");
        }
        None => {}
    }
}
