//! The rows of the rate limits table have few numbers, no names, and an expiry.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_tests::world::{RawRow, World};

async fn rows(world: &World) -> Vec<RawRow> {
    let scan = world.dynamodb().scan().table_name(&world.tables().rate_limits).send().await;
    scan.expect("the engine answers").items.unwrap_or_default()
}

fn sub_windows(row: &RawRow) -> usize {
    row.keys().filter(|name| name.starts_with('b') && *name != "blocked_until").count()
}

#[tokio::test]
async fn the_row_of_a_key_that_is_used_for_weeks_stays_small() {
    let world = World::with(&[("LIMIT_GENERAL", "100/15m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let access = tokens.access;
    let mut most = 0;
    // Bursts with pauses of all lengths, while one access token lasts. Then the test writes further counts itself.
    for pause in [1, 90, 91, 200, 400, 800, 900, 1_000, 45, 60] {
        world.advance(pause);
        device.list(&access).await;
        most = most.max(sub_windows(&rows(&world).await[0]));
    }
    let policy = &world.server.app.config().limits.general;
    for week in 1..30 {
        world.advance(week * 86_400);
        for _ in 0..10 {
            world.advance(90);
            world.server.store.attempt("general#long", policy, world.now()).await.expect("counted");
        }
        let row =
            rows(&world).await.into_iter().find(|row| row["key"] == AttributeValue::S("general#long".into()));
        most = most.max(sub_windows(&row.expect("the row is there")));
    }
    assert!(most <= 45, "{most} numbers in a row, of some 12 bytes each");
}

#[tokio::test]
async fn a_row_expires_after_its_window_and_block() {
    let world = World::with(&[("LIMIT_LOGIN", "1/15m/30m")]).await;
    let device = world.device();
    device.login("made-up").await;
    device.login("made-up").await;
    let row = &rows(&world).await[0];
    let number = |name: &str| row[name].as_n().unwrap().parse::<i64>().unwrap();
    assert_eq!(number("blocked_until"), world.now().seconds() + 1_800);
    assert!(number("ttl") > number("blocked_until") && number("ttl") < world.now().seconds() + 2 * 3_600);
}

#[tokio::test]
async fn a_refusal_does_not_recreate_a_deleted_row() {
    let world = World::with(&[("LIMIT_LOGIN", "1/15m/30m")]).await;
    let (policy, store, now) = (&world.server.app.config().limits.login, &world.server.store, world.now());
    for _ in 0..2 {
        store.attempt("login#x#y", policy, now).await.expect("counted");
    }
    store.forget_attempts("login#x#y").await.expect("forgotten");
    let refusal = store.refuse("login#x#y", policy, now + std::time::Duration::from_secs(1_800), now).await;
    assert!(!refusal.expect("the engine answers").first);
    assert_eq!(rows(&world).await, Vec::<RawRow>::new());
}
