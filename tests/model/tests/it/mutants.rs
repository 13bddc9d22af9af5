//! Each part of the rule is there because the search finds a broken promise without it.

use latchkey_model::client::ClientRules;
use latchkey_model::model::invariants::Violation::{self, FedTwice, HonestSignOut, Stuck, TakenOver};
use latchkey_model::model::scenario::{Bounds, Scenario, Storage, ThiefKind};
use latchkey_model::model::search::search;
use latchkey_model::server::{Rule, Variant};

const DURABLE: Storage = Storage { atomic: true, durable: true };

/// One browser without a thief.
fn honest() -> Scenario {
    Scenario::shipped(ThiefKind::None, Bounds { keys: 3, ..Bounds::small(ThiefKind::None) })
}

/// A thief with token, user agent and network.
fn with_thief() -> Scenario {
    Scenario::shipped(ThiefKind::AgentAndNetwork, Bounds::small(ThiefKind::AgentAndNetwork))
}

fn breaks(scenario: Scenario, expected: &[Violation]) {
    let outcome = search(&scenario);
    let found = outcome.counterexample.expect("the search finds a broken promise");
    assert!(expected.contains(&found.violation), "{found:?}");
    assert!(!found.steps.is_empty());
}

#[test]
fn a_record_that_is_not_atomic_signs_out() {
    let storage = Storage { atomic: false, ..DURABLE };
    breaks(Scenario { storage, ..honest() }, &[HonestSignOut, Stuck]);
}

#[test]
fn a_record_that_is_not_durable_signs_out() {
    let storage = Storage { durable: false, ..DURABLE };
    breaks(Scenario { storage, ..honest() }, &[HonestSignOut, Stuck]);
}

#[test]
fn a_record_adopted_after_a_crash_leaves_a_page_without_a_token() {
    let client = ClientRules { adopts_after_crash: true, ..ClientRules::WITH_KEYS };
    breaks(Scenario { client, ..honest() }, &[Stuck]);
}

#[test]
fn any_known_key_for_any_older_token_feeds_a_thief() {
    breaks(Scenario { rule: Rule::variant(Variant::AnyKnownKey), ..with_thief() }, &[FedTwice, TakenOver]);
}

#[test]
fn a_request_that_was_overtaken_signs_out_without_409() {
    breaks(Scenario { rule: Rule::variant(Variant::NoConflict), ..honest() }, &[HonestSignOut]);
}

#[test]
fn grace_that_is_not_recorded_feeds_a_thief() {
    breaks(
        Scenario { rule: Rule::variant(Variant::UnrecordedGrace), ..with_thief() },
        &[FedTwice, TakenOver],
    );
}

#[test]
fn grace_by_the_newest_key_alone_feeds_a_thief() {
    breaks(
        Scenario { rule: Rule::variant(Variant::GraceByNewestKey), ..with_thief() },
        &[FedTwice, TakenOver],
    );
}

#[test]
fn a_sign_in_without_a_key_feeds_a_thief() {
    breaks(Scenario { sign_in_has_key: false, ..with_thief() }, &[FedTwice, TakenOver]);
}
