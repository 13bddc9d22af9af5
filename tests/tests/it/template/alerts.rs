//! Which records of the stream become alerts, and which members does an alert have?

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::domain::severity::Severity;
use latchkey_tests::world::World;
use serde_json::{Map, Value, json};

use super::document::template;
use super::stack::{Stack, members};

/// The record that the stream has of an event that was written.
fn record(item: &HashMap<String, AttributeValue>) -> Value {
    let image = item.iter().map(|(name, value)| {
        let value = match value {
            AttributeValue::S(text) => json!({"S": text}),
            AttributeValue::N(number) => json!({"N": number}),
            _ => json!({}),
        };
        (name.clone(), value)
    });
    json!({"eventName": "INSERT", "dynamodb": {"NewImage": image.collect::<Map<_, _>>()}})
}

/// Whether a pipe takes a record: EventBridge's patterns, as far as the template uses them.
fn takes(stack: &Stack, pipe: &str, record: &Value) -> bool {
    let filters = stack.resource(pipe)["Properties"]["SourceParameters"]["FilterCriteria"]["Filters"].clone();
    let patterns = filters.as_array().expect("a pipe has filters").iter().map(|filter| {
        let pattern = filter["Pattern"].as_str().expect("a filter has a pattern");
        serde_json::from_str::<Value>(pattern).expect("a pattern is JSON")
    });
    patterns.into_iter().any(|pattern| fits(&pattern, record))
}

fn fits(pattern: &Value, record: &Value) -> bool {
    match pattern {
        Value::Array(any) => any.contains(record),
        _ => members(pattern).all(|(name, pattern)| fits(pattern, &record[name])),
    }
}

/// The message of a pipe for a record. A placeholder without a target becomes empty.
///
/// # Panics
/// When what it sends is not JSON.
fn message(stack: &Stack, pipe: &str, record: &Value) -> Value {
    let template = stack.resource(pipe)["Properties"]["TargetParameters"]["InputTemplate"].clone();
    let mut parts = template.as_str().expect("a pipe shapes its message").split("<$.");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (path, rest) = part.split_once('>').expect("a placeholder ends");
        text += record.pointer(&format!("/{}", path.replace('.', "/"))).and_then(Value::as_str).unwrap_or("");
        text += rest;
    }
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{pipe} sends {text}"))
}

#[tokio::test]
async fn the_stream_filter_sends_alerts_without_user_data() {
    let stack = Stack::of(&template(), &[("WebhookUrl", "https://hooks.example.com/latchkey")]);
    let world = World::new().await;
    let device = world.device().at("198.51.100.23");
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(120);
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
    let [reuse] = &world.raw_events("alice", "token_reused").await[..] else { panic!("one reuse") };
    let [login] = &world.raw_events("alice", "login").await[..] else { panic!("one login") };
    let reuse = record(reuse);
    let deleted = json!({"eventName": "REMOVE", "dynamodb": reuse["dynamodb"]});
    for pipe in ["AlertPipe", "WebhookPipe"] {
        assert!(takes(&stack, pipe, &reuse));
        assert!(!takes(&stack, pipe, &record(login)));
        assert!(!takes(&stack, pipe, &deleted), "a delete by TTL is no alert");
        for severity in ["info", "low", "medium", "high", "critical"] {
            let mut record = reuse.clone();
            record["dynamodb"]["NewImage"]["severity"]["S"] = json!(severity);
            let is_alert = Severity::parse(severity).expect("a severity") >= Severity::High;
            assert_eq!(takes(&stack, pipe, &record), is_alert, "{severity}");
        }
        let alert = message(&stack, pipe, &reuse);
        assert_eq!((&alert["event_type"], &alert["severity"]), (&json!("token_reused"), &json!("critical")));
        assert_eq!(alert["session_id"], json!(first.session));
        assert_eq!(alert["created_at"], json!(world.now().seconds()));
        let text = alert.to_string();
        assert!(!text.contains("alice") && !text.contains("198.51.100.23"), "{text}");
        // An event without a session is an alert, too.
        let mut record = reuse.clone();
        record["dynamodb"]["NewImage"].as_object_mut().expect("an image").remove("session_id");
        assert_eq!(message(&stack, pipe, &record)["session_id"], "");
    }
}
