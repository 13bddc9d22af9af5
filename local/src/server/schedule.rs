//! Runs cleanup every hour, as EventBridge does in a deployment.

use std::sync::Arc;
use std::time::{Duration, Instant};

use latchkey::app::cleanup::{Budget, CleanupError, CleanupMode, Report, run};
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
