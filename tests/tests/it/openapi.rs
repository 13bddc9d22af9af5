//! `openapi.yaml` describes every route, status, field and value, and nothing else.
//!
//! Each response of the in-process tests is compared with the file (`latchkey_tests::openapi`). These tests cover the
//! rest: which requests the server accepts, the links, the examples, and that no status is left out.

mod coverage;
mod examples;
mod links;
mod requests;
mod routes;

use std::collections::BTreeSet;

use http::HeaderMap;
use latchkey::domain::event::EVENT_TYPES;
use latchkey::http::problem::Code;
use latchkey_tests::openapi::Spec;
use serde_json::{Value, json};

/// The values of an enumeration of the file.
fn words(schema: &str) -> BTreeSet<String> {
    let list = Spec::get().document()["components"]["schemas"][schema]["enum"].as_array().expect("an enum");
    list.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

#[test]
fn every_code_and_every_event_is_in_the_file_and_no_other() {
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.name().to_owned()).collect();
    assert_eq!(words("Code"), codes);
    let types: BTreeSet<String> = EVENT_TYPES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(words("EventType"), types);
}

/// The fault of a response to `GET /refresh` that is right except for a change.
fn fault_of(status: u16, media: &str, change: Value) -> Option<String> {
    let mut body = json!({
        "state": "none", "expires_at": null, "expires_in": 0, "needs_refresh": false, "can_refresh": false,
        "server_time": "2026-11-24T10:04:50Z", "session_id": null,
    });
    body.as_object_mut().expect("an object").extend(change.as_object().expect("a change").clone());
    let mut headers = HeaderMap::new();
    headers.insert("content-type", media.parse().expect("a media type"));
    Spec::get().check("GET", "/api/auth/refresh", status, &headers, &body).err()
}

#[test]
fn the_check_reports_undocumented_responses() {
    let media = "application/json";
    assert_eq!(fault_of(200, media, json!({})), None);
    for (what, status, media, change) in [
        ("a member", 200, media, json!({"hint": 1})),
        ("a type", 200, media, json!({"expires_in": "0"})),
        ("a format", 200, media, json!({"server_time": "yesterday"})),
        ("a word", 200, media, json!({"state": "asleep"})),
        ("null", 200, media, json!({"server_time": null})),
        ("a status", 202, media, json!({})),
        ("a media type", 200, "text/html", json!({})),
    ] {
        assert!(fault_of(status, media, change).is_some(), "{what}");
    }
    let nothing = HeaderMap::new();
    let check = |method: &str, path: &str, status: u16| {
        Spec::get().check(method, path, status, &nothing, &Value::Null).is_err()
    };
    assert!(check("GET", "/api/auth/sessions", 304), "the tag is missing");
    assert!(check("GET", "/api/auth/secrets", 200), "a path");
    assert!(check("PATCH", "/api/auth/sessions", 200), "a method");
    assert!(check("PATCH", "/api/auth/sessions", 405), "Allow is missing");
    assert!(!check("GET", "/api/auth/secrets", 404));
}
