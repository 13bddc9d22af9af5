//! Messages: each one arrives in any order, or never.

use latchkey::domain::session::evidence::{Evidence, RotationState};

use crate::client::{ClientRules, Key, Keys, Record};
use crate::model::Step;
use crate::model::scenario::{OWNERS_DEVICE, Scenario};
use crate::model::state::{Message, Party, State, Tab, Thief};
use crate::server::{Network, Shown};

/// How far the clocks of two instances differ at most, in seconds.
pub const CLOCK_SKEW: i32 = 20;
/// The row has the keys of three generations, so a request that more rotations overtake counts as lost.
const MOST_ROTATIONS: u8 = 3;

/// The steps of the messages on their way.
pub fn steps(scenario: &Scenario, state: &State, next: &mut Vec<(Step, State)>) {
    for slot in 0..state.messages.len() {
        let Some(message) = state.messages[slot] else { continue };
        let mut rest = *state;
        rest.messages[slot] = None;
        next.push((Step::Lose(message), rest));
        match message {
            Message::Request { tab, generation, keys, network, .. } => {
                let skews: &[i32] = if state.used.clocks < scenario.bounds.clocks {
                    &[0, -CLOCK_SKEW, CLOCK_SKEW]
                } else {
                    &[0]
                };
                for skew in skews {
                    let mut received = rest;
                    received.used.clocks += u8::from(*skew != 0);
                    if let Some(evidence) =
                        receive(scenario, &mut received, tab, generation, keys, network, *skew)
                    {
                        next.push((Step::Receive(generation, keys, *skew, evidence), received));
                    }
                }
            }
            Message::Granted { tab, keys, generation, key_used } => {
                let mut arrived = rest;
                arrived.browser.cookie = generation;
                deliver(scenario, &mut arrived, tab, keys, |client, record| {
                    client.complete(record, keys, key_used, 0)
                });
                next.push((Step::Answer(message), arrived));
            }
            Message::Superseded { tab, keys } => {
                let mut arrived = rest;
                deliver(scenario, &mut arrived, tab, keys, |client, record| client.close(record, keys));
                next.push((Step::Answer(message), arrived));
            }
        }
    }
}

/// The server's decision; none if the search does not go that far.
fn receive(
    scenario: &Scenario,
    state: &mut State,
    tab: usize,
    generation: u64,
    keys: Keys,
    network: Network,
    skew: i32,
) -> Option<Evidence> {
    let shown = Shown { generation, keys, device: OWNERS_DEVICE, network };
    let (evidence, row) = state.row.receive(&shown, skew, scenario.rule);
    state.row = row;
    match evidence {
        Evidence::Rotate => {
            let Thief { tokens, copied, .. } = state.thief;
            state.thief.owner_has_rotated |= tokens.is_some() && !copied.contains(&keys[0]);
            state.rotated(scenario, Party::Owner)?;
        }
        Evidence::Replay | Evidence::ProvenReplay | Evidence::RecordedReplay => state.note_takeover(),
        Evidence::Reuse | Evidence::Regression => state.ended_by = Some(Party::Owner),
        Evidence::Superseded => {}
    }
    match evidence {
        Evidence::Superseded => state.send(Message::Superseded { tab, keys }),
        Evidence::Reuse | Evidence::Regression => {}
        _ => {
            let RotationState { generation, keys: [current, ..], .. } = state.row.rotation;
            let key_used = keys[0].is_some() && keys[0].map(Key::hash) == current;
            state.send(Message::Granted { tab, keys, generation, key_used });
        }
    }
    Some(evidence)
}

/// The response reaches the tab, if it still waits. Otherwise the browser has stored the cookies, and the record stays.
fn deliver(
    scenario: &Scenario,
    state: &mut State,
    tab: usize,
    keys: Keys,
    end: impl Fn(&ClientRules, Record) -> Record,
) {
    if state.tabs[tab] != Tab::Waiting(keys) {
        return;
    }
    state.tabs[tab] = Tab::Idle;
    if state.browser.record.keys[0] == keys[0] {
        state.cookies_undone = false;
    }
    state.write(scenario, end(&scenario.client, state.browser.record));
}

impl State {
    /// Counts a rotation for the requests on their way. None if the search does not go that far.
    pub fn rotated(&mut self, scenario: &Scenario, party: Party) -> Option<()> {
        self.made_by = party;
        for slot in &mut self.messages {
            if let Some(Message::Request { rotations, .. }) = slot {
                *rotations += 1;
                if *rotations > MOST_ROTATIONS {
                    *slot = None;
                }
            }
        }
        (self.row.rotation.generation <= scenario.bounds.generations).then_some(())
    }

    /// The owner gets a token that the thief made.
    fn note_takeover(&mut self) {
        let generation = self.row.rotation.generation;
        if self.made_by == Party::Thief && self.thief.is_apart() && self.last_taken_over != Some(generation) {
            self.taken_over += 1;
            self.last_taken_over = Some(generation);
        }
    }
}
