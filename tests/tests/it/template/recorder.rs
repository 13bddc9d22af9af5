//! Records the calls that a function makes to DynamoDB: an HTTP client for the SDK that notes each call and forwards it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use latchkey_local::operation;

use super::policy::{Access, needed};

/// The recorded calls. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Mutex<BTreeSet<Access>>>);

impl Recorder {
    /// Wraps `client` so that its calls are recorded.
    pub(crate) fn record(&self, client: SharedHttpClient) -> SharedHttpClient {
        let recorder = self.clone();
        http_client_fn(move |settings, components| {
            let inner = client.http_connector(settings, components);
            SharedHttpConnector::new(RecordingConnector { recorder: recorder.clone(), inner })
        })
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> BTreeSet<Access> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug)]
struct RecordingConnector {
    recorder: Recorder,
    inner: SharedHttpConnector,
}

impl HttpConnector for RecordingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let body = serde_json::from_slice(body).expect("a call of DynamoDB is JSON");
        let accesses = needed(operation::of(&request), &body);
        self.recorder.0.lock().unwrap_or_else(PoisonError::into_inner).extend(accesses);
        self.inner.call(request)
    }
}
