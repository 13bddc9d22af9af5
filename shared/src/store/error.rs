//! The errors of the store, by what a caller can do about them.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

/// The store failed. A write may or may not have happened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out, refused or not reachable, after the SDK's own retries. Answered with 503.
    #[error("the store is not reachable: {code}")]
    Unavailable {
        /// DynamoDB's error code, or the kind of failure.
        code: String,
        /// The SDK's error. It contains no item.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Other requests kept changing the same rows until the attempts were used up. Answered with 503.
    #[error("other requests kept changing the same rows")]
    Contended,
    /// A row does not have the form that this version writes.
    #[error("attribute {0} of a row is missing or malformed")]
    Malformed(&'static str),
}

/// The outcome of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionOutcome {
    /// All of it was written.
    Committed,
    /// Nothing was written, because a condition failed: read again.
    ConditionFailed,
    /// Nothing was written, because another transaction holds a row or the table is throttled: wait and try again.
    Contended,
}

impl StoreError {
    /// A call, or several, took longer than their caller waits.
    pub fn timeout() -> Self {
        Self::Unavailable { code: "timeout".to_owned(), source: None }
    }

    /// Whether DynamoDB throttled this key. A throttle of the whole account has another code, because it means nothing
    /// for the key.
    pub fn is_throttle(&self) -> bool {
        let throttles = ["ProvisionedThroughputExceededException", "ThrottlingException"];
        matches!(self, Self::Unavailable { code, .. } if throttles.contains(&code.as_str()))
    }

    /// Converts an SDK error that no condition explains.
    pub fn unavailable<E, R>(error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let code = match &error {
            SdkError::TimeoutError(_) => "timeout",
            SdkError::DispatchFailure(failure) if failure.is_timeout() => "timeout",
            SdkError::DispatchFailure(_) => "dispatch",
            SdkError::ServiceError(context) => context.err().code().unwrap_or("unknown"),
            _ => "response",
        };
        Self::Unavailable { code: code.to_owned(), source: Some(Box::new(error)) }
    }
}

/// Whether conditions failed, and only those of items from the place `first` on.
pub(super) fn conditions_failed_only_from<R>(
    error: &SdkError<TransactWriteItemsError, R>,
    first: usize,
) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error()
    else {
        return false;
    };
    let has_failed = |place: usize| {
        let reason = canceled.cancellation_reasons().get(place);
        reason.and_then(|reason| reason.code()) == Some("ConditionalCheckFailed")
    };
    let mut failed = (0..canceled.cancellation_reasons().len()).filter(|place| has_failed(*place));
    failed.next().is_some_and(|lowest| lowest >= first)
}

/// Reads the cancellation reasons of a transaction.
pub(super) fn transaction_outcome<R>(
    error: SdkError<TransactWriteItemsError, R>,
) -> Result<TransactionOutcome, StoreError>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error()
    else {
        return match error.code() {
            Some("TransactionInProgressException" | "TransactionConflictException") => {
                Ok(TransactionOutcome::Contended)
            }
            _ => Err(StoreError::unavailable(error)),
        };
    };
    let codes: Vec<&str> =
        canceled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
    // A failed condition comes first, because waiting does not make it hold.
    if codes.contains(&"ConditionalCheckFailed") {
        return Ok(TransactionOutcome::ConditionFailed);
    }
    let passes = |code: &&str| {
        matches!(*code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
    };
    if codes.iter().any(passes) {
        return Ok(TransactionOutcome::Contended);
    }
    Err(StoreError::unavailable(error))
}
