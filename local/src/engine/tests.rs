use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TimeToLiveSpecification,
    TransactWriteItem,
};
use latchkey::store::connect;

use super::*;
use crate::testing::{self, TABLE, create_table, get, put, text};

async fn memory() -> (Engine, Client) {
    let engine = Engine::memory().unwrap();
    let client = testing::client(engine.client());
    create_table(&client).await;
    (engine, client)
}

async fn a_failed_condition_returns_the_item(client: &Client) {
    put(client, "a", "old").await;
    let update = client.update_item().table_name(TABLE).key("id", text("a"));
    let error = update
        .update_expression("SET #v = :new")
        .condition_expression("#v = :other")
        .expression_attribute_names("#v", "value")
        .expression_attribute_values(":new", text("new"))
        .expression_attribute_values(":other", text("other"))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(failed) =
        error
    else {
        panic!("{error:?}");
    };
    assert_eq!(failed.item().unwrap()["value"], text("old"));
    assert_eq!(get(client, "a").await.as_deref(), Some("old"));
}

#[tokio::test]
async fn a_failed_condition_returns_the_item_in_memory() {
    a_failed_condition_returns_the_item(&memory().await.1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_condition_returns_the_item_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::file(directory.path()).unwrap();
    let client = testing::client(engine.client());
    create_table(&client).await;
    a_failed_condition_returns_the_item(&client).await;
}

#[tokio::test]
async fn a_cancelled_transaction_has_a_reason_for_each_item() {
    let (_engine, client) = memory().await;
    let put = Put::builder().table_name(TABLE).item("id", text("b")).build().unwrap();
    let check = ConditionCheck::builder().table_name(TABLE).key("id", text("missing"));
    let check = check.condition_expression("attribute_exists(id)").build().unwrap();
    let error = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(put).build())
        .transact_items(TransactWriteItem::builder().condition_check(check).build())
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(cancelled) =
        error
    else {
        panic!("{error:?}");
    };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert_eq!(get(&client, "b").await, None);
}

#[tokio::test]
async fn an_unknown_table_is_resource_not_found() {
    let client = testing::client(Engine::memory().unwrap().client());
    let error = client.get_item().table_name("nothing").key("id", text("a")).send().await;
    assert!(error.unwrap_err().into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn a_file_keeps_its_items_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    {
        let client = testing::client(Engine::file(directory.path()).unwrap().client());
        create_table(&client).await;
        put(&client, "a", "kept").await;
    }
    let client = testing::client(Engine::file(directory.path()).unwrap().client());
    assert_eq!(get(&client, "a").await.as_deref(), Some("kept"));
}

#[tokio::test]
async fn the_ttl_sweep_follows_the_moved_clock() {
    let clock = MovableClock::at(1_000_000);
    let engine = Engine::memory_at(clock.clone()).unwrap();
    let client = testing::client(engine.client());
    create_table(&client).await;
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build().unwrap();
    client.update_time_to_live().table_name(TABLE).time_to_live_specification(ttl).send().await.unwrap();
    let put = client.put_item().table_name(TABLE).item("id", text("a"));
    put.item("ttl", AttributeValue::N("1000060".into())).send().await.unwrap();
    assert_eq!(engine.sweep().unwrap(), 0);
    clock.advance(Duration::from_secs(61));
    assert_eq!(engine.sweep().unwrap(), 1);
}

#[tokio::test]
async fn a_client_over_tcp_reads_the_same_tables() {
    let (engine, client) = memory().await;
    put(&client, "a", "shared").await;
    let server = engine.serve_tcp().await.unwrap();
    let over_tcp = testing::client(connect::https_client(connect::amazon_roots()));
    let config = over_tcp.config().to_builder().endpoint_url(server.endpoint()).build();
    let over_tcp = Client::from_conf(config);
    assert_eq!(get(&over_tcp, "a").await.as_deref(), Some("shared"));
    drop(over_tcp);
    server.stop().await;
}
