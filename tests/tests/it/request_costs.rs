//! The store calls and capacity units of each request, as the engine counts them.

mod fleet;

use std::future::Future;

use latchkey_local::dev_controls::stats::Usage;
use latchkey_tests::world::{DeviceKey, FIREFOX, Jar, Tokens, World};
use serde_json::json;

/// List prices of DynamoDB on demand, in dollars for a million units.
const WRITE_PRICE: f64 = 0.625;
const READ_PRICE: f64 = 0.125;

/// The cost of `work`. It reads the global revocation first, because an instance reads it once in five seconds. Another
/// test covers the cost of that read.
async fn cost<T>(world: &World, work: impl Future<Output = T>) -> (T, Usage) {
    world.server.store.global_revocation(world.now()).await.expect("the engine answers");
    world.server.stats.reset();
    let result = work.await;
    (result, world.server.stats.total())
}

fn price_of_a_million(usage: Usage) -> f64 {
    usage.write_units * WRITE_PRICE + usage.read_units * READ_PRICE
}

#[tokio::test]
async fn a_refresh_is_one_call_and_one_write_unit() {
    let world = World::new().await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    let mut total = Usage::default();
    for _ in 0..20 {
        let (reply, usage) = cost(&world, device.refresh(&tokens.refresh)).await;
        tokens = Tokens::of(reply.assert_status(200));
        assert_eq!((usage.calls, usage.write_units, usage.read_units), (1, 1.0, 0.0));
        total.write_units += usage.write_units;
        world.advance(1);
    }
    assert!(price_of_a_million(total) / 20.0 < 0.75);
}

#[tokio::test]
async fn a_bound_refresh_costs_no_more_and_a_wrong_proof_nothing() {
    let world = World::new().await;
    let key = DeviceKey::generate();
    let device = world.device().with_key(&key);
    let mut jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    for _ in 0..5 {
        world.advance(1);
        let (reply, usage) = cost(&world, device.refresh_with_cookies(&jar.line())).await;
        jar = Jar::of(reply.assert_status(200));
        assert_eq!((usage.calls, usage.write_units, usage.read_units), (1, 1.0, 0.0));
    }
    let late = key.proof("POST", "/api/auth/refresh", world.now().before(std::time::Duration::from_secs(61)));
    let late = world.device().proof(&late);
    let (reply, usage) = cost(&world, late.refresh_with_cookies(&jar.line())).await;
    reply.assert_problem(400, "use_dpop_nonce");
    assert_eq!(usage.calls, 0);
    // The first refusal that may be a theft costs a read and an event; the others of its hour cost nothing.
    let thief = world.device();
    cost(&world, thief.refresh_with_cookies(&jar.line()))
        .await
        .0
        .assert_problem(400, "device_proof_required");
    let (_, usage) = cost(&world, thief.refresh_with_cookies(&jar.line())).await;
    assert_eq!(usage.calls, 0);
}

#[tokio::test]
async fn a_day_change_costs_a_refresh_at_most_three_write_units() {
    let world = World::new().await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    let mut dear = 0;
    for _ in 0..24 * 4 {
        world.advance(3_600);
        let (reply, usage) = cost(&world, device.refresh(&tokens.refresh)).await;
        tokens = Tokens::of(reply.assert_status(200));
        assert_eq!((usage.calls, usage.read_units), (1, 0.0));
        assert!(usage.write_units <= 3.0, "{usage:?}");
        dear += i32::from(usage.write_units > 1.0);
    }
    assert_eq!(dear, 4, "once a day in four days");
}

