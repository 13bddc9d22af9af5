//! The revocations of an administrator, and the callers that are refused.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Device, Reply, Tokens, World};
use serde_json::{Value, json};

/// An administrator that has just signed in.
pub(super) async fn admin(world: &World) -> Tokens {
    let reply = world.device().login(&world.assertion_with("root", json!({"scope": "latchkey:admin"}))).await;
    Tokens::of(reply.assert_status(201))
}

async fn end_user(device: &Device, admin: &Tokens, user: &str) -> Reply {
    let body = json!({"strategy": "user", "user_id": user, "reason": "stolen laptop"});
    device.revoke(&admin.access, body).await
}

#[tokio::test]
async fn an_administrator_ends_all_sessions_of_a_user_with_a_reason() {
    let world = World::new().await;
    let device = world.device();
    let (one, two) = (device.sign_in("paul").await, device.sign_in("paul").await);
    let bystander = device.sign_in("alice").await;
    let unused = world.assertion("paul");
    world.advance(20);
    let admin = admin(&world).await;
    let reply = end_user(&device, &admin, "paul").await;
    assert_eq!(reply.assert_status(200).body["ended"], 2);
    reply.assert_no_cookie();
    for tokens in [&one, &two] {
        device.refresh(&tokens.refresh).await.assert_ended("admin");
        device.list(&tokens.access).await.assert_ended("admin");
    }
    device.login(&unused).await.assert_problem(401, "invalid_assertion");
    device.list(&bystander.access).await.assert_status(200);
    device.sign_in("paul").await;
    let asked = device.clone().bearer(&admin.access).get("/api/auth/revoke?user_id=paul").await;
    let body = asked.assert_status(200).body.clone();
    assert_eq!(
        (&body["user_id"], &body["tokens_valid_after"]),
        (&json!("paul"), &json!(world.now().to_rfc3339()))
    );
    let entries = body["revocations"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        assert_eq!(
            (&entry["reason"], &entry["note"], &entry["by"]),
            (&json!("admin"), &json!("stolen laptop"), &json!({"kind": "admin", "id": "root"}))
        );
        assert_eq!(entry["at"], json!(world.now().to_rfc3339()));
    }
    assert_eq!(world.count_events("paul", "logout").await, 0, "paul did not sign out himself");
}

#[tokio::test]
async fn an_administrator_ends_one_session_of_a_user() {
    let world = World::new().await;
    let device = world.device();
    let (one, two) = (device.sign_in("paul").await, device.sign_in("paul").await);
    let admin = admin(&world).await;
    let body = |user: &str, session: &str| json!({"strategy": "session", "user_id": user, "session_id": session, "reason": "odd place"});
    let reply = device.revoke(&admin.access, body("paul", &one.session)).await;
    assert_eq!(reply.assert_status(200).body["session_ids"], json!([one.session]));
    assert_eq!(world.live("paul").await, std::slice::from_ref(&two.session));
    for (user, session) in [("paul", one.session.as_str()), ("alice", &two.session), ("paul", "nothing")] {
        device.revoke(&admin.access, body(user, session)).await.assert_problem(404, "not_found");
    }
    assert_eq!(world.live("paul").await, [two.session]);
}

#[tokio::test]
async fn callers_without_the_admin_scope_are_refused() {
    let world = World::new().await;
    let device = world.device();
    let paul = device.sign_in("paul").await;
    let alice = device.sign_in("alice").await;
    let admin = admin(&world).await;
    let bodies = [
        json!({"strategy": "user", "user_id": "paul", "reason": "x"}),
        json!({"strategy": "session", "user_id": "paul", "session_id": paul.session, "reason": "x"}),
        json!({"strategy": "everyone", "reason": "x"}),
    ];
    let before = world.everything().await;
    let all_refused = async |tokens: &Tokens| {
        for body in &bodies {
            device.revoke(&tokens.access, body.clone()).await.assert_problem(403, "forbidden");
        }
        let asked = device.clone().bearer(&tokens.access).get("/api/auth/revoke?user_id=paul").await;
        asked.assert_problem(403, "forbidden");
    };
    world.server.stats.reset();
    all_refused(&alice).await;
    assert_eq!(world.server.stats.total().calls, 0, "the token's scope is enough to refuse it");
    world.assert_unchanged(&before, "a user must not end anything").await;
    world.take_scope("root", &admin.session).await;
    let before = world.everything().await;
    all_refused(&admin).await;
    world.assert_unchanged(&before, "a former administrator must not end anything").await;
    device.list(&paul.access).await.assert_status(200);
}

