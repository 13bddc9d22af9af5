//! The assumptions about users, networks and browsers. They are on the pessimistic side.

use fastrand::Rng;

/// A moment or a period in milliseconds.
pub type Millis = i64;

/// A second.
pub const SECOND: Millis = 1_000;
/// A minute.
pub const MINUTE: Millis = 60 * SECOND;
/// An hour.
pub const HOUR: Millis = 60 * MINUTE;
/// A day.
pub const DAY: Millis = 24 * HOUR;

/// A tab refreshes when its access token has five of its 60 minutes left.
pub const REFRESH_AFTER: Millis = 55 * MINUTE;
/// The server of an app renews a session when its access token has a minute left.
pub const RENEW_AFTER: Millis = 59 * MINUTE;
/// How long until the user follows a link, on average.
pub const CLICK: Millis = 2 * MINUTE;
/// Chromium writes cookies to the disk half a minute after a change.
pub const COOKIE_FLUSH: Millis = 30 * SECOND;
/// Tabs that wake up at the same time send their requests within this time.
pub const WAKE: Millis = SECOND / 2;
/// After its display went dark, a device is awake for another second.
pub const SUSPEND: Millis = SECOND;
/// The gap between two networks, on average.
pub const GAP: Millis = 10 * SECOND;
/// How long until another tab is shown, on average.
pub const SHOWN: Millis = 10 * MINUTE;
/// A message between the tabs of a browser takes at most this long.
pub const TAB_MESSAGE: Millis = 30;
/// The clocks of two instances of the server differ by at most so many seconds.
pub const CLOCK_SKEW: i32 = 1;
/// Waits between the attempts of a client whose request failed. The last one repeats.
pub const RETRIES: [Millis; 7] = [SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE];

/// How often things go wrong, as probabilities.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// A request is lost; and, just as often, a response. Each.
    pub lost: f64,
    /// The browser or its machine crashes during a visit.
    pub crash: f64,
    /// The device changes its network during a visit, with a gap of ten seconds on average.
    pub move_in_visit: f64,
    /// A visit of the evening is in another network than the others.
    pub evening_elsewhere: f64,
    /// The next morning is in another network than the evening.
    pub morning_elsewhere: f64,
    /// A visit ends because the device is put to sleep. Otherwise the tabs are closed.
    pub ends_in_sleep: f64,
    /// A message takes some seconds instead of a tenth of one.
    pub slow: f64,
    /// A tab that is not in front sends a request as well when the device wakes up, for example from another window.
    pub wakes_too: f64,
}

impl Habits {
    /// An ordinary user. 1 of 200 requests and 1 of 200 responses is lost.
    pub const ORDINARY: Self = Self {
        lost: 0.005,
        crash: 0.002,
        move_in_visit: 0.03,
        evening_elsewhere: 0.05,
        morning_elsewhere: 0.25,
        ends_in_sleep: 0.5,
        slow: 0.01,
        wakes_too: 0.05,
    };

    /// Whether something with this probability happens.
    pub fn happens(random: &mut Rng, probability: f64) -> bool {
        random.f64() < probability
    }

    /// The time that a message takes in one direction.
    pub fn latency(&self, random: &mut Rng) -> Millis {
        match random.f64() {
            slowest if slowest < self.slow / 10.0 => random.i64(5 * SECOND..25 * SECOND),
            slow if slow < self.slow => random.i64(SECOND..5 * SECOND),
            _ => random.i64(30..200),
        }
    }

    /// A period with an exponential distribution.
    pub fn period(random: &mut Rng, mean: Millis) -> Millis {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "a period of some hours"
        )]
        let period = (-(1.0 - random.f64()).ln() * mean as f64) as Millis;
        period
    }
}
