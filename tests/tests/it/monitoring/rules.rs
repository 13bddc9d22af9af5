//! A finding is recorded, alerts, or ends the session, depending on its rule.

use latchkey_tests::world::{BERLIN, CHROME, FIREFOX, LISBON, MUNICH, PRAGUE, Tokens, World};
use serde_json::json;

async fn types(world: &World, user: &str) -> Vec<String> {
    let events = world.events(user).await;
    events.into_iter().map(|event| event.event_type).filter(|name| name != "login").collect()
}

#[tokio::test]
async fn impossible_travel_alerts_and_the_session_continues() {
    let world = World::behind_cloudfront(&[]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    world.advance(3_600);
    let abroad = world.device().in_city(LISBON);
    let reply = abroad.refresh(&tokens.refresh).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let mut types_found = types(&world, "alice").await;
    types_found.sort();
    assert_eq!(types_found, ["country_changed", "impossible_travel", "ip_changed"]);
    let travel =
        world.events("alice").await.into_iter().find(|event| event.event_type == "impossible_travel");
    assert_eq!(travel.unwrap().severity, "high");
    let session = abroad.list(&reply.text("access_token")).await.body["sessions"][0].clone();
    assert_eq!(session["risk"]["level"], "high");
    let codes: Vec<_> =
        session["risk"]["findings"].as_array().unwrap().iter().map(|f| f["code"].clone()).collect();
    assert_eq!(codes, [json!("country_changed"), json!("impossible_travel")]);
    assert_eq!(session["risk"]["findings"][0]["detail"], json!({"from": "DE", "to": "PT"}));
}

#[tokio::test]
async fn a_rule_set_to_end_ends_the_session_before_a_token_is_issued() {
    let world = World::behind_cloudfront(&[("RISK_RULES", "impossible_travel=end")]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    world.advance(3_600);
    let reply = world.device().in_city(LISBON).refresh(&tokens.refresh).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "session_ended"));
    assert_eq!(reply.body["reason"], "security");
    assert!(reply.body["access_token"].is_null() && reply.body["refresh_token"].is_null());
    assert!(world.row("alice", &tokens.session).await.is_none());
    let ended =
        world.events("alice").await.into_iter().find(|event| event.event_type == "session_ended").unwrap();
    assert_eq!(ended.reason, "risk");
}

#[tokio::test]
async fn an_end_that_cannot_be_committed_gives_503_and_no_token() {
    let world = World::behind_cloudfront(&[("RISK_RULES", "impossible_travel=end")]).await;
    let home = world.device().in_city(BERLIN);
    let tokens = home.sign_in("alice").await;
    world.advance(3_600);
    let kind = serde_json::from_value(json!("error_500")).unwrap();
    world.server.faults.queue(Some("TransactWriteItems"), kind, 9);
    let abroad = world.device().in_city(LISBON);
    let reply = abroad.refresh(&tokens.refresh).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (503, "store_unavailable"));
    assert!(reply.body["access_token"].is_null());
    world.server.faults.clear(None);
    let again = abroad.refresh(&tokens.refresh).await;
    assert_eq!(
        (again.status.as_u16(), again.code()),
        (401, "session_ended"),
        "the repeated request ends the session"
    );
}

#[tokio::test]
async fn a_lost_response_does_not_evade_a_rule_that_ends_sessions() {
    let world = World::behind_cloudfront(&[("RISK_RULES", "impossible_travel=end")]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    world.advance(3_600);
    let kind = serde_json::from_value(json!("timeout_after_commit")).expect("a fault");
    world.server.faults.queue(Some("UpdateItem"), kind, 1);
    let reply = world.device().in_city(LISBON).refresh(&tokens.refresh).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "session_ended"));
    world.server.faults.clear(None);
    let home = world.device().in_city(BERLIN).sign_in("bob").await;
    assert_eq!(world.device().in_city(BERLIN).refresh(&home.refresh).await.status, 200);
    let twin = world.device().in_city(LISBON).refresh(&home.refresh).await;
    assert_eq!(twin.status, 401, "the rule applies to a repeat in grace, too");
}

#[tokio::test]
async fn travel_is_timed_from_the_last_use_of_the_session() {
    let world = World::behind_cloudfront(&[]).await;
    let device = world.device().in_city(BERLIN);
    let tokens = device.sign_in("alice").await;
    world.advance(3_000);
    device.clone().bearer(&tokens.access).delete("/api/auth/sessions?scope=others").await;
    world.advance(60);
    world.device().in_city(PRAGUE).refresh(&tokens.refresh).await;
    assert_eq!(world.count_events("alice", "country_changed").await, 1);
    assert_eq!(world.count_events("alice", "impossible_travel").await, 0, "51 minutes are enough");
}

