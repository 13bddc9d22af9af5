//! What every handler is given: settings, store, clock. Built once a cold start.

pub mod cleanup;
pub(crate) mod forged_token;
pub mod limiter;
pub mod refresh;
pub mod refusal_cache;
pub mod sign_in;
pub mod sign_out;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::app::refusal_cache::RefusalCache;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::event::Event;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics::{Counter, Metrics};
use crate::token::fetch::IssuerKeyCache;

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
    refused: RefusalCache,
}

/// How long an answer waits for an observation to be written; a Lambda is frozen after it.
const OBSERVATION_PATIENCE: Duration = Duration::from_millis(100);

/// Is told of every event that is worth an alert, right after it was written.
pub type Alarm = Arc<dyn Fn(&Event) + Send + Sync>;

/// What not every application has.
#[derive(Default)]
pub struct AppOptions {
    /// How the keys of trusted issuers are fetched; over https by default.
    pub issuer_keys: IssuerKeyCache,
    /// The name of the Lambda function, under which it writes its metrics; without one it writes none.
    pub function: Option<String>,
    /// Who is told of alerts here; in the cloud the table's stream tells.
    pub alarm: Option<Alarm>,
}

impl App {
    /// Puts an application together.
    pub fn new(config: Config, store: Store, clock: Arc<dyn Clock>) -> Self {
        Self::with(config, store, clock, AppOptions::default())
    }

    /// As [`App::new`], with more.
    pub fn with(config: Config, store: Store, clock: Arc<dyn Clock>, options: AppOptions) -> Self {
        let (served, metrics, refused) = (AtomicU64::new(0), Metrics::default(), RefusalCache::default());
        Self(Arc::new(Parts { config, store, clock, options, served, metrics, refused }))
    }

    /// Who is refused for now, as far as this instance knows.
    pub(crate) fn refused(&self) -> &RefusalCache {
        &self.0.refused
    }

    /// Writes what was noticed, and does `also` at the same time; that it could not is logged and counted,
    /// and never the client's concern.
    pub(crate) async fn record_events(
        &self,
        events: &[Event],
        also: impl Future<Output = Result<(), StoreError>>,
    ) {
        let patience = OBSERVATION_PATIENCE;
        let recorded = tokio::time::timeout(patience, self.store().record(events));
        // Each for itself: a note that cannot be written must not take an alert with it.
        let (recorded, also) = tokio::join!(recorded, tokio::time::timeout(patience, also));
        match recorded {
            Ok(Ok(())) => events.iter().for_each(|event| self.on_recorded(event)),
            _ => events.iter().for_each(|event| self.on_record_failed(event)),
        }
        if !matches!(also, Ok(Ok(()))) {
            tracing::warn!("what was noticed could not be written onto its session");
        }
    }

    /// An event that was perhaps not written: its line may be all that is left of it. A bad one is an alarm all
    /// the same, and somebody must look.
    fn on_record_failed(&self, event: &Event) {
        self.metrics().count(Counter::EventsLost);
        let (event_type, severity) = (event.kind.name(), event.kind.severity());
        let session = event.session.map(|id| id.to_string());
        if severity < Severity::High {
            tracing::warn!(event_type, session_id = session, "a security event was perhaps not written");
            return;
        }
        tracing::error!(
            event_type,
            severity = severity.as_str(),
            session_id = session,
            "a security event was perhaps not written, and needs a look"
        );
        if let Some(alarm) = &self.0.options.alarm {
            alarm(event);
        }
    }

    /// Every event that was written comes past here: it is counted, and a bad one is a warning and an alarm.
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
            "a security event needs a look"
        );
        if let Some(alarm) = &self.0.options.alarm {
            alarm(event);
        }
    }

    /// The counters of this process.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Writes the metrics that are due, if this is a function.
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

    /// The clock, for work that outlasts a moment.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    /// The moment. A handler asks once and passes it on.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The moment in milliseconds, for event ids.
    pub fn now_millis(&self) -> i64 {
        self.0.clock.now_millis()
    }

    /// Whether this success is the one in [`Config::log_sample`] that gets its line.
    pub fn should_log_success(&self) -> bool {
        self.0.served.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.config().log_sample)
    }
}
