//! Has the session of a token ended lately? The issuer's revocation feed answers it without a request for each token.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::access_token::Claims;
use crate::fetch::Fetch;
use crate::issuer_url::{IssuerUrlError, below_issuer};
use crate::scope::Scope;
use crate::session_check::{SessionCheck, SessionCheckError, SessionCheckFuture};
use crate::verifier::AnyVerifier;

mod copy;
mod document;
mod error;
mod renewal;

pub use error::FeedError;

use copy::{Finding, Moment};
use renewal::Renewal;

/// The shortest pause between two fetches, so that a clock that is set never makes a loop of requests.
const POLL_PAUSE_MIN: Duration = Duration::from_millis(100);

/// Refuses the tokens of ended sessions by the issuer's revocation feed: a signed list of the sessions that have ended
/// lately. While the feed can be reached, a revoked token is refused within 10 seconds.
///
/// The feed is fetched within a request when the copy is more than 4 seconds old, by one request at a time. A service that
/// runs for long calls [`RevocationFeed::poll`] as well, so that no request has to wait for it.
///
/// Cheap to clone; clones share their copy of the feed.
///
/// ```
/// use std::sync::Arc;
/// use latchkey_verifier::{
///     Fetch, Introspection, IssuerUrlError, RemoteVerifier, RequireSignedIn, RevocationFeed, WhenStale,
/// };
///
/// fn check(fetch: Arc<dyn Fetch>) -> Result<RequireSignedIn, IssuerUrlError> {
///     let issuer = "https://app.example.com/api/auth";
///     let verifier = RemoteVerifier::new(issuer, "shop", fetch.clone())?;
///     let when_stale = WhenStale::ask(Introspection::new(issuer, fetch.clone())?);
///     let feed = RevocationFeed::new(verifier.clone(), fetch, when_stale)?;
///     Ok(RequireSignedIn::strict(verifier, feed))
/// }
/// ```
///
/// *Units and defaults*: a copy is fresh for 30 seconds after the request for it. A fetch takes 2 seconds and reads 6 MiB at
/// most, and `iat` of a feed may be 90 seconds away from the system's time.
///
/// *Source*: `docs/revocation-feed.md`.
#[derive(Clone)]
pub struct RevocationFeed {
    renewal: Arc<Renewal>,
    when_stale: WhenStale,
    wall_clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    monotonic_clock: Arc<dyn Fn() -> Duration + Send + Sync>,
}

/// The result of a request while there is no fresh copy of the feed.
///
/// A session that the last copy shows as ended stays refused in any case.
#[derive(Clone)]
pub enum WhenStale {
    /// Tokens are accepted until they expire, as in an offline check. An outage of the feed refuses no request.
    Accept,
    /// Each request asks whether its session is live, for example by [`Introspection`](crate::Introspection).
    Ask(Arc<dyn SessionCheck>),
    /// Requests are answered with 503, so that no revoked token passes during an outage of the feed.
    Refuse,
}

impl WhenStale {
    /// Asks `sessions` for each request.
    pub fn ask(sessions: impl SessionCheck + 'static) -> Self {
        Self::Ask(Arc::new(sessions))
    }
}

impl RevocationFeed {
    /// The feed at `<issuer>/.well-known/revocations` of the verifier's issuer. Nothing is fetched yet.
    ///
    /// # Errors
    /// The issuer is not an https URL; http is accepted for loopback only.
    pub fn new(
        verifier: impl Into<AnyVerifier>,
        fetch: Arc<dyn Fetch>,
        when_stale: WhenStale,
    ) -> Result<Self, IssuerUrlError> {
        let verifier = verifier.into();
        let url = below_issuer(verifier.issuer(), ".well-known/revocations")?;
        let start = Instant::now();
        Ok(Self {
            renewal: Arc::new(Renewal::new(url, fetch, verifier)),
            when_stale,
            wall_clock: Arc::new(SystemTime::now),
            monotonic_clock: Arc::new(move || start.elapsed()),
        })
    }

    /// Reads the time from these functions instead of the system's clocks, for example in a test. The monotonic clock counts
    /// from any start.
    pub fn clocks(
        self,
        wall: impl Fn() -> SystemTime + Send + Sync + 'static,
        monotonic: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self { wall_clock: Arc::new(wall), monotonic_clock: Arc::new(monotonic), ..self }
    }

    /// Fetches the feed every 4 seconds, for as long as the future is polled. It never ends.
    ///
    /// `sleep` is the timer of the service's async runtime:
    ///
    /// ```
    /// # use latchkey_verifier::RevocationFeed;
    /// fn start(feed: &RevocationFeed) {
    ///     tokio::spawn(feed.clone().poll(tokio::time::sleep));
    /// }
    /// ```
    pub async fn poll<S: Future<Output = ()>>(self, sleep: impl Fn(Duration) -> S) {
        loop {
            self.renewal.renew(&self.clock_at((self.wall_clock)())).await;
            let pause = self.renewal.next_fetch_in(self.clock_at((self.wall_clock)())());
            sleep(pause.max(POLL_PAUSE_MIN)).await;
        }
    }

    async fn decide(
        &self,
        token: &str,
        claims: &Claims,
        now: SystemTime,
    ) -> Result<Scope, SessionCheckError> {
        let clock = self.clock_at(now);
        self.renewal.renew(&clock).await;
        // Read again: the copy has aged while the request waited.
        match self.find(claims, clock()) {
            Some(Finding::Live) => Ok(claims.scope.clone()),
            Some(Finding::Ended) => Err(SessionCheckError::Ended),
            Some(Finding::OldToken) => Err(SessionCheckError::TokenExpired),
            None => match &self.when_stale {
                WhenStale::Accept => Ok(claims.scope.clone()),
                WhenStale::Ask(sessions) => sessions.check(token, claims, now).await,
                WhenStale::Refuse => Err(self.unavailable()),
            },
        }
    }

    /// The result for these claims, or `None` if the copy is too old to decide.
    fn find(&self, claims: &Claims, now: Moment) -> Option<Finding> {
        let state = self.renewal.lock();
        let copy = state.copy.as_ref()?;
        let finding = copy.find(claims);
        (finding != Finding::Live || copy.is_fresh(now)).then_some(finding)
    }

    fn unavailable(&self) -> SessionCheckError {
        let error = self.renewal.lock().error.clone();
        SessionCheckError::Unavailable {
            retry_after: None,
            cause: error.unwrap_or(FeedError::NotNewer).into(),
        }
    }

    /// The clocks of a request for which it is `now`.
    fn clock_at(&self, now: SystemTime) -> impl Fn() -> Moment + Sync {
        let start = (self.monotonic_clock)();
        move || {
            let monotonic = (self.monotonic_clock)();
            Moment { monotonic, wall: now + monotonic.saturating_sub(start) }
        }
    }
}

impl SessionCheck for RevocationFeed {
    fn check<'c>(&'c self, token: &'c str, claims: &'c Claims, now: SystemTime) -> SessionCheckFuture<'c> {
        Box::pin(self.decide(token, claims, now))
    }
}

impl fmt::Debug for RevocationFeed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RevocationFeed").field("when_stale", &self.when_stale).finish_non_exhaustive()
    }
}

impl fmt::Debug for WhenStale {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Accept => "Accept",
            Self::Ask(_) => "Ask",
            Self::Refuse => "Refuse",
        })
    }
}
