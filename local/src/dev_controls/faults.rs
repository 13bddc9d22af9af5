//! Faults on the way to DynamoDB, ordered in advance.
//!
//! [`Faults::queue`] says what goes wrong with the next calls; each call takes
//! the first fault that is meant for it. A call is one HTTP attempt, so a fault
//! with a count of 1 is usually healed by the SDK's retry.
//!
//! | kind | reaches the engine | the SDK sees |
//! |---|---|---|
//! | `throttle` | no | 400 `ProvisionedThroughputExceededException` |
//! | `conflict` | no | 400 `TransactionConflictException`, or a cancelled transaction with a conflict for each item |
//! | `timeout_before` | no | a timeout |
//! | `timeout_after_commit` | yes | a timeout |
//! | `error_500` | no | 500 `InternalServerError` |
//! | `slow` | yes | the answer, half a second late |
//! | `left_over` | the first item of each table of a batch | the answer, with the others as unprocessed |
//! | `crash_before` | no | nothing: this process is gone, as if killed |
//! | `crash_after_commit` | yes | nothing: this process is gone, as if killed |

mod left_over;
mod reply;

use std::collections::VecDeque;
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

/// How late a slow answer is: within what a call of the store waits for.
const SLOW: Duration = Duration::from_millis(500);

/// What goes wrong.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// DynamoDB asks to slow down; nothing happened.
    Throttle,
    /// Somebody else's transaction holds the item; nothing happened. Meets only
    /// `PutItem`, `UpdateItem`, `DeleteItem` and `TransactWriteItems`.
    Conflict,
    /// The request never arrived. The caller cannot know.
    TimeoutBefore,
    /// The request was carried out and the answer was lost. The caller cannot know.
    TimeoutAfterCommit,
    /// DynamoDB failed; nothing happened.
    #[serde(rename = "error_500")]
    Error500,
    /// The request was carried out; the answer takes its time.
    Slow,
    /// Of a batch the first item of each table was carried out, the others are to be asked for again; a batch of one
    /// item is carried out. Meets only `BatchGetItem` and `BatchWriteItem`. AWS itself refuses a batch that was cut
    /// on its way; the embedded engine does not check it.
    LeftOver,
    /// This process ends before the request leaves it, without a chance to clean up.
    CrashBefore,
    /// The request was carried out, and this process ends, without a chance to clean up.
    CrashAfterCommit,
}

#[derive(Debug)]
struct Fault {
    operation: Option<String>,
    kind: FaultKind,
    /// Calls that pass before it.
    skip: u32,
    remaining: u32,
}

/// The faults that are still to happen. Clones share one queue.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<VecDeque<Fault>>>);

impl Faults {
    /// No faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// `client` with these faults on the way to it.
    pub fn wrap(&self, client: SharedHttpClient) -> SharedHttpClient {
        super::wrap(self.clone(), client)
    }

    /// Has the next `count` calls of `operation`, or of any, fail so.
    pub fn queue(&self, operation: Option<&str>, kind: FaultKind, count: u32) {
        self.queue_after(0, operation, kind, count);
    }

    /// As [`Faults::queue`], once `skip` calls that it is meant for have passed. Until then it holds back what was
    /// queued behind it for the same calls.
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

    /// How many calls are still to fail.
    pub fn pending(&self) -> u32 {
        self.lock().iter().fold(0, |sum, fault| sum.saturating_add(fault.remaining))
    }

    fn take(&self, operation: &str) -> Option<FaultKind> {
        let mut faults = self.lock();
        let index = faults.iter().position(|fault| fault.meets(operation))?;
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
    fn meets(&self, operation: &str) -> bool {
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
        tracing::debug!(operation = operation::of(&request), ?kind, "fault");
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
            FaultKind::LeftOver => {
                let (request, left_over) = left_over::cut(request);
                let call = inner.call(request);
                HttpConnectorFuture::new(async move { left_over.added_to(call.await?).await })
            }
            FaultKind::CrashBefore => process::abort(),
            FaultKind::CrashAfterCommit => {
                let call = inner.call(request);
                HttpConnectorFuture::new(async move {
                    // Whatever the engine said, nobody hears it.
                    let _ = call.await;
                    process::abort()
                })
            }
        }
    }
}

/// A timeout that takes no time.
fn timeout() -> ConnectorError {
    ConnectorError::timeout("a queued fault: the response never arrived".into())
}

#[cfg(test)]
mod tests;
