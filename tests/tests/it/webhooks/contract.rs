//! Does a webhook have the headers and the body of `openapi.yaml`?

use std::collections::BTreeSet;

use http::HeaderMap;
use latchkey::domain::event::EventType;
use latchkey::domain::webhook::webhook_type::name_of;
use latchkey_tests::openapi::{Spec, fault_of as fault_of_value, strict};
use serde_json::{Value, json};

/// The operation of the webhooks.
fn operation() -> &'static Value {
    &Spec::get().document()["webhooks"]["event"]["post"]
}

/// The first difference between a request and the file.
pub(super) fn fault_of(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let spec = Spec::get();
    let parameters = operation()["parameters"].as_array().expect("parameters");
    for parameter in parameters.iter().map(|parameter| spec.resolved(parameter)) {
        let name = parameter["name"].as_str().expect("a name");
        let Some(value) = headers.get(name).and_then(|value| value.to_str().ok()) else {
            return Some(format!("{name} is missing"));
        };
        if let Some(fault) = fault_of_value(&parameter["schema"], &json!(value)) {
            return Some(format!("{name}: {fault}"));
        }
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Some("no JSON".to_owned()) };
    let schema = &operation()["requestBody"]["content"]["application/json"]["schema"];
    fault_of_value(&strict(spec, schema), &body)
}

#[test]
fn every_type_of_webhook_is_in_the_file_and_no_other() {
    let words = Spec::get().document()["components"]["schemas"]["WebhookType"]["enum"].clone();
    let words: BTreeSet<&str> = words.as_array().expect("an enum").iter().filter_map(Value::as_str).collect();
    assert_eq!(words, EventType::ALL.iter().map(|event_type| name_of(*event_type)).collect());
}

/// A request that is right except for a change of a header or of the body.
fn changed(header: Option<(&'static str, &str)>, pointer: &str, value: Value) -> Option<String> {
    let schema = &operation()["requestBody"]["content"]["application/json"];
    let (_, example) = schema["examples"].as_object().and_then(|all| all.iter().next()).expect("an example");
    let mut body = example["value"].clone();
    if let Some(member) = body.pointer_mut(pointer) {
        *member = value;
    }
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", "0199c0de-5a1b-7000-8000-1f2e3d4c5b6a".parse().expect("a value"));
    headers.insert("webhook-timestamp", "1790000000".parse().expect("a value"));
    let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    headers.insert("webhook-signature", signature.parse().expect("a value"));
    if let Some((name, value)) = header {
        headers.insert(name, value.parse().expect("a value"));
    }
    fault_of(&headers, body.to_string().as_bytes())
}

#[test]
fn the_check_reports_webhooks_that_differ_from_the_file() {
    assert_eq!(changed(None, "/none", Value::Null), None);
    for (name, value) in [
        ("webhook-id", "event-1"),
        ("webhook-timestamp", "2026-09-21T14:13:20Z"),
        ("webhook-signature", "v1,short="),
        ("webhook-signature", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ] {
        assert!(changed(Some((name, value)), "/none", Value::Null).is_some(), "{name}: {value}");
    }
    for (pointer, value) in [
        ("/type", json!("login")),
        ("/timestamp", json!(1_790_000_000)),
        ("/data/event_id", json!("1")),
        ("/data/event_type", json!("sign_in.new_device")),
        ("/data/user_id", json!("")),
        ("/data/details", json!({"ip": ["192.0.2.1"]})),
        ("/data", json!({})),
    ] {
        assert!(changed(None, pointer, value).is_some(), "{pointer}");
    }
    assert!(fault_of(&HeaderMap::new(), b"{}").is_some());
}
