//! The application: settings, store, clock and metrics, and one file for each operation.
//!
//! An operation takes parsed values and returns an outcome. It reads and writes through [`crate::store`], decides
//! with the pure functions of [`crate::domain`], and knows nothing of HTTP.

pub(crate) mod changed_client;
pub mod cleanup;
pub mod device;
pub mod fleet;
pub(crate) mod forged_token;
pub mod limiter;
pub mod notify;
pub mod provider_order;
pub mod refresh;
pub mod refusal_cache;
pub(crate) mod refused_orders;
pub(crate) mod refused_proof;
pub(crate) mod replay_limit;
pub mod revocation_feed;
pub mod sign_in;
pub mod sign_in_review;
pub mod sign_out;
pub(crate) mod theft;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use latchkey_verifier::dpop::{Nonces, SeenProofs};

use crate::app::refusal_cache::RefusalCache;
use crate::app::refused_orders::RefusedOrders;
use crate::app::replay_limit::ReplayLimit;
use crate::app::revocation_feed::FeedCache;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::event::Event;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics::{Counter, Metrics};
use crate::token::fetch::IssuerKeyCache;
use crate::token::refresh::RefreshKey;

/// The application. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    config: Config,
    store: Store,
    clock: Arc<dyn Clock>,
    options: AppOptions,
    served: AtomicU64,
    metrics: Metrics,
    refusal_cache: RefusalCache,
    refused_orders: RefusedOrders,
    replay_limit: ReplayLimit,
    feed_cache: FeedCache,
    nonces: Vec<Nonces>,
    seen_proofs: SeenProofs,
}

/// How long a response waits for its events to be written. It has to wait, because a Lambda function is frozen
/// after its response; it does not wait longer, because the events are not the client's concern.
const RECORD_TIMEOUT: Duration = Duration::from_millis(100);

/// A callback for every event of severity high or critical, right after the event was written.
pub type AlertCallback = Arc<dyn Fn(&Event) + Send + Sync>;

/// The parts of an application that have a default.
#[derive(Default)]
pub struct AppOptions {
    /// The cache of the trusted issuers' keys. Fetches over https by default.
    pub issuer_keys: IssuerKeyCache,
    /// The name of the Lambda function, the dimension of its metrics. Without a name no metrics are written.
    pub function: Option<String>,
    /// The callback for alerts on a local server. On AWS the table's stream delivers alerts.
    pub on_alert: Option<AlertCallback>,
}

impl App {
    /// An application with default options.
    pub fn new(config: Config, store: Store, clock: Arc<dyn Clock>) -> Self {
        Self::with(config, store, clock, AppOptions::default())
    }

    /// An application with these options.
    pub fn with(config: Config, store: Store, clock: Arc<dyn Clock>, options: AppOptions) -> Self {
        for warning in &config.warnings {
            tracing::warn!(setting = warning.name, reason = warning.reason, "a setting has no effect");
        }
        let nonces = config.keys.refresh().iter().map(RefreshKey::nonces).collect();
        Self(Arc::new(Parts {
            config,
            store,
            clock,
            options,
            served: AtomicU64::new(0),
            metrics: Metrics::default(),
            refusal_cache: RefusalCache::default(),
            refused_orders: RefusedOrders::default(),
            replay_limit: ReplayLimit::default(),
            feed_cache: FeedCache::default(),
            nonces,
            seen_proofs: SeenProofs::new(),
        }))
    }

    /// The keys over their rate limit, as far as this instance knows.
    pub(crate) fn refusal_cache(&self) -> &RefusalCache {
        &self.0.refusal_cache
    }

    /// The refused orders of identity providers.
    pub(crate) fn refused_orders(&self) -> &RefusedOrders {
        &self.0.refused_orders
    }

    /// The replays that this instance has answered.
    pub(crate) fn replay_limit(&self) -> &ReplayLimit {
        &self.0.replay_limit
    }

