//! The events of a night, in the order of their times.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::client::Keys;
use crate::server::Network;
use crate::simulator::habits::Millis;
use crate::simulator::visits::Visit;

/// Something that happens at a moment.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A night begins, which plans its visits.
    Night,
    /// A visit begins.
    Begin(Visit),
    /// A visit ends, with a dark display or with closed tabs.
    End(bool),
    /// The device sleeps.
    Suspend,
    /// The device loses its network.
    Leave,
    /// It has another one.
    Reach(Network),
    /// The browser crashes.
    Crash,
    /// It starts again with so many tabs.
    Restart(usize),
    /// Cookies reach the disk.
    Flush,
    /// A tab looks whether a refresh is due.
    Due(usize),
    /// The user loads a page in a tab.
    Navigate(usize),
    /// The user follows a link, and goes on.
    Click,
    /// A tab is notified that another one has a token.
    Notice(usize),
    /// A request reaches the server.
    Receive(Request),
    /// A response reaches the browser.
    Answer(Answer),
    /// A tab finds out that its request failed.
    Fail(Request),
    /// The thief copies the refresh token.
    Steal,
    /// The thief sends it.
    Attack,
}

/// A refresh of a tab.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The tab.
    pub tab: usize,
    /// The page in it, so that a response finds the page that waits.
    pub page: u32,
    /// The start of the browser, so that a response after a crash is lost.
    pub start: u32,
    /// The generation of its token.
    pub generation: u64,
    /// Its keys.
    pub keys: Keys,
    /// Its network.
    pub network: Network,
    /// Whether the tab has an older access token than the cookie, as `replaces` showed it to the old rule.
    pub is_overtaken: bool,
    /// Whether it is the second try after 409.
    pub is_second_try: bool,
    /// Whether the server of the app sends it for a page. Then the tab shows nothing yet.
    pub is_page: bool,
}

/// A response.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The request.
    pub request: Request,
    /// The generation of the token; none for 409.
    pub granted: Option<u64>,
    /// Whether the key of the request made this generation.
    pub key_used: bool,
}

/// The events that are still to come.
#[derive(Debug, Default)]
pub struct Clock {
    now: Millis,
    count: u64,
    events: BinaryHeap<Scheduled>,
}

impl Clock {
    /// The time of the event that happens now.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// The same in seconds.
    pub fn seconds(&self) -> i32 {
        i32::try_from(self.now.div_euclid(1_000)).expect("a session lives for weeks")
    }

    /// Lets `event` happen in so many milliseconds.
    pub fn after(&mut self, period: Millis, event: Event) {
        self.count += 1;
        self.events.push(Scheduled { at: self.now + period.max(0), count: self.count, event });
    }

    /// Lets `event` happen at a moment.
    pub fn at(&mut self, at: Millis, event: Event) {
        self.after(at - self.now, event);
    }

    /// The next event.
    pub fn pop(&mut self) -> Option<Event> {
        let next = self.events.pop()?;
        self.now = next.at;
        Some(next.event)
    }
}

#[derive(Debug)]
struct Scheduled {
    at: Millis,
    /// Events of the same moment keep their order.
    count: u64,
    event: Event,
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.count).cmp(&(self.at, self.count))
    }
}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scheduled {}
