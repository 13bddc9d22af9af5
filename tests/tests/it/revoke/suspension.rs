//! A suspended user: signed out at once, and refused until the suspension ends.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Device, RawRow, Reply, Tokens, World, flipped};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::admin::admin;

async fn suspend(device: &Device, admin: &Tokens, changes: Value) -> Reply {
    let mut body = json!({"strategy": "suspend", "user_id": "paul", "reason": "account taken over"});
    body.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
    device.revoke(&admin.access, body).await
}

async fn resume(device: &Device, admin: &Tokens) -> Reply {
    let body = json!({"strategy": "resume", "user_id": "paul", "reason": "new password"});
    device.revoke(&admin.access, body).await
}

async fn suspension_of(world: &World, user: &str) -> Option<RawRow> {
    let get = world.dynamodb().get_item().table_name(&world.tables().sessions).consistent_read(true);
    let get = get.key("pk", AttributeValue::S(format!("U#{user}")));
    let get = get.key("sk", AttributeValue::S("SUSPENDED".into()));
    get.send().await.expect("the engine answers").item
}

#[tokio::test]
async fn a_suspended_user_is_signed_out_and_cannot_sign_in() {
    let world = World::patient().await;
    let device = world.device();
    let (one, two) = (device.sign_in("paul").await, device.sign_in("paul").await);
    let bystander = device.sign_in("alice").await;
    let unused = world.assertion("paul");
    world.advance(20);
    let admin = admin(&world).await;
    let reply = suspend(&device, &admin, json!({})).await;
    assert_eq!(reply.assert_status(200).body["ended"], 2);
    for tokens in [&one, &two] {
        device.refresh(&tokens.refresh).await.assert_ended("admin");
        device.list(&tokens.access).await.assert_ended("admin");
    }
    world.advance(20);
    let feed = world.feed().await;
    assert!(feed.lists(&one.session) && feed.lists(&two.session), "verifiers refuse the ended sessions");
    assert!(!feed.lists(&bystander.session));
    device.login(&world.assertion("paul")).await.assert_problem(403, "account_suspended");
    assert!(world.live("paul").await.is_empty());
    // Only a valid assertion gets this answer. The others do not show that the user is suspended.
    device.login(&flipped(&world.assertion("paul"))).await.assert_problem(401, "invalid_assertion");
    device.login(&unused).await.assert_problem(401, "invalid_assertion");
    device.list(&bystander.access).await.assert_status(200);
    let trail: Vec<String> = world.events("paul").await.into_iter().map(|event| event.event_type).collect();
    let count = |kind: &str| trail.iter().filter(|event| *event == kind).count();
    assert_eq!((count("account_suspended"), count("sign_in_refused"), count("session_ended")), (1, 1, 2));
}

#[tokio::test]
async fn an_administrator_sees_a_suspension_and_lifts_it() {
    let world = World::new().await;
    let (device, admin) = (world.device(), admin(&world).await);
    let until = (world.now() + std::time::Duration::from_secs(3_600)).to_rfc3339();
    suspend(&device, &admin, json!({})).await.assert_status(200);
    // Another suspension replaces the first one.
    suspend(&device, &admin, json!({"reason": "for an hour", "until": until})).await.assert_status(200);
    let history = async || {
        let reply = device.clone().bearer(&admin.access).get("/api/auth/revoke?user_id=paul").await;
        reply.assert_status(200).body["suspension"].clone()
    };
    let by = json!({"kind": "admin", "id": "root"});
    let since = world.now().to_rfc3339();
    assert_eq!(history().await, json!({"note": "for an hour", "by": by, "since": since, "until": until}));
    assert_eq!(resume(&device, &admin).await.assert_status(200).body, json!({"resumed": true}));
    assert_eq!(history().await, Value::Null);
    device.sign_in("paul").await;
    assert_eq!(resume(&device, &admin).await.assert_status(200).body, json!({"resumed": false}));
    assert_eq!(world.count_events("paul", "account_resumed").await, 1);
    assert_eq!(world.live("paul").await.len(), 1);
}

