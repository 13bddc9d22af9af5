//! The limits on the sessions of a user and on the assertions that a user can use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use latchkey_tests::world::{Device, Tokens, World};
use serde_json::json;
use tokio::task::JoinSet;

#[tokio::test]
async fn a_sixth_sign_in_ends_the_least_recently_active_session() {
    let world = World::new().await;
    let mut devices: Vec<(Device, Tokens)> = vec![];
    for _ in 0..5 {
        let device = world.device();
        let tokens = device.sign_in("alice").await;
        devices.push((device, tokens));
        world.advance(1);
    }
    // The oldest is the most recently active now.
    let (device, tokens) = &devices[0];
    let kept = device.refresh(&tokens.refresh).await;
    let sixth = world.device().login(&world.assertion("alice")).await;
    let evicted = &devices[1].1;
    let ended = json!([{"session_id": evicted.session, "reason": "evicted"}]);
    assert_eq!(sixth.assert_status(201).body["ended"], ended);
    let live = world.live("alice").await;
    assert_eq!(live.len(), 5);
    assert!(!live.contains(&evicted.session) && live.contains(&kept.text("session_id")));
    devices[1].0.refresh(&evicted.refresh).await.assert_ended("evicted");
    devices[1].0.list(&evicted.access).await.assert_ended("evicted");
    let trail = world.events("alice").await;
    let ends: Vec<_> = trail.iter().filter(|event| event.event_type == "session_ended").collect();
    assert_eq!(ends.len(), 1);
    assert_eq!((&ends[0].session, ends[0].reason.as_str()), (&evicted.session, "evicted"));
}

#[tokio::test]
async fn of_two_equally_active_sessions_the_older_one_is_evicted() {
    let world = World::with(&[("SESSION_LIMIT", "2")]).await;
    let (one, two) = (world.device(), world.device());
    let old = one.sign_in("alice").await;
    world.advance(1);
    let young = two.sign_in("alice").await;
    let old = Tokens::of(&one.refresh(&old.refresh).await);
    let third = world.device().login(&world.assertion("alice")).await;
    assert_eq!(third.body["ended"], json!([{"session_id": old.session, "reason": "evicted"}]));
    assert_eq!(two.refresh(&young.refresh).await.status, 200);
}

#[tokio::test]
async fn an_ended_session_does_not_count_towards_the_limit() {
    let world = World::with(&[("SESSION_LIMIT", "2")]).await;
    let first = world.device().sign_in("alice").await;
    let second = world.device().sign_in("alice").await;
    world.set_pending_end("alice", &first.session, "signed_out").await;
    let third = world.device().login(&world.assertion("alice")).await;
    assert_eq!(
        third.assert_status(201).body["ended"],
        json!([]),
        "a session with a pending end does not count"
    );
    assert_eq!(world.live("alice").await.len(), 2);
    world.advance(7 * 86_400);
    let fourth = world.device().login(&world.assertion("alice")).await;
    assert_eq!(fourth.assert_status(201).body["ended"], json!([]), "an expired session does not count");
    assert_eq!(world.live("alice").await, [fourth.text("session_id")]);
    world.device().refresh(&second.refresh).await.assert_ended("expired");
}

#[tokio::test]
async fn with_policy_reject_a_sign_in_over_the_limit_is_refused() {
    let settings = [("SESSION_LIMIT", "2"), ("SESSION_LIMIT_POLICY", "reject")];
    let world = World::with(&settings).await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.sign_in("alice").await;
    let (assertion, before) = (world.assertion("alice"), world.everything().await);
    let refused = device.login(&assertion).await;
    refused.assert_problem(409, "session_limit").assert_no_cookie();
    assert_eq!(refused.body["limit"], 2);
    world.assert_unchanged(&before, "a refused sign-in must write nothing").await;
    assert_eq!(device.login(&world.assertion("bob")).await.status, 201, "each user has a limit of their own");
    device.revoke(&first.access, json!({"strategy": "current"})).await.assert_status(200);
    assert_eq!(device.login(&assertion).await.status, 201, "the refusal did not use the assertion up");
}

