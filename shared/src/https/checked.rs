//! HTTPS to a URL from the settings, such as a webhook: connects only to addresses that a check allows.
//!
//! The check is made on the very address that is connected to. A check of the name before would be useless, because the name can
//! resolve to another address a moment later (DNS rebinding).

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri, header};
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::RootCertStore;
use tokio::net::TcpStream;

use super::tls;

type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Finds the addresses of a host.
pub trait Resolve: Send + Sync {
    /// The addresses of `host`, with `port`.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Pending<'a, io::Result<Vec<SocketAddr>>>;
}

/// The resolver of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Pending<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// The reason why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The host has an address that the check does not allow.
    #[error("the host resolves to an address that is not allowed")]
    AddressNotAllowed,
    /// There was no response within the time limit.
    #[error("no response within {0:?}")]
    TimedOut(Duration),
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The response, as far as its sender acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The time of the header `Retry-After`, if it is in seconds.
    pub retry_after: Option<Duration>,
}

type Sender = dyn Fn(Request<Full<Bytes>>) -> Pending<'static, Result<Answered, legacy::Error>> + Send + Sync;

/// A client without a pool of connections, without redirects and without proxies. Cheap to clone.
#[derive(Clone)]
pub struct CheckedClient {
    send: Arc<Sender>,
    limit: Duration,
}

impl fmt::Debug for CheckedClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("CheckedClient").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl CheckedClient {
    /// A client that trusts `roots`, connects only to addresses that `is_allowed` accepts, and gives up after `limit`, which includes
    /// the resolution of the name and TLS.
    pub fn new(
        roots: RootCertStore,
        resolver: Arc<dyn Resolve>,
        is_allowed: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
        limit: Duration,
    ) -> Self {
        let is_allowed = Arc::new(is_allowed);
        let transport = tower::service_fn(move |uri: Uri| {
            let (resolver, is_allowed) = (Arc::clone(&resolver), Arc::clone(&is_allowed));
            Box::pin(async move { connect(&uri, &*resolver, &*is_allowed).await.map(TokioIo::new) })
        });
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls(roots))
            .https_or_http()
            .enable_http1()
            .wrap_connector(transport);
        // A kept connection would be frozen with the function, and its address would not be checked again.
        let client = legacy::Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(https);
        let send = move |request| -> Pending<'static, Result<Answered, legacy::Error>> {
            let answering = client.request(request);
            Box::pin(async move { answering.await.map(|answer| answered(&answer)) })
        };
        Self { send: Arc::new(send), limit }
    }

    /// Sends a request and returns the response without its body, which is not read.
    ///
    /// # Errors
    /// There was no response.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answered, SendError> {
        let answer = tokio::time::timeout(self.limit, (self.send)(request)).await;
        answer.map_err(|_| SendError::TimedOut(self.limit))?.map_err(|error| {
            match super::cause::<ConnectError>(&error) {
                Some(ConnectError::NotAllowed) => SendError::AddressNotAllowed,
                _ => SendError::Connection(error.into()),
            }
        })
    }
}

fn answered<B>(answer: &Response<B>) -> Answered {
    let seconds =
        answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Answered { status: answer.status().as_u16(), retry_after: seconds.map(Duration::from_secs) }
}

#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("the address is not allowed")]
    NotAllowed,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Connects to one of the host's addresses. One address that is not allowed is enough to refuse the host, because a host with a public
/// and a private address is an attempt to get past the check.
async fn connect(
    uri: &Uri,
    resolver: &dyn Resolve,
    is_allowed: &(dyn Fn(IpAddr) -> bool + Send + Sync),
) -> Result<TcpStream, ConnectError> {
    let is_tls = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let host = uri.host().unwrap_or_default();
    let addresses = match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => resolver.resolve(host, port).await?,
    };
    if !addresses.iter().all(|address| is_allowed(address.ip())) {
        return Err(ConnectError::NotAllowed);
    }
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last.into())
}
