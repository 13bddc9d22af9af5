//! Reads the stream of the events table from the embedded engine.

use std::time::Duration;

use latchkey::domain::time::Timestamp;
use serde_json::{Value, json};

use crate::engine::{Engine, EngineError};

/// The age from which records are left out, as in the streams of DynamoDB. The engine keeps them longer.
const RETENTION: Duration = Duration::from_secs(86_400);

/// Records of one read.
const PAGE: u32 = 100;

/// A record, as Lambda passes it on.
pub(super) struct Record {
    pub(super) json: Value,
    pub(super) sequence_number: String,
    written_at: Timestamp,
}

impl Record {
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.written_at + RETENTION < now
    }
}

/// Reads the stream of one table.
pub(super) struct StreamReader {
    engine: Engine,
    table: String,
}

impl StreamReader {
    pub(super) fn new(engine: Engine, table: String) -> Self {
        Self { engine, table }
    }

    /// The shards of the stream.
    pub(super) async fn shards(&self) -> Result<Vec<String>, EngineError> {
        let body = json!({"StreamArn": self.arn().await?});
        let description = self.engine.request("DescribeStream", body).await?;
        let shards = description["StreamDescription"]["Shards"].as_array().into_iter().flatten();
        Ok(shards.filter_map(|shard| shard["ShardId"].as_str().map(str::to_owned)).collect())
    }

    /// The records of a shard after `position`, or from the oldest one on.
    pub(super) async fn read(&self, shard: &str, position: Option<&str>) -> Result<Vec<Record>, EngineError> {
        let mut body = json!({"StreamArn": self.arn().await?, "ShardId": shard});
        match position {
            Some(number) => {
                body["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
                body["SequenceNumber"] = json!(number);
            }
            None => body["ShardIteratorType"] = json!("TRIM_HORIZON"),
        }
        let iterator = self.engine.request("GetShardIterator", body).await?["ShardIterator"].take();
        let page =
            self.engine.request("GetRecords", json!({"ShardIterator": iterator, "Limit": PAGE})).await?;
        let records = page["Records"].as_array().into_iter().flatten();
        Ok(records.map(|record| record_of(record.clone())).collect())
    }

    async fn arn(&self) -> Result<Value, EngineError> {
        let description = self.engine.request("DescribeTable", json!({"TableName": self.table})).await?;
        Ok(description["Table"]["LatestStreamArn"].clone())
    }
}

fn record_of(json: Value) -> Record {
    let stream = &json["dynamodb"];
    let written_at = stream["ApproximateCreationDateTime"].as_f64().unwrap_or_default();
    Record {
        sequence_number: stream["SequenceNumber"].as_str().unwrap_or_default().to_owned(),
        written_at: Timestamp::from_seconds(written_at as i64),
        json,
    }
}
