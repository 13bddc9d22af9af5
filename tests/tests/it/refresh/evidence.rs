//! An older refresh token is accepted on evidence that it comes from the client that rotated, and on nothing else.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Device, FIREFOX, Jar, Reply, Tokens, World};
use serde_json::json;

const SIGN_IN_KEY: &str = "key-of-the-sign-in-01";

fn key(number: usize) -> String {
    format!("key-of-the-refresh-{number:02}")
}

/// A refresh of the client that keeps its keys: a new key, and the two before it.
async fn refresh_with_keys(device: &Device, token: &str, number: usize) -> Reply {
    let before = |back: usize| match number.checked_sub(back) {
        Some(0) => Some(SIGN_IN_KEY.to_owned()),
        Some(number) => Some(key(number)),
        None => None,
    };
    let previous: Vec<String> = [1, 2].into_iter().filter_map(before).collect();
    let body = json!({"refresh_token": token, "previous_keys": previous});
    device.clone().key(&key(number)).post("/api/auth/refresh", body).await
}

/// A browser that signed in with a key and refreshed `times` times. Returns its tokens by generation.
async fn client_with_keys(world: &World, device: &Device, times: usize) -> Vec<Tokens> {
    let mut tokens = vec![device.clone().key(SIGN_IN_KEY).sign_in("alice").await];
    for number in 1..=times {
        world.advance(3_500);
        let reply = refresh_with_keys(device, &tokens[number - 1].refresh, number).await;
        tokens.push(Tokens::of(reply.assert_status(200)));
    }
    tokens
}

#[tokio::test]
async fn a_lost_response_is_repeated_by_its_key_after_any_time_from_anywhere() {
    let world = World::new().await;
    let device = world.device();
    let tokens = client_with_keys(&world, &device, 2).await;
    world.advance(3 * 86_400);
    let elsewhere = device.clone().elsewhere().agent(FIREFOX);
    for older in &tokens[..2] {
        let again = refresh_with_keys(&elsewhere, &older.refresh, 2).await;
        assert_eq!(Tokens::of(again.assert_status(200)).refresh, tokens[2].refresh);
        // The client has a new key by now, and shows the key of the lost response as the previous one.
        let next = refresh_with_keys(&device, &older.refresh, 3).await;
        assert_eq!(Tokens::of(next.assert_status(200)).refresh, tokens[2].refresh);
    }
    let after = world.row("alice", &tokens[0].session).await.unwrap();
    assert_eq!((after.generation, after.recorded_replay), (2, None), "nothing is rotated or recorded");
    refresh_with_keys(&device, &tokens[2].refresh, 3).await.assert_status(200);
}

#[tokio::test]
async fn a_repeated_key_rotates_once_in_ten_minutes() {
    let world = World::new().await;
    let device = world.device();
    let tokens = client_with_keys(&world, &device, 1).await;
    world.advance(599);
    let again = refresh_with_keys(&device, &tokens[1].refresh, 1).await;
    assert_eq!(Tokens::of(again.assert_status(200)).refresh, tokens[1].refresh);
    world.advance(1);
    let next = Tokens::of(refresh_with_keys(&device, &tokens[1].refresh, 1).await.assert_status(200));
    assert_ne!(next.refresh, tokens[1].refresh, "a constant key rotates after ten minutes");
    world.server.clock.step_back(std::time::Duration::from_secs(599));
    let early = refresh_with_keys(&device, &next.refresh, 1).await;
    assert_eq!(Tokens::of(early.assert_status(200)).refresh, next.refresh, "clocks of instances differ");
}

#[tokio::test]
async fn a_request_that_a_later_one_overtook_is_409_and_changes_nothing() {
    let world = World::new().await;
    let device = world.device();
    let tokens = client_with_keys(&world, &device, 2).await;
    let before = world.everything().await;
    // The request with the first key was delayed, and arrives after the second rotation.
    let slow = device.clone().key(&key(1));
    for seconds in [0, 59, 1] {
        world.advance(seconds);
        let reply = slow.refresh(&tokens[0].refresh).await;
        reply.assert_problem(409, "refresh_superseded").assert_no_cookie();
        let cookies = format!("latchkey_refresh={}", tokens[0].refresh);
        slow.refresh_with_cookies(&cookies)
            .await
            .assert_problem(409, "refresh_superseded")
            .assert_no_cookie();
    }
    world.assert_unchanged(&before, "a superseded request grants and ends nothing").await;
    world.advance(1);
    slow.refresh(&tokens[0].refresh).await.assert_ended("security");
}

