//! Capacity units, as DynamoDB counted them.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Consumed capacity, as DynamoDB counted it.
#[derive(Debug, Default)]
pub struct Consumed {
    half_reads: AtomicU64,
    half_writes: AtomicU64,
}

impl Consumed {
    /// Read units so far.
    pub fn read_units(&self) -> f64 {
        self.half_reads.load(Ordering::Relaxed) as f64 / 2.0
    }

    /// Write units so far.
    pub fn write_units(&self) -> f64 {
        self.half_writes.load(Ordering::Relaxed) as f64 / 2.0
    }

    /// Adds the capacity that another part consumed.
    pub fn add(&self, other: &Self) {
        self.half_reads.fetch_add(other.half_reads.load(Ordering::Relaxed), Ordering::Relaxed);
        self.half_writes.fetch_add(other.half_writes.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    pub(super) fn reads(&self, capacity: Option<&ConsumedCapacity>) {
        add(&self.half_reads, capacity);
    }

    pub(super) fn writes(&self, capacity: Option<&ConsumedCapacity>) {
        add(&self.half_writes, capacity);
    }
}

fn add(halves: &AtomicU64, capacity: Option<&ConsumedCapacity>) {
    let units = capacity.and_then(ConsumedCapacity::capacity_units).unwrap_or_default();
    halves.fetch_add((units * 2.0).round() as u64, Ordering::Relaxed);
}
