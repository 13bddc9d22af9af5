//! Ends and limits apply to all instances. The tests use two warm instances on the same tables.

use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{Tokens, World};
use serde_json::json;
use tokio::task::JoinSet;

/// Two instances of one deployment: same keys, same tables, nothing shared in memory.
async fn two_instances() -> (World, World) {
    let keys = generate_key_set();
    let here = World::with(&[("LATCHKEY_KEYS", &keys)]).await;
    let there = here.redeployed(&[("LATCHKEY_KEYS", &keys)], IssuerKeyCache::default());
    (here, there)
}

#[tokio::test]
async fn theft_detected_by_one_instance_ends_the_session_at_all() {
    let (here, there) = two_instances().await;
    let device = here.device();
    let (first, other) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let second = Tokens::of(device.refresh(&first.refresh).await.assert_status(200));
    there.device().list(&second.access).await.assert_status(200);
    here.advance(61);
    // One instance rotated the token, and the other one gets the old token.
    there.device().elsewhere().refresh(&first.refresh).await.assert_ended("security");
    for instance in [&here, &there] {
        let device = instance.device();
        device.refresh(&second.refresh).await.assert_ended("security");
        device.refresh(&first.refresh).await.assert_ended("security");
        device.list(&second.access).await.assert_ended("security");
        device.list(&other.access).await.assert_status(200);
    }
    assert_eq!(here.count_events("alice", "token_reused").await, 1);
    assert_eq!(here.live("alice").await, [other.session]);
}

#[tokio::test]
async fn a_revocation_at_one_instance_applies_to_all_immediately() {
    for strategy in ["session", "others", "user"] {
        let (here, there) = two_instances().await;
        let lost = there.device().sign_in("alice").await;
        let keeper = here.device().sign_in("alice").await;
        // This instance now has everything in its caches that an instance may cache of a session.
        let lost = Tokens::of(there.device().refresh(&lost.refresh).await.assert_status(200));
        there.device().list(&lost.access).await.assert_status(200);
        let root = here.assertion_with("root", json!({"scope": "latchkey:admin"}));
        let root = Tokens::of(&here.device().login(&root).await);
        let (caller, reason) = match strategy {
            "user" => (&root, "admin"),
            _ => (&keeper, "signed_out"),
        };
        let body = match strategy {
            "session" => json!({"strategy": strategy, "session_id": lost.session}),
            "user" => json!({"strategy": strategy, "user_id": "alice", "reason": "x"}),
            _ => json!({"strategy": strategy}),
        };
        here.device().revoke(&caller.access, body).await.assert_status(200);
        there.device().list(&lost.access).await.assert_ended(reason);
        there.device().refresh(&lost.refresh).await.assert_ended(reason);
        let status = there.device().bearer(&lost.access).get("/api/auth/refresh").await;
        assert_eq!(status.body["state"], "ended", "{strategy}: {}", status.body);
        let backend = here.assertion_with("api", json!({"scope": "latchkey:introspect"}));
        let (form, token) = (Some("application/x-www-form-urlencoded"), format!("token={}", lost.access));
        let asked = there.device().bearer(&backend).send("POST", "/api/auth/introspect", form, token).await;
        assert_eq!(asked.assert_status(200).body, json!({"active": false}), "{strategy}");
        assert!(!here.live("alice").await.contains(&lost.session), "{strategy}");
    }
}

#[tokio::test]
async fn a_limit_counted_by_one_instance_applies_to_all() {
    let (here, there) = two_instances().await;
    let tokens = here.device().sign_in("alice").await;
    for instance in [&here, &there].into_iter().cycle().take(100) {
        instance.device().list(&tokens.access).await.assert_status(200);
    }
    for instance in [&there, &here] {
        instance.device().list(&tokens.access).await.assert_problem(429, "rate_limited");
    }
    let (one, two) = (here.device().at("198.51.100.7"), there.device().at("198.51.100.8"));
    for device in [&one, &two, &one, &two, &one] {
        device.login("made.up.assertion").await.assert_problem(401, "invalid_assertion");
    }
    two.login("made.up.assertion").await.assert_problem(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_refreshes_at_two_instances_get_the_same_token() {
    let (here, there) = two_instances().await;
    let tokens = here.device().sign_in("alice").await;
    let mut crowd = JoinSet::new();
    for instance in [&here, &there].into_iter().cycle().take(64) {
        let (device, token) = (instance.device(), tokens.refresh.clone());
        crowd.spawn(async move { device.refresh(&token).await });
    }
    let replies = crowd.join_all().await;
    for reply in &replies {
        assert_eq!(reply.assert_status(200).text("refresh_token"), replies[0].text("refresh_token"));
    }
    assert_eq!(here.row("alice", &tokens.session).await.unwrap().generation, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_sign_ins_at_two_instances_leave_at_most_five_sessions() {
    let (here, there) = two_instances().await;
    let mut crowd = JoinSet::new();
    for instance in [&here, &there].into_iter().cycle().take(20) {
        let (device, assertion) = (instance.device(), here.assertion("alice"));
        let watched = here.clone();
        crowd.spawn(async move {
            let status = device.login(&assertion).await.status.as_u16();
            (status, watched.live("alice").await.len())
        });
    }
    let seen = crowd.join_all().await;
    assert!(seen.iter().all(|(status, live)| [201, 503].contains(status) && *live <= 5), "{seen:?}");
    let opened = seen.iter().filter(|(status, _)| *status == 201).count();
    let live = here.live("alice").await.len();
    assert_eq!(live, opened.min(5), "{seen:?}");
    assert_eq!(
        here.count_events("alice", "session_ended").await,
        opened - live,
        "each that had to go is told"
    );
}