#[tokio::test]
async fn an_administrator_with_an_ended_session_is_refused() {
    let world = World::new().await;
    let device = world.device();
    device.sign_in("paul").await;
    let admin = admin(&world).await;
    device.revoke(&admin.access, json!({"strategy": "current"})).await.assert_status(200);
    end_user(&device, &admin, "paul").await.assert_ended("signed_out");
    assert_eq!(world.live("paul").await.len(), 1);
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let world = World::new().await;
    let device = world.device();
    let admin = admin(&world).await;
    let future = (world.now() + std::time::Duration::from_secs(1)).to_rfc3339();
    let cases: [(Value, &str); 11] = [
        (json!({"strategy": "user", "reason": "x"}), "user_id"),
        (json!({"strategy": "user", "user_id": "", "reason": "x"}), "user_id"),
        (json!({"strategy": "user", "user_id": "paul"}), "reason"),
        (json!({"strategy": "user", "user_id": "paul", "reason": " "}), "reason"),
        (json!({"strategy": "user", "user_id": "paul", "reason": "a\nb"}), "reason"),
        (json!({"strategy": "user", "user_id": "paul", "reason": "é".repeat(201)}), "reason"),
        (json!({"strategy": "session", "user_id": "paul", "reason": "x"}), "session_id"),
        (json!({"strategy": "everyone"}), "reason"),
        (json!({"strategy": "everyone", "reason": "x", "before": "yesterday"}), "before"),
        (json!({"strategy": "everyone", "reason": "x", "before": future}), "before"),
        (json!({"strategy": "somebody"}), "strategy"),
    ];
    for (body, field) in cases {
        let reply = device.revoke(&admin.access, body.clone()).await;
        assert_eq!((reply.status.as_u16(), &reply.body["field"]), (400, &json!(field)), "{body}");
    }
    let longest = json!({"strategy": "user", "user_id": "paul", "reason": "é".repeat(200)});
    device.revoke(&admin.access, longest).await.assert_status(200);
}

