//! Runs callers side by side, each with its own people, for a time or for a number of actions.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::api::Api;
use super::person::Person;
use super::tally::{Action, Tally};
use crate::random::SeededRandom;

const REPORT_EVERY: Duration = Duration::from_millis(200);

/// When a run ends.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// At this moment.
    Moment(Instant),
    /// When every caller has done this many actions.
    Actions(usize),
}

/// How many users there are and how often they sign out.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// Callers side by side. Each of them waits for a response before it sends the next request.
    pub callers: usize,
    /// People that each caller acts for.
    pub people: usize,
    /// How many of a hundred actions are a sign-out. A signed-out person signs in next.
    pub sign_outs: usize,
}

/// Runs the crowd. About once a second it calls `each_second` with the tally of that time and its length.
pub async fn live(
    server: SocketAddr,
    crowd: Crowd,
    until: Until,
    mut each_second: impl FnMut(&Tally, Duration),
) -> Tally {
    let (sender, mut tallies) = tokio::sync::mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    for number in 0..crowd.callers {
        running.spawn(one_caller(Api::at(server), crowd, number, until, sender.clone()));
    }
    drop(sender);
    let (mut all, mut second, mut started) = (Tally::default(), Tally::default(), Instant::now());
    while let Some(tally) = tallies.recv().await {
        second.add(&tally);
        if started.elapsed().as_secs() >= 1 {
            each_second(&second, started.elapsed());
            all.add(&std::mem::take(&mut second));
            started = Instant::now();
        }
    }
    running.join_all().await;
    all.add(&second);
    all
}

async fn one_caller(
    api: Api,
    crowd: Crowd,
    number: usize,
    until: Until,
    sender: tokio::sync::mpsc::UnboundedSender<Tally>,
) {
    let first = number * crowd.people;
    let mut people: Vec<Person> = (first..first + crowd.people).map(Person::new).collect();
    let mut random = SeededRandom::from_seed(u64::try_from(number).expect("a usize fits"));
    let (mut tally, mut since, mut done) = (Tally::default(), Instant::now(), 0);
    while !until.is_over(done) {
        let who = random.below(people.len());
        people[who].act(draw_action(&mut random, crowd.sign_outs), &api, &mut tally).await;
        done += 1;
        if since.elapsed() >= REPORT_EVERY {
            // The channel is closed only when the run is over.
            let _ = sender.send(std::mem::take(&mut tally));
            since = Instant::now();
        }
    }
    let _ = sender.send(tally);
}

impl Until {
    fn is_over(self, done: usize) -> bool {
        match self {
            Self::Moment(moment) => Instant::now() >= moment,
            Self::Actions(most) => done == most,
        }
    }
}

/// Eight of a hundred actions read the list of sessions; half of the others refresh, the other half read the status.
fn draw_action(random: &mut SeededRandom, sign_outs: usize) -> Action {
    let drawn = random.below(100);
    if drawn < sign_outs {
        Action::SignOut
    } else if drawn < sign_outs + 8 {
        Action::List
    } else if drawn.is_multiple_of(2) {
        Action::Status
    } else {
        Action::Refresh
    }
}
