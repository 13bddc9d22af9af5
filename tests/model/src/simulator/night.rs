//! The effect of each event of a night on the browser, the row and the thief.

use fastrand::Rng;
use latchkey::domain::session::evidence::Evidence;

use crate::client::{ClientRules, Key};
use crate::model::scenario::OWNERS_DEVICE;
use crate::server::{Network, Row, Rule, Shown, Variant};
use crate::simulator::Rules;
use crate::simulator::browser::{Browser, Cookies};
use crate::simulator::clock::{Answer, Clock, Event, Request};
use crate::simulator::habits::{
    CLOCK_SKEW, COOKIE_FLUSH, DAY, GAP, HOUR, Habits, Millis, REFRESH_AFTER, RETRIES, SECOND, SHOWN, SUSPEND,
    TAB_MESSAGE, WAKE,
};
use crate::simulator::pages::{KeyParts, Renewal};
use crate::simulator::thief::{Plan, Thief};
use crate::simulator::visits::{self, HOME, MOBILE, Visit};

/// One session, from its sign-in at 18:00.
pub struct Session<'a> {
    habits: &'a Habits,
    rule: Rule,
    client: ClientRules,
    pub(super) renewal: Option<Renewal>,
    /// The keys that the server of the app has made, by their order.
    pub(super) server_keys: Vec<KeyParts>,
    pub(super) random: Rng,
    pub(super) clock: Clock,
    row: Row,
    pub(super) browser: Browser,
    thief: Option<Thief>,
    last_rotation: Millis,
    result: Outcome,
}

/// The result of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Refreshes of the user that were answered with a token.
    pub refreshes: u64,
    /// Those that repeated the current token.
    pub replays: u64,
    /// Answers with 409.
    pub conflicts: u64,
    /// When it ended as theft, if it did.
    pub ended_at: Option<Millis>,
    /// How long the thief had a part in it.
    pub thief_lived: Option<Millis>,
}

impl<'a> Session<'a> {
    /// A session with the randomness of `seed`.
    pub fn new(rules: Rules, habits: &'a Habits, plan: Option<Plan>, seed: u64) -> Self {
        let Rules { rule, client, renewal } = rules;
        let mut browser = Browser::signed_in(None, 0, 0, HOME);
        let key = client.has_keys.then(|| browser.new_key());
        browser = Browser { keys: browser.keys, ..Browser::signed_in(key, 0, 0, HOME) };
        Self {
            habits,
            rule,
            client,
            renewal,
            server_keys: vec![],
            random: Rng::with_seed(seed),
            clock: Clock::default(),
            row: Row::signed_in(key, OWNERS_DEVICE, HOME, 0),
            browser,
            thief: plan.map(Thief::new),
            last_rotation: 0,
            result: Outcome::default(),
        }
    }

