//! When is the feed fetched? When the copy is 4 seconds old, and at most every 4 seconds.
//!
//! | the copy is | a request |
//! |---|---|
//! | younger than 4 s | uses it |
//! | older, and a fetch is under way | uses it up to 5 s of age, or while the feed hangs, else waits for the fetch |
//! | older, and the last fetch began less than 4 s ago | uses it |
//! | older | fetches the feed and waits |
//!
//! So a request uses a copy of more than 5 seconds only if a fetch of the last 10 seconds brought no newer feed. The feed itself may be 5
//! seconds old when it is requested: 1 in the copy of a function, 2 on its way to the cache of CloudFront, and 2 in that cache. So a
//! revocation is seen within 10.
//!
//! The feed hangs for 10 seconds after a fetch was sent that failed after a second or more, unless a later one succeeds. Then only the
//! request that fetches it waits, and not all that arrive in the meantime. They wait after a failure that was quick, because that stops
//! no request for long, and the next fetch most likely succeeds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use http::{Request, StatusCode, Uri};

use super::copy::{FeedCopy, Moment};
use super::document::{FEED_MAX_BYTES, FeedDocument};
use super::error::FeedError;
use crate::fetch::{Fetch, FetchLimits};
use crate::verifier::AnyVerifier;

/// How often the feed is fetched.
pub(super) const POLL: Duration = Duration::from_secs(4);

/// The age up to which a request uses the copy while another caller fetches the feed.
const PATIENCE: Duration = Duration::from_secs(5);

/// A fetch that fails after this time or later has hung.
const HANG_MIN: Duration = Duration::from_secs(1);

/// How long a fetch that has hung shows that the feed hangs: the time within which a revocation is seen otherwise.
const HANGS_FOR: Duration = Duration::from_secs(10);

/// How long a fetch counts as under way. A longer one has no caller left to drive it, for example because a function was
/// frozen, and another one replaces it.
const ABANDONED_AFTER: Duration = Duration::from_secs(5);

const LIMITS: FetchLimits = FetchLimits { timeout: Duration::from_secs(2), max_bytes: FEED_MAX_BYTES };

/// The copy of one issuer's feed and the fetch that renews it.
pub(super) struct Renewal {
    url: Uri,
    fetch: Arc<dyn Fetch>,
    verifier: AnyVerifier,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) copy: Option<FeedCopy>,
    pub(super) error: Option<FeedError>,
    /// Whether the server refused the last `since`.
    must_be_whole: bool,
    tried_at: Option<Moment>,
    /// When the last fetch was sent that hung, if none has succeeded since. A feed that arrived counts as success, whatever its age.
    hung_at: Option<Moment>,
    pending: Option<PendingFetch>,
}

/// A fetch that is under way. Every request drives it, so it ends even if the first one gives up.
#[derive(Clone)]
struct PendingFetch {
    sent_at: Moment,
    outcome: Shared<BoxFuture<'static, Outcome>>,
}

type Outcome = Result<Arc<FeedDocument>, FeedError>;

impl Renewal {
    pub(super) fn new(url: Uri, fetch: Arc<dyn Fetch>, verifier: AnyVerifier) -> Self {
        Self { url, fetch, verifier, state: Mutex::default() }
    }

    /// Fetches the feed if it is due, or waits for the fetch of another caller if the copy is too old to use.
    pub(super) async fn renew(&self, clock: &(impl Fn() -> Moment + Sync)) {
        let Some((pending, must_wait)) = self.fetch_under_way(clock()) else { return };
        let fetch = pending.outcome.clone();
        let outcome = if must_wait { Some(fetch.await) } else { fetch.now_or_never() };
        if let Some(outcome) = outcome {
            self.finish(&pending, &outcome, clock());
        }
    }

