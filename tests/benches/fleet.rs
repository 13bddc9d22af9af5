//! The time and the cost of the administrators' pages for growing numbers of stored events.
//!
//! ```text
//! cargo bench -p latchkey-tests --bench fleet [-- 10000 1000000]
//! ```
//!
//! The events are those of 10,000 users and of the last seven days; one in a hundred is an alert. Each page is read once, and then
//! its time is the median of further reads. The time is that of the embedded engine in the same process, so
//! that only the ratio of two numbers of events says something. Calls and units are those of DynamoDB, as the engine counts them.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

use std::time::{Duration, Instant};

use latchkey::domain::event::{Event, EventKind, Subject};
use latchkey::store::Consumed;
use latchkey_tests::world::{Device, Tokens, World};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

const SIZES: [u64; 2] = [10_000, 1_000_000];
const USERS: u64 = 10_000;
const WEEK_MILLIS: u64 = 7 * 86_400_000;
const READS: usize = 21;
/// The number of tasks that store events in parallel.
const WRITERS: u64 = 8;

const PAGES: [(&str, &str); 7] = [
    ("events", "events"),
    ("500 events", "events?limit=500"),
    ("alerts", "events?severity=high"),
    ("a type", "events?type=token_forged"),
    ("a user", "events?user_id=user-7"),
    ("a second", "events?from={second}&to={second}"),
    ("a search", "search?q=user-7"),
];

#[tokio::main]
async fn main() {
    let given: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    println!("{:>9}  {:<10} {:>9} {:>9} {:>6} {:>8}", "events", "page", "median", "slowest", "calls", "RU");
    for events in if given.is_empty() { SIZES.to_vec() } else { given } {
        measure(events).await;
    }
}

async fn measure(events: u64) {
    let world = World::with(&[("LIMIT_GENERAL", "100000/15m")]).await;
    world.without_stream().await;
    // The page of a second reads the hour up to it, too: nearly all of an hour is the most expensive.
    let past_the_hour = world.now().seconds().rem_euclid(3_600).unsigned_abs();
    world.advance(3_600 - past_the_hour + 3_500);
    let filled = Instant::now();
    fill(&world, events).await;
    let filled = filled.elapsed();
    let admin = administrator(&world).await;
    let second = world.now().before(Duration::from_secs(3 * 86_400)).to_rfc3339();
    for (name, page) in PAGES {
        let path = format!("/api/auth/fleet/{}", page.replace("{second}", &second));
        admin.get(&path).await.assert_status(200);
        world.server.stats.reset();
        admin.get(&path).await.assert_status(200);
        let usage = world.server.stats.total();
        let mut times = vec![];
        for _ in 0..READS {
            let begun = Instant::now();
            admin.get(&path).await.assert_status(200);
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        let (median, slowest) = (ms(times[READS / 2]), ms(times[READS - 1]));
        println!(
            "{events:>9}  {name:<10} {median:>6.1} ms {slowest:>6.1} ms {:>6} {:>8.1}",
            usage.calls, usage.read_units
        );
    }
    println!("{events:>9}  stored in {:.0} s", filled.as_secs_f64());
}

async fn fill(world: &World, events: u64) {
    let now = u64::try_from(world.now().seconds()).expect("after 1970") * 1_000;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = world.server.store.clone();
        writers.spawn(async move {
            let own: Vec<u64> = (0..events).filter(|number| number % WRITERS == writer).collect();
            for chunk in own.chunks(1_000) {
                let chunk: Vec<Event> = chunk.iter().map(|number| event(*number, events, now)).collect();
                store.record_all(&chunk, &Consumed::default()).await.expect("the engine answers");
            }
        });
    }
    writers.join_all().await;
}

/// The event with this number, the newest first.
fn event(number: u64, of: u64, now_millis: u64) -> Event {
    let user = format!("user-{}", number % USERS).parse().expect("a user id");
    let kind = match number % 100 {
        0 => EventKind::TokenForged,
        _ => EventKind::SignInConfirmed { event: Uuid::nil() },
    };
    let at = now_millis - 1_000 - number * WEEK_MILLIS / of;
    Event::about(Subject::User(user), i64::try_from(at).expect("it is small"), kind)
}

async fn administrator(world: &World) -> Device {
    let assertion = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let tokens = Tokens::of(world.device().login(&assertion).await.assert_status(201));
    world.device().bearer(&tokens.access)
}
