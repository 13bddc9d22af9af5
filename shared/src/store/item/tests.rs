//! A row is read back as it was written, and the largest permitted row costs one write unit.

use std::time::Duration;

use latchkey_verifier::USER_ID_MAX_BYTES;

use super::super::item_size::item_bytes;
use super::*;
use crate::domain::id::derive_session_id;
use crate::domain::risk::{Finding, Rule, StoredFinding};
use crate::domain::session::NewSession;
use crate::domain::session::binding::BoundKey;
use crate::domain::session::device_key::{DeviceKey, DevicePoint};
use crate::domain::session::evidence::KeyHash;
use crate::domain::session::lifetimes::Lifetimes;
use crate::domain::severity::Severity;
use crate::domain::upstream_session::UpstreamMark;
use crate::token::refresh::RefreshKey;

fn lifetimes() -> Lifetimes {
    let days = |days: u64| Duration::from_secs(days * 86_400);
    Lifetimes {
        access: Duration::from_secs(3_600),
        refresh: days(7),
        session: days(30),
        grace: Duration::from_secs(60),
        late_retry: days(1),
        near_expiry: Duration::from_secs(300),
    }
}

/// A session whose fields all have their greatest length.
fn largest() -> Session {
    let text = |length: usize| Some("x".repeat(length));
    let key = RefreshKey::new("a", &[0; 32]);
    let now = Timestamp::from_seconds(99_999_999_999);
    let scope = Scope::of(["x".repeat(160).as_str()]);
    let client = ClientContext {
        ip: Some("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".parse().unwrap()),
        agent: text(64),
        device: Device {
            kind: DeviceType::Desktop,
            name: text(24),
            browser: text(24),
            browser_version: text(8),
            os: text(16),
            os_version: text(8),
        },
        place: Place {
            country: text(2),
            region: text(8),
            city: text(100),
            latitude: Some(-89.999),
            longitude: Some(-179.999),
        },
    };
    let id = derive_session_id(1_732_442_400, &[255; 32]);
    let new = NewSession {
        user: "u".repeat(128).parse().unwrap(),
        id,
        nonce: &key.nonce("a"),
        key: key.tag(),
        made_by: Some(KeyHash::from_bytes([255; 8])),
        bound_key: Some(BoundKey::from_bytes([255; 16])),
        client,
        auth_time: Some(now),
        asserted_at: now,
        upstream: Some(UpstreamMark::from_bytes([255; 8])),
        scope,
    };
    let mut session = Session::open(new, now, &lifetimes());
    session.generation = u64::MAX;
    session.window.count = 1_000_000;
    let detail = serde_json::json!({"from": "x".repeat(20), "to": "y".repeat(20)});
    let finding = Finding { rule: Rule::CountryChanged, severity: Severity::Critical, ends: true, detail };
    session.findings = vec![StoredFinding::of(&finding, now).unwrap(); 3];
    session.blocked_until = Some(now);
    session.made_by = [Some(KeyHash::from_bytes([255; 8])); 3];
    session.recorded_replay = Some(u64::MAX);
    session.device_key = Some(DeviceKey { point: DevicePoint::from_bytes([2; 33]), is_confirmed: true });
    session
}

#[test]
fn the_largest_permitted_row_costs_one_write_unit() {
    for length in [128, 129, USER_ID_MAX_BYTES] {
        let session = Session { user: "u".repeat(length).parse().unwrap(), ..largest() };
        let bytes = item_bytes(&session_item(&session, 1024));
        assert!(bytes < 1_024, "{bytes} bytes: every refresh would cost two write units");
    }
}

#[test]
fn a_row_is_read_back_as_it_was_written() {
    let mut session = largest();
    // A mark is written once and may be long, because no refresh writes to this row again.
    let by = Actor::Admin("a".repeat(128).parse().unwrap());
    let pending_end = PendingEnd::new(EndReason::StateRegression, by, session.created_at);
    session.pending_end = Some(PendingEnd { note: Some("ü".repeat(200)), ..pending_end });
    let back = session_of(&session_item(&session, 16), &session.user).unwrap();
    assert_eq!(session_item(&back, 16), session_item(&session, 16));
    assert_eq!((back.client.device, back.pending_end), (session.client.device, session.pending_end));
}

#[test]
fn a_row_of_the_version_without_keys_has_none() {
    let user = largest().user;
    let mut item = session_item(&largest(), 16);
    for name in [MADE_BY, MADE_BY_BEFORE, MADE_BY_BEFORE_THAT, RECORDED_REPLAY] {
        item.remove(name);
    }
    item.insert(MADE_BY_BEFORE.into(), key_hash(None));
    let session = session_of(&item, &user).unwrap();
    assert_eq!((session.made_by, session.recorded_replay), ([None; 3], None));
    for wrong in [AttributeValue::B(Blob::new([1; 7])), text("12345678")] {
        item.insert(MADE_BY_BEFORE_THAT.into(), wrong);
        assert!(matches!(session_of(&item, &user), Err(StoreError::Malformed("q3"))));
    }
}

#[test]
fn a_malformed_device_key_is_no_unbound_session() {
    let session = largest();
    let mut item = session_item(&session, 16);
    assert_eq!(session_of(&item, &session.user).unwrap().device_key, session.device_key);
    item.insert(DEVICE_KEY.into(), AttributeValue::B(Blob::new([2; 32])));
    assert!(matches!(session_of(&item, &session.user), Err(StoreError::Malformed("dk"))));
    item.remove(DEVICE_KEY);
    assert!(matches!(session_of(&item, &session.user), Err(StoreError::Malformed("dk"))));
    item.remove(DEVICE_KEY_CONFIRMED);
    assert_eq!(session_of(&item, &session.user).unwrap().device_key, None);
}

#[test]
fn attributes_of_a_newer_version_are_ignored() {
    let mut item = session_item(&largest(), 16);
    item.insert("new".into(), AttributeValue::Bool(true));
    item.insert(PENDING_END.into(), text("a_reason_of_tomorrow"));
    item.remove(ASSERTED);
    assert!(session_of(&item, &largest().user).unwrap().pending_end.is_some());
}

#[test]
fn a_device_of_an_unknown_kind_keeps_its_name() {
    let mut item = session_item(&largest(), 16);
    let device = [text("console"), text("Steam Deck"), text("Firefox"), text(""), text(""), text("")];
    item.insert(DEVICE.into(), AttributeValue::L(device.into()));
    let device = session_of(&item, &largest().user).unwrap().client.device;
    assert_eq!((device.kind, device.label()), (DeviceType::Unknown, "Firefox".to_owned()));
    assert_eq!(device.name.as_deref(), Some("Steam Deck"));
}

#[test]
fn a_malformed_row_is_an_error_that_names_its_attribute() {
    for name in [SK, CREATED, EXPIRES, ABSOLUTE, GENERATION, ROTATED, NONCE_HASH, KEY_TAG, WINDOW_START] {
        let mut item = session_item(&largest(), 16);
        item.insert(name.into(), AttributeValue::Bool(true));
        assert!(
            matches!(session_of(&item, &largest().user), Err(StoreError::Malformed(wrong)) if wrong == name),
            "{name}"
        );
    }
}
