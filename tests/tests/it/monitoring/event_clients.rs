//! An event has the device and the place of its own time, and keeps them when the session moves on.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::domain::event::EVENT_TYPES;
use latchkey::token::fetch::IssuerKeyCache;
use latchkey_local::keys;
use latchkey_tests::world::{
    BERLIN, BoundBrowser, City, Device, DeviceKey, FIREFOX, LISBON, ORIGIN_SECRET, PRAGUE, Tokens, World,
};
use serde_json::{Value, json};

/// An administrator that has just signed in.
async fn root(world: &World) -> (Device, Tokens) {
    let device = world.device().in_city(BERLIN);
    let reply = device.login(&world.assertion_with("root", json!({"scope": "latchkey:admin"}))).await;
    let tokens = Tokens::of(reply.assert_status(201));
    (device.bearer(&tokens.access), tokens)
}

/// A user's whole audit trail, newest first, as an administrator reads it.
async fn trail(world: &World, user: &str) -> Vec<Value> {
    let admin = root(world).await.0;
    let reply = admin.get(&format!("/api/auth/sessions/events?user_id={user}&limit=100")).await;
    assert!(reply.assert_status(200).body["next_cursor"].is_null(), "the whole trail");
    reply.body["events"].as_array().expect("a list").clone()
}

/// Device and city of the only event of a type.
fn client_of<'e>(events: &'e [Value], event_type: &str) -> (&'e str, &'e str) {
    let found: Vec<&Value> = events.iter().filter(|event| event["event_type"] == event_type).collect();
    assert_eq!(found.len(), 1, "{event_type}: {events:#?}");
    let text =
        |name: &str| found[0]["details"][name].as_str().unwrap_or_else(|| panic!("{name}: {}", found[0]));
    (text("device"), text("city"))
}

#[tokio::test]
async fn an_event_keeps_its_place_after_the_session_has_moved() {
    let world = World::behind_cloudfront(&[]).await;
    let home = world.device().in_city(BERLIN);
    let tokens = home.sign_in("alice").await;
    world.advance(3_600);
    let away = world.device().agent(FIREFOX).in_city(LISBON);
    let moved = Tokens::of(away.refresh(&tokens.refresh).await.assert_status(200));
    world.advance(60);
    // Another device of the user, in a third city, ends the session.
    let phone = world.device().in_city(PRAGUE);
    let other = phone.sign_in("alice").await;
    let body = json!({"strategy": "session", "session_id": moved.session});
    phone.revoke(&other.access, body).await.assert_status(200);
    let events = trail(&world, "alice").await;
    let of_moved: Vec<Value> =
        events.iter().filter(|event| event["session_id"] == json!(moved.session)).cloned().collect();
    assert_eq!(client_of(&of_moved, "login"), ("Chrome on Windows", "Berlin"));
    for finding in ["ip_changed", "country_changed", "impossible_travel", "device_changed"] {
        assert_eq!(client_of(&of_moved, finding), ("Firefox on Linux", "Lisbon"), "{finding}");
    }
    assert_eq!(
        client_of(&of_moved, "session_ended"),
        ("Firefox on Linux", "Lisbon"),
        "the session that ended"
    );
    assert_eq!(client_of(&events, "logout"), ("Chrome on Windows", "Prague"), "the device that ended it");
    let ended = of_moved.iter().find(|event| event["event_type"] == "session_ended").expect("its end");
    assert!(ended["details"]["ip"].is_null(), "the session's address would look like that of its end");
}

#[tokio::test]
async fn a_reuse_names_the_device_that_ended_and_the_one_that_used_the_token() {
    let world = World::behind_cloudfront(&[]).await;
    let home = world.device().in_city(BERLIN);
    let stolen = home.sign_in("alice").await;
    home.refresh(&stolen.refresh).await.assert_status(200);
    let thief = world.device().agent(FIREFOX).in_city(LISBON);
    thief.refresh(&stolen.refresh).await.assert_ended("security");
    let events = trail(&world, "alice").await;
    assert_eq!(client_of(&events, "session_ended"), ("Chrome on Windows", "Berlin"));
    assert_eq!(client_of(&events, "token_reused"), ("Firefox on Linux", "Lisbon"));
    let reuse = events.iter().find(|event| event["event_type"] == "token_reused").expect("the reuse");
    assert_eq!(reuse["details"]["ended_device"], "Chrome on Windows");
}