#[tokio::test]
async fn a_thief_without_the_key_has_ten_seconds_on_the_same_device() {
    for (seconds, thief_elsewhere, is_accepted) in
        [(10, true, true), (11, true, false), (0, false, true), (86_400, false, true), (86_401, false, false)]
    {
        let world = World::new().await;
        let device = world.device();
        let tokens = client_with_keys(&world, &device, 1).await;
        world.advance(seconds);
        let thief = if thief_elsewhere { device.clone().elsewhere() } else { device.clone() };
        let reply = thief.refresh(&tokens[0].refresh).await;
        let what = format!("{seconds} s, elsewhere {thief_elsewhere}");
        if is_accepted {
            assert_eq!(reply.assert_status(200).text("refresh_token"), tokens[1].refresh, "{what}");
            let row = world.row("alice", &tokens[0].session).await.unwrap();
            assert_eq!((row.generation, row.recorded_replay), (1, Some(1)), "{what}");
        } else {
            reply.assert_ended("security");
        }
    }
}

#[tokio::test]
async fn a_patient_thief_is_fed_once_and_the_next_time_is_reuse() {
    for elsewhere in [true, false] {
        let world = World::new().await;
        let device = world.device();
        let thief = if elsewhere { device.clone().elsewhere() } else { device.clone() };
        let mut tokens = client_with_keys(&world, &device, 1).await;
        // Right after each rotation of the owner the thief presents the predecessor.
        let fed = Tokens::of(thief.refresh(&tokens[0].refresh).await.assert_status(200));
        assert_eq!(fed.refresh, tokens[1].refresh);
        world.advance(3_500);
        let reply = refresh_with_keys(&device, &tokens[1].refresh, 2).await;
        tokens.push(Tokens::of(reply.assert_status(200)));
        thief.refresh(&fed.refresh).await.assert_ended("security");
        assert_eq!(world.count_events("alice", "token_reused").await, 1);
    }
}

#[tokio::test]
async fn a_thief_that_rotates_with_a_key_of_its_own_is_noticed_by_the_owner() {
    let world = World::new().await;
    let device = world.device();
    let tokens = client_with_keys(&world, &device, 1).await;
    let thief = device.clone().elsewhere().key("key-of-a-thief-00001");
    let stolen = Tokens::of(thief.refresh(&tokens[1].refresh).await.assert_status(200));
    let owner = refresh_with_keys(&device, &tokens[1].refresh, 2).await;
    owner.assert_problem(409, "refresh_superseded");
    assert_eq!(world.live("alice").await.len(), 1, "within a minute nothing has ended");
    world.advance(61);
    refresh_with_keys(&device, &tokens[1].refresh, 2).await.assert_ended("security");
    thief.refresh(&stolen.refresh).await.assert_ended("security");
    assert_eq!(world.count_events("alice", "token_reused").await, 1);
}

#[tokio::test]
async fn a_retry_after_a_night_keeps_the_session_of_a_client_without_keys() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    world.advance(12 * 3_600);
    for _ in 0..2 {
        let again = Tokens::of(device.refresh(&first.refresh).await.assert_status(200));
        assert_eq!(again.refresh, second.refresh);
    }
    let third = Tokens::of(device.refresh(&second.refresh).await.assert_status(200));
    world.advance(12 * 3_600);
    let row = world.row("alice", &first.session).await.unwrap();
    assert_eq!((row.generation, row.recorded_replay), (2, Some(1)));
    device.refresh(&second.refresh).await.assert_ended("security");
    device.refresh(&third.refresh).await.assert_ended("security");
}

#[tokio::test]
async fn the_late_retry_needs_the_device_and_the_network_and_can_be_off() {
    let retry =
        async |settings: &[(&str, &str)], prepare: fn(Device) -> Device, after: fn(Device) -> Device| {
            let world = World::with(settings).await;
            let device = prepare(world.device());
            let first = device.sign_in("alice").await;
            device.refresh(&first.refresh).await.assert_status(200);
            world.advance(61);
            after(device).refresh(&first.refresh).await.status.as_u16()
        };
    let same = |device: Device| device;
    assert_eq!(retry(&[], same, same).await, 200);
    assert_eq!(retry(&[("REFRESH_LATE_RETRY", "0s")], same, same).await, 401);
    assert_eq!(retry(&[("REFRESH_LATE_RETRY", "60s")], same, same).await, 401);
    assert_eq!(retry(&[], same, |device| device.agent(FIREFOX)).await, 401);
    assert_eq!(retry(&[], same, Device::elsewhere).await, 401);
    let home = |device: Device| device.at("198.51.100.7");
    assert_eq!(retry(&[], home, |device| device.at("198.51.100.250")).await, 200, "the same /24");
    assert_eq!(retry(&[], home, |device| device.at("2001:db8::7")).await, 401, "another address family");
}

