//! The numbers are right on a small history, and empty on none.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::domain::client_context::ClientContext;
use crate::domain::device::Device;
use crate::domain::id::derive_session_id;
use crate::domain::scope::Scope;
use crate::domain::session::lifetimes::Lifetimes;
use crate::domain::session::nonce::Nonce;
use crate::domain::session::refresh_token::KeyTag;

const NOW: i64 = 1_790_000_000;

fn session(number: u8, agent: &str, age: i64, idle: i64) -> Session {
    let days = |days: u64| Duration::from_secs(days * 86_400);
    let lifetimes = Lifetimes {
        access: days(1),
        refresh: days(7),
        session: days(30),
        grace: days(0),
        near_expiry: days(0),
    };
    let client = ClientContext { device: Device::parse(Some(agent)), ..ClientContext::default() };
    let opened = Timestamp::from_seconds(NOW - age);
    let id = derive_session_id(NOW, &[number; 32]);
    let user = "alice".parse().unwrap();
    let mut session = Session::open(
        user,
        id,
        &Nonce::new([1; 16]),
        KeyTag::new(*b"k1"),
        client,
        opened,
        Scope::default(),
        opened,
        &lifetimes,
    );
    session.last_activity = Timestamp::from_seconds(NOW - idle);
    session
}

fn event(event_type: &str, severity: Severity, age: i64, details: serde_json::Value) -> StoredEvent {
    let created_at = Timestamp::from_seconds(NOW - age);
    StoredEvent {
        id: uuid::Uuid::nil(),
        event_type: event_type.into(),
        severity,
        session: None,
        created_at,
        details,
    }
}

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0.0.0 Safari/537.36";

#[test]
fn the_numbers_of_a_small_history_are_right() {
    let (one, two) = (session(1, CHROME, 600, 0), session(2, "curl/8.5.0", 100, 0));
    let events = [
        event("login", Severity::Info, 0, json!({})),
        event("login", Severity::Info, 86_400, json!({})),
        event("session_ended", Severity::Info, 5, json!({"lasted_seconds": 1_000})),
        event("session_ended", Severity::Info, 6, json!({"lasted_seconds": 400})),
        event("token_reused", Severity::Critical, 5, json!({})),
        event("blocked", Severity::Medium, 5, json!({})),
    ];
    let numbers =
        serde_json::to_value(analyse(&[&one, &two], &events, Timestamp::from_seconds(NOW))).unwrap();
    assert_eq!(numbers["active_sessions"], 2);
    assert_eq!(numbers["by_device"], json!({"cli": 1, "desktop": 1}));
    assert_eq!(numbers["by_country"], json!({"unknown": 2}));
    assert_eq!(numbers["session_seconds"], json!({"median": 700, "longest": 1_000}));
    assert_eq!((&numbers["failed_attempts"], &numbers["limited_attempts"]), (&json!(1), &json!(1)));
    assert_eq!(numbers["events_by_severity"], json!({"info": 4, "medium": 1, "critical": 1}));
    let days = numbers["sign_ins_by_day"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!(days[28..].iter().map(|day| day["count"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn no_history_is_no_number() {
    let numbers = serde_json::to_value(analyse(&[], &[], Timestamp::from_seconds(NOW))).unwrap();
    assert_eq!(numbers["session_seconds"], json!({"median": null, "longest": null}));
    assert_eq!(numbers["sign_ins_by_day"].as_array().unwrap().len(), 30);
}

#[test]
fn recommendations_name_the_session_and_the_facts_and_the_worst_comes_first() {
    let (old, fresh) = (session(1, CHROME, 600, 4 * 86_400), session(2, "curl/8.5.0", 100, 0));
    let events =
        [event("token_reused", Severity::Critical, 5, json!({"ip": "203.0.113.9", "device": "curl"}))];
    let list = recommendations(&[&old, &fresh], &events, 2, Timestamp::from_seconds(NOW));
    let codes: Vec<_> = list.iter().map(|recommendation| recommendation.code).collect();
    assert_eq!(codes, ["recent_reuse", "idle_session", "outdated_agent", "many_sessions"]);
    assert_eq!(list[1].session_id, Some(old.id));
    assert_eq!(list[1].detail, json!({"idle_days": 4}));
    assert_eq!(recommendations(&[&fresh], &[], 5, Timestamp::from_seconds(NOW)), []);
}