#[tokio::test]
async fn the_longest_user_and_scope_still_refresh_for_one_write_unit() {
    let scopes: Vec<String> = (0..16).map(|number| format!("scope:{number:03}")).collect();
    let provider = latchkey_tests::world::Provider::generate();
    let world = provider.world(json!({"scopes": scopes}), &[]).await;
    let device = world
        .device()
        .agent(&format!("MyApp/1 {}", "x".repeat(400)))
        .at("2001:db8:1234:5678:9abc:def0:1234:5678");
    let claims = json!({"scope": scopes.join(" ")});
    for user in ["é".repeat(64), "u".repeat(255)] {
        let assertion = provider.assertion(&world, &user, claims.clone());
        let tokens = Tokens::of(device.login(&assertion).await.assert_status(201));
        let (reply, usage) = cost(&world, device.refresh(&tokens.refresh)).await;
        reply.assert_status(200);
        assert_eq!((usage.calls, usage.write_units), (1, 1.0));
    }
}

#[tokio::test]
async fn a_repeat_in_grace_is_one_call_and_writes_nothing() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    device.refresh(&tokens.refresh).await.assert_status(200);
    let (reply, usage) = cost(&world, device.refresh(&tokens.refresh)).await;
    reply.assert_status(200);
    assert_eq!(usage.calls, 1);
}

#[tokio::test]
async fn forged_and_expired_tokens_cause_no_store_call() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let (_, usage) = cost(&world, device.refresh(&tokens.access)).await;
    assert_eq!(usage.calls, 0);
    let (_, usage) = cost(&world, device.list(&tokens.refresh)).await;
    assert_eq!(usage.calls, 0);
    world.advance(7 * 86_400);
    let (reply, usage) = cost(&world, device.refresh(&tokens.refresh)).await;
    reply.assert_ended("expired");
    assert_eq!(usage.calls, 0);
    let (reply, usage) = cost(&world, device.list(&tokens.access)).await;
    reply.assert_problem(401, "token_expired");
    assert_eq!(usage.calls, 0);
}

