//! An app that renders its pages on a server and renews the session there, as `renewSession` of the npm package does. The
//! server shares no keys with the tabs: it makes its own from the refresh token, with a secret.

use crate::client::{Key, Keys};
use crate::server::Network;
use crate::simulator::clock::{Event, Request};
use crate::simulator::habits::{CLICK, Habits, RENEW_AFTER, RETRIES, SECOND, WAKE};
use crate::simulator::night::Session;

/// The network of the app's server.
const SERVER: Network = Network(9);
/// The first key of the app's server, and how many there are: those of an hour ago are not compared any more.
const KEYS: [u16; 2] = [60_000, 5_000];

/// How the server of the app renews sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// For so many seconds it makes the same key from a token, and it shows the keys of the periods before and after. None:
    /// for ever.
    pub period: Option<i32>,
    /// Whether it passes the address of the browser on. Otherwise the address is its own.
    pub passes_address: bool,
}

impl Renewal {
    /// `renewSession` with `originSecret` or `clientAddress`.
    pub const SHIPPED: Self = Self { period: Some(300), passes_address: true };
    /// `renewSession` without these options.
    pub const WITHOUT_ADDRESS: Self = Self { passes_address: false, ..Self::SHIPPED };
    /// With a key that never changes.
    pub const CONSTANT_KEY: Self = Self { period: None, ..Self::SHIPPED };

    /// The network that a refresh of the server shows.
    pub fn network(self, browser: Network) -> Network {
        if self.passes_address { browser } else { SERVER }
    }
}

/// The parts of a key of the app's server: the generation of the token, and the period.
pub type KeyParts = (u64, i32);

impl Session<'_> {
    /// The user loads a page in a tab. Its server renews the session first, if the access token has expired.
    pub(super) fn navigate(&mut self, tab: usize) {
        if !self.browser.is_visible || !self.browser.is_running {
            return;
        }
        let has_expired = self.clock.now() - self.browser.cookies.granted_at >= RENEW_AFTER;
        let Some(renewal) = self.renewal.filter(|_| has_expired) else { return self.show(tab) };
        let Some(network) = self.browser.network else { return self.reload(tab) };
        self.browser.tabs[tab] = None;
        let generation = self.browser.cookies.generation;
        let request = Request {
            tab,
            page: 0,
            start: self.browser.starts,
            generation,
            keys: self.server_keys(renewal, generation),
            network,
            is_overtaken: false,
            is_second_try: false,
            is_page: true,
        };
        self.transmit(Event::Receive(request), request);
    }

    /// The page arrives. If its server got no token, the tab refreshes.
    pub(super) fn show(&mut self, tab: usize) {
        self.browser.load(tab, self.clock.seconds());
        let delay = self.random.i64(0..WAKE);
        self.clock.after(delay, Event::Due(tab));
    }

    /// The user loads the page again, because it did not arrive.
    pub(super) fn reload(&mut self, tab: usize) {
        let pause = RETRIES[self.random.usize(0..4)];
        self.clock.after(pause + self.random.i64(0..SECOND), Event::Navigate(tab));
    }

    /// The user follows links in the tab in front until the visit ends.
    pub(super) fn click(&mut self) {
        if self.renewal.is_some() && self.browser.is_visible {
            self.navigate(0);
            self.plan_click();
        }
    }

    pub(super) fn plan_click(&mut self) {
        if self.renewal.is_some() {
            let pause = Habits::period(&mut self.random, CLICK);
            self.clock.after(pause, Event::Click);
        }
    }

    /// The keys that the server of the app shows for a token.
    pub(super) fn server_keys(&mut self, renewal: Renewal, generation: u64) -> Keys {
        let Some(period) = renewal.period else {
            return [Some(self.server_key((generation, 0))), None, None];
        };
        let now = self.clock.seconds().div_euclid(period);
        [now, now - 1, now + 1].map(|period| Some(self.server_key((generation, period))))
    }

    fn server_key(&mut self, parts: KeyParts) -> Key {
        let [first, most] = KEYS;
        let known = self.server_keys.iter().position(|known| *known == parts);
        let index = known.unwrap_or_else(|| {
            self.server_keys.push(parts);
            self.server_keys.len() - 1
        });
        Key::new(first + u16::try_from(index % usize::from(most)).expect("a remainder"))
    }
}
