//! The thief: copies the refresh token once, at any time, and then sends requests at any time.

use latchkey::domain::session::evidence::Evidence;

use crate::client::{Key, Keys};
use crate::model::Step;
use crate::model::scenario::Scenario;
use crate::model::scenario::ThiefKind;
use crate::model::state::{Party, State, Thief};
use crate::server::Shown;

/// The number of the thief's first own key.
const FIRST_KEY: u16 = 100;

/// The steps of the thief.
pub fn steps(scenario: &Scenario, state: &State, next: &mut Vec<(Step, State)>) {
    if scenario.thief == ThiefKind::None {
        return;
    }
    let Some([stolen, newest]) = state.thief.tokens else {
        next.push(steal(scenario, *state));
        return;
    };
    if state.thief.attacks == scenario.bounds.attacks {
        return;
    }
    let tokens = [Some(newest), (stolen != newest).then_some(stolen)];
    for generation in tokens.into_iter().flatten() {
        for keys in choices(scenario.thief, state).into_iter().flatten() {
            next.extend(attack(scenario, *state, generation, keys));
        }
    }
}

fn steal(scenario: &Scenario, mut state: State) -> (Step, State) {
    let storage = state.browser;
    state.thief.tokens = Some([storage.cookie; 2]);
    if scenario.thief.has_profile() {
        state.thief.copied = storage.record.keys;
        state.thief.keys = storage.record.keys;
    }
    (Step::Steal(storage.cookie, state.thief.keys), state)
}

/// The keys that the thief may show: none; a new one with or without its earlier ones; or the last ones again.
fn choices(thief: ThiefKind, state: &State) -> [Option<Keys>; 4] {
    let [last, before, _] = state.thief.keys;
    let numbers = FIRST_KEY..=FIRST_KEY + 3;
    let new =
        numbers.map(|number| Some(Key::new(number))).find(|key| !state.thief.keys.contains(key)).flatten();
    let alone = thief.has_profile().then_some([new, None, None]);
    [Some([None; 3]), Some([new, last, before]), alone, last.is_some().then_some(state.thief.keys)]
}

impl Thief {
    /// Whether the keys of the two parties differ, so that the server can tell them apart: always, unless the thief has a
    /// copy of the profile. Such a thief is the same client until both have rotated.
    pub fn is_apart(&self) -> bool {
        self.copied == [None; 3] || self.has_rotated && self.owner_has_rotated
    }
}

/// None if the search does not go that far.
fn attack(scenario: &Scenario, mut state: State, generation: u64, keys: Keys) -> Option<(Step, State)> {
    let shown =
        Shown { generation, keys, device: scenario.thief.device(), network: scenario.thief.network() };
    let was_superseded = generation < state.row.rotation.generation;
    let (evidence, row) = state.row.receive(&shown, 0, scenario.rule);
    state.row = row;
    state.thief.attacks += 1;
    if keys[0].is_some() {
        state.thief.keys = keys;
    }
    match evidence {
        Evidence::Reuse | Evidence::Regression => state.ended_by = Some(Party::Thief),
        Evidence::Superseded => {}
        Evidence::Rotate | Evidence::Replay | Evidence::ProvenReplay | Evidence::RecordedReplay => {
            if evidence == Evidence::Rotate {
                state.thief.has_rotated |= keys[0].is_none() || !state.thief.copied.contains(&keys[0]);
                state.rotated(scenario, Party::Thief)?;
            }
            let current = state.row.rotation.generation;
            if let Some([_, newest]) = &mut state.thief.tokens
                && current > *newest
            {
                *newest = current;
                state.thief.fed += u8::from(was_superseded && state.thief.is_apart());
            }
        }
    }
    Some((Step::Attack(generation, keys, evidence), state))
}
