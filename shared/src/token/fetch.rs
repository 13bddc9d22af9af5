//! The keys of trusted issuers that publish them at a URL, and the HTTPS client that fetches them and the revocation feed.
//!
//! [`JwksCache`] decides for every URL separately when the keys are fetched. This file sends the requests with the same
//! HTTP client as the store: see `docs/decisions/0002-issuers-keys-over-the-stores-client.md`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use latchkey_verifier::{Fetch, FetchError, FetchFuture, FetchLimits, JwksCache, VerifyingKey};
use tokio::time::{Instant, sleep, timeout};

pub use latchkey_verifier::KeysUnavailable;

use super::issuer::IssuerKeys;
use crate::domain::time::Timestamp;
use crate::https;

/// The pause between two attempts to fetch the keys for an order. An issuer that is down gets no more requests than this.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The longest time for connecting, including TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The keys of all trusted issuers, as this process last fetched them.
#[derive(Debug, Default)]
pub struct IssuerKeyCache {
    fetch: Arc<ConnectorFetch>,
    caches: Mutex<HashMap<Uri, JwksCache>>,
}

impl IssuerKeyCache {
    /// A cache that fetches through `connector`, for tests and for networks with a proxy of their own.
    pub fn with_connector(connector: SharedHttpConnector) -> Self {
        let fetch = ConnectorFetch(OnceLock::from(connector));
        Self { fetch: Arc::new(fetch), caches: Mutex::default() }
    }

    /// The keys for verifying `token`.
    ///
    /// # Errors
    /// The keys are at a URL, the cache has none, and they cannot be fetched. The response is 503, because the token
    /// may be valid. An assertion is not marked as used, and the attempt is not counted.
    pub async fn keys(
        &self,
        keys: &IssuerKeys,
        token: &str,
        now: Timestamp,
    ) -> Result<Arc<[VerifyingKey]>, KeysUnavailable> {
        match keys {
            IssuerKeys::Inline(keys) => Ok(keys.clone()),
            IssuerKeys::Url(url) => self.cache(url).keys_for(token, now.into()).await,
        }
    }

    /// The keys for verifying an order to end sessions, which most providers send once. A fetch that fails is repeated every second
    /// within `time`.
    ///
    /// # Errors
    /// The keys cannot be fetched in that time, or they lack the order's key and were fetched less than 10 seconds ago. The order may
    /// be authentic, so that the response is 503.
    pub async fn keys_for_order(
        &self,
        keys: &IssuerKeys,
        token: &str,
        now: Timestamp,
        time: Duration,
    ) -> Result<Arc<[VerifyingKey]>, KeysUnavailable> {
        let url = match keys {
            IssuerKeys::Inline(keys) => return Ok(keys.clone()),
            IssuerKeys::Url(url) => url,
        };
        let (cache, begin) = (self.cache(url), Instant::now());
        let mut error = KeysUnavailable::Fetch(FetchError::TimedOut);
        loop {
            let attempt = cache.urgent_keys_for(token, (now + begin.elapsed()).into());
            let Ok(outcome) = timeout(time.saturating_sub(begin.elapsed()), attempt).await else {
                return Err(error);
            };
            match outcome {
                Ok(_) | Err(KeysUnavailable::UnknownKey) => return outcome,
                Err(failure) => error = failure,
            }
            if begin.elapsed() + RETRY_PAUSE >= time {
                return Err(error);
            }
            sleep(RETRY_PAUSE).await;
        }
    }

    fn cache(&self, url: &Uri) -> JwksCache {
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || JwksCache::new(url.clone(), self.fetch.clone());
        caches.entry(url.clone()).or_insert_with(new).clone()
    }
}

/// Sends requests through the same kind of connector as the store's client.
///
/// The connector trusts the root certificates of the system, because Amazon's roots do not sign the hosts of other
/// companies. It is made when it is first needed, because parsing these roots takes longer than a whole cold start.
#[derive(Debug, Default)]
pub struct ConnectorFetch(OnceLock<SharedHttpConnector>);

impl ConnectorFetch {
    async fn send(&self, request: Request<Bytes>, max_bytes: usize) -> Result<Response<Bytes>, FetchError> {
        let connector = self.0.get_or_init(|| https::connector(https::system_roots(), CONNECT_TIMEOUT));
        let request = HttpRequest::try_from(request.map(SdkBody::from));
        let request = request.map_err(|error| FetchError::Connect(Arc::new(error)))?;
        let answer = connector.call(request).await.map_err(|error| FetchError::Connect(Arc::new(error)))?;
        let answer = answer.try_into_http1x().map_err(|error| FetchError::Connect(Arc::new(error)))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, max_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                FetchError::TooLong
            } else {
                FetchError::BrokeOff(error.into())
            }
        })?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}

impl Fetch for ConnectorFetch {
    fn fetch(&self, request: Request<Bytes>, limits: FetchLimits) -> FetchFuture<'_> {
        let answer = self.send(request, limits.max_bytes);
        Box::pin(async move { timeout(limits.timeout, answer).await.unwrap_or(Err(FetchError::TimedOut)) })
    }
}
