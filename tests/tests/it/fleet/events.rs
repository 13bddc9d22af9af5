//! The events of all users: order, pages, filters, and wrong parameters.

use latchkey_tests::world::{FIREFOX, Tokens};
use serde_json::json;

use super::{EVENTS, administrator, each, generous, read_all, store_events};

#[tokio::test]
async fn events_of_all_users_are_listed_once_and_newest_first() {
    let world = generous(&[]).await;
    world.without_stream().await;
    // Three days, because each day has partitions of its own.
    let mut expected = vec![];
    for user in ["alice", "bob", "carl"] {
        world.advance(86_400);
        let stored = store_events(&world, user, 60).await;
        expected.splice(0..0, stored.iter().map(|event| event.id.to_string()));
    }
    let admin = administrator(&world).await;
    for limit in [17, 500] {
        let path = format!("{EVENTS}?type=token_forged&limit={limit}");
        assert_eq!(read_all(&admin, &path, "events", "event_id").await, expected, "limit {limit}");
    }
    let first = admin.get(&format!("{EVENTS}?severity=medium&limit=10")).await;
    assert_eq!(each(&first.assert_status(200).body, "events", "event_id"), expected[..10]);
    assert_eq!(first.body["events"][0]["user_id"], "carl");
}

#[tokio::test]
async fn every_kind_of_writer_fills_the_index() {
    let world = generous(&[]).await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(61);
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
    let second = world.device().sign_in("bob").await;
    world.device().agent(FIREFOX).at("203.0.113.9").refresh(&second.refresh).await.assert_status(200);
    world.device().sign_in("expires").await;
    world.advance(8 * 86_400);
    world.server.clean(latchkey::app::cleanup::CleanupMode::Clean).await.expect("it runs");
    let admin = administrator(&world).await;
    let from = "from=2026-09-01T00:00:00Z";
    let mut found = read_all(&admin, &format!("{EVENTS}?{from}"), "events", "event_type").await;
    found.sort_unstable();
    found.dedup();
    // A transaction, a batch beside a refresh, a batch of cleanup, and a conditional write.
    for wanted in ["login", "token_reused", "session_ended", "device_changed", "admin_read"] {
        assert!(found.iter().any(|name| name == wanted), "{wanted} is not in {found:?}");
    }
}

#[tokio::test]
async fn a_filter_returns_what_matches_and_nothing_else() {
    let world = generous(&[]).await;
    let device = world.device();
    let stolen = world.device().at("203.0.113.7").sign_in("alice").await;
    world.advance(30);
    let noon = world.now().to_rfc3339();
    world.advance(30);
    world.device().at("198.51.100.7").sign_in("bob").await;
    device.refresh(&stolen.refresh).await.assert_status(200);
    world.advance(61);
    device.clone().at("192.0.2.9").refresh(&stolen.refresh).await.assert_ended("security");
    let admin = administrator(&world).await;
    let types = async |query: &str| {
        let mut found = read_all(&admin, &format!("{EVENTS}?{query}"), "events", "event_type").await;
        found.retain(|name| name != "admin_read");
        found
    };
    let users = async |query: &str| read_all(&admin, &format!("{EVENTS}?{query}"), "events", "user_id").await;
    assert_eq!(types("severity=critical").await, ["token_reused"]);
    assert_eq!(users("type=login").await, ["root", "bob", "alice"]);
    assert_eq!(types("user_id=bob").await, ["login"]);
    assert_eq!(users("network=203.0.113.0/24").await, ["alice"]);
    assert_eq!(types("network=192.0.2.200").await, ["token_reused"]);
    assert_eq!(users(&format!("type=login&to={noon}")).await, ["alice"]);
    assert_eq!(users(&format!("type=login&from={noon}")).await, ["root", "bob"]);
    assert_eq!(types(&format!("user_id=bob&to={noon}")).await, [""; 0]);
    assert_eq!(types("user_id=alice&network=198.51.100.7").await, [""; 0]);
    assert_eq!(types("user_id=alice&severity=high").await, ["token_reused"]);
}

/// The id of such an event begins with the hour, so that a repetition is the same event.
#[tokio::test]
async fn an_event_that_is_recorded_once_an_hour_is_listed_at_its_own_time() {
    let world = generous(&[]).await;
    let past_the_hour = world.now().seconds().rem_euclid(3_600).unsigned_abs();
    world.advance(3_600 - past_the_hour + 600);
    let owner = world.device();
    owner.sign_in("alice").await;
    world.device().agent(FIREFOX).elsewhere().sign_in("alice").await;
    let token = world.review_token("alice", "new_device").await;
    let signed_in = world.now().to_rfc3339();
    world.advance(1_200);
    owner.answer_review(&token, "was_not_me").await.page(200);
    let reported = world.now().to_rfc3339();
    let admin = administrator(&world).await;
    for user in ["", "&user_id=alice"] {
        let listed = async |window: String| {
            let path = format!("{EVENTS}?type=sign_in_reported&{window}{user}");
            read_all(&admin, &path, "events", "event_type").await
        };
        assert_eq!(listed(format!("from={signed_in}")).await, ["sign_in_reported"]);
        assert_eq!(listed(format!("from={reported}&to={reported}")).await, ["sign_in_reported"]);
        assert_eq!(listed(format!("to={signed_in}")).await, [""; 0]);
    }
}

