//! The refresh limit: 20 refreshes in 5 minutes, then a block of 15 minutes. It applies to one session, and the
//! token stays valid.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Device, Reply, Tokens, World};

/// Parses the two headers in the format of the draft: `"name";q=20;w=300` and `"name";r=7;t=112`.
fn quota(reply: &Reply) -> [u64; 4] {
    let numbers = |header: &str, keys: [&str; 2]| {
        let text = reply.header(header);
        let rest = text.strip_prefix("\"refresh\"").unwrap_or_else(|| panic!("{header}: {text:?}"));
        let parts: Vec<&str> = rest.split(';').collect();
        assert_eq!((parts.len(), parts[0]), (3, ""), "{header}: {text}");
        let number = |index: usize, key: &str| {
            let digits = parts[index].strip_prefix(&format!("{key}=")).expect(key);
            let number: u64 = digits.parse().expect(key);
            assert_eq!(number.to_string(), digits, "{header}: {text}");
            number
        };
        [number(1, keys[0]), number(2, keys[1])]
    };
    let ([q, w], [r, t]) = (numbers("ratelimit-policy", ["q", "w"]), numbers("ratelimit", ["r", "t"]));
    assert!(w > 0 && r <= q && t <= w.max(900), "{q} {w} {r} {t}");
    [q, w, r, t]
}

async fn refreshed(device: &Device, tokens: &Tokens) -> Tokens {
    Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200))
}

async fn full_window(world: &World) -> (Device, Tokens, Tokens) {
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    let mut previous = tokens.clone();
    for _ in 0..20 {
        previous = tokens.clone();
        tokens = refreshed(&device, &tokens).await;
    }
    (device, previous, tokens)
}

fn retry_after(reply: &Reply) -> u64 {
    reply.assert_problem(429, "rate_limited").assert_no_cookie();
    let seconds = reply.header("retry-after").parse().expect("seconds");
    assert_eq!(reply.body["retry_after"], seconds);
    assert_eq!(reply.body["policy"], "refresh");
    let [_, _, r, t] = quota(reply);
    assert_eq!(r, 0, "a refused caller has none left: {}", reply.header("ratelimit"));
    assert!(t <= seconds, "Retry-After must not point earlier than t");
    seconds
}

#[tokio::test]
async fn every_refresh_returns_the_remaining_quota() {
    let world = World::new().await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    for left in (10..20).rev() {
        let reply = device.refresh(&tokens.refresh).await;
        assert_eq!(quota(&reply), [20, 300, left, 300 - (19 - left) * 7]);
        tokens = Tokens::of(&reply);
        world.advance(7);
    }
}

#[tokio::test]
async fn the_21st_refresh_in_five_minutes_is_refused_and_its_token_stays_good() {
    let world = World::new().await;
    let (device, _, tokens) = full_window(&world).await;
    let generation = world.row("alice", &tokens.session).await.unwrap().generation;
    assert_eq!(retry_after(&device.refresh(&tokens.refresh).await), 900);
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, generation);
    assert_eq!(device.list(&tokens.access).await.status, 200, "the access token is still accepted");
    world.advance(899);
    assert_eq!(retry_after(&device.refresh(&tokens.refresh).await), 1);
    world.advance(1);
    refreshed(&device, &tokens).await;
}

#[tokio::test]
async fn requests_during_a_block_do_not_prolong_it_and_are_not_recorded() {
    let world = World::new().await;
    let (device, _, tokens) = full_window(&world).await;
    let until = world.now().seconds() + 900;
    retry_after(&device.refresh(&tokens.refresh).await);
    assert_eq!(world.count_events("alice", "blocked").await, 1);
    let before = world.everything().await;
    while world.now().seconds() < until {
        let wait = retry_after(&device.refresh(&tokens.refresh).await);
        assert_eq!(i64::try_from(wait).unwrap(), until - world.now().seconds());
        world.advance(60);
    }
    world.assert_unchanged(&before, "a refused call writes nothing").await;
    let next = refreshed(&device, &tokens).await;
    let row = world.row("alice", &next.session).await.unwrap();
    assert_eq!((row.window.count, row.blocked_until), (1, None), "a new window begins after the block");
}

#[tokio::test]
async fn a_repeat_in_grace_is_answered_during_a_block() {
    let world = World::new().await;
    let (device, previous, tokens) = full_window(&world).await;
    retry_after(&device.refresh(&tokens.refresh).await);
    let again = device.refresh(&previous.refresh).await;
    assert_eq!(again.assert_status(200).text("refresh_token"), tokens.refresh);
}

#[tokio::test]
async fn refreshes_just_below_the_limit_are_never_refused() {
    let world = World::new().await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    for _ in 0..200 {
        world.advance(15);
        tokens = refreshed(&device, &tokens).await;
    }
}

#[tokio::test]
async fn a_session_at_its_limit_does_not_affect_other_sessions() {
    let world = World::new().await;
    let other = world.device().sign_in("alice").await;
    let (device, _, tokens) = full_window(&world).await;
    retry_after(&device.refresh(&tokens.refresh).await);
    refreshed(&device, &other).await;
    refreshed(&device, &device.sign_in("bob").await).await;
}

#[tokio::test]
async fn a_blocked_session_may_sign_out_and_be_signed_out() {
    let world = World::new().await;
    let (device, _, tokens) = full_window(&world).await;
    retry_after(&device.refresh(&tokens.refresh).await);
    let body = serde_json::json!({"strategy": "current", "refresh_token": tokens.refresh});
    assert_eq!(device.post("/api/auth/revoke", body).await.assert_status(200).body["ended"], 1);
    device.refresh(&tokens.refresh).await.assert_ended("signed_out");
}

#[tokio::test]
async fn another_address_or_forwarding_header_does_not_evade_the_limit() {
    let world = World::new().await;
    let (device, _, tokens) = full_window(&world).await;
    retry_after(&device.refresh(&tokens.refresh).await);
    for (number, name) in ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip"]
        .into_iter()
        .enumerate()
    {
        let elsewhere = world.device().header(name, &format!("203.0.113.{number}"));
        retry_after(&elsewhere.refresh(&tokens.refresh).await);
    }
}

#[tokio::test]
async fn a_block_shorter_than_its_window_has_a_correct_retry_after() {
    let world = World::with(&[("LIMIT_REFRESH", "1/5m/1m")]).await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    let tokens = refreshed(&device, &first).await;
    let wait = retry_after(&device.refresh(&tokens.refresh).await);
    world.advance(wait - 1);
    retry_after(&device.refresh(&tokens.refresh).await);
    world.advance(1);
    refreshed(&device, &tokens).await;
}

#[tokio::test]
async fn a_refresh_block_is_recorded_once_even_if_the_reply_is_lost() {
    for lost in [0, 1] {
        let world = World::new().await;
        let (device, _, tokens) = full_window(&world).await;
        world.server.faults.queue(Some("UpdateItem"), FaultKind::TimeoutAfterCommit, lost);
        for _ in 0..3 {
            retry_after(&device.refresh(&tokens.refresh).await);
        }
        world.advance(1);
        retry_after(&device.refresh(&tokens.refresh).await);
        assert_eq!(world.count_events("alice", "blocked").await, 1, "{lost} replies lost");
    }
}
