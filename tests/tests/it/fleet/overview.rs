//! The numbers of the deployment, by hour.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::app::fleet::count_hours::count_hours as count;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{RawRow, World};
use serde_json::{Value, json};

use super::{OVERVIEW, administrator, store_events};

async fn hours(world: &World) -> Vec<Value> {
    let admin = administrator(world).await;
    let reply = admin.get(&format!("{OVERVIEW}?hours=168")).await;
    reply.assert_status(200).body["hours"].as_array().expect("hours").clone()
}

/// A world at the begin of an hour.
async fn at_full_hour(settings: &[(&str, &str)]) -> World {
    let world = World::with(settings).await;
    let rest = 3_600 - world.now().seconds().rem_euclid(3_600);
    world.advance(u64::try_from(rest).expect("it is positive"));
    world
}

#[tokio::test]
async fn an_hour_has_its_sessions_sign_ins_alerts_and_refusals() {
    let world = at_full_hour(&[("LIMIT_LOGIN", "2/15m/30m")]).await;
    let hour = world.now();
    for user in ["alice", "bob", "carl"] {
        world.device().sign_in(user).await;
    }
    let device = world.device();
    let stolen = device.sign_in("dora").await;
    device.refresh(&stolen.refresh).await.assert_status(200);
    world.advance(61);
    device.elsewhere().refresh(&stolen.refresh).await.assert_ended("security");
    let stranger = world.device();
    for _ in 0..4 {
        assert!(stranger.login("no assertion").await.status.is_client_error());
    }
    count_hours(&world).await;
    let expected = json!([{
        "hour": hour, "live_sessions": 3, "sign_ins": 4, "alerts": 1, "refused_sign_ins": 1,
        "counted_at": world.now(),
    }]);
    // The hour before is counted, too: it is empty.
    assert_eq!(Value::from(hours(&world).await[..1].to_vec()), expected);
}

#[tokio::test]
async fn a_count_that_is_repeated_changes_nothing() {
    let world = at_full_hour(&[]).await;
    world.device().sign_in("alice").await;
    let mut counted = vec![];
    for _ in 0..3 {
        count_hours(&world).await;
        counted.push(hours_without_root(&world).await);
    }
    assert_eq!(counted[0]["sign_ins"], 1);
    assert!(counted.iter().all(|hour| *hour == counted[0]), "{counted:?}");
}

/// Counts the hours through the store of the handlers, whose calls are in the statistics.
async fn count_hours(world: &World) {
    let config = world.server.app.config();
    let (shards, lifetime) = (config.expiry_shards, config.lifetimes.refresh);
    count(&world.server.store, shards, lifetime, world.now()).await.expect("it counts");
}

/// The newest hour, before the administrator that asks has signed in.
async fn hours_without_root(world: &World) -> Value {
    let now = world.now();
    let row = world.server.store.read_hours(now.start_of_hour(), now).await.expect("the engine answers")[0];
    json!({"sign_ins": row.counts.sign_ins, "alerts": row.counts.alerts, "live": row.live_sessions})
}

#[tokio::test]
async fn an_hour_is_counted_once_more_after_its_end_and_then_no_more() {
    let world = at_full_hour(&[]).await;
    let hour = world.now();
    count_hours(&world).await;
    world.advance(3_590);
    world.device().sign_in("late").await;
    world.advance(300);
    count_hours(&world).await;
    let of = async |world: &World| {
        let rows = world.server.store.read_hours(hour, hour).await.expect("the engine answers");
        (rows[0].counts.sign_ins, rows[0].counted_at)
    };
    let settled = of(&world).await;
    assert_eq!(settled, (1, world.now()));
    world.advance(300);
    world.server.stats.reset();
    count_hours(&world).await;
    // The rows of both hours, and the 32 partitions of the running hour.
    assert_eq!(world.server.stats.of("Query").calls, 1 + 32);
    assert_eq!(of(&world).await, settled, "a final count stays");
}

/// The schedule stops in the middle of an hour, for example because of a deployment, and goes on hours later.
#[tokio::test]
async fn an_hour_is_completed_after_a_pause_of_the_schedule() {
    let world = at_full_hour(&[]).await;
    let hour = world.now();
    world.device().sign_in("early").await;
    count_hours(&world).await;
    world.advance(1_800);
    world.device().sign_in("late").await;
    world.advance(5 * 3_600);
    count_hours(&world).await;
    let rows = world.server.store.read_hours(hour, hour).await.expect("the engine answers");
    assert_eq!((rows[0].counts.sign_ins, rows[0].counted_at), (2, world.now()));
    world.advance(300);
    count_hours(&world).await;
    let again = world.server.store.read_hours(hour, hour).await.expect("the engine answers");
    assert_eq!(again, rows, "it is final");
}