#[tokio::test]
async fn a_pending_end_keeps_its_actor_and_reason() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("paul").await;
    let admin = admin(&world).await;
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1_000);
    end_user(&device, &admin, "paul").await.assert_problem(503, "store_unavailable");
    world.server.faults.clear(None);
    let moment = world.now();
    world.advance(3_600);
    // The thief's client refreshes first, and thereby completes the pending end.
    device.refresh(&tokens.refresh).await.assert_ended("admin");
    let admin = self::admin(&world).await;
    for query in ["user_id=paul".to_owned(), format!("user_id=paul&session_id={}", tokens.session)] {
        let asked = device.clone().bearer(&admin.access).get(&format!("/api/auth/revoke?{query}")).await;
        let entry = json!({"session_id": tokens.session, "reason": "admin", "note": "stolen laptop",
            "by": {"kind": "admin", "id": "root"}, "at": moment.to_rfc3339()});
        assert_eq!(asked.assert_status(200).body["revocations"], json!([entry]), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_completed_by_the_sessions_client_stays_the_administrators() {
    let world = World::new().await;
    let device = world.device();
    let mut tokens = device.sign_in("paul").await;
    let admin = admin(&world).await;
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 4);
    let body = json!({"strategy": "session", "user_id": "paul", "session_id": tokens.session, "reason": "odd place"});
    let order = tokio::spawn(async move { World::device(&world).revoke(&admin.access, body).await });
    // Refreshes compete with the revocation: the response is the same in either order.
    for _ in 0..18 {
        let reply = device.refresh(&tokens.refresh).await;
        if reply.status != 200 {
            reply.assert_ended("admin");
            break;
        }
        tokens = Tokens::of(&reply);
    }
    assert_eq!(order.await.unwrap().assert_status(200).body["ended"], 1);
}

#[tokio::test]
async fn the_record_of_an_unknown_user_expires() {
    let world = World::new().await;
    let device = world.device();
    let admin = admin(&world).await;
    end_user(&device, &admin, "nobody").await.assert_status(200);
    let record = world.dynamodb().get_item().table_name(&world.tables().sessions);
    let record =
        record.key("pk", AttributeValue::S("U#nobody".into())).key("sk", AttributeValue::S("HEAD".into()));
    let record = record.send().await.unwrap().item.expect("the user record makes older assertions invalid");
    let ttl: i64 = record["ttl"].as_n().unwrap().parse().unwrap();
    assert!(ttl >= world.now().seconds() + 86_400, "the record outlives every older assertion");
    // The expiry of an older user record is extended in the same way.
    device.sign_in("paul").await;
    world.advance(40 * 86_400);
    let admin = self::admin(&world).await;
    end_user(&device, &admin, "paul").await.assert_status(200);
    let rows = world.everything().await;
    let record = rows.lines().find(|row| row.contains("U#paul") && row.contains("HEAD")).unwrap();
    assert!(record.contains(&(world.now().seconds() + 4 * 86_400).to_string()), "{record}");
}

#[tokio::test]
async fn an_administrator_called_system_or_user_is_recorded_as_an_administrator() {
    let world = World::new().await;
    let device = world.device();
    for name in ["system", "user", "admin", "admin:root"] {
        let admin = device.login(&world.assertion_with(name, json!({"scope": "latchkey:admin"}))).await;
        let admin = Tokens::of(admin.assert_status(201));
        let by = json!({"kind": "admin", "id": name});
        let events = device.clone().bearer(&admin.access);
        // At once, and as a pending end that a later request records.
        for is_pending in [false, true] {
            let tokens = device.sign_in("paul").await;
            if is_pending {
                world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1_000);
                end_user(&device, &admin, "paul").await.assert_problem(503, "store_unavailable");
                world.server.faults.clear(None);
                device.refresh(&tokens.refresh).await.assert_ended("admin");
            } else {
                end_user(&device, &admin, "paul").await.assert_status(200);
            }
            for query in ["user_id=paul".to_owned(), format!("user_id=paul&session_id={}", tokens.session)] {
                let asked = events.get(&format!("/api/auth/revoke?{query}")).await;
                assert_eq!(asked.assert_status(200).body["revocations"][0]["by"], by, "{query}");
            }
            let path = format!("/api/auth/sessions/events?user_id=paul&session_id={}", tokens.session);
            let trail = events.get(&path).await;
            assert_eq!(trail.assert_status(200).body["events"][0]["details"]["by"], by);
            world.advance(1);
        }
        // A global revocation is recorded by the session's own next request.
        let tokens = device.sign_in("alice").await;
        let mut alerts = world.server.alerts.listen();
        let body = json!({"strategy": "everyone", "reason": "a key leaked"});
        device.revoke(&admin.access, body).await.assert_status(200);
        assert_eq!(alerts.try_recv().expect("an alert")["details"]["by"], by);
        device.refresh(&tokens.refresh).await.assert_ended("admin");
        world.advance(20);
        let own = device.sign_in("alice").await;
        let path = format!("/api/auth/revoke?session_id={}", tokens.session);
        let asked = device.clone().bearer(&own.access).get(&path).await;
        assert_eq!(asked.assert_status(200).body["revocations"][0]["by"], by);
    }
}
