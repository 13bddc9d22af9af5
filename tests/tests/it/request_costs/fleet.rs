//! The costs of the calls over all users. They do not depend on how many events are stored.

use latchkey_local::dev_controls::stats::Usage;
use latchkey_tests::world::{Device, Tokens, World};
use serde_json::json;

use crate::attacks::foreign_administrators::Customers;
use crate::fleet::{EVENTS, OVERVIEW, REVOKE, SEARCH, SIGN_INS, administrator, read_all, store_events};

/// The cost of a page that this administrator reads a second time, so that the record of the reading is not part of it.
async fn cost(world: &World, admin: &Device, path: &str) -> Usage {
    admin.get(path).await.assert_status(200);
    world.server.store.global_revocation(world.now()).await.expect("the engine answers");
    world.server.stats.reset();
    admin.get(path).await.assert_status(200);
    world.server.stats.total()
}

/// Calls and units, and not time, because 10^6 events in a test would prove less about DynamoDB.
#[tokio::test]
async fn a_page_of_events_costs_the_same_with_six_times_the_events() {
    let world = World::with(&[("LIMIT_GENERAL", "1000/15m")]).await;
    world.without_stream().await;
    let admin = administrator(&world).await;
    let severe = format!("{EVENTS}?severity=medium");
    let export = admin.clone().header("accept", "text/csv");
    let pages = [
        (&admin, severe.clone()),
        (&admin, format!("{severe}&limit=100")),
        (&admin, EVENTS.to_owned()),
        (&admin, format!("{EVENTS}?user_id=alice")),
        (&export, EVENTS.to_owned()),
        (&export, format!("{severe}&limit=100")),
    ];
    store_events(&world, "alice", 600).await;
    let mut few = vec![];
    for (reader, path) in &pages {
        few.push(cost(&world, reader, path).await);
    }
    // All of one day, as the events before.
    store_events(&world, "alice", 3_000).await;
    for ((reader, path), few) in pages.iter().zip(few) {
        assert_eq!(cost(&world, reader, path).await, few, "{path}");
    }
    let page = cost(&world, &admin, &severe).await;
    // 16 shards, the caller's session, and the count of the general limit.
    assert_eq!((page.calls, page.write_units), (18, 1.0), "{page:?}");
    assert!(page.read_units < 40.0, "{page:?}");
}

