//! Some callers side by side, each with its own people, for a time or for a number of calls.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::api::Api;
use super::person::Person;
use super::tally::{Kind, Tally};
use crate::luck::Luck;

const REPORT_EVERY: Duration = Duration::from_millis(200);

/// When a crowd goes home.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// At this moment.
    Moment(Instant),
    /// When every caller has done so many things.
    Things(usize),
}

/// Has `callers` call side by side, each for `people` of its own; hands every second's tally to `each_second`.
pub async fn live(
    server: SocketAddr,
    callers: usize,
    people: usize,
    until: Until,
    mut each_second: impl FnMut(&Tally),
) -> Tally {
    let (told, mut tallies) = tokio::sync::mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    for caller in 0..callers {
        let crowd = (caller * people..(caller + 1) * people).map(Person::new).collect();
        running.spawn(one_caller(Api::at(server), crowd, caller, until, told.clone()));
    }
    drop(told);
    let (mut all, mut second, mut begun) = (Tally::default(), Tally::default(), Instant::now());
    while let Some(tally) = tallies.recv().await {
        second.add(&tally);
        if begun.elapsed().as_secs() >= 1 {
            each_second(&second);
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
    mut people: Vec<Person>,
    number: usize,
    until: Until,
    told: tokio::sync::mpsc::UnboundedSender<Tally>,
) {
    let mut luck = Luck::of(u64::try_from(number).expect("a usize fits"));
    let (mut tally, mut since, mut done) = (Tally::default(), Instant::now(), 0);
    while !until.is_over(done) {
        let who = luck.below(people.len());
        people[who].act(what(&mut luck), &api, &mut tally).await;
        done += 1;
        if since.elapsed() >= REPORT_EVERY {
            // Nobody listens any more only when the run is over.
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

/// Of a hundred things ninety are refreshing and asking how it stands, in equal parts.
fn what(luck: &mut Luck) -> Kind {
    match luck.below(100) {
        0..45 => Kind::Refresh,
        45..90 => Kind::Status,
        90..98 => Kind::List,
        98 => Kind::SignIn,
        _ => Kind::SignOut,
    }
}
