//! Hundreds of verifiers behind faulty caches, in virtual time: no honest session is ever refused because of the feed, and no
//! revoked one is accepted later than 10 seconds after its revocation while the feed can be reached.

use std::sync::Arc;
use std::time::Duration;

use latchkey_verifier::{Claims, RevocationFeed, SessionCheck as _, SessionCheckError, Verifier, WhenStale};

use crate::signer::{AUDIENCE, ISSUER, Signer};
use cache::{Cache, Faults};
use executor::{Executor, Time};
use issuer::{APART, Issuer, Pace, SLOW, Servers};

mod cache;
mod executor;
mod issuer;

/// The promise, in milliseconds.
const PROMISE: u64 = 10_000;

/// The longest delay that a hostile cache can cause while verifiers refuse without a fresh copy, in milliseconds: the allowance for
/// clocks (90 s and the rest of a second) and a fresh copy (30 s), and another second for the clocks of the servers. How much a verifier's own
/// clock is behind comes on top of it, and how much it is ahead leaves it.
const LONGEST_DELAY: i64 = 122_000;

/// One service: how its clock differs, whether it polls, and what it does without a fresh copy.
struct Service {
    feed: RevocationFeed,
    cache: Arc<Cache>,
    clock_is_off_by: i64,
    refuses: bool,
}

/// The outcomes of all requests.
#[derive(Default)]
struct Tally {
    live: usize,
    refused: usize,
    unavailable: usize,
    late: usize,
    /// The longest delay of a refusal, less the difference of the verifier's clock, in milliseconds.
    longest_delay: i64,
}

impl Service {
    fn new(number: u64, time: &Time, issuer: &Arc<Issuer>, faults: Faults) -> Self {
        let verifier = Verifier::parse(&Signer::new("a").jwks(), ISSUER, AUDIENCE).unwrap();
        let refuses = !number.is_multiple_of(3);
        let when_stale = if refuses { WhenStale::Refuse } else { WhenStale::Accept };
        let clock_is_off_by = i64::try_from(number % 61).unwrap() - 30;
        let cache = Arc::new(Cache::new(number, time, issuer, faults, clock_is_off_by));
        let (wall, monotonic) = (time.clone(), time.clone());
        let feed = RevocationFeed::new(verifier, cache.clone(), when_stale).unwrap();
        let feed = feed.clocks(move || wall.wall(clock_is_off_by), move || monotonic.monotonic());
        Self { feed, cache, clock_is_off_by, refuses }
    }