/// The ids of the hour in which a window begins are read, too, but in few rounds.
#[tokio::test]
async fn a_short_window_late_in_a_full_hour_reads_few_rounds() {
    let world = World::with(&[("LIMIT_GENERAL", "1000/15m")]).await;
    world.without_stream().await;
    let past_the_hour = world.now().seconds().rem_euclid(3_600).unsigned_abs();
    world.advance(3_600 - past_the_hour + 3_500);
    store_events(&world, "alice", 3_500).await;
    let admin = administrator(&world).await;
    let second = |ago| world.now().before(std::time::Duration::from_secs(ago)).to_rfc3339();
    let path = format!("{EVENTS}?severity=medium&from={}&to={}", second(20), second(11));
    let usage = cost(&world, &admin, &path).await;
    // 16 shards in a round for the window and two for its hour, the caller's session, and the count of the general limit.
    assert!(usage.calls <= 3 * 16 + 2, "{usage:?}");
    assert_eq!(read_all(&admin, &path, "events", "event_id").await.len(), 10);
    // Of one user: the window, and the rest of the hour, of which a page examines a thousand events.
    let path = format!("{EVENTS}?user_id=alice&from={}&to={}", second(20), second(11));
    let usage = cost(&world, &admin, &path).await;
    assert_eq!(usage.calls, 2 + 2, "{usage:?}");
    let mut pages = 0;
    let mut cursor = String::new();
    while pages < 10 {
        pages += 1;
        let reply = admin.get(&format!("{path}{cursor}")).await;
        let Some(next) = reply.assert_status(200).body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert!(pages <= 5, "{pages}");
}

/// The list of the last seven days, the default, begins within an hour.
#[tokio::test]
async fn the_list_of_a_quiet_week_is_one_page() {
    let world = World::with(&[("LIMIT_GENERAL", "1000/15m")]).await;
    let admin = administrator(&world).await;
    assert_ne!(world.now().seconds() % 3_600, 0);
    // Sixteen shards a day, because a page begins no round after 0.7 s, which 32 take on a busy machine.
    for path in [format!("{EVENTS}?severity=medium"), format!("{EVENTS}?user_id=root")] {
        let reply = admin.get(&path).await;
        assert_eq!(reply.assert_status(200).body["next_cursor"], json!(null), "{path}");
    }
}

/// Among events of another issuer, the administrator of one issuer gets an empty page after nine rounds at most.
#[tokio::test]
async fn a_page_for_one_issuer_reads_a_bounded_number_of_events() {
    let customers = Customers::with(json!({})).await;
    let world = &customers.world;
    world.without_stream().await;
    let admin = customers.administrator("acme").await;
    for count in [300, 1_500] {
        store_events(world, "shop|victor", count).await;
        let usage = cost(world, &admin, &format!("{EVENTS}?severity=medium")).await;
        assert!(usage.calls <= 9 * 16 + 2 && usage.read_units < 700.0, "{count}: {usage:?}");
    }
}

/// The numbers of `docs/cost.md`, with the caller's session and the count of the general limit.
#[tokio::test]
async fn a_search_costs_what_the_page_of_costs_says() {
    let world = World::with(&[("LIMIT_GENERAL", "1000/15m")]).await;
    let tokens = world.device().at("203.0.113.9").sign_in("alice").await;
    let admin = administrator(&world).await;
    let unknown = "01930b5e-3c00-7abc-8def-0123456789ab";
    for (name, calls) in
        [("alice", 2_u32), ("203.0.113.9", 6), ("192.0.2.9", 34), (unknown, 12), (&tokens.session, 5)]
    {
        let usage = cost(&world, &admin, &format!("{SEARCH}?q={name}")).await;
        assert_eq!(usage.calls, u64::from(calls) + 2, "{name}: {usage:?}");
        assert!(usage.read_units <= f64::from(calls) + 1.0, "{name}: {usage:?}");
    }
}

/// A filter that matches nothing reads at most nine rounds.
#[tokio::test]
async fn a_filter_that_matches_nothing_reads_a_bounded_number_of_events() {
    let world = World::new().await;
    world.without_stream().await;
    store_events(&world, "alice", 2_500).await;
    let admin = administrator(&world).await;
    let path = format!("{EVENTS}?severity=medium&network=203.0.113.9");
    let usage = cost(&world, &admin, &path).await;
    assert!(usage.calls <= 9 * 16 + 2, "{usage:?}");
    assert!(usage.read_units < 700.0, "{usage:?}");
}

#[tokio::test]
async fn sign_ins_and_searches_cost_the_same_with_many_sign_ins() {
    let world = World::with(&[("LIMIT_GENERAL", "1000/15m")]).await;
    world.without_stream().await;
    let network = world.device().at("203.0.113.9");
    let admin = administrator(&world).await;
    let paths = [
        format!("{SIGN_INS}?network=203.0.113.9&limit=5"),
        format!("{SEARCH}?q=203.0.113.9"),
        format!("{SEARCH}?q=user-3"),
    ];
    let mut usages = vec![];
    for (from, to) in [(0, 60), (60, 160)] {
        for number in from..to {
            network.sign_in(&format!("user-{number}")).await;
        }
        for path in &paths {
            usages.push(cost(&world, &admin, path).await);
        }
    }
    assert_eq!(usages[..3], usages[3..]);
    // Four shards, the caller's session, and the count of the general limit.
    assert_eq!((usages[0].calls, usages[0].write_units), (6, 1.0), "{:?}", usages[0]);
    assert!(usages.iter().all(|usage| usage.read_units < 10.0), "{usages:?}");
}

#[tokio::test]
async fn the_first_reading_of_a_minute_costs_one_record_more() {
    let world = World::new().await;
    let admin = administrator(&world).await;
    world.server.store.global_revocation(world.now()).await.expect("the engine answers");
    world.server.stats.reset();
    admin.get(OVERVIEW).await.assert_status(200);
    let first = world.server.stats.total();
    let again = cost(&world, &admin, OVERVIEW).await;
    // The caller's session, the count of the general limit, and one month of hours.
    assert_eq!((again.calls, again.write_units), (3, 1.0), "{again:?}");
    // The event and its copy in the index.
    assert_eq!((first.calls, first.write_units), (4, 3.0), "{first:?}");
}

#[tokio::test]
async fn a_bulk_revocation_costs_a_read_and_a_transaction_for_each_user() {
    let world = World::new().await;
    let attacker = world.device().at("203.0.113.66");
    for number in 0..4 {
        attacker.sign_in(&format!("user-{number}")).await;
    }
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(world.device().login(&root).await.assert_status(201));
    let admin = world.device().bearer(&root.access);
    let as_of = world.now().to_rfc3339();
    let cost = async |preview: bool| {
        let body = json!({
            "strategy": "network", "network": "203.0.113.66", "preview": preview, "as_of": as_of, "reason": "a test",
        });
        world.server.store.global_revocation(world.now()).await.expect("the engine answers");
        world.server.stats.reset();
        let reply = admin.post(REVOKE, body).await;
        assert_eq!(reply.assert_status(200).body["sessions"], 4);
        world.server.stats.total()
    };
    cost(true).await;
    // Two days with four shards, the caller's session, the count of the general limit, and a read for each user.
    let preview = cost(true).await;
    assert_eq!((preview.calls, preview.write_units), (8 + 2 + 4, 1.0), "{preview:?}");
    let revocation = cost(false).await;
    assert_eq!(revocation.calls, 8 + 2 + 8, "{revocation:?}");
    eprintln!("ending a session: {} write units", (revocation.write_units - 1.0) / 4.0);
}