    /// This instance's copy of the revocation feed.
    pub(crate) fn feed_cache(&self) -> &FeedCache {
        &self.0.feed_cache
    }

    /// The nonces for proofs, one for each refresh key. The first issues them.
    pub(crate) fn nonces(&self) -> &[Nonces] {
        &self.0.nonces
    }

    /// The proofs that this instance has accepted.
    pub(crate) fn seen_proofs(&self) -> &SeenProofs {
        &self.0.seen_proofs
    }

    /// Writes events to the audit trail, and does `also` at the same time. A failure is logged and counted and does
    /// not fail the request.
    pub(crate) async fn record_events(
        &self,
        events: &[Event],
        also: impl Future<Output = Result<(), StoreError>>,
    ) {
        let timeout = RECORD_TIMEOUT;
        let recorded = tokio::time::timeout(timeout, self.store().record(events));
        // Two independent writes, so that a failing write to the session does not lose an alert.
        let (recorded, also) = tokio::join!(recorded, tokio::time::timeout(timeout, also));
        match recorded {
            Ok(Ok(())) => events.iter().for_each(|event| self.on_recorded(event)),
            _ => events.iter().for_each(|event| self.on_record_failed(event)),
        }
        if !matches!(also, Ok(Ok(()))) {
            tracing::warn!("could not write the findings to their session");
        }
    }

    /// Writes events that may be in the audit trail already. Those that are there stay as they are and do not count again.
    ///
    /// *Atomicity*: as [`Store::record_once`], for one event after the other.
    ///
    /// # Errors
    /// The store failed. The call can be repeated.
    pub(crate) async fn record_new(&self, events: &[Event]) -> Result<(), StoreError> {
        for event in events {
            if self.store().record_once(event).await? {
                self.on_recorded(event);
            }
        }
        Ok(())
    }

    /// Handles an event whose write failed or timed out, so that it may not be in the audit trail. The log line may be
    /// its only trace. A severe event still raises an alert.
    fn on_record_failed(&self, event: &Event) {
        self.metrics().count(Counter::EventsLost);
        let (event_type, severity) = (event.kind.name(), event.kind.severity());
        let session = event.session.map(|id| id.to_string());
        if severity < Severity::High {
            tracing::warn!(event_type, session_id = session, "a security event may not have been written");
            return;
        }
        tracing::error!(
            event_type,
            severity = severity.as_str(),
            session_id = session,
            "a severe security event may not have been written"
        );
        if let Some(on_alert) = &self.0.options.on_alert {
            on_alert(event);
        }
    }

    /// Handles an event that was written: counts it; logs a severe one and raises an alert.
    pub(crate) fn on_recorded(&self, event: &Event) {
        let severity = event.kind.severity();
        self.metrics().event(severity);
        if severity < Severity::High {
            return;
        }
        let (event_type, session) = (event.kind.name(), event.session.map(|id| id.to_string()));
        tracing::warn!(
            event_type,
            severity = severity.as_str(),
            event_id = %event.id,
            session_id = session,
            "severe security event"
        );
        if let Some(on_alert) = &self.0.options.on_alert {
            on_alert(event);
        }
    }

    /// The counters of this process.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Writes the metrics that are due, if this is a Lambda function.
    pub(crate) fn write_metrics(&self) {
        if let Some(function) = &self.0.options.function {
            self.metrics().print(function, self.now_millis());
        }
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The keys of trusted issuers.
    pub fn issuer_keys(&self) -> &IssuerKeyCache {
        &self.0.options.issuer_keys
    }

    /// The clock, for work that takes longer than a request.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    /// The current second. A handler reads it once and passes it on.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The current time in milliseconds, for event ids.
    pub fn now_millis(&self) -> i64 {
        self.0.clock.now_millis()
    }

    /// Whether this successful request is the one in [`Config::log_sample`] that is logged.
    pub fn should_log_success(&self) -> bool {
        self.0.served.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.config().log_sample)
    }
}
