//! When is the feed fetched? When the copy is 4 seconds old, and at most every 4 seconds.
//!
//! | the copy is | a request |
//! |---|---|
//! | younger than 4 s | uses it |
//! | older, and a fetch is under way | uses it up to 5 s of age or if a fetch of the last 10 s failed, else waits for the fetch |
//! | older, and the last fetch began less than 4 s ago | uses it |
//! | older | fetches the feed and waits |
//!
//! So a copy that a request uses is at most 5 seconds old while the feed can be reached. The feed itself may be 5 seconds old when it is
//! requested: 1 in the copy of a function, 2 on its way to the cache of CloudFront, and 2 in that cache. So a revocation is seen within 10.
//! While the feed hangs, one request each 4 seconds waits for it, and not all that arrive in the meantime.

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

/// How long a fetch that failed shows that the feed cannot be reached: the time within which a revocation is seen otherwise.
const DOWN_FOR: Duration = Duration::from_secs(10);

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
    /// When the last fetch was sent, if it has failed. A feed that arrived counts as success, whatever its age.
    failed_at: Option<Moment>,
    pending: Option<PendingFetch>,
}

/// A fetch that is under way. Every waiting caller drives it, so it ends even if the first caller gives up.
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

    /// Fetches the feed if it is due, or waits for another caller's fetch if the copy is too old to use.
    pub(super) async fn renew(&self, now: Moment) {
        let Some(pending) = self.fetch_to_wait_for(now) else { return };
        let outcome = pending.outcome.clone().await;
        self.finish(&pending, &outcome);
    }

    /// When the next fetch is due.
    pub(super) fn next_fetch_in(&self, now: Moment) -> Duration {
        let tried_at = self.lock().tried_at;
        tried_at.map_or(Duration::ZERO, |tried_at| POLL.saturating_sub(now.since(tried_at)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetch_to_wait_for(&self, now: Moment) -> Option<PendingFetch> {
        let mut state = self.lock();
        let age = state.copy.as_ref().map(|copy| copy.age(now));
        if age.is_some_and(|age| age < POLL) {
            return None;
        }
        let is_under_way = |pending: &&PendingFetch| now.since(pending.sent_at) < ABANDONED_AFTER;
        if let Some(pending) = state.pending.as_ref().filter(is_under_way) {
            let may_wait = !state.is_down(now);
            return age.is_none_or(|age| age >= PATIENCE && may_wait).then(|| pending.clone());
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
        Some(pending)
    }

    /// Stores the outcome of a fetch. All callers that waited for it come here; the first one stores it.
    fn finish(&self, pending: &PendingFetch, outcome: &Outcome) {
        let mut state = self.lock();
        if !state.pending.as_ref().is_some_and(|current| current.outcome.ptr_eq(&pending.outcome)) {
            return;
        }
        state.pending = None;
        state.failed_at = outcome.is_err().then_some(pending.sent_at);
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
    /// Whether the feed could not be reached a moment ago. A request that waited would most likely wait for nothing.
    fn is_down(&self, now: Moment) -> bool {
        self.failed_at.is_some_and(|failed_at| now.since(failed_at) < DOWN_FOR)
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
