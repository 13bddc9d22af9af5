//! A ready HTTPS client for [`Fetch`]: HTTP/1.1 over rustls, on tokio.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};

use crate::fetch::{Fetch, FetchError, FetchFuture, FetchLimits};

/// How long an idle connection is kept.
const POOL_IDLE: Duration = Duration::from_secs(60);

/// Sends requests with hyper and rustls. Must be used within a tokio runtime with its time driver.
#[derive(Clone)]
pub struct HttpsFetch(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl HttpsFetch {
    /// A client that trusts the root certificates of this system.
    ///
    /// Certificates that cannot be parsed are left out. Without any, only http on loopback can be reached.
    pub fn new() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            tracing::warn!("this system has no root certificates, so no https server can be trusted");
        }
        Self::with_roots(roots)
    }

    /// A client that trusts these root certificates.
    pub fn with_roots(roots: RootCertStore) -> Self {
        let tls = ClientConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider supports TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .build(https);
        Self(client)
    }

    async fn send(&self, request: Request<Bytes>, max_bytes: usize) -> Result<Response<Bytes>, FetchError> {
        let answer = self.0.request(request.map(Full::new)).await;
        let answer = answer.map_err(|error| FetchError::Connect(Arc::new(error)))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, max_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                FetchError::TooLong
            } else {
                FetchError::BrokeOff(error.into())
            }
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

impl Fetch for HttpsFetch {
    fn fetch(&self, request: Request<Bytes>, limits: FetchLimits) -> FetchFuture<'_> {
        let answer = self.send(request, limits.max_bytes);
        Box::pin(async move {
            tokio::time::timeout(limits.timeout, answer).await.unwrap_or(Err(FetchError::TimedOut))
        })
    }
}

impl Default for HttpsFetch {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for HttpsFetch {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("HttpsFetch").finish_non_exhaustive()
    }
}

#[cfg(feature = "aws-lc-rs")]
fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}
