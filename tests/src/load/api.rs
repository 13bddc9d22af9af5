//! One server's API over keep-alive connections.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;

/// Far longer than any response of a working server takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The credential that a request carries in its headers.
#[derive(Clone, Copy)]
pub(super) enum Credential<'a> {
    None,
    /// None, with this `Idempotency-Key` beside the token or assertion in the body.
    Key(&'a str),
    Access(&'a str),
    /// A browser's refresh cookie.
    Cookie(&'a str),
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) took: Duration,
}

#[derive(Clone)]
pub(super) struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
}

impl Api {
    pub(super) fn at(address: SocketAddr) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), address }
    }

    /// Sends one request and reads the whole response. Returns none when the connection breaks or the response is late.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        credential: Credential<'_>,
        body: Option<Value>,
    ) -> Option<Answer> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        request = match credential {
            Credential::None => request,
            Credential::Key(key) => request.header("idempotency-key", key),
            Credential::Access(token) => request.header("authorization", format!("Bearer {token}")),
            Credential::Cookie(token) => request.header("cookie", format!("latchkey_refresh={token}")),
        };
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = Full::from(body.map(|body| body.to_string()).unwrap_or_default());
        let started = Instant::now();
        let request = self.client.request(request.body(body).expect("a request"));
        let (parts, body) = timeout(PATIENCE, request).await.ok()?.ok()?.into_parts();
        let bytes = timeout(PATIENCE, body.collect()).await.ok()?.ok()?.to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Some(Answer { status: parts.status.as_u16(), body, took: started.elapsed() })
    }
}
