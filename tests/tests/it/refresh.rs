//! Refreshing: every legitimate client gets the same next token, and reuse ends the session.

mod browsers;
mod evidence;
mod forged_tokens;
mod idempotency_keys;
mod lifetimes;
mod oauth_form;
mod rate_limit;
mod reuse;
mod status;
mod tabs;
mod unusual_rows;

use latchkey_tests::world::{CHROME, Tokens, World, payload};
use tokio::task::JoinSet;

#[tokio::test]
async fn a_refresh_returns_the_next_generation() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    world.advance(100);
    let reply = device.refresh(&first.refresh).await;
    reply.assert_status(200).assert_no_cookie();
    let members = [
        "access_token",
        "binding",
        "expires_at",
        "expires_in",
        "refresh_expires_in",
        "refresh_token",
        "session_expires_at",
        "session_id",
        "token_type",
        "user_id",
    ];
    assert_eq!(reply.members(), members);
    assert_eq!(
        (&reply.body["expires_in"], &reply.body["refresh_expires_in"]),
        (&3_600.into(), &604_800.into())
    );
    let second = Tokens::of(&reply);
    assert_eq!(second.session, first.session);
    assert_ne!(payload(&second.access)["jti"], payload(&first.access)["jti"]);
    assert_eq!(payload(&second.refresh)["gen"], 1);
    let row = world.row("alice", &first.session).await.unwrap();
    assert_eq!((row.generation, row.rotated_at, row.last_activity), (1, world.now(), world.now()));
    assert_eq!(world.events("alice").await.len(), 1, "an ordinary refresh is no event");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_concurrent_refreshes_of_one_token_get_the_same_token() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        let (device, token) = (device.clone(), tokens.refresh.clone());
        tasks.spawn(async move { device.refresh(&token).await });
    }
    let replies = tasks.join_all().await;
    for reply in &replies {
        assert_eq!(reply.assert_status(200).text("refresh_token"), replies[0].text("refresh_token"));
    }
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 1);
    assert_eq!(world.events("alice").await.len(), 1, "the refreshes record no event");
    assert_eq!(device.refresh(&replies[0].text("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn the_previous_token_gets_the_same_new_token_until_grace_ends() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    let before = world.everything().await;
    for seconds in [0, 30, 30] {
        world.advance(seconds);
        let again = Tokens::of(device.refresh(&first.refresh).await.assert_status(200));
        assert_eq!(again.refresh, second.refresh);
        assert_eq!(
            payload(&again.access)["iat"],
            world.now().seconds(),
            "each response has a new access token"
        );
        world.assert_unchanged(&before, "a repeat writes nothing, so it does not extend grace").await;
    }
    world.advance(1);
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
    world.device().refresh(&second.refresh).await.assert_ended("security");
}

#[tokio::test]
async fn grace_applies_in_both_directions_because_clocks_differ() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    world.advance(1_000);
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    world.server.clock.step_back(std::time::Duration::from_secs(60));
    // From another network, so that only grace accepts it.
    let again = device.clone().elsewhere().refresh(&first.refresh).await;
    assert_eq!(again.assert_status(200).text("refresh_token"), second.refresh);
    world.server.clock.step_back(std::time::Duration::from_secs(1));
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
}

#[tokio::test]
async fn without_grace_a_repeat_in_another_second_is_reuse() {
    let world = World::with(&[("REFRESH_GRACE", "0s"), ("REFRESH_LATE_RETRY", "0s")]).await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(1);
    device.refresh(&first.refresh).await.assert_ended("security");
}

#[tokio::test]
async fn another_network_or_a_newer_browser_alone_is_not_reuse() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    let moved = device.clone().at("203.0.113.50");
    let second = Tokens::of(moved.refresh(&first.refresh).await.assert_status(200));
    let updated = moved.clone().agent(&CHROME.replace("140", "141"));
    let again = updated.refresh(&first.refresh).await;
    assert_eq!(again.assert_status(200).text("refresh_token"), second.refresh, "a browser update in grace");
    world.advance(3_600);
    let third = Tokens::of(updated.refresh(&second.refresh).await.assert_status(200));
    let list = updated.list(&third.access).await;
    assert_eq!(list.body["sessions"][0]["ip_address"], "203.0.113.50");
    assert_eq!(list.body["sessions"][0]["browser_version"], "141");
    assert_eq!(world.count_events("alice", "token_reused").await, 0);
}

#[tokio::test]
async fn the_current_token_may_move_to_another_device() {
    let world = World::new().await;
    let tokens = world.device().sign_in("alice").await;
    let phone = world.device().agent("MyApp/1.0 CFNetwork/1410.0.3 Darwin/22.6.0");
    let next = Tokens::of(phone.refresh(&tokens.refresh).await.assert_status(200));
    assert_eq!(phone.refresh(&tokens.refresh).await.assert_status(200).text("refresh_token"), next.refresh);
}

#[tokio::test]
async fn a_repeat_in_grace_from_another_network_is_recorded() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    device.refresh(&first.refresh).await.assert_status(200);
    assert_eq!(world.count_events("alice", "token_replayed").await, 0);
    device.clone().at("203.0.113.51").refresh(&first.refresh).await.assert_status(200);
    let trail = world.events("alice").await;
    let replayed: Vec<_> = trail.iter().filter(|event| event.event_type == "token_replayed").collect();
    assert_eq!(replayed.len(), 1);
    assert_eq!((replayed[0].severity.as_str(), &replayed[0].session), ("medium", &first.session));
}
