//! The user's browser: cookies in memory and on disk, the record of the keys, and the tabs.

use crate::client::{Key, Record};
use crate::server::Network;
use crate::simulator::habits::Millis;

/// The browser.
#[derive(Clone, Debug)]
pub struct Browser {
    /// The cookies in memory.
    pub cookies: Cookies,
    /// The cookies on disk, which a crash returns to.
    pub disk: Cookies,
    /// A write of the cookies to the disk is under way.
    pub is_flushing: bool,
    /// The record, which is on disk before a request is sent.
    pub record: Record,
    /// Its tabs; none is closed.
    pub tabs: [Option<Tab>; 3],
    /// The user has the app open.
    pub is_visible: bool,
    /// It runs, and the device is awake.
    pub is_running: bool,
    /// The network; none while the device moves.
    pub network: Option<Network>,
    /// How often it has been started.
    pub starts: u32,
    /// How many pages it has loaded.
    pub pages: u32,
    /// How many keys it has made.
    pub keys: u16,
}

/// Refresh and access token.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    /// The generation of the refresh token.
    pub generation: u64,
    /// When the access token was granted.
    pub granted_at: Millis,
}

/// A tab.
#[derive(Clone, Copy, Debug)]
pub struct Tab {
    /// The page that it shows.
    pub page: u32,
    /// When the access token that it knows was granted.
    pub granted_at: Millis,
    /// When it last received a token or the status, in seconds.
    pub known_since: i32,
    /// Whether it waits for a response.
    pub is_waiting: bool,
    /// How many attempts in a row have failed.
    pub failures: usize,
}

impl Browser {
    /// The browser after a sign-in at `now`, with its tabs closed.
    pub fn signed_in(key: Option<Key>, now: Millis, seconds: i32, network: Network) -> Self {
        let cookies = Cookies { generation: 0, granted_at: now };
        Self {
            cookies,
            disk: cookies,
            is_flushing: false,
            record: Record::signed_in(key, seconds),
            tabs: [None; 3],
            is_visible: false,
            is_running: true,
            network: Some(network),
            starts: 0,
            pages: 0,
            keys: 1,
        }
    }

    /// Loads a page in a tab. It asks for the status, so that it knows the token in the cookie.
    pub fn load(&mut self, tab: usize, seconds: i32) {
        self.pages += 1;
        let (page, granted_at) = (self.pages, self.cookies.granted_at);
        self.tabs[tab] = Some(Tab { page, granted_at, known_since: seconds, is_waiting: false, failures: 0 });
    }

    /// Everything in memory is lost.
    pub fn crash(&mut self) {
        self.cookies = self.disk;
        self.tabs = [None; 3];
        self.is_running = false;
        self.starts += 1;
    }

    /// The next key.
    pub fn new_key(&mut self) -> Key {
        self.keys = self.keys % (u16::MAX / 2) + 1;
        Key::new(self.keys)
    }
}