#[tokio::test]
async fn a_tab_with_the_same_key_replays_instead_of_blocking_the_session() {
    let world = World::with(&[("LIMIT_REFRESH", "1/5m/15m")]).await;
    let device = world.device();
    let tokens = client_with_keys(&world, &device, 1).await;
    for token in &tokens {
        let again = refresh_with_keys(&device, &token.refresh, 1).await;
        assert_eq!(Tokens::of(again.assert_status(200)).refresh, tokens[1].refresh);
    }
    let row = world.row("alice", &tokens[0].session).await.unwrap();
    assert_eq!(row.blocked_until, None);
    refresh_with_keys(&device, &tokens[1].refresh, 2).await.assert_problem(429, "rate_limited");
    let blocked = refresh_with_keys(&device, &tokens[1].refresh, 1).await;
    assert_eq!(blocked.assert_status(200).text("refresh_token"), tokens[1].refresh, "also during a block");
}

#[tokio::test]
async fn replays_are_limited_and_the_current_token_still_rotates() {
    use latchkey::telemetry::metrics::Counter;
    let world = World::new().await;
    let device = world.device();
    let tokens = client_with_keys(&world, &device, 1).await;
    for _ in 0..100 {
        refresh_with_keys(&device, &tokens[0].refresh, 1).await.assert_status(200);
    }
    world.server.stats.reset();
    let refused = refresh_with_keys(&device, &tokens[0].refresh, 1).await;
    refused.assert_problem(429, "rate_limited").assert_no_cookie();
    assert_eq!(refused.header("retry-after"), "300");
    assert_eq!(world.server.stats.total().calls, 0);
    let count = |counter| world.server.app.metrics().value(counter);
    assert_eq!(count(Counter::RefreshesReplayed), 100);
    assert_eq!(count(Counter::RefreshesServed), 101, "they are served, too");
    refresh_with_keys(&device, &tokens[1].refresh, 2).await.assert_status(200);
    world.advance(300);
    refresh_with_keys(&device, &tokens[0].refresh, 2).await.assert_status(200);
}

#[tokio::test]
async fn repetitions_of_the_current_token_prevent_no_rotation_of_it() {
    let world = World::new().await;
    let device = world.device();
    let tokens = client_with_keys(&world, &device, 1).await;
    for _ in 0..100 {
        refresh_with_keys(&device, &tokens[1].refresh, 1).await.assert_status(200);
    }
    refresh_with_keys(&device, &tokens[1].refresh, 1).await.assert_problem(429, "rate_limited");
    refresh_with_keys(&device, &tokens[1].refresh, 2).await.assert_status(200);
    assert_eq!(world.row("alice", &tokens[0].session).await.unwrap().generation, 2);
}

#[tokio::test]
async fn a_browser_that_crashed_comes_back_with_its_older_cookie() {
    let world = World::new().await;
    let device = world.device();
    let old = Jar::of(&device.clone().key(SIGN_IN_KEY).login_in_browser(&world.assertion("alice")).await);
    world.advance(3_500);
    let new = Jar::of(&device.clone().key(&key(1)).refresh_with_cookies(&old.line()).await);
    world.advance(8 * 3_600);
    // Cookies and keys are those of before the refresh.
    let again = device.clone().key(&key(2)).refresh_with_cookies(&old.line()).await;
    assert_eq!(Jar::of(again.assert_status(200)).refresh, new.refresh);
    assert_eq!(world.count_events("alice", "token_reused").await, 0);
}

