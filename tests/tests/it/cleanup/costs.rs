//! The cost of a cleanup is proportional to the number of expired sessions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use latchkey::app::cleanup::{Budget, CleanupMode, Report, run};
use latchkey_tests::world::World;

use super::DAY;

async fn report_of(world: &World) -> Report {
    let budget = Budget::new(Instant::now() + Duration::from_secs(600), u64::MAX);
    let clock = Arc::new(world.server.clock.clone());
    let shards = world.server.app.config().expiry_shards;
    run(&world.server.store, clock, shards, budget, CleanupMode::Clean).await.expect("it runs")
}

/// The report of a run and the number of its store calls.
async fn measured(expired: usize, living: usize) -> (Report, u64) {
    let world = World::new().await;
    for number in 0..expired {
        world.device().sign_in(&format!("gone-{number}")).await;
    }
    world.advance(4 * DAY);
    for number in 0..living {
        world.device().sign_in(&format!("here-{number}")).await;
    }
    world.advance(3 * DAY + 3_600);
    world.server.stats.reset();
    let report = report_of(&world).await;
    (report, world.server.stats.total().calls)
}

#[tokio::test]
async fn cleanup_costs_four_write_units_per_expired_session_and_no_others() {
    let (without_others, calls_without_others) = measured(60, 0).await;
    assert_eq!((without_others.ended, without_others.skipped), (60, 0));
    let (with_others, calls_with_others) = measured(60, 300).await;
    assert_eq!(with_others.ended, 60);
    assert_eq!(
        (without_others.write_units, without_others.read_units),
        (with_others.write_units, with_others.read_units)
    );
    // The number of buckets with the sixty sessions is random.
    assert!(
        calls_without_others.abs_diff(calls_with_others) <= 20,
        "{calls_without_others} and {calls_with_others}"
    );
    let (none, _) = measured(0, 300).await;
    assert_eq!(
        (none.ended, none.write_units),
        (0, 3.0),
        "the lease is taken and given back, and the checkpoint is written"
    );
    assert_eq!(
        without_others.write_units - none.write_units,
        240.0,
        "the event, the row, and the place of each in its index"
    );
    let per_end = (without_others.read_units - none.read_units) / 60.0;
    assert!(per_end <= 1.1, "{per_end} read units an end");
}

#[tokio::test]
async fn the_report_counts_the_cost_of_every_write() {
    let world = World::new().await;
    for number in 0..20 {
        let tokens = world.device().sign_in(&format!("user-{number}")).await;
        if number % 2 == 0 {
            world.set_pending_end(&format!("user-{number}"), &tokens.session, "signed_out").await;
        }
    }
    world.advance(8 * DAY);
    world.server.stats.reset();
    let report = report_of(&world).await;
    assert_eq!((report.ended, report.failed), (20, 0));
    let counted = world.server.stats.total();
    assert_eq!(report.write_units, counted.write_units);
    assert_eq!(
        report.read_units + 1.0,
        counted.read_units,
        "the report omits the instance's read of the global revocation"
    );
    assert_eq!(report.write_units, 3.0 + 10.0 * 4.0 + 10.0 * 8.0, "eight units for each pending end");
}