#[tokio::test]
async fn an_earlier_hour_that_cannot_be_counted_stops_no_other_count() {
    let world = at_full_hour(&[]).await;
    let (hour, malformed) = (world.now(), world.now().before(Duration::from_secs(7_200)));
    let text = |value: String| AttributeValue::S(value);
    world
        .put_row(RawRow::from([
            ("pk".to_owned(), text(format!("O#{}", &malformed.to_rfc3339()[..7]))),
            ("sk".to_owned(), text(malformed.to_rfc3339())),
            ("counted_at".to_owned(), text("not a number".to_owned())),
        ]))
        .await;
    world.device().sign_in("alice").await;
    // The known hours and the partitions of the running hour are read, and no partition of the hour before.
    world.server.faults.queue_after(1 + 32, Some("Query"), FaultKind::Error500, 1_000);
    let counted = count(&world.server.store, 4, Duration::from_secs(86_400), world.now()).await;
    world.server.faults.clear(None);
    assert!(counted.is_err(), "the live sessions could not be counted either");
    let rows = world.server.store.read_hours(malformed, hour).await.expect("the engine answers");
    assert_eq!(rows.iter().map(|row| (row.hour, row.counts.sign_ins)).collect::<Vec<_>>(), [(hour, 1)]);
    assert_eq!(hours(&world).await.len(), 1);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_does_not_stop_the_counts() {
    let world = at_full_hour(&[]).await;
    let hour = world.now();
    world.device().sign_in("alice").await;
    let trail = world.raw_events("alice", "login").await;
    let mut broken = trail[0].clone();
    broken.insert("event_type".into(), AttributeValue::N("7".into()));
    let id = uuid::Uuid::parse_str(broken["event_id"].as_s().expect("a text")).expect("an id").as_u128() + 16;
    broken.insert("event_id".into(), AttributeValue::S(uuid::Uuid::from_u128(id).to_string()));
    let put = world.dynamodb().put_item().table_name(&world.tables().security_events).set_item(Some(broken));
    put.send().await.expect("the engine answers");
    count_hours(&world).await;
    let rows = world.server.store.read_hours(hour, hour).await.expect("the engine answers");
    assert_eq!(rows[0].counts.sign_ins, 1);
}

#[tokio::test]
async fn live_sessions_are_counted_over_all_days_once_an_hour() {
    let world = at_full_hour(&[]).await;
    let device = world.device();
    for number in 0..5 {
        device.sign_in(&format!("user-{number}")).await;
        world.advance(86_400);
    }
    count_hours(&world).await;
    assert_eq!(hours_without_root(&world).await["live"], 5);
    device.sign_in("another").await;
    count_hours(&world).await;
    assert_eq!(hours_without_root(&world).await["live"], 5, "once an hour");
    world.advance(3 * 86_400);
    world.server.clean(latchkey::app::cleanup::CleanupMode::Clean).await.expect("it runs");
    count_hours(&world).await;
    assert_eq!(hours_without_root(&world).await["live"], 5, "one has expired since");
}

#[tokio::test]
async fn the_overview_costs_the_same_with_any_number_of_events() {
    let world = at_full_hour(&[]).await;
    world.without_stream().await;
    let admin = administrator(&world).await;
    let cost = async || {
        world.advance(60);
        count_hours(&world).await;
        world.server.store.global_revocation(world.now()).await.expect("the engine answers");
        world.server.stats.reset();
        admin.get(OVERVIEW).await.assert_status(200);
        world.server.stats.total()
    };
    let few = cost().await;
    store_events(&world, "alice", 2_000).await;
    assert_eq!(cost().await, few);
    assert!(few.calls <= 4, "{few:?}");
}

#[tokio::test]
async fn a_wrong_number_of_hours_is_refused() {
    let world = World::new().await;
    let admin = administrator(&world).await;
    for hours in ["0", "169", "x", ""] {
        let reply = admin.get(&format!("{OVERVIEW}?hours={hours}")).await;
        reply.assert_problem(400, "invalid_request");
        assert_eq!(reply.body["field"], "hours");
    }
    let none = admin.get(OVERVIEW).await;
    assert_eq!(none.assert_status(200).body["hours"], json!([]));
}
