//! The thieves: each one copies the refresh token during the first evening, once, and then follows its plan.

use crate::client::Key;
use crate::model::scenario::{FOREIGN_DEVICE, FOREIGN_NETWORK, OWNERS_DEVICE};
use crate::server::{Device, Network};
use crate::simulator::habits::{HOUR, MINUTE, Millis, REFRESH_AFTER, SECOND};
use crate::simulator::visits::HOME;

/// The plan of a thief with a copied refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Uses it at once on its own device, and then refreshes like any client.
    Immediate,
    /// Imitates the user agent, waits until the user sleeps, and then refreshes like any client.
    Patient,
    /// Imitates the user agent, and asks for the current token two seconds after each refresh of the user.
    Lockstep,
    /// Imitates the user agent from the user's own network, and asks twenty minutes after each refresh of the user.
    SameNetwork,
}

impl Plan {
    /// All plans.
    pub const ALL: [Self; 4] = [Self::Immediate, Self::Patient, Self::Lockstep, Self::SameNetwork];

    /// Its name in tables and plots.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Patient => "patient",
            Self::Lockstep => "lockstep",
            Self::SameNetwork => "same network",
        }
    }

    /// The device that it shows.
    pub const fn device(self) -> Device {
        if matches!(self, Self::Immediate) { FOREIGN_DEVICE } else { OWNERS_DEVICE }
    }

    /// The network that its requests come from.
    pub const fn network(self) -> Network {
        if matches!(self, Self::SameNetwork) { HOME } else { FOREIGN_NETWORK }
    }

    /// How long after the theft the first request follows, if the user sleeps at `bedtime`. None: it follows the user.
    pub fn first_attack(self, stolen_at: Millis, bedtime: Millis) -> Option<Millis> {
        match self {
            Self::Immediate => Some(0),
            Self::Patient => Some(bedtime + 3 * HOUR - stolen_at),
            Self::Lockstep | Self::SameNetwork => None,
        }
    }

    /// How long after a request of its own the next one follows.
    pub fn next_attack(self) -> Option<Millis> {
        matches!(self, Self::Immediate | Self::Patient).then_some(REFRESH_AFTER)
    }

    /// How long after a refresh of the user its request follows.
    pub fn after_rotation(self) -> Option<Millis> {
        match self {
            Self::Immediate | Self::Patient => None,
            Self::Lockstep => Some(2 * SECOND),
            Self::SameNetwork => Some(20 * MINUTE),
        }
    }
}

/// A thief.
#[derive(Clone, Copy, Debug)]
pub struct Thief {
    /// Its plan.
    pub plan: Plan,
    /// When it copied the token.
    pub stolen_at: Option<Millis>,
    /// The generation of its newest token.
    pub generation: u64,
    /// Its requests so far.
    pub attacks: u16,
}

impl Thief {
    /// A thief before the theft.
    pub fn new(plan: Plan) -> Self {
        Self { plan, stolen_at: None, generation: 0, attacks: 0 }
    }

    /// A key of its own, which no client has.
    pub fn new_key(&mut self) -> Key {
        self.attacks += 1;
        Key::new(u16::MAX / 2 + 2 + self.attacks)
    }
}
