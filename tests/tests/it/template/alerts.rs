//! Which records of the stream reach the notify function, and which of them become alerts?

use latchkey::domain::severity::Severity;
use latchkey::store::stream_record::inserted_event;
use latchkey_tests::world::World;
use serde_json::{Value, json};

use super::document::template;
use super::stack::{Stack, members};
use crate::webhooks::records_of;

/// Whether Lambda passes a record on: its patterns, as far as the template uses them.
fn takes(stack: &Stack, record: &Value) -> bool {
    let filters = stack.resource("NotifyStream")["Properties"]["FilterCriteria"]["Filters"].clone();
    let patterns = filters.as_array().expect("the mapping has filters").iter().map(|filter| {
        let pattern = filter["Pattern"].as_str().expect("a filter has a pattern");
        serde_json::from_str::<Value>(pattern).expect("a pattern is JSON")
    });
    patterns.into_iter().any(|pattern| fits(&pattern, record))
}

fn fits(pattern: &Value, record: &Value) -> bool {
    match pattern {
        Value::Array(any) => {
            let exists = any.iter().find_map(|rule| rule["exists"].as_bool());
            any.contains(record) || exists.is_some_and(|exists| exists != record.is_null())
        }
        _ => members(pattern).all(|(name, pattern)| fits(pattern, &record[name])),
    }
}

/// Everything that a user's day writes into the table of events: events, pointers and end records.
async fn records_of_a_theft(world: &World) -> Vec<Value> {
    let device = world.device().at("198.51.100.23");
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(120);
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
    records_of(&world.server).await
}

#[tokio::test]
async fn the_filter_takes_every_event_and_nothing_else_with_webhooks() {
    let stack = Stack::of(&template(), &[("WebhookCount", "1")]);
    let records = records_of_a_theft(&World::new().await).await;
    let types =
        records.iter().filter_map(|record| record["dynamodb"]["NewImage"]["event_type"]["S"].as_str());
    let mut types: Vec<&str> = types.collect();
    types.sort_unstable();
    assert_eq!(types, ["login", "session_ended", "token_reused"]);
    assert!(records.len() > 3, "the stream has pointers and end records, too");
    for record in &records {
        let event = inserted_event(record).expect("our own records can be read");
        assert_eq!(takes(&stack, record), event.is_some(), "{record}");
        let deleted = json!({"eventName": "REMOVE", "dynamodb": record["dynamodb"]});
        assert!(!takes(&stack, &deleted), "a delete by TTL is no event");
    }
}

#[tokio::test]
async fn the_filter_takes_alerts_only_without_webhooks() {
    let stack = Stack::of(&template(), &[]);
    let records = records_of_a_theft(&World::new().await).await;
    for record in &records {
        let event = inserted_event(record).expect("our own records can be read");
        let is_alert = event.is_some_and(|event| event.event.severity >= Severity::High);
        assert_eq!(takes(&stack, record), is_alert, "{record}");
    }
    assert_eq!(records.iter().filter(|record| takes(&stack, record)).count(), 1);
}

/// Events that are copied from a backup are inserted again, perhaps months after they happened.
#[tokio::test]
async fn no_filter_takes_an_event_that_was_copied_from_a_backup() {
    let records = records_of_a_theft(&World::new().await).await;
    for parameters in [&[][..], &[("WebhookCount", "1")]] {
        let stack = Stack::of(&template(), parameters);
        let taken: Vec<&Value> = records.iter().filter(|record| takes(&stack, record)).collect();
        assert!(!taken.is_empty());
        for record in taken {
            let mut copied = record.clone();
            copied["dynamodb"]["NewImage"]["copied"] = json!({"S": "restore"});
            assert!(!takes(&stack, &copied), "{copied}");
            assert!(inserted_event(&copied).expect("readable").is_some(), "it is an event all the same");
        }
    }
}

#[tokio::test]
async fn an_alert_names_the_event_and_neither_user_nor_address() {
    let world = World::new().await;
    let records = records_of_a_theft(&world).await;
    let events = records.iter().filter_map(|record| inserted_event(record).expect("it can be read"));
    let [alert] = &events.filter_map(|event| event.alert()).collect::<Vec<_>>()[..] else {
        panic!("one alert")
    };
    assert!(!alert.contains("alice") && !alert.contains("198.51.100.23"), "{alert}");
    let alert: Value = serde_json::from_str(alert).expect("JSON");
    assert_eq!((&alert["event_type"], &alert["severity"]), (&json!("token_reused"), &json!("critical")));
    assert_eq!(alert["created_at"], json!(world.now().seconds()));
    let names: Vec<&String> = members(&alert).map(|(name, _)| name).collect();
    assert_eq!(names, ["created_at", "event_id", "event_type", "session_id", "severity"]);
}
