//! A crowd on the real server while its store fails in every way that leaves the process alive: no user is signed out
//! without cause, no ended session gets access, and no response is unexpected than 503.
//!
//! `make soak` does the same for minutes.

use std::time::{Duration, Instant};

use latchkey_tests::binary::built;
use latchkey_tests::load::{Crowd, Server, Tally, Until, live};

/// More sign-outs than in real life, so that many ended sessions are checked.
const CROWD: Crowd = Crowd { callers: 8, people: 5, sign_outs: 12 };
/// How many calls to the store fail after each injection.
const FAULTS_AT_ONCE: u32 = 6;
/// How often faults are injected. Chance decides which request meets them, so this waits for no event.
const FAULTS_EVERY: Duration = Duration::from_millis(20);

/// Crowds until a fault reaches a response. On a slow machine the faults of one crowd are so few that retries can absorb all of them.
const CROWDS_MAX: usize = 5;

/// The tally after each caller did `actions` actions under this fault.
async fn tally_under_fault(fault: &str, actions: usize) -> Tally {
    let server = Server::start(&built("latchkey-local")).await.expect("it starts");
    let crowd = live(server.address, CROWD, Until::Actions(actions), |_, _| ());
    let injection = async {
        loop {
            server.fault(fault, FAULTS_AT_ONCE).await.expect("the server accepts the fault");
            tokio::time::sleep(FAULTS_EVERY).await;
        }
    };
    let tally = tokio::select! {
        tally = crowd => tally,
        () = injection => unreachable!("the injection never ends"),
    };
    assert_eq!(tally.mistakes(), 0, "{fault}: {tally:?}");
    assert_eq!(tally.unexpected(), 0, "{fault}: {tally:?}");
    let planned = u64::try_from(CROWD.callers * actions).expect("it is small");
    // Some callers give up, which is fine.
    assert!(
        tally.successes() * 10 >= planned * 9,
        "{fault}: too few calls succeeded to show anything: {tally:?}"
    );
    assert!(tally.stayed_out > 0, "{fault}: no sign-out was checked: {tally:?}");
    tally
}

async fn assert_unavailable_only(fault: &str) {
    for _ in 0..CROWDS_MAX {
        if tally_under_fault(fault, 40).await.unavailable() > 0 {
            return;
        }
    }
    panic!("{fault}: no fault reached a response");
}

#[tokio::test]
async fn a_crowd_on_a_throttled_store_only_gets_503() {
    assert_unavailable_only("throttle").await;
}

#[tokio::test]
async fn a_crowd_with_lost_requests_only_gets_503() {
    assert_unavailable_only("timeout_before").await;
}

#[tokio::test]
async fn a_crowd_with_lost_responses_only_gets_503() {
    assert_unavailable_only("timeout_after_commit").await;
}

#[tokio::test]
async fn a_crowd_on_a_failing_store_only_gets_503() {
    assert_unavailable_only("error_500").await;
}

#[tokio::test]
async fn a_crowd_on_a_store_with_conflicts_only_gets_503() {
    // A transaction is tried again after a conflict, so that it can happen that no fault reaches a response.
    tally_under_fault("conflict", 40).await;
}

#[tokio::test]
async fn a_crowd_on_a_slow_store_waits() {
    let started = Instant::now();
    tally_under_fault("slow", 12).await;
    assert!(started.elapsed() > Duration::from_secs(1), "the store was not slow");
}
