//! Events that neither the client nor the server decides: time, clocks, crashes and networks.

use crate::model::Step;
use crate::model::scenario::{AWAY, Scenario};
use crate::model::state::{OLDEST, OLDEST_RECORD, State, Tab};

/// Steps of time: within grace and a request's life; after both; after an access token's life; after the late retry.
const WAITS: [i32; 4] = [20, 300, 3_600, 90_000];
/// Longer than a request lives, and longer than a browser keeps cookies in memory only.
const SETTLED: i32 = 300;
/// A step of the client's clock, longer than an access token's life.
const CLOCK_STEP: i32 = 3_600;

/// The steps of time, clocks, crashes and networks.
pub fn steps(scenario: &Scenario, state: &State, next: &mut Vec<(Step, State)>) {
    let bounds = &scenario.bounds;
    if state.used.waits < bounds.waits {
        next.extend(WAITS.map(|seconds| (Step::Wait(seconds), wait(*state, seconds))));
    }
    if state.used.crashes < bounds.crashes {
        if state.disk != state.browser {
            next.push((Step::Flush, State { disk: state.browser, ..*state }));
        }
        next.push((Step::Crash, crash(*state)));
    }
    if state.used.clocks < bounds.clocks {
        for seconds in [CLOCK_STEP, -CLOCK_STEP] {
            let mut stepped = *state;
            stepped.used.clocks += 1;
            age_client(&mut stepped, seconds);
            next.push((Step::ClientClock(seconds), stepped));
        }
    }
    if state.used.moves < bounds.moves {
        let mut moved = State { network: AWAY, ..*state };
        moved.used.moves += 1;
        next.push((Step::Move, moved));
    }
}

fn wait(mut state: State, seconds: i32) -> State {
    state.used.waits += 1;
    state.row = state.row.aged(seconds, OLDEST);
    age_client(&mut state, seconds);
    if seconds >= SETTLED {
        state.disk = state.browser;
        state.messages = [None; 2];
        for tab in &mut state.tabs {
            if let Tab::Waiting(_) = tab {
                *tab = Tab::Idle;
            }
        }
    }
    state
}

fn age_client(state: &mut State, seconds: i32) {
    for storage in [&mut state.browser, &mut state.disk] {
        storage.record = storage.record.aged(seconds, OLDEST_RECORD);
    }
    for tab in &mut state.tabs {
        if let Tab::HasRead(record) = tab {
            *record = record.aged(seconds, OLDEST_RECORD);
        }
    }
}

/// Cookies and record return to what the disk has, each on its own. Requests on their way still arrive, and their
/// responses find no tab.
fn crash(mut state: State) -> State {
    state.used.crashes += 1;
    state.cookies_undone |= state.disk.cookie != state.browser.cookie;
    state.browser = state.disk;
    state.tabs = [Tab::Idle; 2];
    state
}
