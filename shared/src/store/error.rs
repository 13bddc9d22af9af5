//! What can go wrong with the store, as a caller can act on it.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

/// The store did not do it, or cannot say whether it did.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out, refused or out of reach, after the SDK's own retries. The answer is 503.
    #[error("the store cannot be reached: {code}")]
    Unavailable {
        /// DynamoDB's code, or the kind of failure.
        code: String,
        /// The SDK's error; it holds no item.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Others kept changing the same rows for as long as we could wait. The answer is 503.
    #[error("too many others change the same rows")]
    Contended,
    /// A row is not what this version writes.
    #[error("attribute {0} of a row is missing or malformed")]
    Malformed(&'static str),
}

/// How a transaction came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionOutcome {
    /// All of it is done.
    Committed,
    /// None of it is done: a condition did not hold, the world has moved on. Read again.
    ConditionFailed,
    /// None of it is done: another transaction holds a row, or it is throttled. Wait and try again.
    Contended,
}

impl StoreError {
    /// Whether DynamoDB refused because of too many calls on one key, rather than failed. What is over the
    /// whole account's limit says nothing of the key.
    pub fn is_throttle(&self) -> bool {
        let throttles = ["ProvisionedThroughputExceededException", "ThrottlingException"];
        matches!(self, Self::Unavailable { code, .. } if throttles.contains(&code.as_str()))
    }

    /// From an SDK error that no condition explains.
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

/// Reads the cancellation reasons of a transaction one by one.
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
    // A failed condition is news whatever else happened: waiting would not make it hold.
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