#[tokio::test]
async fn a_suspension_ends_at_its_time_although_its_row_remains() {
    let world = World::new().await;
    let (device, admin) = (world.device(), admin(&world).await);
    let until = world.now() + std::time::Duration::from_secs(600);
    suspend(&device, &admin, json!({"until": until.to_rfc3339()})).await.assert_status(200);
    world.advance(599);
    device.login(&world.assertion("paul")).await.assert_problem(403, "account_suspended");
    world.advance(1);
    let row = suspension_of(&world, "paul").await.expect("the row is still there");
    assert_eq!(row["ttl"], AttributeValue::N(until.seconds().to_string()));
    device.sign_in("paul").await;
    assert_eq!(resume(&device, &admin).await.assert_status(200).body["resumed"], false);
    assert_eq!(world.count_events("paul", "account_resumed").await, 0);
}

#[tokio::test]
async fn a_suspension_without_end_outlives_the_user_record() {
    let world = World::new().await;
    let (device, admin) = (world.device(), admin(&world).await);
    suspend(&device, &admin, json!({})).await.assert_status(200);
    assert!(!suspension_of(&world, "paul").await.expect("the row").contains_key("ttl"));
    world.advance(400 * 86_400);
    let record = world.dynamodb().delete_item().table_name(&world.tables().sessions);
    let record = record.key("pk", AttributeValue::S("U#paul".into()));
    record.key("sk", AttributeValue::S("HEAD".into())).send().await.expect("the engine answers");
    device.login(&world.assertion("paul")).await.assert_problem(403, "account_suspended");
}

#[tokio::test]
async fn a_suspension_needs_a_recent_sign_in_and_another_user() {
    let world = World::new().await;
    let (device, admin) = (world.device(), admin(&world).await);
    let paul = device.sign_in("paul").await;
    suspend(&device, &admin, json!({"user_id": "root"})).await.assert_field("user_id");
    for until in ["tomorrow", &world.now().to_rfc3339(), "2020-01-01T00:00:00Z"] {
        suspend(&device, &admin, json!({"until": until})).await.assert_field("until");
    }
    suspend(&device, &admin, json!({"reason": " "})).await.assert_field("reason");
    suspend(&device, &admin, json!({"user_id": null})).await.assert_field("user_id");
    world.advance(15 * 60);
    let before = world.everything().await;
    for reply in [suspend(&device, &admin, json!({})).await, resume(&device, &admin).await] {
        let problem = reply.assert_problem(401, "reauthentication_required");
        assert_eq!(problem.body["max_age"], 900);
    }
    for reply in [suspend(&device, &paul, json!({"user_id": "alice"})).await, resume(&device, &paul).await] {
        reply.assert_problem(403, "forbidden");
    }
    world.assert_unchanged(&before, "a refused call").await;
    assert_eq!(world.live("root").await, [admin.session]);
}

#[tokio::test]
async fn thirty_sessions_end_with_their_suspension_in_one_transaction() {
    let world = World::with(&[("SESSION_LIMIT", "30")]).await;
    let device = world.device();
    for _ in 0..30 {
        device.sign_in("paul").await;
    }
    let admin = admin(&world).await;
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::TimeoutBefore, 3);
    let before = world.everything().await;
    suspend(&device, &admin, json!({})).await.assert_problem(503, "store_unavailable");
    world.assert_unchanged(&before, "nothing is half done").await;
    world.server.stats.reset();
    assert_eq!(suspend(&device, &admin, json!({})).await.assert_status(200).body["ended"], 30);
    assert_eq!(world.server.stats.of("TransactWriteItems").calls, 1);
    assert!(world.live("paul").await.is_empty());
}

