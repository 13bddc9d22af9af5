//! The rule that ships keeps its promises in every state within small bounds. `make model` goes further.

use latchkey_model::client::ClientRules;
use latchkey_model::model::scenario::{Bounds, Scenario, ThiefKind};
use latchkey_model::model::search::search;
use latchkey_model::server::{Rule, Variant};

fn holds(thief: ThiefKind) {
    let outcome = search(&Scenario::shipped(thief, Bounds::small(thief)));
    assert!(outcome.counterexample.is_none(), "{thief:?}: {:?}", outcome.counterexample);
    assert!(outcome.is_complete, "{thief:?}: the search gave up after {} states", outcome.states);
    assert!(outcome.states > 100_000, "{thief:?}: the search visited {} states only", outcome.states);
}

#[test]
fn an_honest_client_with_keys_is_never_signed_out() {
    holds(ThiefKind::None);
}

/// A bound session, with an honest client that stores idempotency keys or none.
fn bound(client: ClientRules) -> Scenario {
    let shipped = Scenario::shipped(ThiefKind::None, Bounds::small(ThiefKind::None));
    Scenario { rule: Rule::variant(Variant::Bound), client, ..shipped }
}

#[test]
fn the_holder_of_the_key_of_a_bound_session_is_never_signed_out() {
    for client in [ClientRules::WITH_KEYS, ClientRules::WITHOUT_KEYS] {
        let outcome = search(&bound(client));
        assert!(outcome.is_complete && outcome.counterexample.is_none(), "{:?}", outcome.counterexample);
        assert!(outcome.states > 1_000, "the search visited {} states only", outcome.states);
    }
}

#[test]
fn a_client_without_keys_is_signed_out_unless_its_session_is_bound() {
    let unbound = Scenario { rule: Rule::SHIPPED, ..bound(ClientRules::WITHOUT_KEYS) };
    assert!(search(&unbound).counterexample.is_some());
}

#[test]
fn a_thief_with_another_device_gets_nothing_for_a_superseded_token() {
    holds(ThiefKind::Token);
}

#[test]
fn a_thief_that_imitates_the_device_is_fed_at_most_once() {
    holds(ThiefKind::Agent);
}

#[test]
fn a_thief_in_the_same_network_is_fed_at_most_once() {
    holds(ThiefKind::AgentAndNetwork);
}

#[test]
fn a_copied_profile_is_fed_at_most_once_after_both_have_rotated() {
    holds(ThiefKind::Profile);
    holds(ThiefKind::ProfileAndNetwork);
}
