//! A crowd on the real server while its store fails in every way that leaves the process alive: no user is signed out
//! without cause, no ended session gets access, and no response is worse than 503.
//!
//! `make soak` does the same for minutes.

use std::time::{Duration, Instant};

use latchkey_tests::binary::built;
use latchkey_tests::load::{Crowd, Server, Tally, Until, live};

/// More sign out than people do, so that many are seen to stay out.
const CROWD: Crowd = Crowd { callers: 8, people: 5, sign_outs: 12 };
/// So many calls to the store fail ...
const FAULTS_AT_ONCE: u32 = 6;
/// ... so often: chance has it whose they are, so this waits for no event.
const FAULTS_EVERY: Duration = Duration::from_millis(20);

/// The tally after each caller did so many things.
async fn endure(fault: &str, things: usize) -> Tally {
    let server = Server::start(&built("latchkey-local")).await.expect("it starts");
    let crowd = live(server.address, CROWD, Until::Things(things), |_, _| ());
    let trouble = async {
        loop {
            server.fault(fault, FAULTS_AT_ONCE).await.expect("the server takes orders");
            tokio::time::sleep(FAULTS_EVERY).await;
        }
    };
    let tally = tokio::select! {
        tally = crowd => tally,
        () = trouble => unreachable!("trouble has no end"),
    };
    assert_eq!(tally.wronged(), 0, "{fault}: {tally:?}");
    assert_eq!(tally.worse(), 0, "{fault}: {tally:?}");
    let meant = u64::try_from(CROWD.callers * things).expect("it is small");
    // Some callers give up, which is fine.
    assert!(tally.good() * 10 >= meant * 9, "{fault}: a crowd that does nothing shows nothing: {tally:?}");
    assert!(tally.stayed_out > 0, "{fault}: nobody signed out: {tally:?}");
    tally
}

async fn assert_told_to_wait(fault: &str) {
    let tally = endure(fault, 40).await;
    assert!(tally.unavailable() > 0, "{fault}: no fault came through: {tally:?}");
}

#[tokio::test]
async fn a_crowd_on_a_throttled_store_only_gets_503() {
    assert_told_to_wait("throttle").await;
}

#[tokio::test]
async fn a_crowd_with_lost_requests_only_gets_503() {
    assert_told_to_wait("timeout_before").await;
}

#[tokio::test]
async fn a_crowd_with_lost_responses_only_gets_503() {
    assert_told_to_wait("timeout_after_commit").await;
}

#[tokio::test]
async fn a_crowd_on_a_failing_store_only_gets_503() {
    assert_told_to_wait("error_500").await;
}

#[tokio::test]
async fn a_crowd_on_a_store_with_conflicts_only_gets_503() {
    assert_told_to_wait("conflict").await;
}

#[tokio::test]
async fn a_crowd_on_a_slow_store_waits() {
    let begun = Instant::now();
    endure("slow", 12).await;
    assert!(begun.elapsed() > Duration::from_secs(1), "nothing was slow");
}
