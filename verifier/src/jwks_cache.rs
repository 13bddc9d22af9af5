//! When are an issuer's keys fetched? At the first need, when they are old, and when a token names an unknown key.
//!
//! | state | what happens |
//! |---|---|
//! | keys younger than 10 minutes | they are used |
//! | keys older than 10 minutes, or an unknown `kid` | fetched again, at most once a minute |
//! | the issuer is down | the last good keys are used for 24 hours |
//! | no keys, and the last attempt failed | the next attempt is 5 seconds later |
//!
//! A token that its sender sends once must not be refused because its key is new: see [`JwksCache::urgent_keys_for`].
//!
//! At most one fetch runs at a time. A caller that has no usable key waits for it; other callers use the keys at hand.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use http::{Request, StatusCode, Uri};

use crate::fetch::{Fetch, FetchError, FetchLimits};
use crate::jwks::{NoKeys, parse_jwks};
use crate::jws::{VerifyingKey, unverified_kid};
use crate::time::epoch_seconds;

const LIMITS: FetchLimits = FetchLimits { timeout: Duration::from_secs(2), max_bytes: 256 * 1024 };
const FRESH_SECONDS: u64 = 600;
const REFETCH_SECONDS: u64 = 60;
const RETRY_SECONDS: u64 = 5;
const KEPT_SECONDS: u64 = 86_400;

/// The shortest pauses between two fetches, in seconds.
#[derive(Clone, Copy, Debug)]
struct Pauses {
    /// After a fetch whose set lacks the token's key. Any number of made-up tokens names such a key.
    unknown_key: u64,
    /// After a fetch that failed, if there are no usable keys.
    failed: u64,
    /// Whether a set that lacks the token's key is no answer, unless it was fetched for this token.
    needs_key: bool,
}

const USUAL: Pauses = Pauses { unknown_key: REFETCH_SECONDS, failed: RETRY_SECONDS, needs_key: false };
const URGENT: Pauses = Pauses { unknown_key: 10, failed: 1, needs_key: true };

/// The keys at one URL, fetched when they are needed. Cheap to clone; clones share their keys.
#[derive(Clone)]
pub struct JwksCache(Arc<Cache>);

struct Cache {
    url: Uri,
    fetch: Arc<dyn Fetch>,
    state: Mutex<State>,
}

type Keys = Arc<[VerifyingKey]>;
type Outcome = Result<Keys, KeysUnavailable>;

#[derive(Clone, Default)]
struct State {
    keys: Keys,
    /// When `keys` were fetched, in seconds since 1970.
    fetched_at: Option<i64>,
    /// When the last fetch began.
    tried_at: Option<i64>,
    pending: Option<PendingFetch>,
}

/// A fetch that is under way. Every waiting caller drives it, so it ends even if the first caller gives up.
#[derive(Clone)]
struct PendingFetch {
    began_at: i64,
    outcome: Shared<BoxFuture<'static, Outcome>>,
}

/// The next step of a caller that needs keys.
enum Step {
    Use(Keys),
    Wait(PendingFetch),
    GiveUp(KeysUnavailable),
}

