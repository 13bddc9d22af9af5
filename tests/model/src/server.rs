//! One session on the server: its row, and the answer to a refresh.

mod rules;

use latchkey::domain::session::evidence::{Evidence, Presentation, RotationState};
use latchkey::domain::time::Timestamp;

use crate::client::{Key, Keys, request_keys};
pub use rules::{Rule, Variant, default_periods};

/// A family of devices, for example Chrome on Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Device(pub u8);

/// A network, as the rule compares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(pub u8);

/// The facts of a row that the rule reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// The last rotations.
    pub rotation: RotationState,
    /// The device that made the last rotation.
    pub device: Device,
    /// The network of the last rotation.
    pub network: Network,
}

/// A request, as the server reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The generation of the refresh token.
    pub generation: u64,
    /// The keys.
    pub keys: Keys,
    /// The device.
    pub device: Device,
    /// The network.
    pub network: Network,
}

impl Row {
    /// The row of a sign-in.
    pub fn signed_in(key: Option<Key>, device: Device, network: Network, now: i32) -> Self {
        let keys = [key.map(Key::hash), None, None];
        let rotation = RotationState { generation: 0, rotated_at: at(now), keys, recorded: None };
        Self { rotation, device, network }
    }

    /// Decides about a request by `rule`, and writes as the server does.
    pub fn receive(&self, shown: &Shown, now: i32, rule: Rule) -> (Evidence, Self) {
        let presentation = Presentation {
            generation: shown.generation,
            keys: request_keys(shown.keys),
            possession: rule.possession(),
            same_device: shown.device == self.device,
            same_network: shown.network == self.network,
        };
        let evidence = rule.weigh(&self.rotation, &presentation, at(now));
        let row = match evidence {
            Evidence::Rotate => Self {
                rotation: self.rotation.rotated(presentation.keys.newest, at(now)),
                device: shown.device,
                network: shown.network,
            },
            Evidence::RecordedReplay => Self { rotation: self.rotation.recorded(), ..*self },
            Evidence::Replay
            | Evidence::ProvenReplay
            | Evidence::Superseded
            | Evidence::Reuse
            | Evidence::Regression => *self,
        };
        (evidence, row)
    }

    /// The row as it is seen `seconds` later. All times before `floor` are the same to the rule.
    #[must_use]
    pub fn aged(mut self, seconds: i32, floor: i32) -> Self {
        let rotated_at = self.rotation.rotated_at.seconds() - i64::from(seconds);
        self.rotation.rotated_at = Timestamp::from_seconds(rotated_at.max(i64::from(floor)));
        self
    }
}

fn at(seconds: i32) -> Timestamp {
    Timestamp::from_seconds(i64::from(seconds))
}
