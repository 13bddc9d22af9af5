//! How far the promise to honest clients goes: the record has room for two keys in a row that make no generation.

use latchkey_model::client::ClientRules;
use latchkey_model::model::invariants::Violation::{HonestSignOut, Stuck};
use latchkey_model::model::scenario::{Bounds, Scenario, ThiefKind};
use latchkey_model::model::search::{Outcome, search};

/// A browser that crashes again and again, each time before its cookies reach the disk.
fn crashes(crashes: u8, forgets_unused_keys: bool) -> Outcome {
    let bounds = Bounds {
        generations: 1,
        keys: 4,
        unused_keys: 3,
        messages: 1,
        waits: 1,
        crashes,
        moves: 0,
        ..Bounds::small(ThiefKind::None)
    };
    let client = ClientRules { forgets_unused_keys, ..ClientRules::WITH_KEYS };
    search(&Scenario { client, ..Scenario::shipped(ThiefKind::None, bounds) })
}

#[test]
fn two_crashes_in_a_row_sign_out_no_client_with_keys() {
    let outcome = crashes(2, false);
    assert!(outcome.is_complete && outcome.counterexample.is_none(), "{:?}", outcome.counterexample);
}

#[test]
fn three_crashes_in_a_row_before_any_cookie_is_on_disk_are_too_many() {
    let found = crashes(3, false).counterexample.expect("the search finds the limit");
    assert!([HonestSignOut, Stuck].contains(&found.violation), "{found:?}");
}

#[test]
fn a_response_that_names_the_key_would_remove_this_limit() {
    let outcome = crashes(3, true);
    assert!(outcome.is_complete && outcome.counterexample.is_none(), "{:?}", outcome.counterexample);
}
