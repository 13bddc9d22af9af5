//! How does this crate send an HTTP request? Through a trait, so that the service chooses the client and the runtime.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

/// Sends HTTP requests to the issuer. The feature `hyper` brings an implementation, `HttpsFetch`.
///
/// An implementation must
/// - verify the server's certificate, because the keys that it fetches decide whose tokens are accepted
/// - not follow redirects, because a strict check sends the access token
/// - keep to the [`FetchLimits`].
///
/// It may answer with any status: the caller checks it.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use latchkey_verifier::{Fetch, FetchError, FetchFuture, FetchLimits};
///
/// /// Answers every request with the same key set, for example in a test.
/// struct Published(&'static str);
///
/// impl Fetch for Published {
///     fn fetch(&self, _: Request<Bytes>, _: FetchLimits) -> FetchFuture<'_> {
///         Box::pin(async { Ok(Response::new(Bytes::from_static(self.0.as_bytes()))) })
///     }
/// }
/// ```
pub trait Fetch: Send + Sync {
    /// Sends a request and reads the whole answer.
    fn fetch(&self, request: Request<Bytes>, limits: FetchLimits) -> FetchFuture<'_>;
}

/// The answer to a request, once it is there.
pub type FetchFuture<'f> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, FetchError>> + Send + 'f>>;

/// The limits of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// The time for everything: connecting, TLS, and reading the whole answer.
    pub timeout: Duration,
    /// The longest body that is read, in bytes.
    pub max_bytes: usize,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FetchError {
    /// The server cannot be reached, or its certificate is not trusted.
    #[error("the server cannot be reached")]
    Connect(#[source] Cause),
    /// The whole answer was not there in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The body is longer than the limit.
    #[error("the answer is too long")]
    TooLong,
    /// The connection broke off within the answer.
    #[error("the answer broke off")]
    BrokeOff(#[source] Cause),
}

/// The error of an HTTP client.
pub type Cause = Arc<dyn Error + Send + Sync>;