#[tokio::test]
async fn events_of_a_network_without_a_user_are_found_by_the_network() {
    let world = generous(&[("LIMIT_LOGIN", "1/15m/30m")]).await;
    let stranger = world.device().at("203.0.113.66");
    for _ in 0..3 {
        assert!(stranger.login("no assertion").await.status.is_client_error());
    }
    let admin = administrator(&world).await;
    let of = async |network: &str, member: &str| {
        read_all(&admin, &format!("{EVENTS}?network={network}"), "events", member).await
    };
    assert_eq!(of("203.0.113.1", "event_type").await, ["blocked"]);
    assert_eq!(of("203.0.113.1", "user_id").await, [""], "it belongs to no user");
    assert_eq!(of("203.0.114.1", "event_type").await, [""; 0]);
}

#[tokio::test]
async fn a_wrong_parameter_is_refused_by_its_name() {
    let world = generous(&[]).await;
    let admin = administrator(&world).await;
    let future = (world.now() + std::time::Duration::from_secs(60)).to_rfc3339();
    for (query, field) in [
        ("limit=0".to_owned(), "limit"),
        ("limit=501".to_owned(), "limit"),
        ("cursor=x".to_owned(), "cursor"),
        ("cursor=01930b5f00007abc8def0123456789ab".to_owned(), "cursor"),
        ("severity=bad".to_owned(), "severity"),
        ("type=bad".to_owned(), "type"),
        ("severty=high".to_owned(), "query"),
        ("user_id=".to_owned(), "user_id"),
        ("network=203.0.113.0/16".to_owned(), "network"),
        ("from=yesterday".to_owned(), "from"),
        ("to=2026-02-30T00:00:00Z".to_owned(), "to"),
        ("from=2026-09-02T00:00:00Z&to=2026-09-01T00:00:00Z".to_owned(), "from"),
        (format!("from={future}"), "from"),
    ] {
        let reply = admin.get(&format!("{EVENTS}?{query}")).await;
        reply.assert_problem(400, "invalid_request");
        assert_eq!(reply.body["field"], field, "{query}: {}", reply.body["detail"]);
    }
}

#[tokio::test]
async fn a_cursor_of_any_age_reads_within_the_window_only() {
    let world = generous(&[]).await;
    world.device().sign_in("alice").await;
    let admin = administrator(&world).await;
    for cursor in ["00000000-0000-0000-0000-000000000000", "00000000-0000-7000-8000-000000000000"] {
        let reply = admin.get(&format!("{EVENTS}?cursor={cursor}")).await;
        assert_eq!(reply.assert_status(200).body, json!({"events": [], "next_cursor": null}));
        let reply = admin.get(&format!("{EVENTS}?cursor={cursor}&user_id=alice")).await;
        assert_eq!(reply.assert_status(200).body, json!({"events": [], "next_cursor": null}));
    }
    let high = admin.get(&format!("{EVENTS}?type=login&cursor=ffffffff-ffff-ffff-ffff-ffffffffffff")).await;
    assert_eq!(each(&high.assert_status(200).body, "events", "user_id"), ["root", "alice"]);
}

#[tokio::test]
async fn a_caller_without_the_role_gets_nothing_and_costs_no_read() {
    let world = generous(&[]).await;
    let tokens = world.device().sign_in("alice").await;
    let user = world.device().bearer(&tokens.access);
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let demoted = Tokens::of(world.device().login(&root).await.assert_status(201));
    world.take_scope("root", &demoted.session).await;
    let demoted = world.device().bearer(&demoted.access);
    let before = world.everything().await;
    for path in [
        EVENTS.to_owned(),
        format!("{}?network=203.0.113.9", super::SIGN_INS),
        super::OVERVIEW.to_owned(),
        format!("{}?q=alice", super::SEARCH),
    ] {
        world.server.stats.reset();
        user.get(&path).await.assert_problem(403, "forbidden");
        assert_eq!(world.server.stats.total().calls, 0, "{path}");
        demoted.get(&path).await.assert_problem(403, "forbidden");
        world.device().get(&path).await.assert_problem(401, "token_missing");
    }
    world.assert_unchanged(&before, "a refused call must not be recorded as a reading").await;
}
