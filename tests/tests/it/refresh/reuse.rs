//! An older token without evidence of its owner counts as theft and ends the session.

use latchkey_tests::world::{Device, FIREFOX, Jar, Tokens, World};
use tokio::task::JoinSet;

/// Checks that the session has ended, with one record, and that no other session has.
async fn assert_theft_ended(
    world: &World,
    device: &Device,
    stolen: &Tokens,
    newest: &Tokens,
    other: &Tokens,
) {
    device.refresh(&newest.refresh).await.assert_ended("security");
    device.list(&newest.access).await.assert_ended("security");
    device.refresh(&stolen.refresh).await.assert_ended("security");
    assert!(world.row("alice", &stolen.session).await.is_none());
    assert_eq!(world.live("alice").await, std::slice::from_ref(&other.session));
    assert_eq!(device.list(&other.access).await.status, 200, "the other session of the user lives");
    let trail = world.events("alice").await;
    let of = |kind: &str| trail.iter().filter(|event| event.event_type == kind).collect::<Vec<_>>();
    let (reused, ended) = (of("token_reused"), of("session_ended"));
    assert_eq!((reused.len(), ended.len()), (1, 1), "{trail:?}");
    assert_eq!((reused[0].severity.as_str(), &reused[0].session), ("critical", &stolen.session));
    assert_eq!((ended[0].reason.as_str(), &ended[0].session), ("reuse_detected", &stolen.session));
}

async fn two_sessions(world: &World) -> (Device, Tokens, Tokens) {
    let other = world.device().sign_in("alice").await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    (device, tokens, other)
}

#[tokio::test]
async fn a_token_reused_after_grace_ends_its_session_and_no_other() {
    let world = World::new().await;
    let (device, first, other) = two_sessions(&world).await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    world.advance(61);
    let reply = device.clone().elsewhere().refresh(&first.refresh).await;
    reply.assert_ended("security").assert_no_cookie();
    let members = ["code", "detail", "reason", "request_id", "status", "title", "type"];
    assert_eq!(reply.members(), members, "a thief gets no more members");
    assert_theft_ended(&world, &device, &first, &second, &other).await;
}

#[tokio::test]
async fn a_token_repeated_in_grace_by_another_device_ends_its_session() {
    for agent in [Some(FIREFOX), Some("curl/8.5.0"), None] {
        let world = World::new().await;
        let (device, first, other) = two_sessions(&world).await;
        let second = Tokens::of(&device.refresh(&first.refresh).await);
        let thief = match agent {
            Some(agent) => device.clone().agent(agent),
            None => device.clone().no_agent(),
        };
        thief.refresh(&first.refresh).await.assert_ended("security");
        assert_theft_ended(&world, &device, &first, &second, &other).await;
    }
}

#[tokio::test]
async fn the_owner_that_refreshes_after_a_thief_gets_the_reason() {
    let world = World::new().await;
    let (device, first, other) = two_sessions(&world).await;
    let thief = world.device().agent(FIREFOX);
    let stolen = Tokens::of(thief.refresh(&first.refresh).await.assert_status(200));
    device.refresh(&first.refresh).await.assert_ended("security");
    assert_theft_ended(&world, &thief, &first, &stolen, &other).await;
}

#[tokio::test]
async fn a_grandparent_is_reuse_even_within_grace() {
    let world = World::new().await;
    let (device, first, other) = two_sessions(&world).await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    let third = Tokens::of(&device.refresh(&second.refresh).await);
    device.refresh(&first.refresh).await.assert_ended("security");
    assert_theft_ended(&world, &device, &first, &third, &other).await;
}

#[tokio::test]
async fn reuse_in_a_browser_clears_its_cookies() {
    let world = World::new().await;
    let device = world.device();
    let old = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let new = Jar::of(&device.refresh_with_cookies(&old.line()).await);
    world.advance(61);
    let reply = device.clone().elsewhere().refresh_with_cookies(&old.line()).await;
    reply.assert_ended("security").assert_cookies_cleared();
    let reply = device.refresh_with_cookies(&new.line()).await;
    reply.assert_ended("security").assert_cookies_cleared();
}

#[tokio::test]
async fn reuse_during_a_block_still_ends_the_session() {
    let world = World::with(&[("LIMIT_REFRESH", "2/5m/15m")]).await;
    let (device, first, other) = two_sessions(&world).await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    let third = Tokens::of(&device.refresh(&second.refresh).await);
    device.refresh(&third.refresh).await.assert_problem(429, "rate_limited");
    device.refresh(&first.refresh).await.assert_ended("security");
    assert_theft_ended(&world, &device, &first, &third, &other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_thieves_at_once_leave_one_record() {
    let world = World::new().await;
    let (device, first, other) = two_sessions(&world).await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    world.advance(61);
    let mut tasks = JoinSet::new();
    for _ in 0..24 {
        let (device, token) = (device.clone().elsewhere(), first.refresh.clone());
        tasks.spawn(async move { device.refresh(&token).await });
    }
    for reply in tasks.join_all().await {
        reply.assert_ended("security");
    }
    assert_theft_ended(&world, &device, &first, &second, &other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thief_and_the_owner_at_once_end_the_session_for_both() {
    for _ in 0..8 {
        let world = World::new().await;
        let (device, first, _) = two_sessions(&world).await;
        let second = Tokens::of(&device.refresh(&first.refresh).await);
        world.advance(61);
        let (owner, thief) = (device.clone(), world.device().agent(FIREFOX));
        let stolen = first.refresh.clone();
        let robbery = tokio::spawn(async move { thief.refresh(&stolen).await });
        let fine = owner.refresh(&second.refresh).await;
        robbery.await.unwrap().assert_ended("security");
        assert!([200, 401].contains(&fine.status.as_u16()), "{}", fine.body);
        assert!(
            world.row("alice", &first.session).await.is_none(),
            "the owner's write recreated the deleted row"
        );
        if fine.status == 200 {
            owner.refresh(&fine.text("refresh_token")).await.assert_ended("security");
        }
    }
}