#[tokio::test]
async fn every_event_of_a_user_has_a_device_and_a_place() {
    let keys = keys::generate();
    let settings =
        [("LIMIT_REFRESH", "2/5m/15m"), ("LIMIT_GENERAL", "2/15m"), ("LATCHKEY_KEYS", keys.as_str())];
    let world = World::behind_cloudfront(&settings).await;
    let home = world.device().in_city(BERLIN);
    let firefox = |city: City| world.device().agent(FIREFOX).in_city(city);
    // Findings, a replay, and a block.
    let first = home.sign_in("alice").await;
    let abroad = firefox(LISBON).sign_in("alice").await;
    let second = Tokens::of(firefox(LISBON).refresh(&first.refresh).await.assert_status(200));
    let third = Tokens::of(firefox(LISBON).refresh(&second.refresh).await.assert_status(200));
    firefox(PRAGUE).refresh(&second.refresh).await.assert_status(200);
    firefox(LISBON).refresh(&third.refresh).await.assert_problem(429, "rate_limited");
    for _ in 0..3 {
        firefox(LISBON).list(&abroad.access).await;
    }
    // Both answers to "Was this you?".
    let review = world.review_token("alice", "new_device").await;
    for answer in ["was_me", "was_not_me"] {
        firefox(PRAGUE).answer_review(&review, answer).await.assert_status(200);
    }
    // The assertion of a sign-in is used again on another device.
    let assertion = world.assertion("alice");
    home.login(&assertion).await.assert_status(201);
    firefox(PRAGUE).login(&assertion).await.assert_problem(401, "invalid_assertion");
    // An instance requires a claim that the assertion does not have.
    let issuers = world.server.issuer.trusted_issuers(&world.server.audience);
    let mut issuers: Value = serde_json::from_str(&issuers).expect("JSON");
    issuers[0]["require"] = json!({"is_anonymous": false});
    let issuers = issuers.to_string();
    let settings = [
        ("LATCHKEY_KEYS", keys.as_str()),
        ("LATCHKEY_TRUSTED_ISSUERS", issuers.as_str()),
        ("CLOUDFRONT_ORIGIN_SECRET", ORIGIN_SECRET),
    ];
    let strict = world.redeployed(&settings, IssuerKeyCache::default());
    let refused = strict.device().in_city(BERLIN).login(&world.assertion("alice")).await;
    refused.assert_problem(403, "claim_not_accepted");
    // A theft, a restored row, and a forged token.
    let stolen = home.sign_in("alice").await;
    let next = Tokens::of(home.refresh(&stolen.refresh).await.assert_status(200));
    home.refresh(&next.refresh).await.assert_status(200);
    home.refresh(&stolen.refresh).await.assert_ended("security");
    let restored = home.sign_in("alice").await;
    let row = world.raw_row("alice", &restored.session).await.expect("its row");
    let newer = Tokens::of(home.refresh(&restored.refresh).await.assert_status(200));
    world.put_row(row).await;
    home.refresh(&newer.refresh).await.assert_ended("security");
    let forged = home.sign_in("alice").await;
    let mut row = world.raw_row("alice", &forged.session).await.expect("its row");
    row.insert("n".into(), AttributeValue::B(Blob::new([7; 32])));
    world.put_row(row).await;
    home.refresh(&forged.refresh).await.assert_problem(401, "invalid_token");
    // A bound session whose token is used without its key, and a sign-in without a key beside it.
    let bound = home.clone().with_key(&DeviceKey::generate()).sign_in("alice").await;
    home.refresh(&bound.refresh).await.assert_problem(400, "device_proof_required");
    // A session that the browser binds to its device.
    let settings = [
        ("LATCHKEY_KEYS", keys.as_str()),
        ("CLOUDFRONT_ORIGIN_SECRET", ORIGIN_SECRET),
        ("COOKIE_SECURE", "true"),
    ];
    let secure = world.redeployed(&settings, IssuerKeyCache::default());
    BoundBrowser::bound(&secure, "alice", secure.device().in_city(BERLIN)).await;
    // An eviction, a sign-out and an expiry.
    let mut last = forged;
    for _ in 0..3 {
        world.advance(1);
        last = home.sign_in("alice").await;
    }
    home.revoke(&last.access, json!({"strategy": "current"})).await.assert_status(200);
    world.advance(8 * 86_400);
    let admin = root(&world).await.0;
    admin.post("/api/auth/sessions", json!({"action": "cleanup"})).await.assert_status(200);
    // A suspension, and its end.
    for strategy in ["suspend", "resume"] {
        let order = json!({"strategy": strategy, "user_id": "alice", "reason": "a lost laptop"});
        admin.post("/api/auth/revoke", order).await.assert_status(200);
    }
    let events = trail(&world, "alice").await;
    // The device and place of an administrator are not the user's to see.
    let is_administrators =
        |event: &&Value| event["event_type"].as_str().is_some_and(|name| name.starts_with("account_"));
    for event in events.iter().filter(|event| !is_administrators(event)) {
        for member in ["device", "city", "country"] {
            assert!(event["details"][member].is_string(), "{member}: {event}");
        }
    }
    let seen: BTreeSet<&str> = events.iter().filter_map(|event| event["event_type"].as_str()).collect();
    let missing: Vec<&&str> = EVENT_TYPES.iter().filter(|name| !seen.contains(**name)).collect();
    assert_eq!(
        missing,
        [&"emergency_revocation", &"provider_order_refused", &"admin_read"],
        "every other event is about a user, and in the trail of this user"
    );
    let reasons: BTreeSet<&str> =
        events.iter().filter_map(|event| event["details"]["reason"].as_str()).collect();
    assert!(reasons.is_superset(&["evicted", "expired", "signed_out"].into()), "{reasons:?}");
}
