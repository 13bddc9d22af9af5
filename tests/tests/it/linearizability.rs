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
use clients::{Faults, run_clients};
use history::History;
use latchkey::domain::session::evidence::{KeyHash, RequestKeys};
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
    let mut occurred = BTreeSet::new();
    for seed in 0..histories {
        let history = runtime.block_on(run_clients(seed, faults));
        occurred.extend(
            history.ops.iter().filter_map(|op| op.answered.as_ref()).map(|(_, answer)| answer.name()),
        );
        if let Err(longest) = order(&history) {
            panic!(
                "seed {seed}: no order explains the history.\n{history}\nThe longest order that explains its beginning:\n{longest:#?}"
            );
        }
    }
    let refreshed = ["rotated", "rotated by its key", "replayed", "superseded"];
    for answer in ["opened", "full", "live", "not live", "ended"].into_iter().chain(refreshed) {
        assert!(occurred.contains(answer), "no call had the answer {answer}");
    }
}

fn sign_in() -> Call {
    Call::SignIn { assertion: "an assertion".into(), key: None }
}

fn refresh(generation: u64, keys: RequestKeys) -> Call {
    Call::Refresh { session: "s1".into(), generation, keys, client: 1 }
}

/// A test of the checker: two keys cannot both have made the same generation.
#[test]
fn the_checker_finds_a_key_that_was_not_used() {
    let key = |number| KeyHash::from_bytes([number; 8]);
    for (second, is_right) in [(false, true), (true, false)] {
        let mut history = History::default();
        let opened = history.begin(sign_in());
        history.end(opened, Answer::Opened("s1".into()));
        for (newest, before, key_used) in [(key(1), None, true), (key(2), Some(key(1)), second)] {
            let keys = RequestKeys { newest: Some(newest), previous: [before, None] };
            let refreshed = history.begin(refresh(0, keys));
            history.end(refreshed, Answer::Rotated(1, Some(key_used)));
        }
        assert_eq!(order(&history).is_ok(), is_right, "the second key was used: {second}");
    }
}

/// A test of the checker: a list without a session that was opened before the request.
#[test]
fn the_checker_finds_a_stale_list() {
    let mut history = History::default();
    let opened = history.begin(sign_in());
    history.end(opened, Answer::Opened("s1".into()));
    let listed = history.begin(Call::List);
    history.end(listed, Answer::Live(BTreeSet::new()));
    assert!(order(&history).is_err());
}

/// A test of the checker: a sign-in beyond the limit, and a refresh with a token that is older than grace allows.
#[test]
fn the_checker_finds_an_exceeded_limit_and_a_missed_theft() {
    let mut history = History::default();
    for number in 0..=LIMIT {
        let opened = history.begin(sign_in());
        history.end(opened, Answer::Opened(format!("s{number}")));
    }
    assert!(order(&history).is_err(), "one session too many");
    let mut history = History::default();
    let opened = history.begin(sign_in());
    history.end(opened, Answer::Opened("s1".into()));
    for (generation, answer) in [(0, 1), (1, 2), (0, 1)] {
        let refreshed = history.begin(refresh(generation, RequestKeys::default()));
        history.end(refreshed, Answer::Rotated(answer, None));
    }
    assert!(order(&history).is_err(), "a token two generations old is reuse");
}

/// A test of the checker: if the list and the sign-in overlap, the list may have come first.
#[test]
fn the_checker_lets_a_list_precede_a_concurrent_sign_in() {
    let mut history = History::default();
    let opened = history.begin(sign_in());
    let listed = history.begin(Call::List);
    history.end(opened, Answer::Opened("s1".into()));
    history.end(listed, Answer::Live(BTreeSet::new()));
    assert!(order(&history).is_ok());
}

/// A test of the checker: a call whose response was lost took effect before the loss, or never.
#[test]
fn the_checker_lets_no_lost_call_take_effect_later() {
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
    assert!(
        order(&history).is_err(),
        "the session was listed after the response of its end was lost, so it must be listed later, too"
    );
}

/// A test of the checker: a call without a response may take effect at any time, or never.
#[test]
fn the_checker_lets_a_call_without_a_response_take_effect_late() {
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
    assert!(order(&history).is_err(), "no call revives a session");
}
