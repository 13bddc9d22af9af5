//! Counts the DynamoDB calls and the capacity that they consumed.
//!
//! Statistics are the outermost layer: every attempt of the SDK counts as a call, including those that a queued fault
//! answered. Units come from `ConsumedCapacity` in the responses. A call that failed or whose response was lost therefore
//! counts without units.

mod consumed;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde::Serialize;

use latchkey::clock::Clock;
use latchkey::domain::time::Timestamp;

use super::Layer;
use crate::clock::MovableClock;
use crate::operation;

/// The calls and units of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// HTTP attempts.
    pub calls: u64,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units.
    pub write_units: f64,
}

/// The calls and units of all operations since a moment, as `/dev/stats` returns them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// By operation.
    pub dynamodb: BTreeMap<String, Usage>,
    /// The begin of the count, in RFC 3339.
    pub since: String,
}

/// The statistics. Clones share them.
#[derive(Clone, Debug)]
pub struct Stats {
    clock: MovableClock,
    counted: Arc<Mutex<Counted>>,
}

#[derive(Debug)]
struct Counted {
    since: Timestamp,
    by_operation: BTreeMap<String, Usage>,
    /// The items of the largest transaction.
    transaction_items: usize,
}

impl Counted {
    fn nothing(since: Timestamp) -> Self {
        Self { since, by_operation: BTreeMap::new(), transaction_items: 0 }
    }
}

impl Stats {
    /// Starts to count now.
    pub fn new(clock: MovableClock) -> Self {
        let counted = Arc::new(Mutex::new(Counted::nothing(clock.now())));
        Self { clock, counted }
    }

    /// Counts the calls of `client`.
    pub fn wrap(&self, client: SharedHttpClient) -> SharedHttpClient {
        super::wrap(self.clone(), client)
    }

    /// The calls and units of all operations so far.
    pub fn snapshot(&self) -> Snapshot {
        let counted = self.lock();
        Snapshot { dynamodb: counted.by_operation.clone(), since: counted.since.to_rfc3339() }
    }

    /// The calls and units of `operation` so far.
    pub fn of(&self, operation: &str) -> Usage {
        let counted = self.lock();
        let usage = counted.by_operation.get(operation).copied();
        usage.unwrap_or_default()
    }

    /// The sum over all operations so far.
    pub fn total(&self) -> Usage {
        let counted = self.lock();
        let usages = counted.by_operation.values();
        usages.fold(Usage::default(), |sum, usage| Usage {
            calls: sum.calls + usage.calls,
            read_units: sum.read_units + usage.read_units,
            write_units: sum.write_units + usage.write_units,
        })
    }

    /// The items of the largest transaction so far. DynamoDB refuses more than 100.
    pub fn largest_transaction(&self) -> usize {
        self.lock().transaction_items
    }

    /// Starts again from zero.
    pub fn reset(&self) {
        *self.lock() = Counted::nothing(self.clock.now());
    }

    fn count_call(&self, operation: &str) {
        self.count(operation, |usage| usage.calls += 1);
    }

    fn count_items(&self, body: &[u8]) {
        let items = |body: serde_json::Value| body["TransactItems"].as_array().map(Vec::len);
        let items = serde_json::from_slice(body).ok().and_then(items).unwrap_or_default();
        let mut counted = self.lock();
        counted.transaction_items = counted.transaction_items.max(items);
    }

    fn count_units(&self, operation: &str, units: f64) {
        self.count(operation, |usage| {
            if operation::is_read(operation) {
                usage.read_units += units;
            } else {
                usage.write_units += units;
            }
        });
    }

    fn count(&self, operation: &str, add: impl FnOnce(&mut Usage)) {
        let mut counted = self.lock();
        add(counted.by_operation.entry(operation.to_owned()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Layer for Stats {
    fn call(&self, inner: &SharedHttpConnector, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation::of(&request).to_owned();
        self.count_call(&operation);
        if operation == "TransactWriteItems" {
            self.count_items(request.body().bytes().unwrap_or_default());
        }
        let (stats, call) = (self.clone(), inner.call(request));
        HttpConnectorFuture::new(async move {
            let (response, units) = consumed::read(call.await?).await?;
            stats.count_units(&operation, units);
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests;
