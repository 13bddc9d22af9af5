//! An assertion can be used once. The same device may repeat it for a while, because the response may have been lost.

use latchkey_tests::world::{BERLIN, FIREFOX, Jar, LISBON, PATIENT, Provider, Tokens, World, malleated};
use serde_json::{Value, json};
use tokio::task::JoinSet;

#[tokio::test]
async fn a_repeated_login_of_one_device_gets_the_same_session() {
    let world = World::patient().await;
    let (device, assertion) = (world.device(), world.assertion("alice"));
    let first = device.login(&assertion).await;
    let before = world.everything().await;
    for seconds in [0, 30, 30] {
        world.advance(seconds);
        let again = device.login(&assertion).await;
        assert_eq!(again.assert_status(201).text("refresh_token"), first.text("refresh_token"));
        assert_eq!(again.text("session_id"), first.text("session_id"));
        assert_eq!(again.body["ended"], json!([]));
    }
    world.assert_unchanged(&before, "a repeat writes nothing").await;
    world.advance(1);
    device.login(&assertion).await.assert_problem(401, "invalid_assertion");
    let good = device.refresh(&first.text("refresh_token")).await;
    assert_eq!(good.status, 200, "a refused repeat ends nothing");
}

#[tokio::test]
async fn another_device_cannot_use_an_assertion_again() {
    let world = World::patient().await;
    let (device, assertion) = (world.device(), world.assertion("alice"));
    let tokens = Tokens::of(&device.login(&assertion).await);
    for thief in [world.device().agent(FIREFOX), world.device().no_agent()] {
        thief.login(&assertion).await.assert_problem(401, "invalid_assertion");
    }
    assert_eq!(world.live("alice").await, [tokens.session]);
    let moved = device.clone().at("203.0.113.77").login(&assertion).await;
    assert_eq!(moved.status, 201, "another network does not make another device");
}

#[tokio::test]
async fn an_assertion_is_refused_after_its_session_was_refreshed() {
    let world = World::patient().await;
    let (device, assertion) = (world.device(), world.assertion("alice"));
    let tokens = Tokens::of(&device.login(&assertion).await);
    let successor = device.refresh(&tokens.refresh).await;
    device.login(&assertion).await.assert_problem(401, "invalid_assertion");
    let good = device.refresh(&successor.text("refresh_token")).await;
    assert_eq!(good.status, 200);
}

#[tokio::test]
async fn an_assertion_is_refused_after_its_session_has_ended() {
    let world = World::patient().await;
    let (device, assertion) = (world.device(), world.assertion("alice"));
    let tokens = Tokens::of(&device.login(&assertion).await);
    device.revoke(&tokens.access, json!({"strategy": "current"})).await.assert_status(200);
    device.login(&assertion).await.assert_problem(401, "invalid_assertion");
    assert!(world.live("alice").await.is_empty());
}

#[tokio::test]
async fn another_valid_signature_of_a_used_assertion_is_refused() {
    let provider = Provider::generate();
    let world = provider.world(json!({}), &[]).await;
    let (device, assertion) = (world.device(), provider.assertion(&world, "alice", json!({})));
    let tokens = Tokens::of(&device.login(&assertion).await);
    let other = malleated(&assertion);
    assert_ne!(other, assertion);
    device.login(&other).await.assert_problem(401, "invalid_assertion");
    assert_eq!(world.live("alice").await, [tokens.session]);
    // It is refused only because the assertion was used. Unused, it is as valid as the first signature.
    let unused = malleated(&provider.assertion(&world, "bob", json!({})));
    assert_eq!(device.login(&unused).await.status, 201, "the other signature is a valid one");
}

