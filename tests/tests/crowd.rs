//! A crowd on the real server while its store fails, in every way that leaves the process alive: nobody is signed
//! out for nothing, nobody is let in who was told to be out, and no answer is worse than to wait.
//!
//! `make soak` does the same for minutes.

use std::time::Duration;

use latchkey_tests::binary::built;
use latchkey_tests::load::{Server, Until, live};

const CALLERS: usize = 8;
const FAULTS_EVERY: Duration = Duration::from_millis(20);

/// Answers of 503 that the crowd had to bear while each of its callers did so many things.
async fn endure(fault: &str, things: usize) -> u64 {
    let server = Server::start(&built("latchkey-local")).await.expect("it starts");
    let crowd = live(server.address, CALLERS, 5, Until::Things(things), |_| ());
    let trouble = async {
        loop {
            server.fault(fault, 6).await.expect("the server takes orders");
            tokio::time::sleep(FAULTS_EVERY).await;
        }
    };
    let tally = tokio::select! {
        tally = crowd => tally,
        () = trouble => unreachable!("trouble has no end"),
    };
    assert_eq!(tally.signed_out_for_nothing, 0, "{fault}: {tally:?}");
    assert_eq!(tally.let_in_after_sign_out, 0, "{fault}: {tally:?}");
    assert_eq!(tally.worse(), 0, "{fault}: {tally:?}");
    let meant = u64::try_from(CALLERS * things).expect("it is small");
    assert!(tally.good() >= meant, "{fault}: a crowd that does nothing shows nothing: {tally:?}");
    tally.unavailable()
}

#[tokio::test]
async fn a_crowd_on_a_store_that_throttles_is_only_told_to_wait() {
    assert!(endure("throttle", 40).await > 0, "no fault came through");
}

#[tokio::test]
async fn a_crowd_whose_requests_are_lost_is_only_told_to_wait() {
    assert!(endure("timeout_before", 40).await > 0, "no fault came through");
}

#[tokio::test]
async fn a_crowd_whose_answers_are_lost_is_only_told_to_wait() {
    assert!(endure("timeout_after_commit", 40).await > 0, "no fault came through");
}

#[tokio::test]
async fn a_crowd_on_a_store_that_fails_is_only_told_to_wait() {
    assert!(endure("error_500", 40).await > 0, "no fault came through");
}

#[tokio::test]
async fn a_crowd_on_a_store_full_of_conflicts_is_only_told_to_wait() {
    assert!(endure("conflict", 40).await > 0, "no fault came through");
}

#[tokio::test]
async fn a_crowd_on_a_slow_store_waits() {
    assert_eq!(endure("slow", 8).await, 0, "an answer within the budget is an answer");
}
