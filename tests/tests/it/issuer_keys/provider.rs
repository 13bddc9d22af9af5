//! An identity provider on loopback that publishes its keys well or badly, and the way there.

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
    /// With a status and a body.
    Body(u16, Bytes),
    /// By sending the caller to `/elsewhere`, where there are keys.
    Redirect(Bytes),
    /// Never.
    Silence,
    /// With the head of an answer and the first of its body, and then nothing.
    Stall,
}

/// A running provider.
#[derive(Clone)]
pub(crate) struct Provider {
    address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<AtomicUsize>,
    redirected: Arc<AtomicUsize>,
}

impl Provider {
    /// One that publishes the keys of `issuer`.
    pub(crate) async fn start(issuer: &Issuer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let provider = Self {
            address: listener.local_addr().expect("it is bound"),
            answer: Arc::new(Mutex::new(keys(issuer))),
            asked: Arc::default(),
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

    /// From now on it answers so.
    pub(crate) fn answers(&self, answer: Answer) {
        *self.answer.lock().expect("no test panics with it") = answer;
    }

    /// From now on it answers with a status and a text.
    pub(crate) fn answers_with(&self, status: u16, body: impl Into<Bytes>) {
        self.answers(Answer::Body(status, body.into()));
    }

    /// From now on it publishes the keys of `issuer`.
    pub(crate) fn publishes(&self, issuer: &Issuer) {
        self.answers(keys(issuer));
    }

    /// How often it was asked for its keys.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// The number of requests that followed the redirect.
    pub(crate) fn redirected(&self) -> usize {
        self.redirected.load(Ordering::SeqCst)
    }

    /// Answers the one request of a connection.
    async fn serve(self, mut stream: TcpStream) {
        let mut request = vec![];
        while !request.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            request.push(byte);
        }
        let request = String::from_utf8(request).expect("a request is text").to_ascii_lowercase();
        assert!(request.starts_with("get /"), "{request}");
        for secret in ["authorization:", "cookie:", "x-amz-"] {
            assert!(!request.contains(secret), "none of the provider's business: {request}");
        }
        let elsewhere = request.starts_with("get /elsewhere");
        let count = if elsewhere { &self.redirected } else { &self.asked };
        count.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer.lock().expect("no test panics with it").clone();
        let (head, body) = match answer {
            Answer::Redirect(_) if !elsewhere => {
                ("302 Found\r\nLocation: https://idp.example.com/elsewhere".into(), "".into())
            }
            Answer::Body(status, body) => (format!("{status} Whatever"), body),
            Answer::Redirect(body) => ("200 OK".to_owned(), body),
            Answer::Silence => return std::future::pending().await,
            Answer::Stall => ("200 OK".to_owned(), "{\"keys\":[".into()),
        };
        let stalls = matches!(*self.answer.lock().expect("no test panics with it"), Answer::Stall);
        let length = if stalls { 1_000 } else { body.len() };
        let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        // A caller that has read enough hangs up.
        let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
        if stalls {
            std::future::pending().await
        }
    }

    /// The way to it: `https` in the settings, plain TCP on loopback underneath.
    pub(crate) fn connector(&self) -> SharedHttpConnector {
        let inner = https::connector(https::system_roots(), Duration::from_secs(5));
        SharedHttpConnector::new(ToLoopback { address: self.address, inner })
    }
}

/// The server that publishes the keys of an issuer.
fn keys(issuer: &Issuer) -> Answer {
    Answer::Body(200, issuer.jwks().to_string().into())
}

/// Takes what goes to `https://idp.example.com` to the provider, and nothing else anywhere.
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
