//! Cleanup on its schedule, as EventBridge would have it run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use latchkey::app::cleanup::{Budget, CleanupError, CleanupMode, Report, run};
use tokio::task::JoinHandle;

use super::LocalServer;

/// As long as a function may take.
const LONGEST: Duration = Duration::from_secs(15 * 60);

impl LocalServer {
    /// Cleans up once.
    ///
    /// # Errors
    /// Another run is under way, or the store cannot say.
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

/// Cleans up every `period` until the returned task is aborted. A failed run is logged, and the next one goes on.
pub fn clean_every(server: LocalServer, period: Duration) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(period).await;
            match server.clean(CleanupMode::Clean).await {
                Ok(report) => {
                    tracing::info!(run_id = report.run_id, ended = report.ended, "a cleanup is done")
                }
                Err(error) => tracing::warn!(%error, "a cleanup could not begin"),
            }
        }
    })
}
