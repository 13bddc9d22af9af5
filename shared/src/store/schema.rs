//! What do the tables look like? Names, keys, index, TTL and stream, and the code that creates them.
//!
//! Attribute names are short on purpose: a session's row stays under 1,024 bytes, names included,
//! because one byte more doubles the price of every refresh.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

use crate::clock::Timestamp;
use crate::config::Tables;
use crate::id::SessionId;

/// Partition key of sessions and security events.
pub const PK: &str = "pk";
/// Sort key of sessions.
pub const SK: &str = "sk";
/// Sort key of security events.
pub const EVENT_ID: &str = "event_id";
/// Partition key of rate limits.
pub const KEY: &str = "key";
/// Epoch second after which DynamoDB may delete the item; days late, so readers check for themselves.
pub const TTL: &str = "ttl";
/// The index that cleanup reads.
pub const EXPIRY_INDEX: &str = "expiry";

/// created_at
pub const CREATED: &str = "c";
/// last_activity
pub const ACTIVITY: &str = "a";
/// expires_at
pub const EXPIRES: &str = "e";
/// absolute_expires_at
pub const ABSOLUTE: &str = "x";
/// generation
pub const GENERATION: &str = "g";
/// rotated_at
pub const ROTATED: &str = "r";
/// nonce hash, 32 bytes
pub const NONCE_HASH: &str = "n";
/// tag of the refresh key that sealed this generation
pub const KEY_TAG: &str = "k";
/// refresh window: start
pub const WINDOW_START: &str = "ws";
/// refresh window: count
pub const WINDOW_COUNT: &str = "wc";
/// blocked_until
pub const BLOCKED: &str = "b";
/// ending: the reason, when only the transaction is still to come
pub const ENDING: &str = "z";
/// client address
pub const IP: &str = "i";
/// raw user agent, cut
pub const AGENT: &str = "u";
/// device, parsed
pub const DEVICE: &str = "d";
/// place, packed
pub const PLACE: &str = "p";
/// auth_time
pub const AUTH_TIME: &str = "t";
/// scope
pub const SCOPE: &str = "s";
/// expiry bucket `<day>#<shard>/<of>`, the index's key
pub const BUCKET: &str = "eb";

/// head: version
pub const VERSION: &str = "v";
/// head: tokens_valid_after
pub const VALID_AFTER: &str = "tva";
/// head: the assertions used in the last ten minutes
pub const USED: &str = "us";

/// How long a session's row outlives its session, so that cleanup records the end first: 3 d.
pub const TTL_BACKSTOP: std::time::Duration = std::time::Duration::from_secs(3 * 86_400);

/// One table as it must be.
#[derive(Clone, Debug)]
pub struct TableSpec {
    /// Its name.
    pub name: String,
    /// Its partition key (text).
    pub partition_key: &'static str,
    /// Its sort key (text).
    pub sort_key: Option<&'static str>,
    /// Its index: name and partition key (text), keys only.
    pub index: Option<(&'static str, &'static str)>,
    /// Whether it has a stream of new images.
    pub stream: bool,
}

/// The three tables.
pub fn tables(names: &Tables) -> [TableSpec; 3] {
    let table = |name: &String, partition_key, sort_key| TableSpec {
        name: name.clone(),
        partition_key,
        sort_key,
        index: None,
        stream: false,
    };
    [
        TableSpec { index: Some((EXPIRY_INDEX, BUCKET)), ..table(&names.sessions, PK, Some(SK)) },
        table(&names.rate_limits, KEY, None),
        TableSpec { stream: true, ..table(&names.security_events, PK, Some(EVENT_ID)) },
    ]
}

/// Why a table could not be made.
#[derive(Debug, thiserror::Error)]
#[error("table {table}: {message}")]
pub struct SchemaError {
    /// The table.
    pub table: String,
    /// The endpoint's words.
    pub message: String,
}

/// Creates the tables that are missing and switches their TTL on; what exists stays as it is.
///
/// # Errors
/// The endpoint refused, or cannot be reached.
pub async fn create_tables(client: &Client, names: &Tables) -> Result<(), SchemaError> {
    for spec in tables(names) {
        let wrong = |message: String| SchemaError { table: spec.name.clone(), message };
        match create_request(client, &spec).send().await {
            Ok(_) => {}
            Err(error) if error.code() == Some("ResourceInUseException") => continue,
            Err(error) => return Err(wrong(describe(&error))),
        }
        wait_until_active(client, &spec.name).await.map_err(wrong)?;
        let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL).build();
        let ttl = ttl.map_err(|error| wrong(error.to_string()))?;
        let request = client.update_time_to_live().table_name(&spec.name).time_to_live_specification(ttl);
        request.send().await.map_err(|error| wrong(describe(&error)))?;
    }
    Ok(())
}

/// The expiry bucket of a session: its shard's day. Each shard's day begins at its own hour, so that
/// midnight UTC is no stampede on the index.
pub fn expiry_bucket(session: &SessionId, expires_at: Timestamp, shards: u16) -> String {
    let bytes = session.as_bytes();
    let of = i64::from(shards.max(1));
    let shard = i64::from(u16::from_be_bytes([bytes[14], bytes[15]])) % of;
    let day = (expires_at.seconds() + shard * 86_400 / of).div_euclid(86_400);
    format!("{day}#{shard}/{of}")
}

fn create_request(client: &Client, spec: &TableSpec) -> CreateTableFluentBuilder {
    let mut request = client.create_table().table_name(&spec.name).billing_mode(BillingMode::PayPerRequest);
    let index_key = spec.index.map(|(_, key)| key);
    for name in [Some(spec.partition_key), spec.sort_key, index_key].into_iter().flatten() {
        let definition =
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        request = request.attribute_definitions(definition.build().expect("name and type are given"));
    }
    request = request.key_schema(key_element(spec.partition_key, KeyType::Hash));
    if let Some(name) = spec.sort_key {
        request = request.key_schema(key_element(name, KeyType::Range));
    }
    if let Some((name, key)) = spec.index {
        let index = GlobalSecondaryIndex::builder()
            .index_name(name)
            .key_schema(key_element(key, KeyType::Hash))
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
        request = request.global_secondary_indexes(index.build().expect("name and key are given"));
    }
    if spec.stream {
        let stream =
            StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
        request = request.stream_specification(stream.build().expect("enabled is given"));
    }
    request
}

fn key_element(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("name and kind are given")
}

/// A new table on AWS takes seconds; asks at most a minute.
async fn wait_until_active(client: &Client, name: &str) -> Result<(), String> {
    for _ in 0..120 {
        let reply =
            client.describe_table().table_name(name).send().await.map_err(|error| describe(&error))?;
        let status = reply.table().and_then(|table| table.table_status());
        if status.is_some_and(|status| status.as_str() == "ACTIVE") {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    Err("is not active after a minute".to_owned())
}

fn describe(error: &(impl ProvideErrorMetadata + std::fmt::Debug)) -> String {
    match (error.code(), error.message()) {
        (Some(code), message) => format!("{code}: {}", message.unwrap_or_default()),
        _ => "the endpoint cannot be reached".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_of_a_shard_changes_at_its_own_hour() {
        let mut digest = [0; 32];
        digest[8..10].copy_from_slice(&[0, 4]);
        let session = SessionId::derive(0, &digest);
        assert_eq!(expiry_bucket(&session, Timestamp::from_seconds(86_400 * 3 / 4 - 1), 16), "0#4/16");
        assert_eq!(expiry_bucket(&session, Timestamp::from_seconds(86_400 * 3 / 4), 16), "1#4/16");
    }
}
