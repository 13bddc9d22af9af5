//! The reading of an administrator is recorded.

use std::collections::BTreeSet;

use latchkey_tests::world::{Device, Tokens, World};
use serde_json::json;

use super::{EVENTS, OVERVIEW, SEARCH, SIGN_INS, administrator, generous};

/// The targets of the readings in the trail of the administrator, oldest first.
async fn targets(world: &World) -> Vec<String> {
    let rows = world.raw_events("root", "admin_read").await;
    let text = |row: &latchkey_tests::world::RawRow, name: &str| {
        let details = row["details"].as_m().expect("details");
        details[name].as_s().cloned().unwrap_or_default()
    };
    rows.iter().map(|row| format!("{} {}", text(row, "target_kind"), text(row, "target"))).collect()
}

async fn reads(world: &World) -> (Device, Vec<(String, &'static str)>) {
    let device = world.device();
    let stolen = device.sign_in("paul").await;
    device.refresh(&stolen.refresh).await.assert_status(200);
    world.advance(61);
    device.elsewhere().refresh(&stolen.refresh).await.assert_ended("security");
    let alert = world.raw_events("paul", "token_reused").await;
    let alert = alert[0]["event_id"].as_s().expect("a text");
    let tokens = world.device().sign_in("paul").await;
    let paths = vec![
        (EVENTS.to_owned(), "everyone "),
        (format!("{EVENTS}?network=203.0.113.9"), "network 203.0.113.0/24"),
        (format!("{EVENTS}?user_id=paul"), "user paul"),
        (format!("{SIGN_INS}?network=192.0.2.1"), "network 192.0.2.0/24"),
        (format!("{SEARCH}?q=somewhere"), "search somewhere"),
        (OVERVIEW.to_owned(), "everyone "),
        ("/api/auth/sessions?user_id=paul".to_owned(), "user paul"),
        ("/api/auth/sessions/events?user_id=paul".to_owned(), "user paul"),
        (format!("/api/auth/sessions/events?session_id={}", tokens.session), "user paul"),
        (format!("/api/auth/sessions/events?event_id={alert}"), "user paul"),
        (format!("/api/auth/sessions/{}?user_id=paul", tokens.session), "user paul"),
        (format!("/api/auth/revoke?session_id={}", stolen.session), "user paul"),
        ("/api/auth/revoke?user_id=paul".to_owned(), "user paul"),
    ];
    (administrator(world).await, paths)
}

#[tokio::test]
async fn every_reading_of_other_users_is_recorded_with_its_target() {
    let world = generous(&[]).await;
    let (admin, paths) = reads(&world).await;
    let mut expected = vec![];
    for (path, target) in paths {
        world.advance(60);
        admin.get(&path).await.assert_status(200);
        expected.push(target.to_owned());
        assert_eq!(targets(&world).await, expected, "{path}");
    }
    assert_eq!(world.count_events("paul", "admin_read").await, 0, "the user must not see it");
}

#[tokio::test]
async fn an_export_is_recorded_as_an_export() {
    let world = generous(&[]).await;
    let admin = administrator(&world).await;
    let mut expected = vec![];
    for (format, query, target) in [
        ("text/csv", "", "export "),
        ("application/x-ndjson", "?network=203.0.113.9", "export 203.0.113.0/24"),
        ("application/json", "", "everyone "),
    ] {
        world.advance(60);
        admin.clone().header("accept", format).get(&format!("{EVENTS}{query}")).await.assert_status(200);
        expected.push(target.to_owned());
        assert_eq!(targets(&world).await, expected, "{format}");
    }
}

/// While the console of the administrator polls a page, a thief reads the same page with a copied session.
#[tokio::test]
async fn each_session_of_an_administrator_has_records_of_its_own() {
    let world = generous(&[]).await;
    let (console, copied) = (administrator(&world).await, administrator(&world).await);
    for _ in 0..2 {
        console.get(EVENTS).await.assert_status(200);
        copied.get(EVENTS).await.assert_status(200);
    }
    let rows = world.raw_events("root", "admin_read").await;
    let sessions: BTreeSet<&String> =
        rows.iter().map(|row| row["session_id"].as_s().expect("a text")).collect();
    assert_eq!((rows.len(), sessions.len()), (2, 2));
}

#[tokio::test]
async fn a_repeated_reading_writes_nothing_within_its_minute() {
    let world = generous(&[]).await;
    let admin = administrator(&world).await;
    let rest = 60 - world.now().seconds().rem_euclid(60);
    world.advance(u64::try_from(rest).expect("it is positive"));
    let path = format!("{SEARCH}?q=paul");
    admin.get(&path).await.assert_status(200);
    let recorded = world.raw_events("root", "admin_read").await;
    assert_eq!(recorded.len(), 1);
    world.advance(30);
    world.server.stats.reset();
    admin.get(&path).await.assert_status(200);
    assert_eq!(world.server.stats.of("PutItem").calls, 0, "this instance remembers the record");
    // Another instance does not, and its write has a condition.
    let other = world.instance(0);
    other.server.stats.reset();
    admin.clone().in_world(&other).get(&path).await.assert_status(200);
    assert_eq!(other.server.stats.of("PutItem").calls, 1);
    assert_eq!(world.raw_events("root", "admin_read").await, recorded, "the first record stays");
    world.advance(30);
    admin.get(&path).await.assert_status(200);
    assert_eq!(world.raw_events("root", "admin_read").await.len(), 2, "another minute");
}

#[tokio::test]
async fn no_data_is_sent_if_the_reading_cannot_be_recorded() {
    use latchkey_local::dev_controls::faults::FaultKind;
    let world = generous(&[]).await;
    world.device().sign_in("paul").await;
    let admin = administrator(&world).await;
    for path in [EVENTS.to_owned(), "/api/auth/sessions?user_id=paul".to_owned()] {
        world.server.faults.queue(Some("PutItem"), FaultKind::Error500, 1_000);
        admin.get(&path).await.assert_problem(503, "store_unavailable");
        world.server.faults.clear(None);
        admin.get(&path).await.assert_status(200);
    }
}

#[tokio::test]
async fn administrators_read_their_own_data_without_a_record() {
    let world = generous(&[]).await;
    let admin = administrator(&world).await;
    for path in ["/api/auth/sessions", "/api/auth/sessions/events", "/api/auth/revoke?user_id=root"] {
        admin.get(path).await.assert_status(200);
    }
    admin.get(&format!("{EVENTS}?user_id=root")).await.assert_status(200);
    assert_eq!(world.count_events("root", "admin_read").await, 0);
}

#[tokio::test]
async fn the_preview_of_a_bulk_revocation_is_recorded() {
    let world = generous(&[]).await;
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(world.device().login(&root).await.assert_status(201));
    let body = json!({"strategy": "network", "network": "192.0.2.1", "preview": true, "reason": "a test"});
    world.device().revoke(&root.access, body).await.assert_status(200);
    assert_eq!(targets(&world).await, ["network 192.0.2.0/24"]);
}