#[tokio::test]
async fn a_block_and_a_call_during_it_are_one_call_each() {
    let world = World::with(&[("LIMIT_REFRESH", "1/5m/15m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let tokens = Tokens::of(&device.refresh(&tokens.refresh).await);
    device.refresh(&tokens.refresh).await.assert_problem(429, "rate_limited");
    world.advance(1);
    let (reply, usage) = cost(&world, device.refresh(&tokens.refresh)).await;
    reply.assert_problem(429, "rate_limited");
    assert_eq!(usage.calls, 1);
}

#[tokio::test]
async fn a_status_and_a_list_are_one_read() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    for _ in 0..4 {
        device.sign_in("alice").await;
    }
    let (_, status) = cost(&world, device.status(&jar.line())).await;
    assert_eq!((status.calls, status.read_units, status.write_units), (1, 1.0, 0.0));
    let (list, usage) = cost(&world, device.list(&jar.access)).await;
    assert_eq!(list.body["sessions"].as_array().unwrap().len(), 5);
    // The read, and in parallel the count of the general limit.
    assert_eq!((usage.calls, usage.write_units), (2, 1.0));
    assert!(usage.read_units <= 2.0, "{usage:?}");
    let tag = list.header("etag").to_owned();
    let unchanged = device.clone().bearer(&jar.access).header("if-none-match", &tag);
    let (reply, again) = cost(&world, unchanged.get("/api/auth/sessions")).await;
    assert_eq!((reply.status.as_u16(), again.calls), (304, 1));
}

#[tokio::test]
async fn a_call_that_is_not_counted_costs_about_one_read_unit() {
    let world = World::with(&[("LIMIT_GENERAL", "5/15m")]).await;
    let device = world.device();
    for _ in 0..60 {
        let other = device.sign_in("alice").await;
        device.revoke(&other.access, json!({"strategy": "current"})).await.assert_status(200);
        // A user may use 32 assertions in the time that each of them is valid.
        world.advance(60);
    }
    let tokens = device.sign_in("alice").await;
    let path = "/api/auth/sessions?include=analytics";
    let (first, full) = cost(&world, device.clone().bearer(&tokens.access).get(path)).await;
    assert!(full.read_units > 5.0, "the analytics read a long history: {full:?}");
    let tag = first.assert_status(200).header("etag").to_owned();
    for known in [tag.clone(), "*".to_owned(), format!("\"other\", W/{tag}")] {
        for _ in 0..5 {
            let polling = device.clone().bearer(&tokens.access).header("if-none-match", &known);
            let (reply, usage) = cost(&world, polling.get(path)).await;
            assert_eq!((reply.status.as_u16(), usage.write_units), (304, 0.0), "{known}");
            assert!(usage.read_units <= 2.0, "{known}: {usage:?}");
        }
    }
    // A changed list is counted before the history is read, so that polling with a wrong tag reaches the limit.
    let polling = device.clone().bearer(&tokens.access).header("if-none-match", "\"other\"");
    for _ in 0..4 {
        polling.get(path).await.assert_status(200);
    }
    let (reply, usage) = cost(&world, polling.get(path)).await;
    reply.assert_problem(429, "rate_limited");
    assert!(usage.read_units <= 2.0, "{usage:?}");
}

#[tokio::test]
async fn a_new_event_changes_the_tag_of_the_analytics() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let path = "/api/auth/sessions?include=analytics";
    let caller = device.clone().bearer(&tokens.access);
    let first = caller.get(path).await;
    let other = device.sign_in("alice").await;
    device.revoke(&other.access, json!({"strategy": "current"})).await.assert_status(200);
    let polling = caller.clone().header("if-none-match", first.header("etag"));
    let changed = polling.get(path).await;
    assert_eq!(changed.assert_status(200).body["sessions"].as_array().unwrap().len(), 1);
    assert_ne!(changed.body["analytics"], first.body["analytics"]);
    let polling = caller.clone().header("if-none-match", changed.header("etag"));
    assert_eq!(polling.get(path).await.status, 304);
    assert_eq!(caller.get(path).await.header("etag"), changed.header("etag"), "both paths make the same tag");
    // A new day moves the days that the numbers cover.
    world.advance(86_400);
    let tokens = Tokens::of(&device.refresh(&tokens.refresh).await);
    let polling = device.clone().bearer(&tokens.access).header("if-none-match", changed.header("etag"));
    assert_eq!(polling.get(path).await.status, 200);
}

#[tokio::test]
async fn a_list_costs_the_same_with_a_long_history() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let (_, young) = cost(&world, device.list(&tokens.access)).await;
    for _ in 0..25 {
        let other = device.sign_in("alice").await;
        device.revoke(&other.access, json!({"strategy": "current"})).await.assert_status(200);
    }
    let (_, old) = cost(&world, device.list(&tokens.access)).await;
    assert_eq!(old, young);
}

#[tokio::test]
async fn a_login_is_a_read_and_a_transaction_for_under_eight_dollars_a_million() {
    let world = World::new().await;
    let device = world.device();
    for live in 0..5 {
        let assertion = world.assertion("alice");
        let (reply, usage) = cost(&world, device.login(&assertion)).await;
        reply.assert_status(201);
        let operations = world.server.stats.snapshot().dynamodb;
        assert_eq!((operations["Query"].calls, operations["TransactWriteItems"].calls), (1, 1));
        assert_eq!(usage.calls, 2);
        eprintln!("a login beside {live}: {usage:?}, a million for ${:.2}", price_of_a_million(usage));
        assert!(usage.write_units < 12.0, "{usage:?}");
        assert!(price_of_a_million(usage) < 8.0, "{usage:?}");
    }
    let (reply, usage) = cost(&world, device.login(&world.assertion("alice"))).await;
    assert_eq!(reply.body["ended"].as_array().unwrap().len(), 1);
    assert_eq!(usage.calls, 2, "an eviction costs no further call");
    eprintln!("a login that evicts: {usage:?}, a million for ${:.2}", price_of_a_million(usage));
}

