//! The rows of the revocation feed: one for each write that ends sessions, in partitions of an hour.
//!
//! A partition has the entries that were written in one hour, so that a reader finds what is new by key, and old rows leave
//! with their TTL.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::Store;
use super::error::StoreError;
use super::global_revocation::GlobalRevocation;
use super::item::{self, Item, moment, text};
use super::schema::*;
use crate::domain::revocation_feed::{ENTRY_BYTES, FeedEntry, FeedItem, FeedWindow};
use crate::domain::session::end::SessionEnd;
use crate::domain::time::Timestamp;

/// The partitions of an hour, so that very many endings do not make one hot partition.
const SHARDS: u8 = 4;

const HOUR_MILLIS: i64 = 3_600_000;

/// The result of reading the feed.
#[derive(Debug)]
pub struct FeedRead {
    /// The rows in the window.
    pub items: Vec<FeedItem>,
    /// The number of malformed rows, which are left out.
    pub skipped: u64,
    /// The global revocation.
    pub revocation: GlobalRevocation,
}

impl Store {
    /// Adds sessions with a pending end to the revocation feed, because verifiers refuse them from now on, too.
    ///
    /// *Atomicity*: one PutItem. Writing the same ends again adds a row with the same entries.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list_in_feed(&self, ends: &[SessionEnd], now_millis: i64) -> Result<(), StoreError> {
        let Some(item) = self.feed_item(ends, now_millis) else { return Ok(()) };
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.sessions)
            .set_item(Some(item))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        put.send().await.map(drop).map_err(StoreError::unavailable)
    }

    /// Reads the rows that were written in `window`, and the global revocation, all consistently and at the same time. A malformed
    /// row is logged, counted and left out: without a feed, verifiers would accept the sessions of the other rows, too.
    ///
    /// # Errors
    /// The store failed. Nothing may be concluded about any session then.
    pub async fn read_feed(&self, window: FeedWindow, now: Timestamp) -> Result<FeedRead, StoreError> {
        let mut reads: JoinSet<Result<(Vec<FeedItem>, u64), StoreError>> = JoinSet::new();
        for hour in window.from.div_euclid(HOUR_MILLIS)..=window.to.div_euclid(HOUR_MILLIS) {
            for shard in 0..SHARDS {
                let store = self.clone();
                reads.spawn(async move { store.read_partition(hour, shard, window.from).await });
            }
        }
        let revocation = self.fetch_global_revocation(now).await?;
        let (mut items, mut skipped) = (vec![], 0);
        while let Some(read) = reads.join_next().await {
            // A read that panicked has read nothing, so that the feed would lack entries.
            let (read, malformed) = read.map_err(|_| StoreError::Malformed(FEED_ENTRIES))??;
            items.extend(read);
            skipped += malformed;
        }
        Ok(FeedRead { items, skipped, revocation })
    }

    /// The rows of a partition, and the number of malformed ones.
    async fn read_partition(
        &self,
        hour: i64,
        shard: u8,
        from: i64,
    ) -> Result<(Vec<FeedItem>, u64), StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.tables.sessions)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk >= :from")
            .expression_attribute_values(":pk", text(partition(hour, shard)))
            .expression_attribute_values(":from", text(sort_key_prefix(from)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .into_paginator()
            .send();
        let (mut items, mut skipped) = (vec![], 0);
        while let Some(page) = pages.next().await {
            for row in page.map_err(StoreError::unavailable)?.items() {
                match item_of(row) {
                    Ok(item) => items.push(item),
                    Err(error) => {
                        tracing::error!(%error, "malformed row of the revocation feed left out");
                        skipped += 1;
                    }
                }
            }
        }
        Ok((items, skipped))
    }

    /// The row of these ends in their transaction; `None` if the feed lists none of them.
    pub(super) fn put_feed_item(&self, ends: &[SessionEnd], now_millis: i64) -> Option<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.tables.sessions)
            .set_item(Some(self.feed_item(ends, now_millis)?));
        let put = put.build().expect("table and item are given");
        Some(TransactWriteItem::builder().put(put).build())
    }

    fn feed_item(&self, ends: &[SessionEnd], now_millis: i64) -> Option<Item> {
        let item = FeedItem::of(ends, self.access_lifetime?, now_millis)?;
        let shard = item.entries.first()?.as_bytes()[ENTRY_BYTES - 1] % SHARDS;
        let entries = item.entries.iter().flat_map(|entry| *entry.as_bytes()).collect::<Vec<u8>>();
        Some(Item::from([
            (PK.into(), text(partition(now_millis.div_euclid(HOUR_MILLIS), shard))),
            (SK.into(), text(format!("{}#{}", sort_key_prefix(now_millis), unique(now_millis)))),
            (FEED_ENTRIES.into(), AttributeValue::B(Blob::new(entries))),
            (TTL.into(), moment(item.until)),
        ]))
    }
}

fn partition(hour: i64, shard: u8) -> String {
    format!("R#{hour}#{shard}")
}

/// The time of the write, so that the rows of a partition sort by it until the year 2286.
fn sort_key_prefix(written_at: i64) -> String {
    format!("{:013}", written_at.max(0))
}

/// Two writes of the same millisecond must not replace each other.
fn unique(now_millis: i64) -> Uuid {
    let mut random = [0; 10];
    // Without randomness two writes of one millisecond could share a key. No token can be issued then either.
    let _ = aws_lc_rs::rand::fill(&mut random);
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(now_millis).unwrap_or(0), &random).into_uuid()
}

/// Parses a row.
///
/// # Errors
/// The attribute that is missing or malformed.
fn item_of(row: &Item) -> Result<FeedItem, StoreError> {
    let written_at = item::string(row, SK)?.split('#').next().and_then(|millis| millis.parse().ok());
    let bytes = item::bytes(row, FEED_ENTRIES)?;
    let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
    if !rest.is_empty() {
        return Err(StoreError::Malformed(FEED_ENTRIES));
    }
    Ok(FeedItem {
        written_at: written_at.ok_or(StoreError::Malformed(SK))?,
        entries: entries.iter().copied().map(FeedEntry::from_bytes).collect(),
        until: item::timestamp(row, TTL)?,
    })
}