#[tokio::test]
async fn a_repeat_in_grace_from_the_same_network_or_agent_is_no_replay() {
    let world = World::new().await;
    let at = |address: &str| world.device().at(address);
    let tokens = at("198.51.100.7").sign_in("alice").await;
    at("198.51.100.7").refresh(&tokens.refresh).await;
    for address in ["198.51.100.99", "2001:db8::7"] {
        assert_eq!(at(address).refresh(&tokens.refresh).await.status, 200);
    }
    assert_eq!(world.count_events("alice", "token_replayed").await, 0);
    at("203.0.113.5").refresh(&tokens.refresh).await;
    assert_eq!(world.count_events("alice", "token_replayed").await, 1);
}

#[tokio::test]
async fn a_rule_that_is_off_records_nothing() {
    let rules = "impossible_travel=off,ip_changed=off,country_changed=off,device_changed=off";
    let world = World::behind_cloudfront(&[("RISK_RULES", rules)]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    world.advance(60);
    let reply = world.device().agent(FIREFOX).in_city(LISBON).refresh(&tokens.refresh).await;
    assert_eq!(reply.status, 200);
    assert_eq!(types(&world, "alice").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_trusted_network_causes_no_finding() {
    let networks = "198.51.100.0/24,203.0.113.0/24";
    let world = World::behind_cloudfront(&[("NETWORK_ALLOWLIST", networks)]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    world.advance(60);
    assert_eq!(world.device().in_city(LISBON).refresh(&tokens.refresh).await.status, 200);
    assert_eq!(types(&world, "alice").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_move_within_a_country_is_info_and_does_not_grow_the_row() {
    let world = World::behind_cloudfront(&[]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    world.advance(60);
    world.server.stats.reset();
    let reply = world.device().in_city(MUNICH).refresh(&tokens.refresh).await;
    assert_eq!(reply.status, 200);
    assert_eq!(world.server.stats.of("UpdateItem").calls, 1, "the finding stays out of the row");
    assert_eq!(types(&world, "alice").await, ["ip_changed"]);
    assert_eq!(world.events("alice").await[1].severity, "info");
}

#[tokio::test]
async fn a_refresh_without_findings_writes_once() {
    let world = World::behind_cloudfront(&[]).await;
    let device = world.device().in_city(BERLIN);
    let tokens = device.sign_in("alice").await;
    world.server.stats.reset();
    device.refresh(&tokens.refresh).await;
    assert_eq!(world.server.stats.total().calls, 1);
}

#[tokio::test]
async fn a_lost_finding_is_counted_and_does_not_fail_the_refresh() {
    use latchkey::telemetry::metrics::Counter;
    for kind in ["error_500", "left_over"] {
        let world = World::behind_cloudfront(&[]).await;
        let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
        let fault = serde_json::from_value(json!(kind)).unwrap();
        world.server.faults.queue(Some("BatchWriteItem"), fault, 9);
        world.advance(60);
        assert_eq!(world.device().in_city(LISBON).refresh(&tokens.refresh).await.status, 200, "{kind}");
        let lost = world.server.app.metrics().value(Counter::EventsLost);
        assert_eq!(lost, 3, "{kind}: all three count as lost, because it is unknown which were written");
    }
}

#[tokio::test]
async fn a_sign_in_from_a_new_device_is_recorded_except_the_first() {
    let world = World::behind_cloudfront(&[]).await;
    world.device().in_city(BERLIN).sign_in("alice").await;
    assert_eq!(types(&world, "alice").await, Vec::<String>::new());
    world.device().agent(CHROME).in_city(BERLIN).sign_in("alice").await;
    assert_eq!(types(&world, "alice").await, Vec::<String>::new());
    let phone = world.device().agent(FIREFOX).in_city(LISBON);
    let reply = phone.sign_in("alice").await;
    assert_eq!(types(&world, "alice").await, ["new_device", "new_country"]);
    let list = phone.clone().bearer(&reply.access).get("/api/auth/sessions?include=analytics").await;
    let codes: Vec<_> =
        list.body["recommendations"].as_array().unwrap().iter().map(|r| r["code"].clone()).collect();
    assert!(codes.contains(&json!("unknown_device")) && codes.contains(&json!("new_country")), "{codes:?}");
}

#[tokio::test]
async fn a_token_in_another_browser_is_recorded() {
    let world = World::behind_cloudfront(&[]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    let reply = world.device().agent(FIREFOX).in_city(BERLIN).refresh(&tokens.refresh).await;
    assert_eq!(reply.status, 200, "a changed agent alone is not refused");
    assert_eq!(types(&world, "alice").await, ["device_changed"]);
    assert_eq!(Tokens::of(&reply).session, tokens.session);
}

#[tokio::test]
async fn a_finding_is_not_lost_with_the_reply_of_the_store() {
    use latchkey_local::dev_controls::faults::FaultKind;
    let found = async |lost_replies: u32| {
        let world = World::behind_cloudfront(&[]).await;
        let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
        world.advance(3_600);
        world.server.faults.queue(Some("UpdateItem"), FaultKind::TimeoutAfterCommit, lost_replies);
        let abroad = world.device().agent(FIREFOX).in_city(LISBON);
        if lost_replies == 3 {
            abroad.refresh(&tokens.refresh).await.assert_problem(503, "store_unavailable");
            world.advance(5);
        }
        // A client may repeat its request, too. The ids of the events are the same each time.
        for _ in 0..2 {
            abroad.refresh(&tokens.refresh).await.assert_status(200);
        }
        let mut types = types(&world, "alice").await;
        types.sort();
        let row = world.row("alice", &tokens.session).await.unwrap();
        (types, row.findings.iter().map(|finding| finding.rule.name()).collect::<Vec<_>>())
    };
    let (types, findings) = found(0).await;
    assert_eq!(types, ["country_changed", "device_changed", "impossible_travel", "ip_changed"]);
    assert_eq!(findings, ["country_changed", "impossible_travel", "device_changed"]);
    for lost_replies in [1, 2, 3] {
        let (types, findings) = found(lost_replies).await;
        // Travel starts from the row, which already holds the request.
        assert_eq!(types, ["country_changed", "device_changed", "ip_changed"], "{lost_replies}");
        assert_eq!(findings, ["country_changed", "device_changed"], "{lost_replies}");
    }
}

#[tokio::test]
async fn a_replay_is_judged_by_the_rules_of_a_rotation() {
    let world = World::behind_cloudfront(&[]).await;
    let home = world.device().in_city(BERLIN);
    let tokens = home.sign_in("alice").await;
    home.refresh(&tokens.refresh).await.assert_status(200);
    world.advance(5);
    let six = world.device().in_city(LISBON.at("[2001:db8::7]:1024"));
    for _ in 0..2 {
        six.refresh(&tokens.refresh).await.assert_status(200);
    }
    let mut found = types(&world, "alice").await;
    found.sort();
    assert_eq!(found, ["country_changed", "impossible_travel", "ip_changed", "token_replayed"]);
    let row = world.row("alice", &tokens.session).await.unwrap();
    let rules: Vec<&str> = row.findings.iter().map(|finding| finding.rule.name()).collect();
    assert_eq!(rules, ["country_changed", "impossible_travel"], "each finding once");
    let berlin = world.device().in_city(BERLIN.at("[2001:db8::8]:1024"));
    berlin.refresh(&tokens.refresh).await.assert_status(200);
    assert_eq!(types(&world, "alice").await.len(), 4, "another address family in the same country");
}

#[tokio::test]
async fn a_rule_set_to_end_ends_the_session_at_a_replay_too() {
    let world = World::behind_cloudfront(&[("RISK_RULES", "country_changed=end")]).await;
    let home = world.device().in_city(BERLIN).key("key-of-the-refresh-01");
    let tokens = home.sign_in("alice").await;
    home.refresh(&tokens.refresh).await.assert_status(200);
    let abroad = world.device().in_city(LISBON).key("key-of-the-refresh-01");
    abroad.refresh(&tokens.refresh).await.assert_ended("security");
    assert!(world.row("alice", &tokens.session).await.is_none());
    assert_eq!(world.count_events("alice", "country_changed").await, 1);
    assert_eq!(world.count_events("alice", "token_reused").await, 0);
}

#[tokio::test]
async fn a_refresh_token_shows_no_value_that_the_rules_compare() {
    let world = World::behind_cloudfront(&[]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    let payload = latchkey_tests::world::payload(&tokens.refresh);
    let text = payload.to_string();
    assert_eq!(payload["fp"].as_str().map(str::len), Some(16), "{text}");
    for value in ["198.51", "DE", "Berlin", "Chrome", "Windows"] {
        assert!(!text.replace(payload["nonce"].as_str().unwrap(), "").contains(value), "{text}");
    }
}
