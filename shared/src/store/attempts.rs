//! How often and how long is a call to DynamoDB tried?

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;

/// The time limit of an attempt.
pub(super) const ATTEMPT: Duration = Duration::from_millis(800);

/// The time limit of a call with all its attempts.
pub(super) const CALL: Duration = Duration::from_millis(2_500);

/// The most attempts of a call.
pub(super) const ATTEMPTS: u32 = 3;

/// The retries of a call with this number of attempts.
pub(super) fn retries(attempts: u32) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(Duration::from_millis(25))
        .with_max_backoff(Duration::from_millis(400))
}

/// The settings of one call that has only this number of its attempts left, and their time. A call with one attempt is
/// not retried.
pub(super) fn with_attempts(attempts: u32) -> aws_sdk_dynamodb::config::Builder {
    let used = ATTEMPT * ATTEMPTS.saturating_sub(attempts).min(1);
    aws_sdk_dynamodb::Config::builder()
        .retry_config(retries(attempts))
        .timeout_config(TimeoutConfig::builder().operation_timeout(CALL - used).build())
}
