//! Concurrent calls get the responses of some sequential order: random histories against a sequential model.
//!
//! Several clients of one user sign in, refresh, list and sign out concurrently, on several threads, while responses
//! of the store get lost. The test records all requests and responses with their order in real time. Then a checker
//! searches for one order of the calls that agrees with real time and in which the model gives exactly these responses
//! (linearizability: Herlihy and Wing, 1990; search: Wing and Gong, 1993, with the memory of Lowe, 2017).

mod checker;
mod clients;
mod history;
mod model;

use std::collections::BTreeSet;

use checker::order;
use clients::{Faults, live_side_by_side};
use history::History;
use model::{Answer, Call, LIMIT};

#[test]
fn concurrent_calls_are_linearizable() {
    assert_linearizable(30, Faults::None);
}

#[test]
fn concurrent_calls_with_lost_responses_are_linearizable() {
    assert_linearizable(30, Faults::Some);
}

fn assert_linearizable(histories: u64, faults: Faults) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut seen = BTreeSet::new();
    for seed in 0..histories {
        let history = runtime.block_on(live_side_by_side(seed, faults));
        seen.extend(
            history.ops.iter().filter_map(|op| op.answered.as_ref()).map(|(_, answer)| answer.name()),
        );
        if let Err(longest) = order(&history) {
            panic!("seed {seed}: no order explains it.\n{history}\nThe longest that does:\n{longest:#?}");
        }
    }
    for answer in ["opened", "full", "rotated", "live", "over", "ended"] {
        assert!(seen.contains(answer), "no call was answered so: {answer}");
    }
}

fn sign_in() -> Call {
    Call::SignIn { assertion: "an assertion".into() }
}

/// The checker itself: a list that misses what was opened before it was asked.
#[test]
fn a_list_that_is_behind_is_found() {
    let mut history = History::default();
    let opened = history.begin(sign_in());
    history.end(opened, Answer::Opened("s1".into()));
    let listed = history.begin(Call::List);
    history.end(listed, Answer::Live(BTreeSet::new()));
    assert!(order(&history).is_err());
}

/// A sign-in beyond the limit, and a token that is behind by more than grace allows.
#[test]
fn a_limit_that_is_overrun_and_a_theft_that_is_missed_are_found() {
    let mut history = History::default();
    for number in 0..=LIMIT {
        let opened = history.begin(sign_in());
        history.end(opened, Answer::Opened(format!("s{number}")));
    }
    assert!(order(&history).is_err(), "one too many");
    let mut history = History::default();
    let opened = history.begin(sign_in());
    history.end(opened, Answer::Opened("s1".into()));
    for (generation, answer) in [(0, 1), (1, 2), (0, 1)] {
        let refreshed = history.begin(Call::Refresh { session: "s1".into(), generation });
        history.end(refreshed, Answer::Rotated(answer));
    }
    assert!(order(&history).is_err(), "two behind is theft");
}

/// The same answers, but the two calls overlap: then the list may have come first.
#[test]
fn a_list_beside_a_sign_in_may_come_first() {
    let mut history = History::default();
    let opened = history.begin(sign_in());
    let listed = history.begin(Call::List);
    history.end(opened, Answer::Opened("s1".into()));
    history.end(listed, Answer::Live(BTreeSet::new()));
    assert!(order(&history).is_ok());
}

/// A call without a response has happened by the end, or never.
#[test]
fn a_call_that_was_given_up_does_not_happen_later() {
    let session = || "s1".to_owned();
    let mut history = History::default();
    let opened = history.begin(sign_in());
    history.end(opened, Answer::Opened(session()));
    let lost = history.begin(Call::End { session: session() });
    history.give_up(lost);
    for live in [BTreeSet::from([session()]), BTreeSet::new()] {
        let listed = history.begin(Call::List);
        history.end(listed, Answer::Live(live));
    }
    assert!(order(&history).is_err(), "it was there after the end was given up, and is not there later");
}

/// A call that was never answered may have happened, at any time, or not at all.
#[test]
fn a_call_without_an_answer_may_have_happened_late() {
    let session = || "s1".to_owned();
    let mut history = History::default();
    let opened = history.begin(sign_in());
    history.end(opened, Answer::Opened(session()));
    let _lost = history.begin(Call::End { session: session() });
    for live in [BTreeSet::from([session()]), BTreeSet::new()] {
        let listed = history.begin(Call::List);
        history.end(listed, Answer::Live(live));
    }
    assert!(order(&history).is_ok());
    let listed = history.begin(Call::List);
    history.end(listed, Answer::Live(BTreeSet::from([session()])));
    assert!(order(&history).is_err(), "nothing revives a session");
}
