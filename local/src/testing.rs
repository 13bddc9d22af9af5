//! An SDK client on the embedded engine, for the tests of this crate.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub(crate) const TABLE: &str = "things";

/// A client without retries.
pub(crate) fn client(http: SharedHttpClient) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url("http://127.0.0.1:1")
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(http)
        .build();
    Client::from_conf(config)
}

pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(crate) async fn create_table(client: &Client) {
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let attribute =
        AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key.build().unwrap())
        .attribute_definitions(attribute.build().unwrap())
        .send()
        .await
        .unwrap();
}

/// Writes the item `id` with `value`.
pub(crate) async fn put(client: &Client, id: &str, value: &str) {
    let put = client.put_item().table_name(TABLE);
    put.item("id", text(id)).item("value", text(value)).send().await.unwrap();
}

/// Reads the `value` of the item `id`.
pub(crate) async fn get(client: &Client, id: &str) -> Option<String> {
    let get = client.get_item().table_name(TABLE).key("id", text(id)).consistent_read(true);
    let item = get.send().await.unwrap().item?;
    Some(item["value"].as_s().unwrap().clone())
}