    /// When the next fetch is due.
    pub(super) fn next_fetch_in(&self, now: Moment) -> Duration {
        let tried_at = self.lock().tried_at;
        tried_at.map_or(Duration::ZERO, |tried_at| POLL.saturating_sub(now.since(tried_at)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fetch that is under way or that this request begins, and whether the request waits for it. `None`: it needs none.
    fn fetch_under_way(&self, now: Moment) -> Option<(PendingFetch, bool)> {
        let mut state = self.lock();
        let age = state.copy.as_ref().map(|copy| copy.age(now));
        if age.is_some_and(|age| age < POLL) {
            return None;
        }
        let is_under_way = |pending: &&PendingFetch| now.since(pending.sent_at) < ABANDONED_AFTER;
        if let Some(pending) = state.pending.as_ref().filter(is_under_way) {
            let must_wait = age.is_none_or(|age| age >= PATIENCE) && !state.hangs(now);
            return Some((pending.clone(), must_wait));
        }
        if state.tried_at.is_some_and(|tried_at| now.since(tried_at) < POLL) {
            return None;
        }
        let since = state.copy.as_ref().and_then(|copy| copy.next_since(now));
        let pending = PendingFetch {
            sent_at: now,
            outcome: self.fetch_feed(since.filter(|_| !state.must_be_whole), now),
        };
        // Noted before the answer, so that a feed that is down is asked no more often than one that is up.
        state.tried_at = Some(now);
        state.pending = Some(pending.clone());
        Some((pending, true))
    }

    /// Stores the outcome of a fetch. All callers that have it come here; the first one stores it.
    fn finish(&self, pending: &PendingFetch, outcome: &Outcome, now: Moment) {
        let mut state = self.lock();
        if !state.pending.as_ref().is_some_and(|current| current.outcome.ptr_eq(&pending.outcome)) {
            return;
        }
        state.pending = None;
        if outcome.is_ok() {
            state.hung_at = None;
        } else if now.since(pending.sent_at) >= HANG_MIN {
            state.hung_at = Some(pending.sent_at);
        }
        state.error = match outcome {
            Ok(feed) => state.add(feed, pending.sent_at),
            Err(error) => Some(error.clone()),
        };
        state.must_be_whole = matches!(state.error, Some(FeedError::Status(StatusCode::BAD_REQUEST)));
        if let Some(error) = &state.error {
            tracing::warn!(url = %self.url, %error, "the revocation feed was not renewed");
        }
    }

    fn fetch_feed(&self, since: Option<i64>, now: Moment) -> Shared<BoxFuture<'static, Outcome>> {
        let (fetch, verifier, url) =
            (self.fetch.clone(), self.verifier.clone(), with_since(&self.url, since));
        let outcome = async move {
            let mut request = Request::new(Bytes::new());
            *request.uri_mut() = url;
            let answer = fetch.fetch(request, LIMITS).await.map_err(FeedError::Fetch)?;
            if answer.status() != StatusCode::OK {
                return Err(FeedError::Status(answer.status()));
            }
            let text = std::str::from_utf8(answer.body()).map_err(|_| FeedError::Malformed)?;
            FeedDocument::verify(text, since, &verifier, now.wall).await.map(Arc::new)
        };
        outcome.boxed().shared()
    }
}

impl State {
    /// Whether a request that waited for the fetch of another one would most likely wait long, and for nothing.
    fn hangs(&self, now: Moment) -> bool {
        self.hung_at.is_some_and(|hung_at| now.since(hung_at) < HANGS_FOR)
    }

    /// Adds a feed to the copy. Returns why it does not renew the copy.
    fn add(&mut self, feed: &FeedDocument, sent_at: Moment) -> Option<FeedError> {
        let Some(copy) = &mut self.copy else {
            self.copy = Some(FeedCopy::new(feed, sent_at));
            return None;
        };
        if copy.add(feed, sent_at) { None } else { Some(FeedError::NotNewer) }
    }
}

fn with_since(url: &Uri, since: Option<i64>) -> Uri {
    let Some(since) = since else { return url.clone() };
    let text = format!("{url}?since={since}");
    text.parse().expect("a URL without a query stays one when a number is added")
}