#[tokio::test]
async fn a_lost_store_reply_of_a_request_with_a_key_is_answered_by_its_row() {
    let world = World::new().await;
    let device = world.device();
    let tokens = client_with_keys(&world, &device, 1).await;
    for count in [1, 2] {
        world.server.faults.queue(Some("UpdateItem"), FaultKind::TimeoutAfterCommit, count);
        refresh_with_keys(&device, &tokens[1].refresh, 2).await.assert_status(200);
        world.server.faults.clear(None);
    }
    assert_eq!(world.row("alice", &tokens[0].session).await.unwrap().generation, 2);
    let newest = refresh_with_keys(&device, &tokens[1].refresh, 2).await.text("refresh_token");
    world.server.faults.queue(Some("UpdateItem"), FaultKind::TimeoutAfterCommit, 3);
    refresh_with_keys(&device, &newest, 3).await.assert_status(503);
    refresh_with_keys(&device, &newest, 3).await.assert_status(200);
    assert_eq!(world.row("alice", &tokens[0].session).await.unwrap().generation, 3);
}

#[tokio::test]
async fn a_store_fault_at_the_record_of_a_replay_grants_nothing_and_ends_nothing() {
    for kind in [FaultKind::Error500, FaultKind::Throttle, FaultKind::TimeoutBefore] {
        let world = World::new().await;
        let device = world.device();
        let first = device.sign_in("alice").await;
        let second = Tokens::of(&device.refresh(&first.refresh).await);
        world.advance(3_600);
        // The first write is rejected by its condition, which is no fault. All attempts of the second one fail.
        world.server.faults.queue_after(1, Some("UpdateItem"), kind, 3);
        device.refresh(&first.refresh).await.assert_problem(503, "store_unavailable").assert_no_cookie();
        let row = world.row("alice", &first.session).await.unwrap();
        assert_eq!((row.generation, row.recorded_replay), (1, None));
        let again = device.refresh(&first.refresh).await;
        assert_eq!(again.assert_status(200).text("refresh_token"), second.refresh);
    }
}

#[tokio::test]
async fn a_lost_reply_of_the_record_of_a_replay_does_not_end_the_session() {
    for count in [1, 2, 3] {
        let world = World::new().await;
        let device = world.device();
        let first = device.sign_in("alice").await;
        let second = Tokens::of(&device.refresh(&first.refresh).await);
        world.advance(3_600);
        world.server.faults.queue_after(1, Some("UpdateItem"), FaultKind::TimeoutAfterCommit, count);
        let reply = device.refresh(&first.refresh).await;
        assert_eq!(reply.status, if count == 3 { 503 } else { 200 });
        let row = world.row("alice", &first.session).await.unwrap();
        assert_eq!(row.recorded_replay, Some(1), "the write happened");
        let again = device.refresh(&first.refresh).await;
        assert_eq!(again.assert_status(200).text("refresh_token"), second.refresh);
    }
}

/// A late retry without a key, whose first write is judged before `meanwhile` happens, and which is recorded after it.
async fn retried_late(world: &World, device: &Device, token: &str, meanwhile: impl Future) -> Reply {
    world.server.faults.queue(Some("UpdateItem"), FaultKind::Slow, 1);
    let overtake = async {
        while world.server.faults.pending() > 0 {
            tokio::task::yield_now().await;
        }
        // The engine answers in order: after this read, the first write has been rejected.
        world.live("alice").await;
        meanwhile.await;
    };
    tokio::join!(device.refresh(token), overtake).0
}

#[tokio::test]
async fn a_sign_out_between_a_retry_and_its_record_grants_nothing() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(3_600);
    let sign_out = world.set_pending_end("alice", &first.session, "signed_out");
    let reply = retried_late(&world, &device, &first.refresh, sign_out).await;
    reply.assert_ended("signed_out").assert_no_cookie();
}

#[tokio::test]
async fn a_rotation_between_a_retry_and_its_record_grants_nothing() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    world.advance(3_600);
    let rotation = async { device.refresh(&second.refresh).await.assert_status(200).status };
    retried_late(&world, &device, &first.refresh, rotation).await.assert_ended("security");
}

