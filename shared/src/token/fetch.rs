//! Fetching a trusted issuer's keys: bounded, cached, and forgiving of its outages.
//!
//! 2 s and 256 KiB at most, https only, no redirects. A set is fresh for 10 min; an unknown `kid` has it
//! fetched again, at most once a minute; when the issuer is down, its last good set serves for 24 h.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use http_body_util::{BodyExt, Limited};

use super::issuer::{IssuerKeys, TrustedIssuer, parse_fetched_jwks};
use super::jws::{VerifyingKey, unverified_kid};
use crate::domain::time::Timestamp;
use crate::https;

const TIMEOUT: Duration = Duration::from_secs(2);
const MAX_BYTES: usize = 256 * 1024;
const FRESH: Duration = Duration::from_secs(600);
const REFETCH: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_secs(5);
const KEPT: Duration = Duration::from_secs(86_400);

/// The keys of issuers that publish theirs at a URL, as this process knows them.
#[derive(Debug, Default)]
pub struct IssuerKeyCache {
    connector: OnceLock<SharedHttpConnector>,
    entries: Mutex<HashMap<String, Entry>>,
}

#[derive(Clone, Default)]
struct Entry {
    keys: Vec<VerifyingKey>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// The issuer's keys cannot be had now. The answer is 503: the assertion is not used up, nothing is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the issuer's keys cannot be fetched: {0}")]
pub struct KeysUnavailable(pub &'static str);

impl IssuerKeyCache {
    /// A cache that fetches through `connector`, for tests and for networks with a proxy of their own.
    pub fn with_connector(connector: SharedHttpConnector) -> Self {
        Self { connector: OnceLock::from(connector), entries: Mutex::default() }
    }

    /// The keys to verify `assertion` with.
    ///
    /// # Errors
    /// They are at a URL, none are cached, and it cannot be fetched.
    pub async fn keys(
        &self,
        issuer: &TrustedIssuer,
        assertion: &str,
        now: Timestamp,
    ) -> Result<Vec<VerifyingKey>, KeysUnavailable> {
        let url = match &issuer.keys {
            IssuerKeys::Inline(keys) => return Ok(keys.to_vec()),
            IssuerKeys::Url(url) => url,
        };
        let entry = self.entry(url);
        if !entry.needs_fetch(unverified_kid(assertion).as_deref(), now) {
            return Ok(entry.keys);
        }
        if entry.must_wait(now) {
            return Err(KeysUnavailable("tried a moment ago"));
        }
        self.update(url, |entry| entry.tried_at = Some(now));
        let fetched = self.fetch(url).await;
        match fetched {
            Ok(keys) => {
                self.update(url, |entry| {
                    *entry = Entry { keys: keys.clone(), fetched_at: Some(now), tried_at: Some(now) };
                });
                Ok(keys)
            }
            Err(_) if entry.is_kept(now) => Ok(entry.keys),
            Err(error) => Err(error),
        }
    }

    fn entry(&self, url: &str) -> Entry {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned().unwrap_or_default()
    }

    fn update(&self, url: &str, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        change(entries.entry(url.to_owned()).or_default());
    }

    async fn fetch(&self, url: &str) -> Result<Vec<VerifyingKey>, KeysUnavailable> {
        let attempt = async {
            let request = HttpRequest::get(url).map_err(|_| KeysUnavailable("the URL is malformed"))?;
            let reply = self.connector.get_or_init(connector).call(request).await;
            let reply = reply.map_err(|_| KeysUnavailable("no connection"))?;
            if reply.status().as_u16() != 200 {
                return Err(KeysUnavailable("the answer is not 200"));
            }
            let body = Limited::new(reply.into_body(), MAX_BYTES).collect().await;
            let body =
                body.map_err(|_| KeysUnavailable("the answer is over 256 KiB or broke off"))?.to_bytes();
            parse_fetched_jwks(&body).map_err(|_| KeysUnavailable("the answer is no key set that we can use"))
        };
        let outcome = tokio::time::timeout(TIMEOUT, attempt).await;
        let keys = outcome.unwrap_or(Err(KeysUnavailable("no answer within 2 s")));
        if let Err(error) = &keys {
            tracing::warn!(url, reason = error.0, "a trusted issuer's keys could not be fetched");
        }
        keys
    }
}

impl Entry {
    fn needs_fetch(&self, kid: Option<&str>, now: Timestamp) -> bool {
        let older_than = |at: Option<Timestamp>, age| at.is_none_or(|at| now.distance(at) >= age);
        let unknown_kid = kid.is_some() && !self.keys.iter().any(|key| key.kid() == kid);
        let stale = older_than(self.fetched_at, FRESH);
        self.keys.is_empty()
            || !self.is_kept(now)
            || ((stale || unknown_kid) && older_than(self.tried_at, REFETCH))
    }

    /// With nothing to serve, a failed fetch is not repeated for a moment: a made-up assertion that names an
    /// issuer must not become a request to it.
    fn must_wait(&self, now: Timestamp) -> bool {
        !self.is_kept(now) && self.tried_at.is_some_and(|at| now.distance(at) < RETRY)
    }

    fn is_kept(&self, now: Timestamp) -> bool {
        self.fetched_at.is_some_and(|at| now.distance(at) < KEPT)
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Entry")
            .field("keys", &self.keys.len())
            .field("fetched_at", &self.fetched_at)
            .finish()
    }
}

/// With the system's roots, since Amazon's do not sign other people's hosts; made at the first need,
/// because parsing them takes longer than a whole cold start.
fn connector() -> SharedHttpConnector {
    https::connector(https::system_roots(), TIMEOUT)
}
