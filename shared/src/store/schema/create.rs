//! Creates the tables: for the local server, for tests, and for `latchkey-local table create`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

use super::{TTL, TableSpec, tables};
use crate::config::Tables;

/// Why a table was not created.
#[derive(Debug, thiserror::Error)]
#[error("table {table}: {message}")]
pub struct SchemaError {
    /// The table.
    pub table: String,
    /// The endpoint's message.
    pub message: String,
}

/// Creates missing tables, and enables the TTL of tables without it. Otherwise existing tables stay as they are.
///
/// # Errors
/// The endpoint refused, or is not reachable. A table may have a TTL on another attribute.
pub async fn create_tables(client: &Client, names: &Tables) -> Result<(), SchemaError> {
    for spec in tables(names) {
        let wrong = |message: String| SchemaError { table: spec.name.clone(), message };
        match create_request(client, &spec).send().await {
            Ok(_) => {}
            Err(error) if error.code() == Some("ResourceInUseException") => {}
            Err(error) => return Err(wrong(describe(&error))),
        }
        wait_until_active(client, &spec.name).await.map_err(wrong)?;
        enable_ttl(client, &spec.name).await.map_err(wrong)?;
    }
    Ok(())
}

/// Enables the TTL of a table. DynamoDB refuses to enable it twice, so it is described first.
async fn enable_ttl(client: &Client, name: &str) -> Result<(), String> {
    let reply = client.describe_time_to_live().table_name(name).send().await;
    let reply = reply.map_err(|error| describe(&error))?;
    let current = reply.time_to_live_description().filter(|ttl| {
        let status = ttl.time_to_live_status();
        status.is_some_and(|status| matches!(status.as_str(), "ENABLED" | "ENABLING"))
    });
    if current.is_some_and(|ttl| ttl.attribute_name() == Some(TTL)) {
        return Ok(());
    }
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL).build();
    let ttl = ttl.map_err(|error| error.to_string())?;
    let request = client.update_time_to_live().table_name(name).time_to_live_specification(ttl);
    request.send().await.map(drop).map_err(|error| describe(&error))
}

fn create_request(client: &Client, spec: &TableSpec) -> CreateTableFluentBuilder {
    let mut request = client.create_table().table_name(&spec.name).billing_mode(BillingMode::PayPerRequest);
    let index_key = spec.index.map(|index| index.partition_key);
    for name in [Some(spec.partition_key), spec.sort_key, index_key].into_iter().flatten() {
        let definition =
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        request = request.attribute_definitions(definition.build().expect("name and type are given"));
    }
    request = request.key_schema(key_element(spec.partition_key, KeyType::Hash));
    if let Some(name) = spec.sort_key {
        request = request.key_schema(key_element(name, KeyType::Range));
    }
    if let Some(spec) = spec.index {
        let index = GlobalSecondaryIndex::builder()
            .index_name(spec.name)
            .key_schema(key_element(spec.partition_key, KeyType::Hash))
            .key_schema(key_element(spec.sort_key, KeyType::Range))
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

/// Waits until the table is active: some seconds on AWS, one minute at most.
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
