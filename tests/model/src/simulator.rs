//! The simulator: ordinary nights of honest users, and thieves with different plans, over the functions that ship.
//!
//! | file | it has |
//! |---|---|
//! | [`habits`] | the assumptions: how often messages are lost, browsers crash, and users move |
//! | [`visits`] | when a user has the app open during a night |
//! | [`clock`] | the events of a night in their order |
//! | [`browser`] | the user's browser: cookies, disk, record and tabs |
//! | [`night`] | what each event does |
//! | [`pages`] | an app that renders pages on a server and renews the session there |
//! | [`thief`] | the plans of thieves |
//! | [`run`] | many nights, in parallel, with the same results in every run |

pub mod browser;
pub mod clock;
pub mod habits;
pub mod night;
pub mod pages;
pub mod run;
pub mod thief;
pub mod visits;

use crate::client::ClientRules;
use crate::server::{Rule, Variant};
use pages::Renewal;

/// The rules of server and client in a session.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The rule of the server, with its periods.
    pub rule: Rule,
    /// The rules of the client.
    pub client: ClientRules,
    /// How the server of the app renews sessions, if it does.
    pub renewal: Option<Renewal>,
}

/// A rule of the server together with the kind of client that meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// The rule of the first versions: 60 seconds, and the same device.
    GraceOnly,
    /// The rule that ships, with a client that stores no keys.
    WithoutKeys,
    /// The rule that ships, with the npm package in a browser.
    WithKeys,
    /// A session that is bound to a key of the device, so that every request proves its possession.
    Bound,
}

impl Setup {
    /// All setups, in the order of the tables.
    pub const ALL: [Self; 4] = [Self::GraceOnly, Self::WithoutKeys, Self::WithKeys, Self::Bound];

    /// Its name in tables and plots.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GraceOnly => "old rule",
            Self::WithoutKeys => "new rule, client without keys",
            Self::WithKeys => "new rule, client with keys",
            Self::Bound => "bound session",
        }
    }

    /// The rules of server and client.
    pub const fn rules(self) -> Rules {
        let (rule, client) = match self {
            Self::GraceOnly => (Rule::variant(Variant::GraceOnly), ClientRules::WITHOUT_KEYS),
            Self::WithoutKeys => (Rule::SHIPPED, ClientRules::WITHOUT_KEYS),
            Self::WithKeys => (Rule::SHIPPED, ClientRules::WITH_KEYS),
            Self::Bound => (Rule::variant(Variant::Bound), ClientRules::WITHOUT_KEYS),
        };
        Rules { rule, client, renewal: None }
    }
}
