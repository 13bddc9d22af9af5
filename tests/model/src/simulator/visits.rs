//! When does a user have the app open? Some visits in the evening, a night's sleep, and one or two in the morning.

use fastrand::Rng;

use crate::server::Network;
use crate::simulator::habits::{DAY, HOUR, Habits, MINUTE, Millis, SECOND};

/// The network of most evenings.
pub const HOME: Network = Network(0);
/// The network of some mornings.
pub const WORK: Network = Network(1);
/// The network of a few visits in the evening, and the one that a device changes to during a visit.
pub const MOBILE: Network = Network(2);

/// The user has the app open.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// When the visit begins.
    pub start: Millis,
    /// When it ends.
    pub end: Millis,
    /// The network.
    pub network: Network,
    /// The open tabs.
    pub tabs: usize,
    /// Whether it ends because the device is put to sleep.
    pub ends_in_sleep: bool,
    /// When the device changes its network, if it does.
    pub moves_at: Option<Millis>,
    /// When the browser crashes, if it does.
    pub crashes_at: Option<Millis>,
}

/// The visits of a night that begins at `evening`, 18:00, and ends before 10:00.
pub fn night(habits: &Habits, random: &mut Rng, evening: Millis) -> Vec<Visit> {
    let mut visits = vec![];
    let mut start = evening + random.i64(0..HOUR);
    for _ in 0..random.usize(1..=4) {
        let elsewhere = Habits::happens(random, habits.evening_elsewhere);
        let visit = visit(habits, random, start, if elsewhere { MOBILE } else { HOME });
        if visit.end > evening + 6 * HOUR {
            break;
        }
        start = visit.end + 30 * SECOND + Habits::period(random, 20 * MINUTE);
        visits.push(visit);
    }
    let network = if Habits::happens(random, habits.morning_elsewhere) { WORK } else { HOME };
    start = evening + 13 * HOUR + random.i64(0..2 * HOUR);
    for _ in 0..random.usize(1..=2) {
        let visit = visit(habits, random, start, network);
        if visit.end > evening + DAY - 8 * HOUR {
            break;
        }
        start = visit.end + 30 * SECOND + Habits::period(random, 10 * MINUTE);
        visits.push(visit);
    }
    visits
}

fn visit(habits: &Habits, random: &mut Rng, start: Millis, network: Network) -> Visit {
    let end = start + 20 * SECOND + Habits::period(random, 25 * MINUTE);
    let mut within = |probability| Habits::happens(random, probability).then(|| random.i64(start..end));
    let (moves_at, crashes_at) = (within(habits.move_in_visit), within(habits.crash));
    let tabs = match random.f64() {
        one if one < 0.5 => 1,
        two if two < 0.8 => 2,
        _ => 3,
    };
    let ends_in_sleep = Habits::happens(random, habits.ends_in_sleep);
    Visit { start, end, network, tabs, ends_in_sleep, moves_at, crashes_at }
}