    /// The session until it ends as theft, at most for so many nights.
    pub fn live(mut self, nights: i64) -> Outcome {
        self.clock.after(0, Event::Night);
        let end = nights * DAY;
        while self.result.ended_at.is_none() {
            let Some(event) = self.clock.pop().filter(|_| self.clock.now() < end) else { break };
            self.happen(event);
        }
        let end = self.result.ended_at.unwrap_or(end);
        self.result.thief_lived = self.thief.and_then(|thief| thief.stolen_at).map(|at| end - at);
        self.result
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Night => self.plan_night(),
            Event::Begin(visit) => self.begin(visit),
            Event::End(in_sleep) => self.end(in_sleep),
            Event::Suspend => self.suspend(),
            Event::Leave => self.browser.network = None,
            Event::Reach(network) => {
                self.browser.network = Some(network);
                self.wake();
            }
            Event::Crash => {
                let tabs = self.browser.tabs.iter().flatten().count();
                self.browser.crash();
                let pause = self.random.i64(10 * SECOND..60 * SECOND);
                self.clock.after(pause, Event::Restart(tabs));
            }
            Event::Restart(tabs) => {
                self.browser.is_running = true;
                self.load(tabs);
            }
            Event::Flush => {
                self.browser.disk = self.browser.cookies;
                self.browser.is_flushing = false;
            }
            Event::Due(tab) => self.refresh_if_due(tab),
            Event::Navigate(tab) => self.navigate(tab),
            Event::Click => self.click(),
            Event::Notice(tab) => self.notice(tab),
            Event::Receive(request) => self.receive(request),
            Event::Answer(answer) => self.answer(answer),
            Event::Fail(request) => self.fail(request),
            Event::Steal => self.steal(),
            Event::Attack => self.attack(),
        }
    }

    fn plan_night(&mut self) {
        let evening = self.clock.now();
        let visits = visits::night(self.habits, &mut self.random, evening);
        for visit in &visits {
            self.clock.at(visit.start, Event::Begin(*visit));
            self.clock.at(visit.end, Event::End(visit.ends_in_sleep));
            if let Some(at) = visit.moves_at {
                let gap = Habits::period(&mut self.random, GAP);
                self.clock.at(at, Event::Leave);
                self.clock.at(at + gap, Event::Reach(MOBILE));
            }
            if let Some(at) = visit.crashes_at {
                self.clock.at(at, Event::Crash);
            }
        }
        if self.thief.is_some_and(|thief| thief.stolen_at.is_none()) {
            let at = self.random.i64(evening..evening + 5 * HOUR);
            self.clock.at(at, Event::Steal);
        }
        self.clock.at(evening + DAY, Event::Night);
    }

    // The user and the browser.

    fn begin(&mut self, visit: Visit) {
        self.browser.is_visible = true;
        self.browser.is_running = true;
        self.browser.network = Some(visit.network);
        if self.browser.tabs.iter().any(Option::is_some) {
            self.wake()
        } else {
            self.load(visit.tabs)
        }
        self.plan_click();
    }

    fn end(&mut self, in_sleep: bool) {
        self.browser.is_visible = false;
        if in_sleep {
            self.clock.after(SUSPEND, Event::Suspend);
        } else {
            self.browser.tabs = [None; 3];
        }
    }

    fn suspend(&mut self) {
        self.browser.is_running = false;
        for tab in self.browser.tabs.iter_mut().flatten() {
            tab.is_waiting = false;
        }
    }

    fn load(&mut self, tabs: usize) {
        if self.renewal.is_some() {
            for tab in 0..tabs {
                let pause = self.random.i64(0..WAKE);
                self.clock.after(pause, Event::Navigate(tab));
            }
            return;
        }
        let seconds = self.clock.seconds();
        for tab in 0..tabs {
            self.browser.load(tab, seconds);
        }
        self.wake();
    }

    fn wake(&mut self) {
        self.look(0, 0);
    }

    /// In `pause` milliseconds the tab in front looks at its token, and some of the others do at almost the same time. The
    /// rest follows when it is shown.
    fn look(&mut self, front: usize, pause: Millis) {
        for tab in 0..self.browser.tabs.len() {
            let is_awake = tab == front || Habits::happens(&mut self.random, self.habits.wakes_too);
            let delay =
                if is_awake { self.random.i64(0..WAKE) } else { Habits::period(&mut self.random, SHOWN) };
            self.clock.after(pause + delay, Event::Due(tab));
        }
    }

    fn notice(&mut self, tab: usize) {
        let (granted_at, seconds) = (self.browser.cookies.granted_at, self.clock.seconds());
        if let Some(tab) = &mut self.browser.tabs[tab] {
            tab.granted_at = granted_at;
            tab.known_since = seconds;
        }
    }

    fn refresh_if_due(&mut self, tab: usize) {
        let Some(known) = self.browser.tabs[tab].filter(|known| !known.is_waiting && self.browser.is_visible)
        else {
            return;
        };
        let due = known.granted_at + REFRESH_AFTER - self.clock.now();
        if due <= 0 {
            self.send(tab, false);
        } else if tab == 0 {
            self.clock.after(due + self.random.i64(0..WAKE), Event::Due(tab));
        }
    }

    fn send(&mut self, tab: usize, is_second_try: bool) {
        let (Some(known), Some(network)) = (self.browser.tabs[tab], self.browser.network) else { return };
        let new_key = self.browser.new_key();
        let begun = self.client.begin(self.browser.record, known.known_since, self.clock.seconds(), new_key);
        self.browser.record = begun.unwrap_or(self.browser.record);
        let request = Request {
            tab,
            page: known.page,
            start: self.browser.starts,
            generation: self.browser.cookies.generation,
            keys: self.browser.record.keys,
            network,
            is_overtaken: known.granted_at < self.browser.cookies.granted_at,
            is_second_try,
            is_page: false,
        };
        self.browser.tabs[tab] = Some(crate::simulator::browser::Tab { is_waiting: true, ..known });
        self.transmit(Event::Receive(request), request);
    }

    /// The message arrives, or the tab finds out that it does not.
    pub(super) fn transmit(&mut self, event: Event, request: Request) {
        if Habits::happens(&mut self.random, self.habits.lost) {
            let pause = self.random.i64(SECOND..10 * SECOND);
            self.clock.after(pause, Event::Fail(request));
        } else {
            let latency = self.habits.latency(&mut self.random);
            self.clock.after(latency, event);
        }
    }

    fn fail(&mut self, request: Request) {
        if request.is_page {
            return self.reload(request.tab);
        }
        let Some(tab) = self.browser.tabs[request.tab].as_mut().filter(|tab| tab.page == request.page) else {
            return;
        };
        tab.is_waiting = false;
        let pause = RETRIES[tab.failures.min(RETRIES.len() - 1)];
        tab.failures += 1;
        self.clock.after(pause, Event::Due(request.tab));
    }

    fn answer(&mut self, answer: Answer) {
        let Answer { request, granted, key_used } = answer;
        if !self.browser.is_running || self.browser.network.is_none() || request.start != self.browser.starts
        {
            let pause = self.random.i64(SECOND..10 * SECOND);
            return self.clock.after(pause, Event::Fail(request));
        }
        let (now, seconds) = (self.clock.now(), self.clock.seconds());
        if let Some(generation) = granted {
            self.browser.cookies = Cookies { generation, granted_at: now };
            if !std::mem::replace(&mut self.browser.is_flushing, true) {
                self.clock.after(COOKIE_FLUSH, Event::Flush);
            }
        }
        if request.is_page {
            return self.show(request.tab);
        }
        let Some(tab) = self.browser.tabs[request.tab].as_mut().filter(|tab| tab.page == request.page) else {
            return;
        };
        tab.is_waiting = false;
        if granted.is_none() {
            self.browser.record = self.client.close(self.browser.record, request.keys);
            return if request.is_second_try { self.fail(request) } else { self.send(request.tab, true) };
        }
        tab.granted_at = now;
        tab.known_since = seconds;
        tab.failures = 0;
        self.browser.record = self.client.complete(self.browser.record, request.keys, key_used, seconds);
        self.look(request.tab, REFRESH_AFTER);
        for other in 0..self.browser.tabs.len() {
            if other != request.tab {
                let delay = self.random.i64(0..TAB_MESSAGE);
                self.clock.after(delay, Event::Notice(other));
            }
        }
    }

    // The server.

    fn receive(&mut self, request: Request) {
        // A request that was sent just before the device lost its network has left it, or has not.
        let is_cut_off = !self.browser.is_running || self.browser.network != Some(request.network);
        if is_cut_off && request.start == self.browser.starts && self.random.bool() {
            return self.fail(request);
        }
        let shown = Shown {
            generation: request.generation,
            keys: request.keys,
            device: OWNERS_DEVICE,
            network: self.network_of(&request),
        };
        let skew = self.random.i32(-CLOCK_SKEW..=CLOCK_SKEW);
        let (mut evidence, mut row) = self.row.receive(&shown, self.clock.seconds() + skew, self.rule);
        if evidence == Evidence::Rotate && self.replaces_older(&request) {
            (evidence, row) = (Evidence::Replay, self.row);
        }
        self.row = row;
        match evidence {
            Evidence::Reuse | Evidence::Regression => {
                self.result.ended_at = Some(self.clock.now());
                return;
            }
            Evidence::Superseded => self.result.conflicts += 1,
            Evidence::Rotate => self.follow_rotation(),
            Evidence::Replay | Evidence::ProvenReplay | Evidence::RecordedReplay => self.result.replays += 1,
        }
        let granted = (evidence != Evidence::Superseded).then_some(self.row.rotation.generation);
        self.result.refreshes += u64::from(granted.is_some());
        let key_used = request.keys[0].map(Key::hash) == self.row.rotation.keys[0];
        self.transmit(Event::Answer(Answer { request, granted, key_used }), request);
    }

    fn network_of(&self, request: &Request) -> Network {
        match self.renewal {
            Some(renewal) if request.is_page => renewal.network(request.network),
            _ => request.network,
        }
    }

    /// The old rule returned the current token to a tab whose access token was older, within grace.
    fn replaces_older(&self, request: &Request) -> bool {
        self.rule.variant == Variant::GraceOnly
            && request.is_overtaken
            && self.clock.now() - self.last_rotation <= 60 * SECOND
    }

    // The thief.

    fn follow_rotation(&mut self) {
        self.last_rotation = self.clock.now();
        let thief = self.thief.filter(|thief| thief.stolen_at.is_some());
        if let Some(pause) = thief.and_then(|thief| thief.plan.after_rotation()) {
            self.clock.after(pause, Event::Attack);
        }
    }

    fn steal(&mut self) {
        let (now, generation) = (self.clock.now(), self.browser.cookies.generation);
        let Some(thief) = &mut self.thief else { return };
        thief.stolen_at = Some(now);
        thief.generation = generation;
        if let Some(pause) = thief.plan.first_attack(now, now.div_euclid(DAY) * DAY + 6 * HOUR) {
            self.clock.after(pause, Event::Attack);
        }
    }

    fn attack(&mut self) {
        let Some(thief) = &mut self.thief else { return };
        let own_keys = [Some(thief.new_key()), None, None];
        let Thief { plan, generation, .. } = *thief;
        let mut shown = Shown { generation, keys: own_keys, device: plan.device(), network: plan.network() };
        // With the device of the user, the thief loads pages of the app, whose server makes the key of the user's own pages.
        if let Some(renewal) = self.renewal.filter(|_| shown.device == OWNERS_DEVICE) {
            shown.keys = self.server_keys(renewal, generation);
            shown.network = renewal.network(shown.network);
        }
        let (evidence, row) = self.row.receive(&shown, self.clock.seconds(), self.rule);
        self.row = row;
        let Some(thief) = &mut self.thief else { return };
        match evidence {
            Evidence::Reuse | Evidence::Regression => self.result.ended_at = Some(self.clock.now()),
            Evidence::Superseded => {}
            Evidence::Rotate | Evidence::Replay | Evidence::ProvenReplay | Evidence::RecordedReplay => {
                thief.generation = row.rotation.generation
            }
        }
        if evidence == Evidence::Rotate {
            self.last_rotation = self.clock.now();
        }
        if let Some(pause) = plan.next_attack() {
            self.clock.after(pause, Event::Attack);
        }
    }
}
