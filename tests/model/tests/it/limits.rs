//! A key that made no generation takes no place of one that did, however often a browser crashes.

use latchkey_model::client::ClientRules;
use latchkey_model::model::invariants::Violation::{HonestSignOut, Stuck};
use latchkey_model::model::scenario::{Bounds, Scenario, ThiefKind};
use latchkey_model::model::search::{Outcome, search};

/// A browser that crashes again and again, each time before its cookies reach the disk.
fn crashes(crashes: u8, client: ClientRules) -> Outcome {
    let bounds = Bounds {
        generations: 2,
        keys: 5,
        messages: 1,
        waits: 1,
        crashes,
        moves: 1,
        ..Bounds::small(ThiefKind::None)
    };
    search(&Scenario { client, ..Scenario::shipped(ThiefKind::None, bounds) })
}

#[test]
fn five_crashes_in_a_row_sign_out_no_client_with_keys() {
    let outcome = crashes(5, ClientRules::WITH_KEYS);
    assert!(outcome.is_complete && outcome.counterexample.is_none(), "{:?}", outcome.counterexample);
}

/// A client that makes a new key for each refresh, such as an app with keys of its own, needs both previous keys.
#[test]
fn a_second_previous_key_is_needed_after_one_crash() {
    let two = ClientRules { repeats_unused_keys: false, ..ClientRules::WITH_KEYS };
    let one = ClientRules { previous_keys: 1, ..two };
    let (with_two, with_one) = (crashes(1, two), crashes(1, one));
    assert!(with_two.is_complete && with_two.counterexample.is_none(), "{:?}", with_two.counterexample);
    let found = with_one.counterexample.expect("the search finds the sign-out");
    assert!([HonestSignOut, Stuck].contains(&found.violation), "{found:?}");
}

#[test]
fn three_crashes_sign_out_a_client_that_makes_a_new_key_each_time() {
    let client = ClientRules { repeats_unused_keys: false, ..ClientRules::WITH_KEYS };
    let found = crashes(3, client).counterexample.expect("the search finds the sign-out");
    assert!([HonestSignOut, Stuck].contains(&found.violation), "{found:?}");
}
