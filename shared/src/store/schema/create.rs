//! Creates the tables: for the local server, for tests, and for `latchkey-local table create`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TableDescription, TableStatus,
    TimeToLiveSpecification,
};

use super::{IndexSpec, TTL, TableSpec, tables};
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

/// Creates missing tables, adds an index that an earlier version did not have, and enables the TTL of tables without it.
/// Otherwise existing tables stay as they are.
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
        let table = wait_until_active(client, &spec.name).await.map_err(wrong)?;
        let has = |index: &IndexSpec| {
            table.global_secondary_indexes().iter().any(|own| own.index_name() == Some(index.name))
        };
        if let Some(index) = spec.index.filter(|index| !has(index)) {
            add_index(client, &spec, index).await.map_err(wrong)?;
        }
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
        request = request.attribute_definitions(text_attribute(name));
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
            .projection(projection(spec));
        request = request.global_secondary_indexes(index.build().expect("name and key are given"));
    }
    if spec.stream {
        let stream =
            StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
        request = request.stream_specification(stream.build().expect("enabled is given"));
    }
    request
}

/// Adds an index to a table of an earlier version, and waits until it is active.
async fn add_index(client: &Client, spec: &TableSpec, index: IndexSpec) -> Result<(), String> {
    let action = CreateGlobalSecondaryIndexAction::builder()
        .index_name(index.name)
        .key_schema(key_element(index.partition_key, KeyType::Hash))
        .key_schema(key_element(index.sort_key, KeyType::Range))
        .projection(projection(index))
        .build()
        .expect("name, key and projection are given");
    let mut request = client
        .update_table()
        .table_name(&spec.name)
        .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(action).build());
    for name in [index.partition_key, index.sort_key] {
        request = request.attribute_definitions(text_attribute(name));
    }
    request.send().await.map_err(|error| describe(&error))?;
    wait_until_active(client, &spec.name).await.map(drop)
}

fn projection(index: IndexSpec) -> Projection {
    let projection = Projection::builder();
    if index.attributes.is_empty() {
        return projection.projection_type(ProjectionType::KeysOnly).build();
    }
    let names = index.attributes.iter().map(|name| (*name).to_owned()).collect();
    projection.projection_type(ProjectionType::Include).set_non_key_attributes(Some(names)).build()
}

fn text_attribute(name: &str) -> AttributeDefinition {
    let definition = AttributeDefinition::builder().attribute_name(name);
    definition.attribute_type(ScalarAttributeType::S).build().expect("name and type are given")
}

fn key_element(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("name and kind are given")
}

/// Waits until the table and its indexes are active: some seconds on AWS, one minute at most.
async fn wait_until_active(client: &Client, name: &str) -> Result<TableDescription, String> {
    for _ in 0..120 {
        let reply =
            client.describe_table().table_name(name).send().await.map_err(|error| describe(&error))?;
        let is_active = |table: &TableDescription| {
            let mut indexes = table.global_secondary_indexes().iter();
            table.table_status() == Some(&TableStatus::Active)
                && indexes
                    .all(|index| index.index_status().is_none_or(|status| *status == IndexStatus::Active))
        };
        if let Some(table) = reply.table.filter(is_active) {
            return Ok(table);
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
