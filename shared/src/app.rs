//! What every handler is given: settings, store, clock. Built once a cold start.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::store::Store;
use crate::token::fetch::IssuerKeyCache;

/// The application. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    config: Config,
    store: Store,
    clock: Arc<dyn Clock>,
    issuer_keys: IssuerKeyCache,
    served: AtomicU64,
    metrics: Metrics,
    function: Option<String>,
}

impl App {
    /// Puts an application together.
    pub fn new(config: Config, store: Store, clock: Arc<dyn Clock>) -> Self {
        Self::build(config, store, clock, IssuerKeyCache::default(), None)
    }

    /// As [`App::new`], with a key cache that fetches its own way.
    pub fn with_issuer_keys(
        config: Config,
        store: Store,
        clock: Arc<dyn Clock>,
        issuer_keys: IssuerKeyCache,
    ) -> Self {
        Self::build(config, store, clock, issuer_keys, None)
    }

    /// The application of a Lambda function, which writes its metrics under this name.
    pub fn of_function(config: Config, store: Store, clock: Arc<dyn Clock>, function: String) -> Self {
        Self::build(config, store, clock, IssuerKeyCache::default(), Some(function))
    }

    fn build(
        config: Config,
        store: Store,
        clock: Arc<dyn Clock>,
        issuer_keys: IssuerKeyCache,
        function: Option<String>,
    ) -> Self {
        let (served, metrics) = (AtomicU64::new(0), Metrics::default());
        Self(Arc::new(Parts { config, store, clock, issuer_keys, served, metrics, function }))
    }

    /// The counters of this process.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Writes the metrics that are due, as one line on standard output, where CloudWatch looks for it.
    #[expect(clippy::print_stdout, reason = "the format is a bare JSON line")]
    pub(crate) fn write_metrics(&self) {
        let function = self.0.function.as_deref();
        if let Some(line) = function.and_then(|function| self.metrics().due(function, self.now_millis())) {
            println!("{line}");
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
        &self.0.issuer_keys
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
    pub fn samples(&self) -> bool {
        self.0.served.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.config().log_sample)
    }
}
