//! `RequireSignedIn` as a `tower` layer, which writes and logs the refusals.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, HeaderMap, HeaderValue, Request, Response, Uri, header};
use tower_layer::Layer;
use tower_service::Service;

use super::RequireSignedIn;
use crate::refusal::Refusal;
use crate::request_id::RequestId;

/// A service behind [`RequireSignedIn`]. A [`Refusal`] that the service itself answers gets the request's id, too.
#[derive(Clone, Debug)]
pub struct RequireSignedInService<S> {
    check: Arc<RequireSignedIn>,
    inner: S,
}

impl<S> Layer<S> for RequireSignedIn {
    type Service = RequireSignedInService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireSignedInService { check: Arc::new(self.clone()), inner }
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for RequireSignedInService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>> + Clone + Send + 'static,
    S::Future: Send,
    RequestBody: Send + 'static,
    ResponseBody: From<String> + 'static,
{
    type Response = Response<ResponseBody>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let check = self.check.clone();
        // The service that reported to be ready must be the one that is called, not its clone.
        let next = self.inner.clone();
        let inner = mem::replace(&mut self.inner, next);
        Box::pin(check_and_call(check, inner, request))
    }
}

async fn check_and_call<S, RequestBody, ResponseBody>(
    check: Arc<RequireSignedIn>,
    mut inner: S,
    mut request: Request<RequestBody>,
) -> Result<Response<ResponseBody>, S::Error>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    ResponseBody: From<String>,
{
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::generate);
    // The parts are borrowed only here: a request's body need not be `Sync`.
    let (method, mut headers) = (request.method().clone(), mem::take(request.headers_mut()));
    let has_added_host = add_host(&mut headers, request.uri());
    let path = path(request.extensions(), request.uri()).to_owned();
    let outcome = check.check(&method, &path, &headers).await;
    if has_added_host {
        headers.remove(header::HOST);
    }
    *request.headers_mut() = headers;
    let mut response = match outcome {
        Ok(signed_in) => {
            request.extensions_mut().insert(id.clone());
            request.extensions_mut().insert(signed_in);
            inner.call(request).await?
        }
        Err(refusal) => refusal.to_response(&id),
    };
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        *response.body_mut() = refusal.body(&id).into();
        refusal.write_head(&mut response, &id);
        log(&refusal, &id);
    }
    Ok(response)
}

/// The path that a proof must be for.
fn path<'r>(extensions: &'r Extensions, uri: &'r Uri) -> &'r str {
    #[cfg(feature = "axum")]
    if let Some(path) = super::axum::original_path(extensions) {
        return path;
    }
    let _ = extensions;
    uri.path()
}

/// Adds the host of an HTTP/2 request, which is in the URI, as `Host`. Returns whether it was added.
fn add_host(headers: &mut HeaderMap, uri: &Uri) -> bool {
    let Some(authority) = uri.authority().filter(|_| !headers.contains_key(header::HOST)) else {
        return false;
    };
    let Ok(host) = HeaderValue::from_str(authority.as_str()) else { return false };
    headers.insert(header::HOST, host);
    true
}

fn log(refusal: &Refusal, request_id: &RequestId) {
    let (request_id, code, cause) = (request_id.as_str(), refusal.code().name(), refusal.cause());
    let status = refusal.code().status().as_u16();
    if status >= 500 {
        tracing::error!(request_id, status, code, cause, "a request could not be checked");
    } else {
        tracing::info!(request_id, status, code, cause, "a request was refused");
    }
}