/// The issuer's keys cannot be fetched now. The token may be valid: answer 503, never 401.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeysUnavailable {
    /// The last attempt failed less than 5 seconds ago, and the issuer is not asked again yet.
    #[error("the last attempt to fetch the keys failed a moment ago")]
    TriedRecently,
    /// The set that was fetched a moment ago lacks the token's key, and the issuer is not asked again yet. Only
    /// [`JwksCache::urgent_keys_for`] fails with it.
    #[error("the set of a moment ago lacks the key, and the keys are not fetched again yet")]
    UnknownKey,
    /// There was no answer.
    #[error("the keys cannot be fetched: {0}")]
    Fetch(#[source] FetchError),
    /// The answer had another status than 200.
    #[error("the answer with the keys has status {0}")]
    Status(StatusCode),
    /// The answer has no usable key.
    #[error("the answer with the keys cannot be used: {0}")]
    Answer(#[from] NoKeys),
}

impl JwksCache {
    /// The keys at `url`. Nothing is fetched yet.
    ///
    /// The URL must be `https`: on a connection without encryption an attacker could replace the keys and sign
    /// tokens for every user. [`RemoteVerifier::new`](crate::RemoteVerifier::new) checks that; this function does not.
    pub fn new(url: Uri, fetch: Arc<dyn Fetch>) -> Self {
        Self(Arc::new(Cache { url, fetch, state: Mutex::default() }))
    }

    /// The keys for verifying `token`, of which only the `kid` is read.
    ///
    /// # Errors
    /// No keys are at hand, and they cannot be fetched.
    ///
    /// *Units and defaults*: see the table of the module; a fetch takes 2 seconds and reads 256 KiB at most.
    pub async fn keys_for(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<Arc<[VerifyingKey]>, KeysUnavailable> {
        self.keys_with(unverified_kid(token).as_deref(), now).await
    }

    /// As [`JwksCache::keys_for`], for a token that its sender sends once, such as an order to end sessions.
    ///
    /// If the set lacks the token's key, the key may be new. So the set is fetched again after 10 seconds instead of a minute, and a
    /// fetch that failed is repeated after one second.
    ///
    /// # Errors
    /// The keys cannot be fetched, or the set lacks the token's key and is not fetched again yet. The token may be authentic in
    /// both cases: answer 503, so that its sender may repeat it.
    pub async fn urgent_keys_for(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<Arc<[VerifyingKey]>, KeysUnavailable> {
        self.keys_within(unverified_kid(token).as_deref(), now, URGENT).await
    }

    /// The keys for a signature whose header names this `kid`.
    pub(crate) async fn keys_with(&self, kid: Option<&str>, now: SystemTime) -> Outcome {
        self.keys_within(kid, now, USUAL).await
    }

    async fn keys_within(&self, kid: Option<&str>, now: SystemTime, pauses: Pauses) -> Outcome {
        let now = epoch_seconds(now);
        let pending = match self.next_step(kid, now, pauses) {
            Step::Use(keys) => return Ok(keys),
            Step::GiveUp(error) => return Err(error),
            Step::Wait(pending) => pending,
        };
        let outcome = pending.outcome.clone().await;
        let outcome = self.finish(&pending, outcome);
        if !pauses.needs_key || !self.lock().lacks_key(kid) {
            return outcome.or_else(|error| self.lock().kept_keys(now).ok_or(error));
        }
        match outcome {
            // The fetch began before the token arrived, and the key may be newer.
            Ok(_) if pending.began_at < now => Err(KeysUnavailable::UnknownKey),
            outcome => outcome,
        }
    }

    fn next_step(&self, kid: Option<&str>, now: i64, pauses: Pauses) -> Step {
        let mut state = self.lock();
        if let Some(pending) = state.pending_at(now) {
            let pending = pending.clone();
            return if state.can_verify(kid, now) {
                Step::Use(state.keys.clone())
            } else {
                Step::Wait(pending)
            };
        }
        if !state.needs_fetch(kid, now, pauses) {
            let is_unknown = pauses.needs_key && state.lacks_key(kid);
            return if is_unknown { Step::GiveUp(state.why_not()) } else { Step::Use(state.keys.clone()) };
        }
        if state.must_wait(now, pauses) {
            return Step::GiveUp(KeysUnavailable::TriedRecently);
        }
        // Noted before the answer, so that an issuer that is down is asked no more often than one that is up.
        state.tried_at = Some(now);
        let outcome = fetch_keys(self.0.fetch.clone(), self.0.url.clone()).boxed().shared();
        let pending = PendingFetch { began_at: now, outcome };
        state.pending = Some(pending.clone());
        Step::Wait(pending)
    }

    /// Stores the outcome of a fetch. All callers that waited for it come here; the first one stores it.
    fn finish(&self, pending: &PendingFetch, outcome: Outcome) -> Outcome {
        let mut state = self.lock();
        if state.pending.as_ref().is_some_and(|current| current.outcome.ptr_eq(&pending.outcome)) {
            state.pending = None;
            match &outcome {
                Ok(keys) => {
                    state.keys = keys.clone();
                    state.fetched_at = Some(pending.began_at);
                }
                Err(error) => {
                    let url = &self.0.url;
                    tracing::warn!(%url, %error, "the keys of an issuer could not be fetched");
                }
            }
        }
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The fetch that is under way. One that began longer ago than a fetch can take has no caller left to drive it,
    /// for example because a Lambda function was frozen, and another one replaces it.
    fn pending_at(&self, now: i64) -> Option<&PendingFetch> {
        self.pending.as_ref().filter(|pending| now.abs_diff(pending.began_at) < RETRY_SECONDS)
    }

    fn needs_fetch(&self, kid: Option<&str>, now: i64, pauses: Pauses) -> bool {
        let is_older = |at: Option<i64>, seconds| at.is_none_or(|at| now.abs_diff(at) >= seconds);
        let is_stale = is_older(self.fetched_at, FRESH_SECONDS);
        let retries = pauses.needs_key && self.has_failed();
        let pause = if retries { pauses.failed } else { pauses.unknown_key };
        let is_missing = self.lacks_key(kid) && is_older(self.tried_at, pause);
        !self.is_kept(now) || is_missing || (is_stale && is_older(self.tried_at, REFETCH_SECONDS))
    }

    /// Whether the last fetch failed.
    fn has_failed(&self) -> bool {
        self.tried_at != self.fetched_at
    }

    /// Why the keys at hand do not serve a token whose key they lack.
    fn why_not(&self) -> KeysUnavailable {
        if self.has_failed() { KeysUnavailable::TriedRecently } else { KeysUnavailable::UnknownKey }
    }

    /// The keys of an earlier fetch.
    fn kept_keys(&self, now: i64) -> Option<Keys> {
        self.is_kept(now).then(|| self.keys.clone())
    }

    fn can_verify(&self, kid: Option<&str>, now: i64) -> bool {
        self.is_kept(now) && !self.lacks_key(kid)
    }

    fn lacks_key(&self, kid: Option<&str>) -> bool {
        kid.is_some() && !self.keys.iter().any(|key| key.kid() == kid)
    }

    /// Without keys a failed fetch is not repeated at once: otherwise every made-up token that names an issuer would
    /// become a request to it.
    fn must_wait(&self, now: i64, pauses: Pauses) -> bool {
        self.tried_at.is_some_and(|at| now.abs_diff(at) < pauses.failed)
    }

    /// Distances count in both directions, so that a clock that was set back makes keys old, not fresh for longer.
    fn is_kept(&self, now: i64) -> bool {
        self.fetched_at.is_some_and(|at| now.abs_diff(at) < KEPT_SECONDS)
    }
}

async fn fetch_keys(fetch: Arc<dyn Fetch>, url: Uri) -> Outcome {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = url;
    let answer = fetch.fetch(request, LIMITS).await.map_err(KeysUnavailable::Fetch)?;
    if answer.status() != StatusCode::OK {
        return Err(KeysUnavailable::Status(answer.status()));
    }
    Ok(parse_jwks(answer.body())?.into())
}

impl fmt::Debug for JwksCache {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        out.debug_struct("JwksCache")
            .field("url", &self.0.url)
            .field("keys", &state.keys)
            .field("fetched_at", &state.fetched_at)
            .finish_non_exhaustive()
    }
}
