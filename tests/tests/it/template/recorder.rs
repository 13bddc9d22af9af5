//! What does a function ask DynamoDB for? An HTTP client of the SDK that writes it down and hands it on.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use latchkey_local::operation;

use super::policy::{Access, needed};

/// Everything that was asked for. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Mutex<BTreeSet<Access>>>);

impl Recorder {
    /// `client`, watched.
    pub(crate) fn watch(&self, client: SharedHttpClient) -> SharedHttpClient {
        let recorder = self.clone();
        http_client_fn(move |settings, components| {
            let inner = client.http_connector(settings, components);
            SharedHttpConnector::new(Watched { recorder: recorder.clone(), inner })
        })
    }

    /// The calls so far.
    pub(crate) fn seen(&self) -> BTreeSet<Access> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug)]
struct Watched {
    recorder: Recorder,
    inner: SharedHttpConnector,
}

impl HttpConnector for Watched {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let body = serde_json::from_slice(body).expect("a call of DynamoDB is JSON");
        let accesses = needed(operation::of(&request), &body);
        self.recorder.0.lock().unwrap_or_else(PoisonError::into_inner).extend(accesses);
        self.inner.call(request)
    }
}
