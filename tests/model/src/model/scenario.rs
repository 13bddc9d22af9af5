//! One search: the rules under test, the kind of thief, and how far the search goes.

use crate::client::ClientRules;
use crate::server::{Device, Network, Rule};

/// The owner's device, which a thief may imitate.
pub const OWNERS_DEVICE: Device = Device(0);
/// A thief's own device.
pub const FOREIGN_DEVICE: Device = Device(1);
/// Where the owner signs in.
pub const HOME: Network = Network(0);
/// Where the owner moves to.
pub const AWAY: Network = Network(1);
/// A thief's own network.
pub const FOREIGN_NETWORK: Network = Network(2);

/// The rules under test, and the bounds.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The rule of the server.
    pub rule: Rule,
    /// The rules of the client.
    pub client: ClientRules,
    /// How the browser keeps its record.
    pub storage: Storage,
    /// Whether the sign-in had a key.
    pub sign_in_has_key: bool,
    /// The thief.
    pub thief: ThiefKind,
    /// How far the search goes.
    pub bounds: Bounds,
}

/// How the browser keeps the record. IndexedDB with `durability: "strict"` is atomic and durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Reading and writing the record is one step for all tabs.
    pub atomic: bool,
    /// The record is on the disk before the request is sent, so that a crash keeps it.
    pub durable: bool,
}

/// The things that a thief has copied, once, and can imitate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThiefKind {
    /// There is no thief.
    None,
    /// The refresh token.
    Token,
    /// The refresh token and the user agent.
    Agent,
    /// The refresh token, the user agent, and the network, for example the same Wi-Fi.
    AgentAndNetwork,
    /// The whole browser profile with its keys, and the user agent.
    Profile,
    /// The same, from the owner's network.
    ProfileAndNetwork,
}

impl ThiefKind {
    /// All kinds, the weakest first.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Token, Self::Agent, Self::AgentAndNetwork, Self::Profile, Self::ProfileAndNetwork];

    /// The device that the thief's requests show.
    pub const fn device(self) -> Device {
        if matches!(self, Self::Token) { FOREIGN_DEVICE } else { OWNERS_DEVICE }
    }

    /// The network that the thief's requests come from.
    pub const fn network(self) -> Network {
        if matches!(self, Self::AgentAndNetwork | Self::ProfileAndNetwork) { HOME } else { FOREIGN_NETWORK }
    }

    /// Whether the thief copies the keys, too.
    pub const fn has_profile(self) -> bool {
        matches!(self, Self::Profile | Self::ProfileAndNetwork)
    }
}

/// How often each event happens at most. The search is exhaustive within these bounds.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The last generation.
    pub generations: u64,
    /// Keys that the client makes after the sign-in.
    pub keys: u8,
    /// Messages on their way at the same time.
    pub messages: usize,
    /// Steps of time.
    pub waits: u8,
    /// Crashes of the browser.
    pub crashes: u8,
    /// Moves to another network.
    pub moves: u8,
    /// Steps of clocks, of the client's machine or between instances.
    pub clocks: u8,
    /// Requests of the thief.
    pub attacks: u8,
    /// States at which the search gives up.
    pub states: usize,
}

impl Bounds {
    const SMALLEST: Self = Self {
        generations: 3,
        keys: 1,
        messages: 2,
        waits: 1,
        crashes: 0,
        moves: 1,
        clocks: 0,
        attacks: 3,
        states: 5_000_000,
    };

    /// The bounds of `make model`, which take minutes. No single search is wide in every direction, so there are two for the
    /// thief with the most freedom: with a crash, and with more time.
    pub fn full(thief: ThiefKind) -> Vec<Self> {
        let bounds = Self { generations: 4, keys: 2, states: 100_000_000, ..Self::SMALLEST };
        match thief {
            ThiefKind::None => vec![Self { keys: 3, crashes: 1, clocks: 1, ..bounds }],
            ThiefKind::AgentAndNetwork => {
                vec![Self { crashes: 1, generations: 3, ..bounds }, Self { waits: 2, ..bounds }]
            }
            ThiefKind::Profile | ThiefKind::ProfileAndNetwork => {
                vec![Self { keys: 3, messages: 1, ..bounds }, Self { keys: 1, moves: 0, ..bounds }]
            }
            _ => vec![bounds],
        }
    }

    /// The bounds of the tests, which take seconds.
    pub const fn small(thief: ThiefKind) -> Self {
        let bounds = Self::SMALLEST;
        match thief {
            ThiefKind::None => Self { keys: 2, crashes: 1, ..bounds },
            ThiefKind::Profile | ThiefKind::ProfileAndNetwork => Self { keys: 2, messages: 1, ..bounds },
            _ => bounds,
        }
    }
}

impl Scenario {
    /// The rules that ship.
    pub const fn shipped(thief: ThiefKind, bounds: Bounds) -> Self {
        Self {
            rule: Rule::SHIPPED,
            client: ClientRules::WITH_KEYS,
            storage: Storage { atomic: true, durable: true },
            sign_in_has_key: true,
            thief,
            bounds,
        }
    }
}
