//! The two tabs of the owner: each one may refresh or stop waiting at any time.

use crate::client::{Key, Record};
use crate::model::Step;
use crate::model::scenario::Scenario;
use crate::model::state::{Message, State, Tab};

/// When a tab last received a token or the status: before everything else, or just now. A tab that is opened now is one of
/// the latter.
const KNOWN_SINCE: [i32; 2] = [i32::MIN, 0];

/// The steps of both tabs.
pub fn steps(scenario: &Scenario, state: &State, next: &mut Vec<(Step, State)>) {
    for tab in 0..state.tabs.len() {
        match state.tabs[tab] {
            Tab::Idle if scenario.storage.atomic => begin(scenario, state, tab, state.browser.record, next),
            Tab::Idle => {
                next.push((Step::Read(tab), with_tab(*state, tab, Tab::HasRead(state.browser.record))))
            }
            Tab::HasRead(record) => begin(scenario, state, tab, record, next),
            Tab::Waiting(_) => next.push((Step::GiveUp(tab), with_tab(*state, tab, Tab::Idle))),
        }
    }
}

/// The tab's transaction and the request that follows. `record` is what the transaction reads.
fn begin(scenario: &Scenario, state: &State, tab: usize, record: Record, next: &mut Vec<(Step, State)>) {
    if state.in_flight() == scenario.bounds.messages {
        return;
    }
    let new_key = Key::new(u16::from(state.used.keys) + 2);
    let records = KNOWN_SINCE.map(|known_since| scenario.client.begin(record, known_since, 0, new_key));
    let second = if records[0] == records[1] { None } else { records[1] };
    for record in [records[0], second].into_iter().flatten() {
        let (keys, has_new_key) = (record.keys, record.keys[0] == Some(new_key));
        if has_new_key && state.used.keys == scenario.bounds.keys {
            continue;
        }
        let mut sent = with_tab(*state, tab, Tab::Waiting(keys));
        sent.used.keys += u8::from(has_new_key);
        sent.write(scenario, record);
        let (generation, network) = (state.browser.cookie, state.network);
        // The row has three keys, so that a request whose key has made one of them may be overtaken once less.
        let rotations =
            u8::from(keys[0].is_some_and(|key| state.row.rotation.keys.contains(&Some(key.hash()))));
        sent.send(Message::Request { tab, generation, keys, network, rotations });
        next.push((Step::Send(tab, generation, keys), sent));
    }
}

impl State {
    /// Writes the record, with a durable store also to the disk.
    pub fn write(&mut self, scenario: &Scenario, record: Record) {
        self.browser.record = record;
        if scenario.storage.durable {
            self.disk.record = record;
        }
    }
}

fn with_tab(mut state: State, tab: usize, phase: Tab) -> State {
    state.tabs[tab] = phase;
    state
}
