use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};

use super::*;
use crate::dev_controls::faults::{FaultKind, Faults};
use crate::engine::Engine;
use crate::testing::{self, TABLE, create_table, get, put, text};

async fn counted() -> (Stats, Faults, Client) {
    let stats = Stats::new(MovableClock::at(1_732_442_400));
    let faults = Faults::new();
    let engine = Engine::memory().unwrap();
    let client = testing::client(stats.wrap(faults.wrap(engine.client())));
    create_table(&client).await;
    stats.reset();
    (stats, faults, client)
}

async fn update(client: &Client) -> bool {
    let update = client.update_item().table_name(TABLE).key("id", text("a"));
    let update = update
        .update_expression("SET #v = :new")
        .expression_attribute_names("#v", "value")
        .expression_attribute_values(":new", text("new"));
    update.send().await.is_ok()
}

fn usage(calls: u64, read_units: f64, write_units: f64) -> Usage {
    Usage { calls, read_units, write_units }
}

#[tokio::test]
async fn an_update_is_one_call_and_one_write_unit() {
    let (stats, _, client) = counted().await;
    assert!(update(&client).await);
    assert_eq!(stats.of("UpdateItem"), usage(1, 0.0, 1.0));
    assert_eq!(stats.total(), usage(1, 0.0, 1.0));
}

#[tokio::test]
async fn a_consistent_read_is_one_read_unit() {
    let (stats, _, client) = counted().await;
    put(&client, "a", "x").await;
    get(&client, "a").await;
    assert_eq!(stats.of("GetItem"), usage(1, 1.0, 0.0));
}

#[tokio::test]
async fn a_transaction_costs_two_write_units_for_each_item() {
    let (stats, _, client) = counted().await;
    let mut transaction = client.transact_write_items();
    for id in ["a", "b"] {
        let delete = Delete::builder().table_name(TABLE).key("id", text(id)).build().unwrap();
        transaction = transaction.transact_items(TransactWriteItem::builder().delete(delete).build());
    }
    transaction.send().await.unwrap();
    assert_eq!(stats.of("TransactWriteItems"), usage(1, 0.0, 4.0));
}

#[tokio::test]
async fn a_failed_attempt_is_a_call_without_units() {
    let (stats, faults, client) = counted().await;
    faults.queue(None, FaultKind::Throttle, 1);
    assert!(!update(&client).await);
    assert_eq!(stats.of("UpdateItem"), usage(1, 0.0, 0.0));
}

#[tokio::test]
async fn a_reset_starts_the_count_again() {
    let (stats, _, client) = counted().await;
    assert!(update(&client).await);
    stats.clock.advance(Duration::from_secs(60));
    stats.reset();
    let snapshot = serde_json::to_value(stats.snapshot()).unwrap();
    assert_eq!(snapshot, serde_json::json!({"dynamodb": {}, "since": "2024-11-24T10:01:00Z"}));
}
