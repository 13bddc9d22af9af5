//! The simulator keeps its promises in some nights. `make simulate` runs a million.

use latchkey_model::simulator::habits::{HOUR, Habits};
use latchkey_model::simulator::pages::Renewal;
use latchkey_model::simulator::run::{LONGEST_SESSION, honest, thieves};
use latchkey_model::simulator::thief::Plan;
use latchkey_model::simulator::{Rules, Setup};

#[test]
fn a_client_with_keys_or_a_bound_session_is_not_signed_out() {
    for setup in [Setup::WithKeys, Setup::Bound] {
        let nights = honest(setup.rules(), &Habits::ORDINARY, 0..50_000);
        assert_eq!(nights.sign_outs, 0, "{setup:?}: {nights:?}");
        assert!(nights.replays > 100, "{setup:?}: {nights:?}");
    }
}

#[test]
fn a_client_without_keys_is_signed_out_less_than_once_in_100_000_refreshes() {
    let nights = honest(Setup::WithoutKeys.rules(), &Habits::ORDINARY, 0..200_000);
    assert!(nights.refreshes > 400_000, "{nights:?}");
    assert!(nights.per_million() < 10.0, "{nights:?}");
}

#[test]
fn a_bad_network_signs_out_no_client_with_keys() {
    let habits = Habits { lost: 0.2, crash: 0.2, move_in_visit: 0.3, wakes_too: 0.5, ..Habits::ORDINARY };
    let keys = honest(Setup::WithKeys.rules(), &habits, 0..20_000);
    let none = honest(Setup::WithoutKeys.rules(), &habits, 0..20_000);
    assert_eq!(keys.sign_outs, 0, "{keys:?}");
    assert!(keys.conflicts > 0 && none.sign_outs > 0, "{keys:?} {none:?}");
}

#[test]
fn a_lockstep_thief_lives_for_weeks_under_the_old_rule_and_hours_with_keys() {
    let median = |setup: Setup| {
        let lives = thieves(setup.rules(), Plan::Lockstep, 0..200);
        lives[lives.len() / 2]
    };
    assert!(median(Setup::GraceOnly) > (LONGEST_SESSION - 2) * 24 * HOUR);
    assert!(median(Setup::WithKeys) < 24 * HOUR);
    assert_eq!(median(Setup::Bound), 0);
}

#[test]
fn a_run_gives_the_same_numbers_again() {
    let night = || honest(Setup::WithoutKeys.rules(), &Habits::ORDINARY, 7..507);
    assert_eq!(night(), night());
    assert_eq!(
        thieves(Setup::WithKeys.rules(), Plan::Patient, 3..40),
        thieves(Setup::WithKeys.rules(), Plan::Patient, 3..40)
    );
}

#[test]
fn an_app_that_renews_on_its_server_signs_out_no_user_if_it_passes_the_address() {
    let nights = |renewal| {
        let rules = Rules { renewal: Some(renewal), ..Setup::WithKeys.rules() };
        honest(rules, &Habits::ORDINARY, 0..50_000)
    };
    let with = nights(Renewal::SHIPPED);
    assert_eq!(with.sign_outs, 0, "{with:?}");
    assert!(with.replays > 10_000 && with.conflicts > 0, "tabs and server meet: {with:?}");
    let without = nights(Renewal::WITHOUT_ADDRESS);
    assert!(without.sign_outs > 0, "{without:?}");
}

#[test]
fn a_key_of_the_server_that_never_changes_would_hide_a_thief_that_loads_pages() {
    let most = |renewal| {
        let rules = Rules { renewal: Some(renewal), ..Setup::WithKeys.rules() };
        let lives = thieves(rules, Plan::SameNetwork, 0..200);
        lives[lives.len() * 9 / 10]
    };
    assert!(most(Renewal::CONSTANT_KEY) > 40 * HOUR);
    assert!(most(Renewal::SHIPPED) < 25 * HOUR);
}