#[tokio::test]
async fn a_login_in_place_of_another_users_cookie_is_two_calls_in_sequence() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let page = device.clone().cookies(&jar.line());
    let assertion = world.assertion("bob");
    let (reply, usage) = cost(&world, page.login_in_browser(&assertion)).await;
    reply.assert_status(201);
    // The two reads run side by side.
    assert_eq!(usage.calls, 3);
}

#[tokio::test]
async fn ending_any_number_of_sessions_is_a_read_and_a_transaction() {
    let world = World::new().await;
    let device = world.device();
    let mut all = vec![];
    for _ in 0..5 {
        all.push(device.sign_in("alice").await);
    }
    let bearer = device.clone().bearer(&all[0].access);
    let path = format!("/api/auth/sessions/{}", all[1].session);
    let (reply, usage) = cost(&world, bearer.delete(&path)).await;
    assert_eq!((reply.assert_status(200).body["ended"].clone(), usage.calls), (json!(1), 2));
    let body = json!({"strategy": "session", "session_id": all[2].session});
    let (reply, usage) = cost(&world, device.revoke(&all[0].access, body)).await;
    assert_eq!((reply.assert_status(200).body["ended"].clone(), usage.calls), (json!(1), 2));
    let (reply, usage) = cost(&world, device.revoke(&all[0].access, json!({"strategy": "all"}))).await;
    assert_eq!((reply.assert_status(200).body["ended"].clone(), usage.calls), (json!(3), 2));
    let last = device.sign_in("alice").await;
    let (reply, usage) = cost(&world, device.revoke(&last.access, json!({"strategy": "current"}))).await;
    assert_eq!((reply.assert_status(200).body["ended"].clone(), usage.calls), (json!(1), 2));
}

#[tokio::test]
async fn ten_tabs_with_one_key_cost_one_call_and_one_write_unit_each() {
    let world = World::new().await;
    let page = world.device().key("key-of-the-refresh-1");
    let jar = Jar::of(
        &world.device().key("key-of-the-sign-in-1").login_in_browser(&world.assertion("alice")).await,
    );
    world.advance(1);
    let mut newest = String::new();
    for tab in 0..10 {
        let (reply, usage) = cost(&world, page.refresh_with_cookies(&jar.line())).await;
        newest = Jar::of(reply.assert_status(200)).refresh;
        assert_eq!((usage.calls, usage.read_units), (1, 0.0), "tab {tab}");
        assert!(usage.write_units <= 1.0, "tab {tab}: {usage:?}");
    }
    // A tab that reads the cookie after the faster one has set it repeats the same key.
    let cookies = format!("latchkey_refresh={newest}");
    let (reply, usage) = cost(&world, page.refresh_with_cookies(&cookies)).await;
    assert_eq!(Jar::of(reply.assert_status(200)).refresh, newest);
    assert_eq!((usage.calls, usage.read_units), (1, 0.0));
    assert!(usage.write_units <= 1.0, "{usage:?}");
    assert_eq!(world.row("alice", &jar.session).await.unwrap().generation, 1);
}

#[tokio::test]
async fn a_recorded_answer_costs_two_write_units_once() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    device.refresh(&tokens.refresh).await.assert_status(200);
    world.advance(3_600);
    // The engine counts no unit for a write that is rejected. DynamoDB counts one for each.
    for (calls, units) in [(2, 1.0), (1, 0.0)] {
        let (reply, usage) = cost(&world, device.refresh(&tokens.refresh)).await;
        reply.assert_status(200);
        assert_eq!((usage.calls, usage.read_units), (calls, 0.0));
        assert!(usage.write_units <= units, "{usage:?}");
    }
}

