//! The lifetimes of a session, exact to the second: seven days without activity, thirty days in total.

use latchkey_tests::world::{Jar, START, Tokens, World, payload};

const DAY: u64 = 86_400;

#[tokio::test]
async fn a_session_without_activity_lives_for_exactly_seven_days() {
    let world = World::new().await;
    let device = world.device();
    let (early, late) = (device.sign_in("alice").await, device.sign_in("bob").await);
    world.advance(7 * DAY - 1);
    let next = Tokens::of(device.refresh(&early.refresh).await.assert_status(200));
    world.advance(1);
    let before = world.server.stats.total();
    device.refresh(&late.refresh).await.assert_ended("expired");
    assert_eq!(world.server.stats.total(), before, "the token's own expiry is enough to refuse it");
    world.advance(7 * DAY - 1);
    device.refresh(&next.refresh).await.assert_ended("expired");
}

#[tokio::test]
async fn an_expired_token_in_a_browser_clears_its_cookies() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    world.advance(7 * DAY);
    let reply = device.refresh_with_cookies(&jar.line()).await;
    reply.assert_ended("expired").assert_cookies_cleared();
}

#[tokio::test]
async fn an_expired_session_has_ended_before_its_row_is_deleted() {
    let world = World::new().await;
    let device = world.device();
    let asleep = device.sign_in("alice").await;
    // A minute later no instance takes it for live, so that the sign-in leaves its row to cleanup.
    world.advance(7 * DAY + 60);
    let awake = device.sign_in("alice").await;
    assert!(world.raw_row("alice", &asleep.session).await.is_some(), "the row is not deleted yet");
    let list = device.list(&awake.access).await;
    assert_eq!(list.body["sessions"].as_array().unwrap().len(), 1);
    let path = format!("/api/auth/sessions/{}", asleep.session);
    device.clone().bearer(&awake.access).get(&path).await.assert_problem(404, "not_found");
    device.clone().bearer(&awake.access).delete(&path).await.assert_problem(404, "not_found");
}

#[tokio::test]
async fn no_refresh_extends_a_session_beyond_thirty_days() {
    let world = World::new().await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    let end = START + 30 * 86_400;
    for day in [6, 12, 18, 24] {
        world.advance(6 * DAY);
        let reply = device.refresh(&tokens.refresh).await;
        tokens = Tokens::of(reply.assert_status(200));
        let claims = payload(&tokens.refresh);
        assert_eq!(claims["exp"], (START + (day + 7) * 86_400).min(end));
        assert_eq!(reply.body["session_expires_at"], "2026-10-21T14:13:20Z");
    }
    world.advance(6 * DAY - 1);
    let reply = device.refresh(&tokens.refresh).await;
    assert_eq!((&reply.body["expires_in"], &reply.body["refresh_expires_in"]), (&1.into(), &1.into()));
    tokens = Tokens::of(reply.assert_status(200));
    assert_eq!(payload(&tokens.access)["exp"], end, "no access token outlives its session");
    assert_eq!(payload(&tokens.refresh)["exp"], end);
    assert_eq!(device.list(&tokens.access).await.status, 200);
    world.advance(1);
    device.refresh(&tokens.refresh).await.assert_ended("expired");
    device.list(&tokens.access).await.assert_problem(401, "token_expired");
}

#[tokio::test]
async fn a_longer_token_lifetime_does_not_lengthen_a_session() {
    let settings = [("SESSION_TTL", "2d"), ("REFRESH_TOKEN_TTL", "2d"), ("ACCESS_TOKEN_TTL", "1d")];
    let world = World::with(&settings).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.advance(DAY + DAY / 2);
    let tokens = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
    assert_eq!(payload(&tokens.access)["exp"], START + 2 * 86_400);
    assert_eq!(payload(&tokens.refresh)["exp"], START + 2 * 86_400);
    let jar = device.sign_in("bob").await;
    assert_eq!(payload(&jar.refresh)["exp"], payload(&jar.refresh)["abs"]);
}

/// The lifetimes of the second assurance level of SP 800-63B: a day in total, an hour without activity.
#[tokio::test]
async fn the_lifetimes_of_a_stricter_assurance_level_can_be_set() {
    let settings = [("SESSION_TTL", "24h"), ("REFRESH_TOKEN_TTL", "1h"), ("ACCESS_TOKEN_TTL", "15m")];
    let world = World::with(&settings).await;
    let device = world.device();
    let (mut awake, asleep) = (device.sign_in("alice").await, device.sign_in("bob").await);
    for _ in 0..24 {
        world.advance(3_599);
        awake = Tokens::of(device.refresh(&awake.refresh).await.assert_status(200));
    }
    device.refresh(&asleep.refresh).await.assert_ended("expired");
    world.advance(24);
    device.refresh(&awake.refresh).await.assert_ended("expired");
    device.list(&awake.access).await.assert_problem(401, "token_expired");
    let late = device.sign_in("carol").await;
    world.advance(3_600);
    device.refresh(&late.refresh).await.assert_ended("expired");
}
