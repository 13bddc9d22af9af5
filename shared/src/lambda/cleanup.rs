//! The entry point of the cleanup function, which two schedules start. A cleanup ends shortly before the deadline of the
//! function. A count for the overview is short.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_http::lambda_runtime::{self, Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

use super::{StartError, dynamodb, exit, get, one_thread};
use crate::app::cleanup::{Budget, CleanupError, CleanupMode, Report, run};
use crate::app::fleet::count_hours::count_hours;
use crate::clock::{Clock, SystemClock};
use crate::config::CleanupConfig;
use crate::store::{Store, StoreError};
use crate::telemetry::log;
use crate::telemetry::metrics::Metrics;

/// The reason why an event starts no cleanup.
#[derive(Debug, thiserror::Error)]
enum EventError {
    #[error(
        "unknown event: expected a scheduled event, {{\"action\":\"cleanup\"}} or {{\"action\":\"count\"}}"
    )]
    Unknown,
    #[error(transparent)]
    Store(StoreError),
}

impl EventError {
    /// The error as Lambda reports it. `error_type` is a stable name for alarms.
    fn into_diagnostic(self) -> Diagnostic {
        let name = match &self {
            Self::Unknown => "unknown_event",
            Self::Store(_) => "store_unavailable",
        };
        Diagnostic { error_type: name.to_owned(), error_message: self.to_string() }
    }
}

/// Serves the events of the schedule until Lambda ends the process.
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
        let (shards, refresh_lifetime) = (config.expiry_shards, config.refresh_lifetime);
        let clean_up = |event: LambdaEvent<Value>| async move {
            if is_count_event(&event.payload) {
                let counted = count(store, shards, refresh_lifetime).await;
                return counted.map(|()| None).map_err(EventError::into_diagnostic);
            }
            let report = clean_up(store, shards, event).await.map_err(EventError::into_diagnostic)?;
            if let Some(report) = &report {
                metrics.cleanup_run(report.ended, report.skipped, report.failed, report.remaining);
                metrics.print(function, SystemClock.now_millis());
            }
            Ok::<Option<Report>, Diagnostic>(report)
        };
        let served = lambda_runtime::run(service_fn(clean_up)).await;
        served.map_err(|error| StartError::Runtime(error.to_string()))
    })
}

/// Runs a cleanup and returns its report, or `None` if another run is active. This is no error, because the schedule may
/// deliver an event twice, and Lambda would repeat a failed event and raise an alarm.
async fn clean_up(
    store: &Store,
    shards: u16,
    event: LambdaEvent<Value>,
) -> Result<Option<Report>, EventError> {
    if !is_cleanup_event(&event.payload) {
        tracing::error!("the event is not a cleanup event");
        return Err(EventError::Unknown);
    }
    let budget = budget(event.context.deadline, SystemClock.now_millis());
    let report = match run(store, Arc::new(SystemClock), shards, budget, CleanupMode::Clean).await {
        Ok(report) => report,
        Err(CleanupError::Running) => {
            tracing::info!("another cleanup is already running");
            return Ok(None);
        }
        Err(CleanupError::Store(error)) => {
            tracing::error!(%error, "the cleanup could not start");
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
        "cleanup finished"
    );
    Ok(Some(report))
}

/// Counts the hours of the overview. A failure is an error, which Lambda repeats once.
async fn count(store: &Store, shards: u16, refresh_lifetime: Duration) -> Result<(), EventError> {
    let counted = count_hours(store, shards, refresh_lifetime, SystemClock.now()).await;
    counted.map_err(|error| {
        tracing::error!(%error, "the hours of the overview could not be counted");
        EventError::Store(error)
    })
}

/// The budget of an invocation with this deadline, in Unix milliseconds. A deadline in the past is no deadline: the emulator
/// of `cargo lambda` sends such deadlines, and a run that respects them would do nothing.
fn budget(deadline: u64, now_millis: i64) -> Budget {
    match deadline.saturating_sub(u64::try_from(now_millis).unwrap_or(0)) {
        0 => Budget::on_demand(),
        left => Budget::scheduled(Instant::now() + Duration::from_millis(left)),
    }
}

/// Whether this is a scheduled event of EventBridge, or the input that the schedule in our template has.
pub fn is_cleanup_event(event: &Value) -> bool {
    event["detail-type"] == "Scheduled Event" || *event == json!({"action": "cleanup"})
}

/// Whether this is the input that the second schedule in our template has.
fn is_count_event(event: &Value) -> bool {
    *event == json!({"action": "count"})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_of_a_schedule_start_a_cleanup() {
        assert!(is_cleanup_event(&json!({"action": "cleanup"})));
        assert!(is_cleanup_event(
            &json!({"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}})
        ));
        for other in [
            json!({}),
            json!(null),
            json!({"action": "drop"}),
            json!({"Records": []}),
            json!({"action": "count"}),
        ] {
            assert!(!is_cleanup_event(&other), "{other}");
        }
        assert!(
            is_count_event(&json!({"action": "count"})) && !is_count_event(&json!({"action": "cleanup"}))
        );
    }
}