#[tokio::test]
async fn an_older_token_after_a_thiefs_sign_out_is_a_critical_event() {
    let world = World::new().await;
    let device = world.device();
    let tokens = client_with_keys(&world, &device, 1).await;
    let thief = device.clone().elsewhere().agent(FIREFOX);
    let stolen = Tokens::of(thief.refresh(&tokens[1].refresh).await.assert_status(200));
    thief.revoke(&stolen.access, json!({"strategy": "current"})).await.assert_status(200);
    let reused = async || world.count_events("alice", "token_reused").await;
    world.advance(60);
    refresh_with_keys(&device, &tokens[1].refresh, 2).await.assert_ended("signed_out");
    assert_eq!(reused().await, 0, "a request that was under way");
    world.advance(7 * 3_600);
    let newer = world.device().sign_in("alice").await;
    world.advance(3_600);
    let stranger = device.clone().at("192.0.2.66");
    // If the event cannot be written, the request fails, because after a final answer the client deletes its token.
    world.server.faults.queue(Some("BatchWriteItem"), FaultKind::Error500, 20);
    stranger.refresh(&tokens[1].refresh).await.assert_problem(503, "store_unavailable");
    world.server.faults.clear(None);
    for _ in 0..3 {
        stranger.refresh(&tokens[1].refresh).await.assert_ended("signed_out");
    }
    assert_eq!(reused().await, 1, "once for each presented generation");
    let trail = world.events("alice").await;
    let event = trail.iter().find(|event| event.event_type == "token_reused").unwrap();
    assert_eq!((event.severity.as_str(), &event.session), ("critical", &tokens[0].session));
    let place = |session, name| {
        trail.iter().position(|event| event.session == session && event.event_type == name).expect("an event")
    };
    let (reuse, login) = (place(&*tokens[0].session, "token_reused"), place(&*newer.session, "login"));
    assert!(reuse > login, "the trail has it at the time of the request, not of the end");
}

#[tokio::test]
async fn an_owners_older_token_with_its_keys_signs_out_without_an_alarm() {
    for strategy in ["current", "token"] {
        let world = World::new().await;
        let device = world.device();
        let tokens = client_with_keys(&world, &device, 1).await;
        world.advance(3_600);
        let elsewhere = device.clone().at("192.0.2.66");
        let name = if strategy == "token" { "token" } else { "refresh_token" };
        let body =
            json!({"strategy": strategy, name: tokens[0].refresh, "previous_keys": [key(1), SIGN_IN_KEY]});
        assert_eq!(elsewhere.post("/api/auth/revoke", body).await.assert_status(200).body["ended"], 1);
        assert_eq!(world.count_events("alice", "token_reused").await, 0, "{strategy}");
        device.refresh(&tokens[1].refresh).await.assert_ended("signed_out");
        let wrong = json!({"strategy": strategy, name: tokens[1].refresh, "previous_keys": ["short"]});
        let reply = elsewhere.post("/api/auth/revoke", wrong).await;
        assert_eq!((reply.code(), &reply.body["field"]), ("invalid_request", &json!("previous_keys")));
    }
}

#[tokio::test]
async fn a_sign_in_and_a_sign_out_with_such_a_token_raise_the_alarm_too() {
    for signs_in in [true, false] {
        let world = World::new().await;
        let device = world.device();
        let tokens = client_with_keys(&world, &device, 1).await;
        let thief = device.clone().elsewhere().agent(FIREFOX);
        let stolen = Tokens::of(thief.refresh(&tokens[1].refresh).await.assert_status(200));
        thief.revoke(&stolen.access, json!({"strategy": "current"})).await.assert_status(200);
        world.advance(8 * 3_600);
        let owner = device.clone().at("192.0.2.66");
        let token = &tokens[1].refresh;
        if signs_in {
            let owner = owner.cookies(&format!("latchkey_refresh={token}"));
            owner.login_in_browser(&world.assertion("alice")).await.assert_status(201);
        } else {
            let body = json!({"strategy": "current", "refresh_token": token});
            assert_eq!(owner.post("/api/auth/revoke", body).await.assert_status(200).body["ended"], 0);
        }
        assert_eq!(world.count_events("alice", "token_reused").await, 1, "signs in: {signs_in}");
    }
}

#[tokio::test]
async fn an_owners_older_token_after_the_owners_sign_out_is_no_event() {
    let world = World::new().await;
    let device = world.device();
    let tokens = client_with_keys(&world, &device, 2).await;
    device.revoke(&tokens[2].access, json!({"strategy": "current"})).await.assert_status(200);
    world.advance(86_400);
    device.refresh(&tokens[0].refresh).await.assert_ended("signed_out");
    let elsewhere = device.clone().elsewhere();
    refresh_with_keys(&elsewhere, &tokens[1].refresh, 2).await.assert_ended("signed_out");
    elsewhere.refresh(&tokens[2].refresh).await.assert_ended("signed_out");
    assert_eq!(world.count_events("alice", "token_reused").await, 0, "device and network, key, last token");
}
