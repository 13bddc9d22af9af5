//! An identity provider on loopback that publishes its keys correctly or incorrectly, and a connector to it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use bytes::Bytes;
use latchkey::https;
use latchkey_local::issuer::Issuer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The responses of the provider to a request for its keys.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A status and a body.
    Body(u16, Bytes),
    /// A redirect to `/elsewhere`, where there are keys.
    Redirect(Bytes),
    /// No response.
    Silence,
    /// The connection is closed without a response.
    HangUp,
    /// The headers and the beginning of the body, and then nothing.
    Stall,
}

/// A running provider.
#[derive(Clone)]
pub(crate) struct Provider {
    address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    requests: Arc<AtomicUsize>,
    redirected: Arc<AtomicUsize>,
}

impl Provider {
    /// Starts a provider that publishes the keys of `issuer`.
    pub(crate) async fn start(issuer: &Issuer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let provider = Self {
            address: listener.local_addr().expect("it is bound"),
            answer: Arc::new(Mutex::new(keys(issuer))),
            requests: Arc::default(),
            redirected: Arc::default(),
        };
        let serving = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        provider
    }

    /// Sets the response to all later requests.
    pub(crate) fn answers(&self, answer: Answer) {
        *self.answer.lock().expect("no test panics with it") = answer;
    }

    /// Sets a status and a text as the response to all later requests.
    pub(crate) fn answers_with(&self, status: u16, body: impl Into<Bytes>) {
        self.answers(Answer::Body(status, body.into()));
    }

    /// Publishes the keys of `issuer` from now on.
    pub(crate) fn publishes(&self, issuer: &Issuer) {
        self.answers(keys(issuer));
    }

    /// The URL of the keys without a connector in between.
    pub(crate) fn http_url(&self) -> String {
        format!("http://{}/jwks.json", self.address)
    }

    /// The number of requests for the keys.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// The number of requests that followed the redirect.
    pub(crate) fn redirected(&self) -> usize {
        self.redirected.load(Ordering::SeqCst)
    }

    /// Serves the one request of a connection.
    async fn serve(self, mut stream: TcpStream) {
        let mut request = vec![];
        while !request.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            request.push(byte);
        }
        let request = String::from_utf8(request).expect("a request is text").to_ascii_lowercase();
        assert!(request.starts_with("get /"), "{request}");
        for secret in ["authorization:", "cookie:", "x-amz-"] {
            assert!(!request.contains(secret), "the request must not contain {secret}: {request}");
        }
        let elsewhere = request.starts_with("get /elsewhere");
        let count = if elsewhere { &self.redirected } else { &self.requests };
        count.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer.lock().expect("no test panics with it").clone();
        let (head, body) = match answer {
            Answer::Redirect(_) if !elsewhere => {
                ("302 Found\r\nLocation: https://idp.example.com/elsewhere".into(), "".into())
            }
            Answer::Body(status, body) => (format!("{status} Whatever"), body),
            Answer::Redirect(body) => ("200 OK".to_owned(), body),
            Answer::Silence => return std::future::pending().await,
            Answer::HangUp => return,
            Answer::Stall => ("200 OK".to_owned(), "{\"keys\":[".into()),
        };
        let stalls = matches!(*self.answer.lock().expect("no test panics with it"), Answer::Stall);
        let length = if stalls { 1_000 } else { body.len() };
        let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        // The write fails if the caller has read enough and closes the connection.
        let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
        if stalls {
            std::future::pending().await
        }
    }

    /// A connector to the provider. It replaces `https` of the settings by plain TCP on loopback.
    pub(crate) fn connector(&self) -> SharedHttpConnector {
        let inner = https::connector(https::system_roots(), Duration::from_secs(5));
        SharedHttpConnector::new(ToLoopback { address: self.address, inner })
    }
}

/// The response with the keys of an issuer.
fn keys(issuer: &Issuer) -> Answer {
    Answer::Body(200, issuer.jwks().to_string().into())
}

/// Sends requests for `https://idp.example.com` to the provider. Any other request panics.
#[derive(Debug)]
struct ToLoopback {
    address: SocketAddr,
    inner: SharedHttpConnector,
}

impl HttpConnector for ToLoopback {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let path = request.uri().strip_prefix("https://idp.example.com").map(str::to_owned);
        let path = path.unwrap_or_else(|| panic!("unexpected request to {}", request.uri()));
        request.set_uri(format!("http://{}{path}", self.address)).expect("a URL");
        self.inner.call(request)
    }
}

/// An entry of `LATCHKEY_TRUSTED_ISSUERS` whose keys are at a URL.
pub(crate) fn entry(issuer: &str, prefix: &str) -> Value {
    json!({
        "issuer": issuer, "audience": "shop", "user_prefix": prefix,
        "jwks_url": "https://idp.example.com/.well-known/jwks.json",
    })
}