#[tokio::test]
async fn a_used_assertion_is_remembered_for_its_whole_lifetime() {
    let world = World::patient().await;
    let now = world.now().seconds();
    let device = world.device();
    for ahead in [0, 60] {
        let user = format!("user {ahead}");
        let claims = json!({"iat": now + ahead, "exp": now + 3_600});
        let assertion = world.assertion_with(&user, claims);
        let tokens = Tokens::of(&device.login(&assertion).await);
        device.revoke(&tokens.access, json!({"strategy": "current"})).await.assert_status(200);
        for seconds in [599, 1, 59, 1, 1] {
            world.advance(seconds);
            let late = device.login(&assertion).await;
            let age = world.now().seconds() - now;
            assert_eq!(late.status, 401, "iat {ahead} s ahead, used again after {age} s: {}", late.body);
        }
        world.server.clock.step_back(std::time::Duration::from_secs(661));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_logins_with_one_assertion_open_one_session() {
    let world = World::patient().await;
    let (device, assertion) = (world.device(), world.assertion("alice"));
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let (device, assertion) = (device.clone(), assertion.clone());
        tasks.spawn(async move { device.login(&assertion).await });
    }
    let replies = tasks.join_all().await;
    for reply in &replies {
        assert_eq!(reply.assert_status(201).text("refresh_token"), replies[0].text("refresh_token"));
    }
    assert_eq!(world.live("alice").await.len(), 1);
    assert_eq!(world.count_events("alice", "login").await, 1);
}

#[tokio::test]
async fn the_repeat_of_a_login_in_a_browser_ends_no_session() {
    let world = World::patient().await;
    let device = world.device();
    let old = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let assertion = world.assertion("alice");
    let first = device.clone().cookies(&old.line()).login_in_browser(&assertion).await;
    let new = Jar::of(first.assert_status(201));
    assert_eq!(first.body["ended"], json!([{"session_id": old.session, "reason": "signed_out"}]));
    // First the response was lost, so the browser has the old cookies. Then it arrived, so the browser has the new ones.
    for cookies in [old.line(), new.line()] {
        let again = device.clone().cookies(&cookies).login_in_browser(&assertion).await;
        assert_eq!(Jar::of(again.assert_status(201)).refresh, new.refresh);
        assert_eq!(world.live("alice").await, std::slice::from_ref(&new.session));
    }
    assert_eq!(world.count_events("alice", "session_ended").await, 1);
}

/// The events of a type in the trail of `user`, as an administrator reads them.
async fn details_of(world: &World, user: &str, event_type: &str) -> Vec<Value> {
    let admin = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let admin = Tokens::of(world.device().login(&admin).await.assert_status(201));
    let path = format!("/api/auth/sessions/events?user_id={user}&type={event_type}");
    let reply = world.device().bearer(&admin.access).get(&path).await;
    let events = reply.assert_status(200).body["events"].as_array().expect("a list").clone();
    for event in &events {
        assert_eq!(event["severity"], "medium");
    }
    events
}

#[tokio::test]
async fn a_refused_repeat_of_an_assertion_is_in_the_trail_of_its_user() {
    let world = World::patient().await;
    let (device, assertion) = (world.device(), world.assertion("alice"));
    let tokens = Tokens::of(&device.login(&assertion).await);
    let thief = world.device().agent(FIREFOX).at("203.0.113.77");
    thief.login(&assertion).await.assert_problem(401, "invalid_assertion");
    let events = details_of(&world, "alice", "assertion_reused").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["session_id"], json!(tokens.session), "the session that the first use opened");
    let details = &events[0]["details"];
    assert_eq!((&details["ip"], &details["device"]), (&json!("203.0.113.77"), &json!("Firefox on Linux")));
    let own = device.clone().bearer(&tokens.access).get("/api/auth/sessions?include=analytics").await;
    assert_eq!(own.body["analytics"]["failed_attempts"], 1);
    assert_eq!(world.live("alice").await, [tokens.session]);
    // In any later state of the session, too, and in a browser.
    device.refresh(&tokens.refresh).await.assert_status(200);
    world.advance(1);
    thief.login_in_browser(&assertion).await.assert_problem(401, "invalid_assertion");
    device.revoke(&tokens.access, json!({"strategy": "all"})).await.assert_status(200);
    world.advance(11);
    thief.login(&assertion).await.assert_problem(401, "invalid_assertion");
    assert_eq!(world.count_events("alice", "assertion_reused").await, 3, "also after a sign-out everywhere");
}

#[tokio::test]
async fn a_repeat_from_another_network_is_in_the_trail() {
    let world = World::patient().await;
    let (device, assertion) = (world.device(), world.assertion("alice"));
    let tokens = Tokens::of(&device.login(&assertion).await);
    let moved = device.clone().at("203.0.113.77");
    assert_eq!(moved.login(&assertion).await.assert_status(201).text("session_id"), tokens.session);
    let events = details_of(&world, "alice", "token_replayed").await;
    assert_eq!((events.len(), &events[0]["session_id"]), (1, &json!(tokens.session)));
    assert_eq!(events[0]["details"]["ip"], "203.0.113.77");
    // The same network, whatever the address in it, is a retry and no event.
    world.advance(1);
    device.login(&assertion).await.assert_status(201);
    assert_eq!(world.count_events("alice", "token_replayed").await, 1);
}

#[tokio::test]
async fn a_repeat_over_the_other_address_family_is_a_move_if_the_country_changed() {
    let world = World::behind_cloudfront(&PATIENT).await;
    for (city, moved) in [(BERLIN.at("[2001:db8::7]:1024"), 0), (LISBON.at("[2001:db8::7]:1024"), 1)] {
        let user = format!("user-{moved}");
        let assertion = world.assertion(&user);
        world.device().in_city(BERLIN).login(&assertion).await.assert_status(201);
        world.device().in_city(city).login(&assertion).await.assert_status(201);
        assert_eq!(world.count_events(&user, "token_replayed").await, moved);
    }
}

#[tokio::test]
async fn a_flood_of_repeats_is_one_event_for_each_second_and_network() {
    let world = World::patient().await;
    let (device, assertion) = (world.device(), world.assertion("alice"));
    device.login(&assertion).await.assert_status(201);
    for second in 1..=2 {
        for number in 0..20 {
            let thief = world.device().agent(FIREFOX).at(&format!("203.0.113.{number}"));
            thief.login(&assertion).await.assert_problem(401, "invalid_assertion");
            let moved = device.clone().at(&format!("2001:db8::{number}"));
            moved.login(&assertion).await.assert_status(201);
            let moved = device.clone().at(&format!("192.0.2.{number}"));
            moved.login(&assertion).await.assert_status(201);
        }
        assert_eq!(world.count_events("alice", "assertion_reused").await, second);
        assert_eq!(world.count_events("alice", "token_replayed").await, second);
        world.advance(1);
    }
}

#[tokio::test]
async fn an_assertion_that_was_not_used_leaves_no_event_when_it_is_refused() {
    let world = World::patient().await;
    let (device, unused) = (world.device(), world.assertion("alice"));
    let tokens = device.sign_in("alice").await;
    world.advance(20);
    device.revoke(&tokens.access, json!({"strategy": "all"})).await.assert_status(200);
    device.login(&unused).await.assert_problem(401, "invalid_assertion");
    assert_eq!(world.count_events("alice", "assertion_reused").await, 0);
}
