//! How does the guard stand before a service? As a `tower` layer that writes its own refusals.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Request, header};
use tower::{Layer, Service};

use super::IsSignedIn;
use crate::http::client::request_id;
use crate::http::middleware::write_problem;
use crate::http::problem::Problem;

/// A service behind [`IsSignedIn`]. A [`Problem`] that it answers is written out here, too.
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    check: Arc<IsSignedIn>,
    inner: S,
}

impl<S> Layer<S> for IsSignedIn {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { check: Arc::new(self.clone()), inner }
    }
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let check = self.check.clone();
        // The one that said it is ready must be the one that is called.
        let next = self.inner.clone();
        let inner = mem::replace(&mut self.inner, next);
        Box::pin(guarded(check, inner, request))
    }
}

async fn guarded<S, B>(
    check: Arc<IsSignedIn>,
    mut inner: S,
    mut request: Request<B>,
) -> Result<Response, S::Error>
where
    S: Service<Request<B>>,
    S::Response: IntoResponse,
{
    let id = request_id(request.extensions());
    let response = match check.check(request.method(), request.headers()).await {
        Ok(signed_in) => {
            request.extensions_mut().insert(signed_in);
            inner.call(request).await?.into_response()
        }
        Err(problem) => problem.into_response(),
    };
    Ok(written(response, &id))
}

/// Gives a problem its body; every other answer passes as it is.
fn written(mut response: Response, id: &str) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    write_problem(&mut response, &problem, id);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
    log(&problem, id);
    response
}

fn log(problem: &Problem, request_id: &str) {
    let (code, cause) = (problem.code().name(), problem.cause());
    let status = problem.code().status().as_u16();
    if status >= 500 {
        tracing::error!(request_id, status, code, cause, "a guarded request failed");
    } else {
        tracing::info!(request_id, status, code, cause, "a guarded request was refused");
    }
}
