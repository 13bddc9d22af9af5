//! Queued faults on the way to DynamoDB.
//!
//! [`Faults::queue`] makes the next calls fail. Each call takes the first fault in the queue that applies to it. A call
//! is one HTTP attempt, so the SDK's retry usually succeeds after a fault with a count of 1.
//!
//! | kind | reaches the engine | the SDK receives |
//! |---|---|---|
//! | `throttle` | no | 400 `ProvisionedThroughputExceededException` |
//! | `conflict` | no | 400 `TransactionConflictException`, or a cancelled transaction with a conflict for each item |
//! | `timeout_before` | no | a timeout |
//! | `timeout_after_commit` | yes | a timeout |
//! | `error_500` | no | 500 `InternalServerError` |
//! | `slow` | yes | the response, half a second late |
//! | `hang` | no | nothing, until it gives the attempt up |
//! | `left_over` | the first item of each table of a batch | the response, with the others as unprocessed |
//! | `crash_before` | no | nothing: this process ends, as if killed |
//! | `crash_after_commit` | yes | nothing: this process ends, as if killed |

mod left_over;
mod reply;

use std::collections::VecDeque;
use std::future;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use serde::Deserialize;

use super::Layer;
use crate::operation;

/// The delay of a slow response, shorter than the store's timeout for a call.
const SLOW: Duration = Duration::from_millis(500);

/// The kind of a fault.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// DynamoDB throttles the call. Nothing is written.
    Throttle,
    /// Another transaction holds the item. Nothing is written. Applies only to `PutItem`, `UpdateItem`, `DeleteItem` and
    /// `TransactWriteItems`.
    Conflict,
    /// The request does not arrive. The caller sees a timeout.
    TimeoutBefore,
    /// The request is carried out and the response is lost. The caller sees a timeout.
    TimeoutAfterCommit,
    /// DynamoDB fails. Nothing is written.
    #[serde(rename = "error_500")]
    Error500,
    /// The request is carried out, and the response is late.
    Slow,
    /// The request does not arrive. The caller waits until its own timeout.
    Hang,
    /// Only the first item of each table of a batch is carried out, and the others come back as unprocessed. Applies only
    /// to `BatchGetItem` and `BatchWriteItem`. AWS would refuse the changed batch, because its signature no longer
    /// matches; the embedded engine does not check signatures.
    LeftOver,
    /// This process aborts before it sends the request.
    CrashBefore,
    /// This process aborts after the request was carried out.
    CrashAfterCommit,
}

#[derive(Debug)]
struct Fault {
    operation: Option<String>,
    kind: FaultKind,
    /// The number of calls that pass before it.
    skip: u32,
    remaining: u32,
}

/// The queue of faults. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<VecDeque<Fault>>>);

impl Faults {
    /// Creates an empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts these faults in front of `client`.
    pub fn wrap(&self, client: SharedHttpClient) -> SharedHttpClient {
        super::wrap(self.clone(), client)
    }

    /// Makes the next `count` calls of `operation`, or of any operation, fail with `kind`.
    pub fn queue(&self, operation: Option<&str>, kind: FaultKind, count: u32) {
        self.queue_after(0, operation, kind, count);
    }

    /// As [`Faults::queue`], after `skip` calls to which the fault applies. Until then it also holds back the faults behind
    /// it that apply to the same calls.
    pub fn queue_after(&self, skip: u32, operation: Option<&str>, kind: FaultKind, count: u32) {
        if count > 0 {
            let operation = operation.map(str::to_owned);
            self.lock().push_back(Fault { operation, kind, skip, remaining: count });
        }
    }

    /// Drops the faults queued for `operation`, or all of them.
    pub fn clear(&self, operation: Option<&str>) {
        self.lock().retain(|fault| operation.is_some() && fault.operation.as_deref() != operation);
    }

    /// The number of calls that will still fail.
    pub fn pending(&self) -> u32 {
        self.lock().iter().fold(0, |sum, fault| sum.saturating_add(fault.remaining))
    }

    fn take(&self, operation: &str) -> Option<FaultKind> {
        let mut faults = self.lock();
        let index = faults.iter().position(|fault| fault.applies_to(operation))?;
        let fault = faults.get_mut(index)?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        let kind = fault.kind;
        fault.remaining -= 1;
        if fault.remaining == 0 {
            faults.remove(index);
        }
        Some(kind)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fault {
    fn applies_to(&self, operation: &str) -> bool {
        let named = self.operation.as_deref().is_none_or(|name| name == operation);
        named
            && match self.kind {
                FaultKind::Conflict => operation::can_conflict(operation),
                FaultKind::LeftOver => operation::is_batch(operation),
                _ => true,
            }
    }
}

impl Layer for Faults {
    fn call(&self, inner: &SharedHttpConnector, request: HttpRequest) -> HttpConnectorFuture {
        let Some(kind) = self.take(operation::of(&request)) else {
            return inner.call(request);
        };
        tracing::debug!(operation = operation::of(&request), ?kind, "a queued fault applies");
        match kind {
            FaultKind::Throttle => HttpConnectorFuture::ready(Ok(reply::throttled())),
            FaultKind::Conflict => HttpConnectorFuture::ready(Ok(reply::conflict(&request))),
            FaultKind::Error500 => HttpConnectorFuture::ready(Ok(reply::failed())),
            FaultKind::TimeoutBefore => HttpConnectorFuture::ready(Err(timeout())),
            FaultKind::TimeoutAfterCommit => {
                let call = inner.call(request);
                HttpConnectorFuture::new(async move {
                    call.await?;
                    Err(timeout())
                })
            }
            FaultKind::Slow => {
                let call = inner.call(request);
                HttpConnectorFuture::new(async move {
                    let answer = call.await;
                    tokio::time::sleep(SLOW).await;
                    answer
                })
            }
            FaultKind::Hang => HttpConnectorFuture::new(future::pending()),
            FaultKind::LeftOver => {
                let (request, left_over) = left_over::cut(request);
                let call = inner.call(request);
                HttpConnectorFuture::new(async move { left_over.added_to(call.await?).await })
            }
            FaultKind::CrashBefore => process::abort(),
            FaultKind::CrashAfterCommit => {
                let call = inner.call(request);
                HttpConnectorFuture::new(async move {
                    // The response is dropped.
                    let _ = call.await;
                    process::abort()
                })
            }
        }
    }
}

/// A timeout without waiting.
fn timeout() -> ConnectorError {
    ConnectorError::timeout("a queued fault: the response never arrived".into())
}

#[cfg(test)]
mod tests;