    /// Asks about a session, and asserts both properties.
    async fn request(&self, claims: &Claims, time: &Time, issuer: &Issuer, tally: &mut Tally) {
        let asked_at = time.millis();
        let outcome = self.feed.check("", claims, time.wall(self.clock_is_off_by)).await;
        let revoked_at = issuer.revoked_at(&claims.sid).filter(|revoked_at| *revoked_at <= time.millis());
        match outcome {
            Ok(_) => {
                tally.live += 1;
                let delay = revoked_at.map_or(0, |revoked_at| asked_at.saturating_sub(revoked_at));
                let was_reached = !self.cache.had_a_fault_since(asked_at.saturating_sub(PROMISE));
                assert!(delay <= PROMISE || !was_reached, "accepted {delay} ms after its revocation");
                let by_own_clock = i64::try_from(delay).unwrap() + self.clock_is_off_by * 1_000;
                if delay > 0 && self.refuses {
                    assert!(by_own_clock <= LONGEST_DELAY, "accepted {delay} ms later with a hostile cache");
                    tally.longest_delay = tally.longest_delay.max(by_own_clock);
                }
                tally.late += usize::from(delay > PROMISE);
            }
            Err(SessionCheckError::Ended) => {
                tally.refused += 1;
                assert!(revoked_at.is_some(), "an honest session was refused");
            }
            Err(SessionCheckError::Unavailable { .. }) => {
                tally.unavailable += 1;
                assert!(self.refuses, "unavailable although stale copies are accepted");
                assert!(
                    self.cache.had_a_fault_since(asked_at.saturating_sub(30_000)),
                    "unavailable without a fault"
                );
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Sends requests at random times until `until`: about random sessions, and about the one for which the promise holds as of late.
    async fn serve(self, seed: u64, pause: u64, until: u64, time: Time, issuer: Arc<Issuer>) -> Tally {
        let (mut random, mut tally) = (fastrand::Rng::with_seed(seed), Tally::default());
        time.sleep(Duration::from_millis(random.u64(0..4_000))).await;
        while time.millis() < until {
            time.sleep(Duration::from_millis(random.u64(1..pause))).await;
            let due = time.millis().checked_sub(PROMISE + 1).and_then(|at| issuer.claims_of_last_revoked(at));
            let claims = due.filter(|_| random.bool()).unwrap_or_else(|| issuer.claims_of_any(&mut random));
            self.request(&claims, &time, &issuer, &mut tally).await;
        }
        tally
    }
}

/// Runs `services` for `minutes`, half of them with a poller, and returns the sum of their outcomes.
fn simulate(seed: u64, services: u64, minutes: u64, servers: Servers, faults: Faults) -> Tally {
    let (time, until) = (Time::default(), minutes * 60_000);
    let issuer = Arc::new(Issuer::new(seed, until, servers, &time));
    let mut executor = Executor::new(&time);
    let mut tallies = vec![];
    for number in 0..services {
        let number = seed * 1_000 + number;
        let service = Service::new(number, &time, &issuer, faults);
        let polls = number.is_multiple_of(2);
        if polls {
            let timer = time.clone();
            let (feed, starts_after) = (service.feed.clone(), Duration::from_millis(number * 977 % 4_000));
            executor.spawn(async move {
                // Otherwise all of them would ask at the same moments for ever.
                timer.sleep(starts_after).await;
                feed.poll(move |pause| timer.sleep(pause)).await;
            });
        }
        // Without a poller it is a function, which gets a request now and then.
        let pause = match servers.pace {
            // The worst case lasts some tenths of a second.
            Pace::Slowest => 200,
            _ if polls => 2_000,
            _ => 30_000,
        };
        tallies.push(executor.spawn(service.serve(number, pause, until, time.clone(), issuer.clone())));
    }
    executor.run_until(until + 120_000);
    let mut sum = Tally::default();
    for tally in tallies {
        let tally = tally.lock().unwrap().take().expect("the service has served until the end");
        sum.live += tally.live;
        sum.refused += tally.refused;
        sum.unavailable += tally.unavailable;
        sum.late += tally.late;
        sum.longest_delay = sum.longest_delay.max(tally.longest_delay);
    }
    sum
}

#[test]
fn hundreds_of_verifiers_behind_faulty_caches_keep_both_promises() {
    let tally = simulate(1, 200, 8, SLOW, Faults::Random);
    assert!(tally.live > 10_000 && tally.refused > 10_000, "{} {}", tally.live, tally.refused);
    // The faults are hard enough to be seen.
    assert!(tally.unavailable > 100 && tally.late > 100, "{} {}", tally.unavailable, tally.late);
}

/// A verifier accepts feeds of up to 90 s, and a copy for 30 s after the last one. The bound is tight.
#[test]
fn a_cache_that_holds_feeds_back_delays_a_refusal_by_two_minutes() {
    let tally = simulate(8, 60, 10, SLOW, Faults::OldFeeds);
    assert!(tally.live > 1_000 && tally.refused > 1_000, "{} {}", tally.live, tally.refused);
    assert!(tally.longest_delay > 115_000, "{} ms", tally.longest_delay);
}

/// Also if each answer takes almost the two seconds for which caches and verifiers wait.
#[test]
fn verifiers_that_reach_the_feed_are_never_late_and_never_unavailable() {
    let quick = Servers { pace: Pace::Quick, ..SLOW };
    let slowest = Servers { pace: Pace::Slowest, ..SLOW };
    for (seed, services, minutes, servers) in [(2, 50, 8, quick), (3, 200, 4, SLOW), (6, 20, 8, slowest)] {
        let tally = simulate(seed, services, minutes, servers, Faults::None);
        assert!(tally.live > 3_000 && tally.refused > 3_000, "{} {}", tally.live, tally.refused);
        assert_eq!((tally.unavailable, tally.late), (0, 0), "{servers:?}");
    }
}

/// A feed of the server whose clock is ahead must not make the feeds of the other one look old.
#[test]
fn servers_whose_clocks_differ_by_a_minute_leave_no_verifier_without_a_copy() {
    for seed in [4, 5] {
        let tally = simulate(seed, 60, 8, APART, Faults::None);
        assert!(tally.live > 3_000 && tally.refused > 3_000, "{} {}", tally.live, tally.refused);
        assert_eq!((tally.unavailable, tally.late), (0, 0), "{seed}");
    }
}