/// An attacker with the user's password may sign in so often that each transaction of the suspension fails.
#[tokio::test]
async fn a_suspension_that_sign_ins_delay_refuses_them_before_it_is_done() {
    let world = World::new().await;
    let (device, admin) = (world.device(), admin(&world).await);
    let paul = device.sign_in("paul").await;
    // Three attempts, the first write of the suspension alone, and the fourth attempt fail. The second one of these writes
    // passes, and all further attempts fail.
    let faults = &world.server.faults;
    faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 5);
    faults.queue_after(1, Some("TransactWriteItems"), FaultKind::Conflict, 8);
    suspend(&device, &admin, json!({})).await.assert_problem(503, "store_unavailable");
    assert_eq!(faults.pending(), 0);
    world.advance(1);
    device.login(&world.assertion("paul")).await.assert_problem(403, "account_suspended");
    device.list(&paul.access).await.assert_ended("admin");
    assert!(world.feed().await.lists(&paul.session));
    // The administrator repeats the call, as for every 503.
    suspend(&device, &admin, json!({})).await.assert_status(200);
    assert_eq!(resume(&device, &admin).await.assert_status(200).body["resumed"], true);
    world.advance(20);
    device.sign_in("paul").await;
}

/// The suspension is in force before its sessions have ended. Another administrator may lift it meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_attempt_of_a_suspension_undoes_no_resumption() {
    let world = World::new().await;
    let (device, admin) = (world.device(), admin(&world).await);
    let paul = device.sign_in("paul").await;
    // Three attempts fail, the suspension is written alone, and the read before the fourth attempt is slow.
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 3);
    world.server.faults.queue_after(3, Some("Query"), FaultKind::Slow, 1);
    let call = {
        let (device, admin) = (device.clone(), admin.clone());
        tokio::spawn(async move { suspend(&device, &admin, json!({})).await })
    };
    while suspension_of(&world, "paul").await.is_none() {
        assert!(!call.is_finished(), "the suspension was written with its sessions");
        tokio::task::yield_now().await;
    }
    assert_eq!(resume(&device, &admin).await.assert_status(200).body["resumed"], true);
    world.advance(1);
    let again = device.sign_in("paul").await;
    assert!(!call.is_finished(), "the resumption and the sign-in must come before the fourth attempt");
    call.await.expect("it does not panic").assert_status(200);
    assert_eq!(suspension_of(&world, "paul").await, None);
    device.refresh(&paul.refresh).await.assert_ended("admin");
    assert_eq!(world.live("paul").await, [again.session], "opened after the resumption");
    assert_eq!(world.count_events("paul", "account_suspended").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_racing_sign_in_or_refresh_survives_a_suspension() {
    for round in 0..12 {
        let world = World::patient().await;
        let (device, admin) = (world.device(), admin(&world).await);
        let paul = device.sign_in("paul").await;
        if round % 3 == 1 {
            world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 4);
        }
        if round % 3 == 2 {
            world.server.faults.queue(Some("TransactWriteItems"), FaultKind::TimeoutAfterCommit, 1);
        }
        let mut calls = JoinSet::new();
        for _ in 0..3 {
            let (device, world) = (world.device(), world.clone());
            calls.spawn(async move {
                loop {
                    let reply = device.login(&world.assertion("paul")).await;
                    if reply.status != 201 {
                        return reply;
                    }
                }
            });
        }
        let (hammer, mut token) = (device.clone(), paul.refresh);
        calls.spawn(async move {
            loop {
                let reply = hammer.refresh(&token).await;
                if reply.status != 200 {
                    return reply;
                }
                token = Tokens::of(&reply).refresh;
                tokio::task::yield_now().await;
            }
        });
        suspend(&device, &admin, json!({})).await.assert_status(200);
        assert!(world.live("paul").await.is_empty(), "round {round}: a session lives after the response");
        while let Some(reply) = calls.join_next().await {
            let reply = reply.expect("no call panics");
            let codes = ["account_suspended", "invalid_assertion", "session_ended", "rate_limited"];
            assert!(codes.contains(&reply.code()), "round {round}: {}", reply.body);
        }
        assert!(world.live("paul").await.is_empty(), "round {round}: a late write opened a session");
        assert!(suspension_of(&world, "paul").await.is_some());
        assert_eq!(world.count_events("paul", "account_suspended").await, 1, "round {round}");
    }
}
