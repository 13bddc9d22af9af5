//! Random stories of sign-ins, refreshes and sign-outs under faults of the store, compared with a model of the contract.
//!
//! | after every step | |
//! |---|---|
//! | answers | status, code, reason and `Retry-After`; a token that is issued again has the same bytes |
//! | tokens | no token outlives its session; one nonce per session |
//! | rows | exactly the sessions that have not ended, each at its generation; never more than the limit |
//! | access tokens | accepted while their session lives; refused with its reason from the next request on |
//! | at the end | exactly one `session_ended` and one end record per end, exactly one `token_reused` per theft while the session lives |
//!
//! A story that fails is shrunk, printed step by step with the responses, and its seed is written to
//! `proptest-regressions/rotation_machine.txt`.

mod answer;
mod check;
mod generators;
mod known_stories;
mod machine;
mod model;
mod refreshes;
mod session;
mod sign_ins;
mod sign_outs;
mod steps;
mod store_trouble;

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};
use tokio::runtime::Builder;

use steps::Script;

const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/rotation_machine.txt");

/// These stories send more requests than people do, and only the refresh limit is under test.
const PATIENT: [(&str, &str); 2] = [("LIMIT_GENERAL", "1000000/15m"), ("LIMIT_LOGIN", "1000000/15m/30m")];

fn config(cases: u32) -> Config {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS)) as _);
    Config { cases, failure_persistence, max_shrink_time: 60_000, ..Config::default() }
}

fn play(
    script: &Script,
    settings: &[(&str, &str)],
    attempts: u32,
    limit: usize,
    threads: usize,
) -> Result<(), TestCaseError> {
    let runtime = match threads {
        1 => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread().worker_threads(threads).enable_all().build(),
    };
    let settings = [&PATIENT, settings].concat();
    let story = machine::play(script, &settings, attempts, limit);
    runtime.expect("a runtime").block_on(story).map_err(TestCaseError::fail)
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn no_story_breaks_the_contract(script in generators::scripts(10..=40)) {
        play(&script, &[], 20, 5, 1)?;
    }

    #[test]
    fn no_story_breaks_the_contract_with_tight_limits(script in generators::scripts(10..=40)) {
        play(&script, &[("LIMIT_REFRESH", "3/5m/15m"), ("SESSION_LIMIT", "2")], 3, 2, 1)?;
    }
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn no_story_breaks_the_contract_without_a_refresh_limit(script in generators::scripts(10..=40)) {
        play(&script, &[("LIMIT_REFRESH", "1000000/5m/15m")], 1_000_000, 5, 1)?;
    }

    #[test]
    fn concurrent_requests_keep_the_contract(script in generators::crowded_scripts()) {
        play(&script, &[], 20, 5, 4)?;
    }
}

#[test]
fn a_contended_sign_out_ends_the_session() {
    play(&known_stories::contended_sign_out(), &[], 20, 5, 1).expect("the contract holds");
}

#[test]
fn retried_concurrent_sign_ins_keep_the_session_limit() {
    play(&known_stories::retried_sign_ins(), &[], 20, 5, 1).expect("the contract holds");
}

#[test]
fn a_session_ends_exactly_at_its_absolute_end() {
    play(&known_stories::whole_lifetime(), &[], 20, 5, 1).expect("the contract holds");
}

#[test]
fn retries_while_blocked_or_after_a_clock_step_keep_the_session() {
    play(&known_stories::late_retries(), &[], 20, 5, 1).expect("the contract holds");
}

#[test]
fn a_session_that_expired_on_one_clock_leaves_the_limit() {
    let settings = [("LIMIT_REFRESH", "3/5m/15m"), ("SESSION_LIMIT", "2")];
    play(&known_stories::expired_on_one_clock(), &settings, 3, 2, 1).expect("the contract holds");
}

#[test]
fn signing_out_everywhere_ends_a_session_that_expired_on_one_clock() {
    play(&known_stories::signed_out_on_one_clock(), &[], 20, 5, 1).expect("the contract holds");
}
