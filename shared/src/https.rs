//! Outgoing HTTPS: an HTTP/1.1 client for the AWS SDK, over rustls.
//!
//! The SDK's own client always contains HTTP/2, which adds 0.2 MB to each zipped function, although DynamoDB does not offer
//! it. See `docs/decisions/0006-http-1-only.md`.
//!
//! The SDK relies on three properties, which this client keeps: errors are classified so that the SDK repeats the right
//! ones, connecting has a time limit, and a connection with a bad response is not used again.

pub mod checked;

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{CaptureConnection, Connect, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::error::Elapsed;
use tower::util::MapFuture;

/// The time that an idle connection is kept. A function that was frozen for longer opens a new one.
const POOL_IDLE: Duration = Duration::from_secs(60);

/// A connector that trusts `roots`, and fails if connecting with TLS takes longer than `limit`.
pub fn connector(roots: RootCertStore, limit: Duration) -> SharedHttpConnector {
    let mut tcp = legacy::connect::HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls(roots))
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    let limited = MapFuture::new(https, move |connecting| {
        Box::pin(async move {
            let connected = tokio::time::timeout(limit, connecting).await;
            connected.unwrap_or_else(|late| Err(late.into()))
        })
    });
    let client = legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .build(limited);
    SharedHttpConnector::new(Client(client))
}

/// The TLS settings of a client that trusts `roots`.
fn tls(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("aws-lc speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// The certificates of a PEM file.
///
/// # Errors
/// `InvalidData` if the file is no PEM file, contains no certificate, or contains an unreadable one.
pub fn roots(pem: &[u8]) -> io::Result<RootCertStore> {
    let invalid = |error: Box<dyn Error + Send + Sync>| io::Error::new(io::ErrorKind::InvalidData, error);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| invalid(error.into()))?;
        roots.add(certificate).map_err(|error| invalid(error.into()))?;
    }
    if roots.is_empty() { Err(invalid("the file contains no certificate".into())) } else { Ok(roots) }
}

/// The root certificates of this system. Unreadable ones are left out.
pub fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        tracing::warn!("the system has no root certificates, so that every HTTPS request will fail");
    }
    roots
}

struct Client<C>(legacy::Client<C, SdkBody>);

impl<C> fmt::Debug for Client<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Client").finish_non_exhaustive()
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> HttpConnector for Client<C> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&connection));
        }
        let answering = self.0.request(request);
        HttpConnectorFuture::new(async {
            let answer = answering.await.map_err(classified)?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Lets the SDK remove a connection from the pool, so that a retry does not reach the same broken host again.
fn metadata(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    connection.connection_metadata().as_ref()?;
    let connection = connection.clone();
    let poison = move || {
        if let Some(connected) = connection.connection_metadata().as_ref() {
            connected.poison();
        }
    };
    Some(ConnectionMetadata::builder().proxied(false).poison_fn(poison).build())
}

/// Classifies an error. The SDK repeats a request after a timeout, an I/O error or an incomplete response.
fn classified(error: legacy::Error) -> ConnectorError {
    let http = cause::<hyper::Error>(&error);
    let closed = http.is_some_and(|error| error.is_closed() || error.is_canceled());
    let broken_off = http.is_some_and(hyper::Error::is_incomplete_message);
    if cause::<Elapsed>(&error).is_some() {
        ConnectorError::timeout(error.into())
    } else if error.is_connect() || closed || cause::<io::Error>(&error).is_some() {
        ConnectorError::io(error.into())
    } else {
        ConnectorError::other(error.into(), broken_off.then_some(ErrorKind::TransientError))
    }
}

fn cause<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut chain = std::iter::successors(Some(error), |&error| error.source());
    chain.find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::sync::mpsc;

    const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

    /// A server that sends `answer` to each request and reports each connection. With `None` it never answers.
    fn server(answer: Option<&'static [u8]>) -> (SocketAddr, mpsc::Receiver<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (connected, connections) = mpsc::channel();
        std::thread::spawn(move || {
            let mut silent = vec![];
            for stream in listener.incoming().map_while(Result::ok) {
                let _ = connected.send(());
                match answer {
                    Some(answer) => drop(std::thread::spawn(move || serve(stream, answer))),
                    None => silent.push(stream),
                }
            }
        });
        (address, connections)
    }

    fn serve(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
        let mut request = [0; 4_096];
        while stream.read(&mut request)? > 0 {
            stream.write_all(answer)?;
            if answer != OK {
                return Ok(());
            }
        }
        Ok(())
    }

    fn client(limit: Duration) -> SharedHttpConnector {
        connector(RootCertStore::empty(), limit)
    }

    fn get(scheme: &str, address: SocketAddr) -> HttpRequest {
        HttpRequest::get(format!("{scheme}://{address}/")).unwrap()
    }

    #[tokio::test]
    async fn a_connection_is_used_again_after_a_response() {
        let (address, connections) = server(Some(OK));
        let client = client(Duration::from_secs(5));
        for _ in 0..2 {
            let answer = client.call(get("http", address)).await.unwrap();
            assert_eq!(answer.status().as_u16(), 200);
            let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap();
            assert_eq!(body.to_bytes(), "{}");
        }
        assert_eq!(connections.try_iter().count(), 1);
    }

    #[tokio::test]
    async fn a_poisoned_connection_is_not_used_again() {
        let (address, connections) = server(Some(OK));
        let client = client(Duration::from_secs(5));
        for _ in 0..2 {
            let (mut request, capture) = (get("http", address), CaptureSmithyConnection::new());
            request.add_extension(capture.clone());
            let answer = client.call(request).await.unwrap();
            capture.get().expect("the client has reported its connection").poison();
            http_body_util::BodyExt::collect(answer.into_body()).await.unwrap();
        }
        assert_eq!(connections.try_iter().count(), 2);
    }

    #[tokio::test]
    async fn errors_are_classified_so_that_the_sdk_repeats_the_right_ones() {
        let outcome = async |scheme, address| {
            client(Duration::from_millis(100)).call(get(scheme, address)).await.unwrap_err()
        };
        let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        assert!(outcome("http", closed).await.is_io());
        let (silent, _connections) = server(None);
        assert!(outcome("https", silent).await.is_timeout(), "TLS counts as connecting");
        let (no_tls, _connections) = server(Some(OK));
        assert!(outcome("https", no_tls).await.is_io());
        let (hangs_up, _connections) = server(Some(b""));
        let error = outcome("http", hangs_up).await;
        assert!(error.is_io() || error.as_other() == Some(ErrorKind::TransientError), "{error:?}");
        let (babbles, _connections) = server(Some(b"what?\r\n\r\n"));
        let error = outcome("http", babbles).await;
        assert!(error.is_other() && error.as_other().is_none(), "{error:?}");
    }

    #[test]
    fn a_root_file_without_a_readable_certificate_is_refused() {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in ["", "no PEM", broken] {
            assert_eq!(roots(pem.as_bytes()).unwrap_err().kind(), io::ErrorKind::InvalidData, "{pem:?}");
        }
    }
}
