//! One moment of the model: the row, the browser, the messages on their way, and the thief.

use crate::client::{Key, Keys, LONGEST_ADOPTION, Record};
use crate::model::scenario::{HOME, OWNERS_DEVICE, Scenario};
use crate::server::{Network, Row};

/// All ages above 25 hours are the same, because no period of the rule is longer than a day.
pub const OLDEST: i32 = -90_000;
/// All older records are the same to the client.
pub const OLDEST_RECORD: i32 = -LONGEST_ADOPTION;

/// One of the two that hold a copy of the refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// The user.
    Owner,
    /// The thief.
    Thief,
}

/// One moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The row, while the session lives.
    pub row: Row,
    /// The party that made the current generation.
    pub made_by: Party,
    /// The party whose request ended the session.
    pub ended_by: Option<Party>,
    /// The browser's memory.
    pub browser: Storage,
    /// The browser's disk.
    pub disk: Storage,
    /// The owner's network.
    pub network: Network,
    /// The tabs.
    pub tabs: [Tab; 2],
    /// The messages on their way, in any order.
    pub messages: [Option<Message>; 2],
    /// The thief.
    pub thief: Thief,
    /// A crash has undone the cookies of the last refresh that is marked as done.
    pub cookies_undone: bool,
    /// How many generations of the thief the owner has continued without notice.
    pub taken_over: u8,
    /// The last of them.
    pub last_taken_over: Option<u64>,
    /// The events so far that are bounded.
    pub used: Used,
}

/// The refresh cookie and the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Storage {
    /// The generation of the refresh token in the cookie.
    pub cookie: u64,
    /// The record.
    pub record: Record,
}

/// A tab of the browser, by what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tab {
    /// Nothing: it may send a refresh, or it is closed.
    Idle,
    /// It has read the record and not written it yet. Only the mutant without transactions is ever here.
    HasRead(Record),
    /// The response to the request with these keys.
    Waiting(Keys),
}

/// A message between browser and server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    /// A refresh.
    Request {
        /// The tab that sent it.
        tab: usize,
        /// The generation of its token.
        generation: u64,
        /// Its keys.
        keys: Keys,
        /// The network that it comes from.
        network: Network,
        /// The rotations since it was sent.
        rotations: u8,
    },
    /// The current token.
    Granted {
        /// The tab that waits for it.
        tab: usize,
        /// The keys of the request.
        keys: Keys,
        /// The generation of the token.
        generation: u64,
        /// Whether the key of the request made this generation.
        key_used: bool,
    },
    /// 409 `refresh_superseded`.
    Superseded {
        /// The tab that waits for it.
        tab: usize,
        /// The keys of the request.
        keys: Keys,
    },
}

/// The tokens and keys of the thief.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Thief {
    /// The stolen token and the newest one, as generations, from the theft on.
    pub tokens: Option<[u64; 2]>,
    /// The keys of the copied profile.
    pub copied: Keys,
    /// The keys that it shows, the newest first: own ones and copied ones.
    pub keys: Keys,
    /// It has rotated with a key of its own, or with none.
    pub has_rotated: bool,
    /// The owner has rotated with a key that was made after the theft.
    pub owner_has_rotated: bool,
    /// Its requests so far.
    pub attacks: u8,
    /// How many of its superseded tokens were answered with the current one.
    pub fed: u8,
}

/// How often the bounded events have happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Used {
    /// Keys of the client.
    pub keys: u8,
    /// Steps of time.
    pub waits: u8,
    /// Crashes.
    pub crashes: u8,
    /// Moves.
    pub moves: u8,
    /// Steps of clocks.
    pub clocks: u8,
}

impl State {
    /// The owner has signed in `age` seconds ago, and both tabs are open since then.
    pub fn signed_in(scenario: &Scenario, age: i32) -> Self {
        let key = (scenario.client.has_keys && scenario.sign_in_has_key).then_some(Key::new(1));
        let storage = Storage { cookie: 0, record: Record::signed_in(key, 0).aged(age, OLDEST_RECORD) };
        Self {
            row: Row::signed_in(key, OWNERS_DEVICE, HOME, 0).aged(age, OLDEST),
            made_by: Party::Owner,
            ended_by: None,
            browser: storage,
            disk: storage,
            network: HOME,
            tabs: [Tab::Idle; 2],
            messages: [None; 2],
            thief: Thief::default(),
            cookies_undone: false,
            taken_over: 0,
            last_taken_over: None,
            used: Used::default(),
        }
    }

    /// Makes states equal that no later event can tell apart, so that the search visits one of them.
    pub fn normalize(&mut self, scenario: &Scenario) {
        self.messages.sort_unstable();
        if self.used.crashes == scenario.bounds.crashes {
            self.disk = self.browser;
        }
        if self.last_taken_over != Some(self.row.rotation.generation) {
            self.last_taken_over = None;
        }
        // A key that made none of the three generations is as good as a new one, unless the owner may still use it.
        let Thief { copied, .. } = self.thief;
        for key in &mut self.thief.keys {
            if key.is_some_and(|known| {
                !copied.contains(key) && !self.row.rotation.keys.contains(&Some(known.hash()))
            }) {
                *key = None;
            }
        }
        self.thief.keys.sort_unstable_by_key(Option::is_none);
    }

    /// The same state with the tabs in their other order, because they follow the same rules.
    #[must_use]
    pub fn with_swapped_tabs(mut self) -> Self {
        self.tabs.swap(0, 1);
        for message in self.messages.iter_mut().flatten() {
            let (Message::Request { tab, .. }
            | Message::Granted { tab, .. }
            | Message::Superseded { tab, .. }) = message;
            *tab = 1 - *tab;
        }
        self.messages.sort_unstable();
        self
    }

    /// Whether no promise can break any more: the thief has sent all its requests, and the owner has the last generation.
    pub fn is_settled(&self, scenario: &Scenario) -> bool {
        let is_spent = self.thief.attacks > 0 && self.thief.attacks == scenario.bounds.attacks;
        let may_be_taken_over = self.made_by == Party::Thief && self.last_taken_over.is_none();
        self.ended_by.is_some() || is_spent && !may_be_taken_over
    }

    /// The number of messages on their way.
    pub fn in_flight(&self) -> usize {
        self.messages.iter().flatten().count()
    }

    /// Puts a message on its way, if there is room.
    pub fn send(&mut self, message: Message) {
        if let Some(free) = self.messages.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(message);
        }
    }
}
