//! The numbers are right on a small history, and empty on none.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::domain::client_context::ClientContext;
use crate::domain::device::Device;
use crate::domain::id::derive_session_id;
use crate::domain::risk::{Rule, StoredFinding};
use crate::domain::scope::Scope;
use crate::domain::session::NewSession;
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
        late_retry: Duration::ZERO,
        near_expiry: days(0),
    };
    let client = ClientContext { device: Device::parse(Some(agent)), ..ClientContext::default() };
    let opened = Timestamp::from_seconds(NOW - age);
    let id = derive_session_id(NOW, &[number; 32]);
    let user = "alice".parse().unwrap();
    let new = NewSession {
        user,
        id,
        nonce: &Nonce::new([1; 16]),
        key: KeyTag::new(*b"k1"),
        made_by: None,
        bound_key: None,
        client,
        auth_time: Some(opened),
        asserted_at: opened,
        upstream: None,
        scope: Scope::default(),
    };
    let mut session = Session::open(new, opened, &lifetimes);
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
fn sign_ins_are_counted_for_each_day_from_midnight() {
    let today = NOW.div_euclid(86_400) * 86_400;
    assert_eq!(begin(Timestamp::from_seconds(NOW)).seconds(), today - 29 * 86_400);
    let login = |at: i64| event("login", Severity::Info, NOW - at, json!({}));
    let events = [
        login(today - 29 * 86_400),
        login(today - 1),
        login(today),
        login(today),
        event("logout", Severity::Info, NOW - today, json!({})),
    ];
    let days = sign_ins_by_day(&events, Timestamp::from_seconds(NOW));
    let day = |index: usize| (days[index].day.as_str(), days[index].count);
    assert_eq!((day(0), day(1)), (("2026-08-23", 1), ("2026-08-24", 0)));
    assert_eq!((day(28), day(29)), (("2026-09-20", 1), ("2026-09-21", 2)));
}

#[test]
fn the_median_of_an_odd_number_of_sessions_is_the_middle_one() {
    let ended = |seconds: u64| event("session_ended", Severity::Info, 5, json!({"lasted_seconds": seconds}));
    let median = |seconds: &[u64]| lengths(&seconds.iter().map(|s| ended(*s)).collect::<Vec<_>>()).median;
    assert_eq!(median(&[400]), Some(400));
    assert_eq!(median(&[900, 100, 300]), Some(300));
    assert_eq!(median(&[100, 200, 300, 900]), Some(250));
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
    assert_eq!(codes, ["recent_reuse", "idle_session", "many_sessions"]);
    assert_eq!(list[1].session_id, Some(old.id));
    assert_eq!(list[1].detail, json!({"idle_days": 4}));
    assert_eq!(recommendations(&[&fresh], &[], 5, Timestamp::from_seconds(NOW)), []);
}

#[test]
fn a_session_is_idle_after_three_whole_days() {
    let idle = |seconds: i64| {
        let session = session(1, "curl/8.5.0", 600, seconds);
        recommendations(&[&session], &[], 5, Timestamp::from_seconds(NOW))
    };
    assert_eq!(idle(3 * 86_400 - 1), []);
    assert_eq!(idle(3 * 86_400)[0].detail, json!({"idle_days": 3}));
}

#[test]
fn an_old_browser_is_no_reason_for_a_recommendation() {
    let old = session(1, &CHROME.replace("100", "1"), 600, 0);
    assert_eq!(recommendations(&[&old], &[], 5, Timestamp::from_seconds(NOW)), []);
}

#[test]
fn many_sessions_are_reported_at_a_limit_above_one() {
    let (one, two) = (session(1, "curl/8.5.0", 600, 0), session(2, "curl/8.5.0", 600, 0));
    let codes = |live: &[&Session], limit| {
        let list = recommendations(live, &[], limit, Timestamp::from_seconds(NOW));
        list.iter().map(|recommendation| recommendation.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&[&one, &two], 3), [""; 0]);
    assert_eq!(codes(&[&one, &two], 2), ["many_sessions"]);
    assert_eq!(codes(&[&one], 1), [""; 0], "one session is always at a limit of one");
}

#[test]
fn a_finding_is_recommended_under_the_code_of_its_rule() {
    for (rule, code) in [
        (Rule::NewDevice, Some("unknown_device")),
        (Rule::NewCountry, Some("new_country")),
        (Rule::ImpossibleTravel, Some("impossible_travel")),
        (Rule::IpChanged, None),
    ] {
        let mut session = session(1, "curl/8.5.0", 600, 0);
        let at = Timestamp::from_seconds(NOW);
        session.findings = vec![StoredFinding { rule, severity: Severity::Medium, at, from: None, to: None }];
        let list = recommendations(&[&session], &[], 5, at);
        assert_eq!(list.iter().map(|recommendation| recommendation.code).next(), code, "{rule:?}");
        assert_eq!(list.len(), usize::from(code.is_some()));
    }
}

#[test]
fn the_newest_reuse_is_recommended_and_no_other_event() {
    let mut events = [
        event("token_reused", Severity::Critical, 9, json!({"device": "curl"})),
        event("token_reused", Severity::Critical, 5, json!({"device": "wget"})),
        event("token_forged", Severity::Critical, 1, json!({"device": "git"})),
    ];
    for (number, event) in (1..).zip(&mut events) {
        event.id = uuid::Uuid::from_u128(number);
    }
    let list = recommendations(&[], &events, 5, Timestamp::from_seconds(NOW));
    assert_eq!((list.len(), list[0].code, &list[0].detail["device"]), (1, "recent_reuse", &json!("wget")));
}
