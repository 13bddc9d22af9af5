//! Runs cleanup every hour and counts the hours of the overview, as EventBridge does in a deployment.

use std::sync::Arc;
use std::time::{Duration, Instant};

use latchkey::app::cleanup::{Budget, CleanupError, CleanupMode, Report, run};
use latchkey::app::fleet::count_hours::count_hours;
use latchkey::clock::Clock as _;
use latchkey::store::StoreError;
use tokio::task::JoinHandle;

use super::LocalServer;

/// The timeout of a Lambda function.
const LONGEST: Duration = Duration::from_secs(15 * 60);

impl LocalServer {
    /// Cleans up once.
    ///
    /// # Errors
    /// Another cleanup is running, or the store is unavailable.
    pub async fn clean(&self, mode: CleanupMode) -> Result<Report, CleanupError> {
        self.clean_within(Budget::new(Instant::now() + LONGEST, u64::MAX), mode).await
    }

    /// Cleans up once, within a budget.
    ///
    /// # Errors
    /// As [`LocalServer::clean`].
    pub async fn clean_within(&self, budget: Budget, mode: CleanupMode) -> Result<Report, CleanupError> {
        let shards = self.app.config().expiry_shards;
        run(&self.store, Arc::new(self.clock.clone()), shards, budget, mode).await
    }

    /// Counts the hours of the overview that are due.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn count_hours(&self) -> Result<(), StoreError> {
        let config = self.app.config();
        let (shards, lifetime) = (config.expiry_shards, config.lifetimes.refresh);
        count_hours(&self.counting_store, shards, lifetime, self.clock.now()).await
    }
}

/// Cleans up every `period` until the returned task is aborted. A failed run is logged, and the next one tries again.
pub fn clean_every(server: LocalServer, period: Duration) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(period).await;
            match server.clean(CleanupMode::Clean).await {
                Ok(report) => {
                    tracing::info!(run_id = report.run_id, ended = report.ended, "cleanup finished")
                }
                Err(error) => tracing::warn!(%error, "cleanup failed"),
            }
        }
    })
}

/// Counts the hours of the overview now and then every `period`, until the returned task is aborted. A failed count is logged,
/// and the next one tries again.
pub fn count_every(server: LocalServer, period: Duration) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            if let Err(error) = server.count_hours().await {
                tracing::warn!(%error, "the hours of the overview could not be counted");
            }
            tokio::time::sleep(period).await;
        }
    })
}