#[tokio::test]
async fn a_superseded_request_is_one_call() {
    let world = World::new().await;
    let device = world.device();
    let first = device.clone().key("key-of-the-sign-in-1").sign_in("alice").await;
    device.clone().key("key-of-the-refresh-1").refresh(&first.refresh).await.assert_status(200);
    let slow = device.key("key-of-the-sign-in-1");
    let (reply, usage) = cost(&world, slow.refresh(&first.refresh)).await;
    reply.assert_problem(409, "refresh_superseded");
    assert_eq!((usage.calls, usage.read_units), (1, 0.0));
    assert!(usage.write_units <= 1.0, "{usage:?}");
}

#[tokio::test]
async fn theft_is_detected_and_ended_in_two_calls() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    world.advance(61);
    let thief = device.clone().elsewhere();
    let (reply, usage) = cost(&world, thief.refresh(&first.refresh)).await;
    reply.assert_ended("security");
    assert_eq!(usage.calls, 2);
    let (reply, usage) = cost(&world, device.refresh(&second.refresh)).await;
    reply.assert_ended("security");
    assert_eq!(usage.calls, 2);
}

#[tokio::test]
async fn the_global_revocation_is_read_once_in_five_seconds() {
    let world = World::new().await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    let mut reads = 0;
    world.server.stats.reset();
    for _ in 0..20 {
        world.advance(1);
        tokens = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
        let operations = world.server.stats.snapshot().dynamodb;
        reads = operations.get("GetItem").map_or(0, |usage| usage.calls);
    }
    assert_eq!(reads, 4, "4 reads in 20 seconds");
    let total = world.server.stats.total();
    assert_eq!((total.calls, total.write_units), (24, 20.0));
}

#[tokio::test]
async fn a_refused_assertion_is_one_call_until_its_network_is_refused() {
    let world = World::with(&[("LIMIT_LOGIN", "2/15m/30m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    for (calls, status) in [(1, 401), (1, 401), (3, 429), (0, 429), (0, 429)] {
        let (reply, usage) = cost(&world, device.login(&tokens.access)).await;
        assert_eq!((reply.status.as_u16(), usage.calls), (status, calls), "count, refusal and its event");
    }
}

#[tokio::test]
async fn nothing_ever_scans_a_table() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    device.status(&jar.line()).await.assert_status(200);
    device.list(&jar.access).await.assert_status(200);
    let path = format!("/api/auth/sessions/{}", jar.session);
    device.clone().bearer(&jar.access).get(&path).await.assert_status(200);
    device.refresh_with_cookies(&jar.line()).await.assert_status(200);
    device.revoke(&jar.access, json!({"strategy": "all"})).await.assert_status(200);
    let operations: Vec<String> = world.server.stats.snapshot().dynamodb.into_keys().collect();
    assert_eq!(operations, ["GetItem", "Query", "TransactWriteItems", "UpdateItem"]);
}

#[tokio::test]
async fn the_page_of_a_sign_in_review_is_one_read_and_a_report_one_transaction() {
    let world = World::new().await;
    let owner = world.device();
    owner.sign_in("alice").await;
    world.device().agent(FIREFOX).sign_in("alice").await;
    let token = world.review_token("alice", "new_device").await;
    let (page, usage) = cost(&world, owner.open_review(&token)).await;
    page.page(200);
    assert_eq!((usage.calls, usage.write_units, usage.read_units), (1, 0.0, 1.0));
    let (_, usage) = cost(&world, owner.open_review("forged")).await;
    assert_eq!(usage.calls, 0);
    let (page, usage) = cost(&world, owner.answer_review(&token, "was_me")).await;
    page.page(200);
    // The count, the sign-in, and the event with its index entry.
    assert_eq!((usage.calls, usage.write_units, usage.read_units), (3, 3.0, 1.0));
    let (page, usage) = cost(&world, owner.answer_review(&token, "was_not_me")).await;
    page.page(200);
    // Also the session, and a transaction: row with its index, end, event, feed, report with its pointer, and the index entries of both events.
    assert_eq!((usage.calls, usage.write_units, usage.read_units), (4, 16.0, 2.0));
}
