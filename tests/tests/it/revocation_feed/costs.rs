//! The costs of the feed: write units of an ending, store calls and read units of a poll, and its size.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use latchkey_local::dev_controls::stats::Usage;
use latchkey_tests::world::World;
use serde_json::json;

const FEED: &str = "/api/auth/.well-known/revocations";

/// The write units of recording a pending end that is this old.
async fn ending(age: u64) -> f64 {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.set_pending_end("alice", &tokens.session, "signed_out").await;
    world.advance(age);
    world.server.store.global_revocation(world.now()).await.expect("the engine answers");
    world.server.stats.reset();
    device.refresh(&tokens.refresh).await.assert_ended("signed_out");
    world.server.stats.snapshot().dynamodb["TransactWriteItems"].write_units
}

#[tokio::test]
async fn an_ending_costs_two_write_units_more() {
    let (listed, unlisted) = (ending(60).await, ending(4_000).await);
    assert!((listed - unlisted - 2.0).abs() < f64::EPSILON, "{listed} and {unlisted}");
}

#[tokio::test]
async fn thirty_endings_in_one_transaction_cost_the_same_two_units() {
    let world = World::with(&[("SESSION_LIMIT", "30")]).await;
    let device = world.device();
    let mut tokens = vec![];
    for _ in 0..30 {
        tokens.push(device.sign_in("alice").await);
        world.advance(60);
    }
    let last = tokens.pop().expect("30 of them");
    device.revoke(&last.access, json!({"strategy": "all"})).await.assert_status(200);
    let rows = world.feed_rows().await;
    assert_eq!(rows.len(), 1);
    let bytes = rows[0]["en"].as_b().expect("bytes").as_ref().len();
    assert_eq!(bytes, 240, "one write unit holds 1,024 bytes");
    world.advance(1);
    assert_eq!(world.feed().await.len(), 30);
}

/// One poll: its calls and its read units.
async fn poll(world: &World) -> (Usage, usize) {
    world.server.stats.reset();
    let reply = world.device().get(FEED).await;
    let bytes = reply.assert_status(200).body.as_str().expect("a JWS").len();
    let usage = world.server.stats.total();
    assert!(usage.write_units == 0.0, "a poll writes nothing");
    (usage, bytes)
}

#[tokio::test]
async fn a_poll_queries_the_partitions_of_the_running_hour_once_a_second() {
    let world = World::new().await;
    assert_eq!(
        poll(&world).await.0.calls,
        9,
        "the first: two hours of four shards, and the global revocation"
    );
    for _ in 0..10 {
        world.advance(1);
        assert_eq!(poll(&world).await.0.calls, 5);
        world.server.clock.advance(Duration::from_millis(1));
        assert_eq!(poll(&world).await.0.calls, 0, "within the second from memory");
        world.advance(1);
    }
    let mut polls = tokio::task::JoinSet::new();
    world.server.stats.reset();
    for _ in 0..100 {
        let device = world.device();
        polls.spawn(async move { device.get(FEED).await.status.as_u16() });
    }
    assert_eq!(polls.join_all().await, [200; 100]);
    assert_eq!(world.server.stats.total().calls, 5, "a hundred verifiers share one read");
}

/// The costs of a feed with so many endings in its hour. An instance without a copy reads all rows, and one with a copy those of the last
/// 90 s, a fortieth.
async fn row(endings: u64, in_one_transaction: u64) -> String {
    let world = World::new().await;
    let rows = endings / in_one_transaction;
    world.fill_feed(rows, in_one_transaction).await;
    let (first, whole) = poll(&world).await;
    world.advance(600);
    poll(&world).await;
    world.fill_feed(rows / 40, in_one_transaction).await;
    world.advance(1);
    let (next, _) = poll(&world).await;
    let minutes = world.feed_since(world.now().seconds() / 60 - 2).await;
    let delta = minutes.reply.body.as_str().expect("a JWS").len();
    assert_eq!(
        minutes.len(),
        usize::try_from(endings / 40 / in_one_transaction * in_one_transaction).expect("it is small")
    );
    // The length of `iss` differs between deployments by some bytes.
    let kilobytes = |bytes: usize| format!("{:.1} kB", bytes as f64 / 1_000.0);
    let label = if in_one_transaction > 1 {
        format!("{endings}, {in_one_transaction} in a transaction")
    } else {
        endings.to_string()
    };
    format!(
        "| {label} | {} | {} | {} | {} |\n",
        kilobytes(whole),
        kilobytes(delta),
        first.read_units,
        next.read_units
    )
}

#[tokio::test]
async fn the_page_of_costs_has_the_size_and_the_price_of_a_poll() {
    let mut table = String::from(
        "| endings in an hour | the whole feed | the last two minutes | read units of a first read | of a later one |\n|---|---|---|---|---|\n",
    );
    for (endings, in_one_transaction) in [(0, 1), (100, 1), (10_000, 1), (99_990, 30)] {
        table.push_str(&row(endings, in_one_transaction).await);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cost.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let (begin, end) = ("<!-- the feed, measured -->\n\n", "\n<!-- until here, the feed -->");
    let (before, rest) = page.split_once(begin).expect("the page says where the table begins");
    let (_, after) = rest.split_once(end).expect("and where it ends");
    let wanted = format!("{before}{begin}{table}{end}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(path, &wanted).expect("the page can be written");
    }
    assert!(page == wanted, "docs/cost.md is old; its table of the feed should be\n{table}");
}

/// The largest transaction has 100 items (see `endings`). The engine refuses 101, as DynamoDB does.
#[tokio::test]
async fn the_engine_refuses_a_transaction_of_101_items() {
    let world = World::new().await;
    let put = |number: u8| {
        let put = Put::builder().table_name(&world.tables().sessions);
        let put = put
            .item("pk", AttributeValue::S(format!("T#{number}")))
            .item("sk", AttributeValue::S("T".into()));
        TransactWriteItem::builder().put(put.build().expect("table and item are given")).build()
    };
    for (items, is_accepted) in [(100, true), (101, false)] {
        let call =
            world.dynamodb().transact_write_items().set_transact_items(Some((0..items).map(put).collect()));
        assert_eq!(call.send().await.is_ok(), is_accepted, "{items}");
    }
}
