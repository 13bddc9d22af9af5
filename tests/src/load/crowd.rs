//! Some callers side by side, each with its own people, for a time or for a number of calls.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::api::Api;
use super::person::Person;
use super::tally::{Kind, Tally};
use crate::random::SeededRandom;

const REPORT_EVERY: Duration = Duration::from_millis(200);

/// When a crowd goes home.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// At this moment.
    Moment(Instant),
    /// When every caller has done so many things.
    Things(usize),
}

/// The users of the server.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// Callers side by side, each waiting for an answer before it asks again.
    pub callers: usize,
    /// People that each of them acts for.
    pub people: usize,
    /// Of a hundred things that people do: so many are signing out. The next thing of theirs is to sign in.
    pub sign_outs: usize,
}

/// Has a crowd live there; hands the tally of about every second, and how long it was, to `each_second`.
pub async fn live(
    server: SocketAddr,
    crowd: Crowd,
    until: Until,
    mut each_second: impl FnMut(&Tally, Duration),
) -> Tally {
    let (told, mut tallies) = tokio::sync::mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    for number in 0..crowd.callers {
        running.spawn(one_caller(Api::at(server), crowd, number, until, told.clone()));
    }
    drop(told);
    let (mut all, mut second, mut begun) = (Tally::default(), Tally::default(), Instant::now());
    while let Some(tally) = tallies.recv().await {
        second.add(&tally);
        if begun.elapsed().as_secs() >= 1 {
            each_second(&second, begun.elapsed());
            all.add(&std::mem::take(&mut second));
            begun = Instant::now();
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
    told: tokio::sync::mpsc::UnboundedSender<Tally>,
) {
    let first = number * crowd.people;
    let mut people: Vec<Person> = (first..first + crowd.people).map(Person::new).collect();
    let mut random = SeededRandom::from_seed(u64::try_from(number).expect("a usize fits"));
    let (mut tally, mut since, mut done) = (Tally::default(), Instant::now(), 0);
    while !until.is_over(done) {
        let who = random.below(people.len());
        people[who].act(what(&mut random, crowd.sign_outs), &api, &mut tally).await;
        done += 1;
        if since.elapsed() >= REPORT_EVERY {
            // The channel is closed only when the run is over.
            let _ = told.send(std::mem::take(&mut tally));
            since = Instant::now();
        }
    }
    let _ = told.send(tally);
}

impl Until {
    fn is_over(self, done: usize) -> bool {
        match self {
            Self::Moment(moment) => Instant::now() >= moment,
            Self::Things(most) => done == most,
        }
    }
}

/// Of a hundred things eight are looking at the list; the others are refreshing and asking how it stands, in equal
/// parts.
fn what(random: &mut SeededRandom, sign_outs: usize) -> Kind {
    let drawn = random.below(100);
    if drawn < sign_outs {
        Kind::SignOut
    } else if drawn < sign_outs + 8 {
        Kind::List
    } else if drawn.is_multiple_of(2) {
        Kind::Status
    } else {
        Kind::Refresh
    }
}
