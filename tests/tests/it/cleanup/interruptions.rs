//! Runs that are stopped, that fail, or that meet another run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use latchkey::app::cleanup::{Budget, CleanupError, CleanupMode, Report, run};
use latchkey::store::Consumed;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::World;

use super::DAY;

/// Sessions of many users, all of them expired.
async fn expired(count: usize) -> World {
    let world = World::new().await;
    for number in 0..count {
        world.device().sign_in(&format!("user-{number}")).await;
    }
    world.advance(8 * DAY);
    world
}

/// As [`expired`], but with one shard, so that all sessions are in one batch.
async fn expired_in_one_bucket(count: usize) -> World {
    let world = World::with(&[("EXPIRY_SHARDS", "1")]).await;
    for number in 0..count {
        world.device().sign_in(&format!("user-{number}")).await;
    }
    world.advance(8 * DAY);
    world
}

async fn run_one_shard(world: &World) -> Report {
    let clock = Arc::new(world.server.clock.clone());
    run(&world.server.store, clock, 1, ten_minutes(), CleanupMode::Clean).await.expect("it runs")
}

async fn run_with(world: &World, budget: Budget, mode: CleanupMode) -> Result<Report, CleanupError> {
    run(&world.server.store, Arc::new(world.server.clock.clone()), 16, budget, mode).await
}

fn ten_minutes() -> Budget {
    Budget::new(Instant::now() + Duration::from_secs(600), u64::MAX)
}

async fn recorded_ends(world: &World, count: usize) -> usize {
    let mut ends = 0;
    for number in 0..count {
        ends += world.count_events(&format!("user-{number}"), "session_ended").await;
    }
    ends
}

#[tokio::test]
async fn a_budget_stops_a_run_and_the_next_one_continues() {
    let world = expired(40).await;
    let first =
        run_with(&world, Budget::new(Instant::now() + Duration::from_secs(600), 5), CleanupMode::Clean).await;
    let first = first.expect("it runs");
    assert!(first.remaining && first.ended >= 5 && first.ended < 40, "{first:?}");
    let second = run_with(&world, ten_minutes(), CleanupMode::Clean).await.expect("it runs");
    assert_eq!((first.ended + second.ended, second.remaining), (40, false));
    assert_eq!(recorded_ends(&world, 40).await, 40);
}

#[tokio::test]
async fn a_run_without_time_does_nothing() {
    let world = expired(3).await;
    let report =
        run_with(&world, Budget::scheduled(Instant::now()), CleanupMode::Clean).await.expect("it runs");
    assert_eq!((report.ended, report.remaining), (0, true));
}

#[tokio::test]
async fn the_next_run_repeats_failed_work_and_records_it_once() {
    let world = expired(12).await;
    for (operation, kind) in [
        ("Query", FaultKind::Error500),
        ("BatchGetItem", FaultKind::Throttle),
        ("BatchWriteItem", FaultKind::TimeoutAfterCommit),
        ("DeleteItem", FaultKind::Error500),
        ("DeleteItem", FaultKind::TimeoutBefore),
    ] {
        world.server.faults.queue(Some(operation), kind, 300);
        let report = run_with(&world, ten_minutes(), CleanupMode::Clean).await.expect("it runs");
        assert!(report.failed > 0 && report.remaining, "{operation}: {report:?}");
        // A lease that could not be given back expires by itself.
        world.advance(120);
        world.server.faults.clear(None);
    }
    let report = run_with(&world, ten_minutes(), CleanupMode::Clean).await.expect("it runs");
    assert!(!report.remaining && report.failed == 0, "{report:?}");
    assert_eq!(recorded_ends(&world, 12).await, 12);
    assert_eq!(world.everything().await.lines().filter(|row| row.contains("S#")).count(), 0);
}

/// DynamoDB may process a part of a batch and return the rest, for example because one partition is busy.
#[tokio::test]
async fn unprocessed_items_of_a_batch_are_sent_again() {
    let world = expired_in_one_bucket(12).await;
    world.server.stats.reset();
    world.server.faults.queue(Some("BatchGetItem"), FaultKind::LeftOver, 3);
    world.server.faults.queue(Some("BatchWriteItem"), FaultKind::LeftOver, 3);
    let report = run_one_shard(&world).await;
    assert_eq!((report.ended, report.failed, report.remaining), (12, 0, false), "{report:?}");
    assert_eq!(recorded_ends(&world, 12).await, 12);
    for operation in ["BatchGetItem", "BatchWriteItem"] {
        assert_eq!(
            world.server.stats.of(operation).calls,
            4,
            "{operation}: three calls with unprocessed items, and the last call"
        );
    }
}