#[tokio::test]
async fn with_policy_reject_a_browser_may_replace_its_own_session() {
    let settings = [("SESSION_LIMIT", "1"), ("SESSION_LIMIT_POLICY", "reject")];
    let world = World::with(&settings).await;
    let device = world.device();
    let old = device.login_in_browser(&world.assertion("alice")).await;
    let cookies = format!("latchkey_refresh={}", old.cookie("latchkey_refresh").unwrap());
    let new = device.clone().cookies(&cookies).login_in_browser(&world.assertion("alice")).await;
    assert_eq!(new.assert_status(201).body["ended"][0]["session_id"], old.body["session_id"]);
    assert_eq!(world.live("alice").await, [new.text("session_id")]);
}

#[tokio::test]
async fn the_33rd_assertion_of_a_user_waits_until_the_first_expires() {
    let world = World::with(&[("SESSION_LIMIT", "2")]).await;
    let device = world.device();
    for _ in 0..32 {
        device.sign_in("alice").await;
        world.advance(1);
    }
    let refused = device.login(&world.assertion("alice")).await;
    refused.assert_problem(429, "rate_limited").assert_no_cookie();
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert_eq!(refused.body["retry_after"], wait);
    assert_eq!(refused.body["policy"], "login");
    assert_eq!(device.login(&world.assertion("bob")).await.status, 201, "other users do not wait");
    world.advance(wait - 1);
    device.login(&world.assertion("alice")).await.assert_problem(429, "rate_limited");
    world.advance(1);
    assert_eq!(
        device.login(&world.assertion("alice")).await.status,
        201,
        "a sign-in succeeds after Retry-After"
    );
}

/// Twenty concurrent sign-ins, while an observer counts the live sessions.
async fn twenty_sign_ins(world: &World) -> (Vec<latchkey_tests::world::Reply>, usize) {
    let done = Arc::new(AtomicBool::new(false));
    let watched = (world.clone(), Arc::clone(&done));
    let watch = tokio::spawn(async move {
        let mut most = 0;
        while !watched.1.load(Ordering::SeqCst) {
            most = most.max(watched.0.live("alice").await.len());
            tokio::task::yield_now().await;
        }
        most
    });
    let mut logins = JoinSet::new();
    for _ in 0..20 {
        let (device, assertion) = (world.device(), world.assertion("alice"));
        logins.spawn(async move { device.login(&assertion).await });
    }
    let replies = logins.join_all().await;
    done.store(true, Ordering::SeqCst);
    (replies, watch.await.expect("it only counts"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_concurrent_sign_ins_never_leave_six_sessions() {
    let world = World::new().await;
    for _ in 0..4 {
        world.device().sign_in("alice").await;
    }
    let (replies, most) = twenty_sign_ins(&world).await;
    assert!(most <= 5, "{most} sessions were live at once");
    let opened: Vec<Tokens> = replies.iter().filter(|reply| reply.status == 201).map(Tokens::of).collect();
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        reply.assert_problem(503, "store_unavailable");
    }
    let live = world.live("alice").await;
    assert_eq!(live.len(), 5);
    let evicted = world.count_events("alice", "session_ended").await;
    assert_eq!(world.count_events("alice", "login").await, evicted + 5, "{opened:?}");
    for tokens in &opened {
        let reply = world.device().refresh(&tokens.refresh).await;
        if live.contains(&tokens.session) {
            reply.assert_status(200);
        } else {
            reply.assert_ended("evicted");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_policy_reject_twenty_concurrent_sign_ins_open_five() {
    let world = World::with(&[("SESSION_LIMIT_POLICY", "reject")]).await;
    let (replies, most) = twenty_sign_ins(&world).await;
    assert!(most <= 5, "{most} sessions were live at once");
    let count = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((count(201), count(409) + count(503)), (5, 15));
    assert_eq!(world.live("alice").await.len(), 5);
}
