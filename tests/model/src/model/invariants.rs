//! The promises that must hold in every state.

use latchkey::domain::session::evidence::Evidence;

use crate::client::Key;
use crate::model::scenario::{OWNERS_DEVICE, Scenario, ThiefKind};
use crate::model::state::{Party, State, Storage};
use crate::server::Shown;

/// A broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// An honest client that keeps its keys is signed out, although no thief has sent anything.
    HonestSignOut,
    /// A thief with another device got a token for a superseded one.
    ForeignDeviceFed,
    /// A thief that imitates the device got tokens for two superseded ones.
    FedTwice,
    /// The owner continued more generations of the thief than one (of a foreign device: than none).
    TakenOver,
    /// A refresh of an honest client that nothing disturbs is not answered with a token, not even at its second try.
    Stuck,
}

/// The promise that is broken in `state`.
pub fn violation(scenario: &Scenario, state: &State) -> Option<Violation> {
    if state.ended_by == Some(Party::Owner) && state.thief.attacks == 0 {
        return Some(Violation::HonestSignOut);
    }
    if scenario.thief == ThiefKind::None && !can_refresh(scenario, state) {
        return Some(Violation::Stuck);
    }
    let (fed, broken) = match scenario.thief {
        ThiefKind::None => return None,
        ThiefKind::Token => (1, Violation::ForeignDeviceFed),
        _ => (2, Violation::FedTwice),
    };
    if state.thief.fed >= fed {
        return Some(broken);
    }
    let taken_over = if scenario.thief == ThiefKind::Token { 1 } else { 2 };
    (state.taken_over >= taken_over).then_some(Violation::TakenOver)
}

/// Whether a page that is loaded now gets a token within the two tries that the client makes.
fn can_refresh(scenario: &Scenario, state: &State) -> bool {
    let Storage { cookie, mut record } = state.browser;
    let mut row = state.row;
    for number in [u16::MAX - 1, u16::MAX] {
        let Some(begun) = scenario.client.begin(record, 0, 0, Key::new(number)) else {
            // It sends nothing, and has the cookies of the refresh that it adopts.
            return !state.cookies_undone;
        };
        record = begun;
        let keys = record.keys;
        let shown = Shown { generation: cookie, keys, device: OWNERS_DEVICE, network: state.network };
        let (evidence, after) = row.receive(&shown, 0, scenario.rule);
        row = after;
        match evidence {
            Evidence::Rotate | Evidence::Replay | Evidence::ProvenReplay | Evidence::RecordedReplay => {
                return true;
            }
            Evidence::Superseded => record = scenario.client.close(record, keys),
            Evidence::Reuse | Evidence::Regression => return false,
        }
    }
    false
}