#[tokio::test]
async fn items_that_stay_unprocessed_wait_for_the_next_run() {
    for operation in ["BatchGetItem", "BatchWriteItem"] {
        let world = expired_in_one_bucket(12).await;
        world.server.faults.queue(Some(operation), FaultKind::LeftOver, 300);
        let report = run_one_shard(&world).await;
        assert!(report.failed > 0 && report.remaining, "{operation}: {report:?}");
        let deleted = 12 - world.everything().await.lines().filter(|row| row.contains("S#")).count();
        assert!(deleted <= recorded_ends(&world, 12).await, "{operation}: a session left without its record");
        world.server.faults.clear(None);
        // A lease that could not be given back expires by itself.
        world.advance(120);
        let report = run_one_shard(&world).await;
        assert_eq!((report.failed, report.remaining), (0, false), "{operation}: {report:?}");
        assert_eq!(recorded_ends(&world, 12).await, 12, "{operation}");
    }
}

/// A bucket that cannot be read must not prevent the cleanup of the others.
#[tokio::test]
async fn a_failing_bucket_is_skipped_and_the_others_are_cleaned() {
    // With one shard, each day is a bucket, and the buckets are read in sequence.
    let world = World::with(&[("EXPIRY_SHARDS", "1")]).await;
    for day in 0..4 {
        world.device().sign_in(&format!("user-{day}")).await;
        world.advance(DAY);
    }
    world.advance(5 * DAY);
    let clean = || {
        run(&world.server.store, Arc::new(world.server.clock.clone()), 1, ten_minutes(), CleanupMode::Clean)
    };
    // One fault for each attempt of a store call.
    world.server.faults.queue(Some("BatchGetItem"), FaultKind::Error500, 3);
    let first = clean().await.expect("it runs");
    assert_eq!((first.failed, first.ended, first.remaining), (1, 1, true), "{first:?}");
    world.advance(2 * DAY);
    let second = clean().await.expect("it runs");
    assert_eq!((second.failed, second.ended, second.remaining), (0, 3, false), "{second:?}");
}

#[tokio::test]
async fn a_failing_store_is_not_queried_for_every_bucket() {
    let world = expired(60).await;
    world.server.faults.queue(Some("BatchGetItem"), FaultKind::Error500, 1_000);
    let report = run_with(&world, ten_minutes(), CleanupMode::Clean).await.expect("it runs");
    let calls = 1_000 - world.server.faults.pending();
    assert_eq!((report.ended, report.remaining), (0, true), "{report:?}");
    // Five buckets fail, and seven more are in flight when the fifth one fails. Each has at most three attempts.
    assert!(calls <= 3 * 12, "{calls} calls to a store that fails");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_excludes_a_second_run_and_expires() {
    let world = expired(20).await;
    let (one, two) = tokio::join!(
        run_with(&world, ten_minutes(), CleanupMode::Clean),
        run_with(&world, ten_minutes(), CleanupMode::Clean)
    );
    let ended: u64 = [one, two].into_iter().flatten().map(|report| report.ended).sum();
    assert_eq!(ended, 20);
    assert_eq!(recorded_ends(&world, 20).await, 20);
    // A run that was killed does not give its lease back.
    let now = world.now();
    let taken = world
        .server
        .store
        .take_lease("killed", now + Duration::from_secs(120), now, &Consumed::default())
        .await;
    assert!(taken.expect("the engine answers"));
    assert!(matches!(run_with(&world, ten_minutes(), CleanupMode::Clean).await, Err(CleanupError::Running)));
    super::clean(&world).await.assert_problem(409, "cleanup_running");
    world.advance(120);
    assert!(run_with(&world, ten_minutes(), CleanupMode::Clean).await.is_ok());
}

#[tokio::test]
async fn a_dry_run_counts_and_changes_nothing() {
    let world = expired(7).await;
    let before = world.everything().await;
    let report = run_with(&world, ten_minutes(), CleanupMode::DryRun).await.expect("it runs");
    assert_eq!((report.ended, report.write_units), (7, 0.0));
    world.assert_unchanged(&before, "a dry run must change nothing").await;
}

#[tokio::test]
async fn a_run_reports_its_progress() {
    let world = expired(7).await;
    let budget = ten_minutes();
    let progress = budget.progress();
    assert_eq!((progress.buckets(), progress.finished(), progress.ended()), (0, 0, 0));
    run_with(&world, budget, CleanupMode::DryRun).await.expect("it runs");
    assert!(progress.buckets() >= 16, "at least one day's buckets: {}", progress.buckets());
    assert_eq!((progress.finished(), progress.ended()), (progress.buckets(), 7));
}
