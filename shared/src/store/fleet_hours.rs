//! The hours of the overview: one row for each, in the table of sessions: partition `O#<month>`, sort key the hour.
//!
//! A count is set and never added to. So a count that runs twice, or that a schedule delivers again, changes nothing.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, Select};

use super::item::{self, Item, moment, number, text};
use super::schema::*;
use super::{Store, StoreError};
use crate::domain::fleet::hour_counts::HourCounts;
use crate::domain::fleet::scan::Round;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// How long an hour is kept: 90 d.
const KEPT_FOR: std::time::Duration = std::time::Duration::from_secs(90 * 86_400);

/// An hour of the overview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourRow {
    /// The begin of the hour.
    pub hour: Timestamp,
    /// The events of the hour.
    pub counts: HourCounts,
    /// When the events were last counted.
    pub counted_at: Timestamp,
    /// The live sessions; `None` until they are counted.
    pub live_sessions: Option<u64>,
}

impl Store {
    /// Counts the events of one partition of the index within a range of ids. It reads all of them, so that only a schedule
    /// calls it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_events(&self, partition: &str, range: &Round) -> Result<HourCounts, StoreError> {
        let (mut counts, mut after) = (HourCounts::default(), None);
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.tables.security_events)
                .index_name(FLEET_INDEX)
                .key_condition_expression("fp = :partition AND event_id BETWEEN :low AND :high")
                .expression_attribute_values(":partition", text(partition))
                .expression_attribute_values(":low", text(range.low.to_string()))
                .expression_attribute_values(":high", text(range.high.to_string()))
                .projection_expression("event_type, severity, details")
                .set_exclusive_start_key(after)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let reply = Box::pin(query.send()).await.map_err(StoreError::unavailable)?;
            for row in reply.items() {
                // As in the lists, a row that this version cannot read does not hide the others.
                if let Err(error) = count_event(&mut counts, row) {
                    tracing::error!(%error, "malformed event row left out");
                }
            }
            after = reply.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                return Ok(counts);
            }
        }
    }

    /// Counts the sessions in one bucket of the index `expiry`. It reads all of their keys, so that only a schedule calls it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_live_sessions(&self, bucket: Bucket) -> Result<u64, StoreError> {
        let (mut count, mut after) = (0, None);
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.tables.sessions)
                .index_name(EXPIRY_INDEX)
                .key_condition_expression("eb = :bucket")
                .expression_attribute_values(":bucket", text(bucket.to_string()))
                .select(Select::Count)
                .set_exclusive_start_key(after)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let reply = Box::pin(query.send()).await.map_err(StoreError::unavailable)?;
            count += u64::try_from(reply.count).unwrap_or(0);
            after = reply.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    /// Sets the counts of an hour.
    ///
    /// # Errors
    /// The store failed. The call can be repeated.
    pub async fn set_hour_counts(
        &self,
        hour: Timestamp,
        counts: HourCounts,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [
            (HOUR_SIGN_INS, number(counts.sign_ins)),
            (HOUR_ALERTS, number(counts.alerts)),
            (HOUR_REFUSED, number(counts.refused_sign_ins)),
            (HOUR_COUNTED_AT, moment(now)),
        ];
        self.set_in_hour(hour, &values).await
    }

    /// Sets the live sessions of an hour.
    ///
    /// # Errors
    /// The store failed. The call can be repeated.
    pub async fn set_live_sessions(&self, hour: Timestamp, live: u64) -> Result<(), StoreError> {
        self.set_in_hour(hour, &[(HOUR_LIVE, number(live))]).await
    }

    async fn set_in_hour(
        &self,
        hour: Timestamp,
        values: &[(&str, AttributeValue)],
    ) -> Result<(), StoreError> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(month_of(hour)))
            .key(SK, text(hour.to_rfc3339()))
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":ttl", moment(hour + KEPT_FOR))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut set = vec!["#ttl = :ttl".to_owned()];
        for (name, value) in values {
            set.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), *name)
                .expression_attribute_values(format!(":{name}"), value.clone());
        }
        let update = update.update_expression(format!("SET {}", set.join(", ")));
        Box::pin(update.send()).await.map(drop).map_err(StoreError::unavailable)
    }

    /// Reads the counted hours from `from` to `to`, newest first: one Query for each month. A malformed hour is logged and left out, so
    /// that it hides no other hour.
    ///
    /// # Errors
    /// The store failed.
    pub async fn read_hours(&self, from: Timestamp, to: Timestamp) -> Result<Vec<HourRow>, StoreError> {
        let mut months = vec![month_of(to), month_of(from)];
        months.dedup();
        let mut hours = vec![];
        for month in months {
            let query = self
                .client
                .query()
                .table_name(&self.tables.sessions)
                .key_condition_expression("pk = :month AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":month", text(month))
                .expression_attribute_values(":from", text(from.start_of_hour().to_rfc3339()))
                .expression_attribute_values(":to", text(to.to_rfc3339()))
                .scan_index_forward(false)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let reply = Box::pin(query.send()).await.map_err(StoreError::unavailable)?;
            for row in reply.items() {
                match hour_of(row) {
                    Ok(hour) => hours.extend(hour),
                    Err(error) => tracing::error!(%error, "malformed hour of the overview left out"),
                }
            }
        }
        Ok(hours)
    }
}

fn count_event(counts: &mut HourCounts, row: &Item) -> Result<(), StoreError> {
    let severity = Severity::parse(item::string(row, "severity")?).unwrap_or(Severity::Info);
    let details = row.get("details").and_then(|details| details.as_m().ok());
    let policy = details.and_then(|details| details.get("policy")?.as_s().ok());
    counts.count(item::string(row, "event_type")?, severity, policy.map(String::as_str));
    Ok(())
}

fn month_of(hour: Timestamp) -> String {
    format!("O#{}", &hour.to_rfc3339()[..7])
}

/// The hour of a row. A row whose events are not counted yet is none.
fn hour_of(row: &Item) -> Result<Option<HourRow>, StoreError> {
    let Some(counted_at) = item::may_be_at(row, HOUR_COUNTED_AT)? else { return Ok(None) };
    let count = |name| item::integer::<u64>(row, name);
    let hour = Timestamp::parse_rfc3339(item::string(row, SK)?).ok_or(StoreError::Malformed(SK))?;
    let counts = HourCounts {
        sign_ins: count(HOUR_SIGN_INS)?,
        alerts: count(HOUR_ALERTS)?,
        refused_sign_ins: count(HOUR_REFUSED)?,
    };
    let live_sessions = row.contains_key(HOUR_LIVE).then(|| count(HOUR_LIVE)).transpose()?;
    Ok(Some(HourRow { hour, counts, counted_at, live_sessions }))
}
