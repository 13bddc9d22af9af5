//! How does cleanup run in the cloud? Once an event of the schedule, until shortly before its deadline.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_http::lambda_runtime::{self, Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

use super::{StartError, dynamodb, exit, get, one_thread};
use crate::app::cleanup::{Budget, CleanupError, CleanupMode, Report, run};
use crate::clock::{Clock, SystemClock};
use crate::config::CleanupConfig;
use crate::store::{Store, StoreError};
use crate::telemetry::log;
use crate::telemetry::metrics::Metrics;

/// What the schedule sends is none of these.
#[derive(Debug, thiserror::Error)]
enum EventError {
    #[error("unknown event: expected a scheduled event or {{\"action\":\"cleanup\"}}")]
    Unknown,
    #[error(transparent)]
    Store(StoreError),
}

impl EventError {
    /// As Lambda reports it: a name for alarms, and a sentence.
    fn named(self) -> Diagnostic {
        let name = match &self {
            Self::Unknown => "unknown_event",
            Self::Store(_) => "store_unavailable",
        };
        Diagnostic { error_type: name.to_owned(), error_message: self.to_string() }
    }
}

/// Answers the schedule until the environment ends the process.
pub fn serve() -> ExitCode {
    exit(run_function())
}

fn run_function() -> Result<(), StartError> {
    let config = CleanupConfig::from_env()?;
    log::init(config.debug);
    one_thread()?.block_on(async {
        let store = Store::with(dynamodb()?, config.tables, config.expiry_shards, config.event_ttl);
        store.warm(SystemClock.now()).await;
        let function = get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "latchkey-cleanup".to_owned());
        let (store, metrics, function) = (&store, &Metrics::default(), function.as_str());
        let shards = config.expiry_shards;
        let answer = |event: LambdaEvent<Value>| async move {
            let report = answer(store, shards, event).await.map_err(EventError::named)?;
            if let Some(report) = &report {
                metrics.cleanup_run(report.ended, report.skipped, report.failed);
                metrics.print(function, SystemClock.now_millis());
            }
            Ok::<Option<Report>, Diagnostic>(report)
        };
        let served = lambda_runtime::run(service_fn(answer)).await;
        served.map_err(|error| StartError::Runtime(error.to_string()))
    })
}

/// The run's report; none beside another run. That is no error: the schedule may deliver an event twice, and an
/// error would be tried again and raise an alarm.
async fn answer(store: &Store, shards: u16, event: LambdaEvent<Value>) -> Result<Option<Report>, EventError> {
    if !is_cleanup_event(&event.payload) {
        tracing::error!("the event is not one of cleanup's");
        return Err(EventError::Unknown);
    }
    let left = event.context.deadline.saturating_sub(u64::try_from(SystemClock.now_millis()).unwrap_or(0));
    let budget = Budget::scheduled(Instant::now() + Duration::from_millis(left));
    let report = match run(store, Arc::new(SystemClock), shards, budget, CleanupMode::Clean).await {
        Ok(report) => report,
        Err(CleanupError::Running) => {
            tracing::info!("another cleanup is running");
            return Ok(None);
        }
        Err(CleanupError::Store(error)) => {
            tracing::error!(%error, "a cleanup could not begin");
            return Err(EventError::Store(error));
        }
    };
    tracing::info!(
        run_id = report.run_id,
        ended = report.ended,
        skipped = report.skipped,
        failed = report.failed,
        remaining = report.remaining,
        duration_ms = report.duration_ms,
        "a cleanup is done"
    );
    Ok(Some(report))
}

/// EventBridge's scheduled event, or the input that a schedule of our template gives.
pub fn is_cleanup_event(event: &Value) -> bool {
    event["detail-type"] == "Scheduled Event" || *event == json!({"action": "cleanup"})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_schedules_events_are_ours() {
        assert!(is_cleanup_event(&json!({"action": "cleanup"})));
        assert!(is_cleanup_event(
            &json!({"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}})
        ));
        for other in [json!({}), json!(null), json!({"action": "drop"}), json!({"Records": []})] {
            assert!(!is_cleanup_event(&other), "{other}");
        }
    }
}
