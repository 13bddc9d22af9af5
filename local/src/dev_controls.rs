//! Controls for tests and for `/dev`: faults on the way to DynamoDB, and statistics of the calls to it.
//!
//! Both are layers around the SDK's HTTP client. They therefore see every attempt, including retries, and work with
//! any DynamoDB.

pub mod faults;
pub mod stats;

use std::fmt::Debug;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// A layer between the SDK and a connector.
pub(crate) trait Layer: Clone + Debug + Send + Sync + 'static {
    fn call(&self, inner: &SharedHttpConnector, request: HttpRequest) -> HttpConnectorFuture;
}

/// Puts `layer` in front of `inner`.
pub(crate) fn wrap(layer: impl Layer, inner: SharedHttpClient) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Layered {
            layer: layer.clone(),
            inner: inner.http_connector(settings, components),
        })
    })
}

#[derive(Debug)]
struct Layered<L> {
    layer: L,
    inner: SharedHttpConnector,
}

impl<L: Layer> HttpConnector for Layered<L> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.layer.call(&self.inner, request)
    }
}
