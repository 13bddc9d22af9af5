//! An issuer whose sessions are revoked at random times: two server instances whose clocks differ, each with a copy of one
//! second, behind shared caches of two seconds that wait for them for up to two seconds.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_verifier::{Claims, SessionId};
use serde_json::json;

use super::executor::Time;
use crate::signer::{ISSUER, NOW, Signer, claims};

const SESSIONS: usize = 900;
const INSTANCE_COPY: u64 = 1_000;
const SHARED_CACHE: u64 = 2_000;
const SHARED_CACHES: u8 = 4;
/// The longest answer of an instance, in milliseconds. The shared cache gives up after two seconds.
const SLOWEST: u64 = 1_900;

/// The servers behind the shared cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Servers {
    /// By how many milliseconds the clocks of the instances are off.
    pub(super) clocks: [i64; 2],
    /// The longest time for which the same instance answers, in milliseconds. 0: they take turns.
    pub(super) stretch: u64,
    /// How long their answers take.
    pub(super) pace: Pace,
}

/// How long the answers of servers take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Some milliseconds.
    Quick,
    /// Up to [`SLOWEST`], and half of them that long.
    Slow,
    /// All of them [`SLOWEST`], and the copies of the instances are as old as they may be.
    Slowest,
}

/// Two servers whose clocks differ little, and that answer late.
pub(super) const SLOW: Servers = Servers { clocks: [-900, 900], stretch: 0, pace: Pace::Slow };

/// Two servers whose clocks differ by almost a minute. One of them answers for up to two minutes.
pub(super) const APART: Servers = Servers { clocks: [-29_000, 30_000], stretch: 120_000, pace: Pace::Slow };

pub(super) struct Issuer {
    time: Time,
    signer: Signer,
    sessions: Vec<Session>,
    /// When all sessions are revoked that have started until then.
    everyone_at: u64,
    servers: Servers,
    shared_caches: Mutex<HashMap<(u8, Option<u64>), Cached>>,
    turn: Mutex<Turn>,
}

/// Which instance answers, and how long its answers take.
struct Turn {
    instance: usize,
    ends_at: u64,
    random: fastrand::Rng,
}

/// The instance that answers a request, with the age of its copy and the time that it takes, both in milliseconds.
struct Served {
    instance: usize,
    copy_is_old_by: u64,
    takes: u64,
}

/// A feed in a cache. It arrives there at a time and is kept from then on.
#[derive(Clone)]
struct Cached {
    arrives_at: u64,
    text: String,
}

struct Session {
    claims: Claims,
    revoked_at: Option<u64>,
}

impl Issuer {
    /// A third of the sessions is revoked before `until`, one by one. At half time all are that began before.
    pub(super) fn new(seed: u64, until: u64, servers: Servers, time: &Time) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let everyone_at = until / 2 / 1_000 * 1_000;
        let sessions = (0..SESSIONS).map(|number| {
            let mut id = [number as u8; 16];
            random.fill(&mut id);
            // A third starts after the revocation of everyone.
            let starts_later = number % 3 == 0;
            let start = NOW + if starts_later { everyone_at / 1_000 + 1 } else { 0 };
            let claims =
                Claims { sid: SessionId::from_bytes(id), sst: Some(start as i64), ..claims_of_anyone() };
            let own = (number % 3 == 1).then(|| random.u64(0..until));
            Session {
                claims,
                revoked_at: if starts_later {
                    None
                } else {
                    Some(own.unwrap_or(everyone_at).min(everyone_at))
                },
            }
        });
        Self {
            time: time.clone(),
            signer: Signer::new("a"),
            sessions: sessions.collect(),
            everyone_at,
            servers,
            shared_caches: Mutex::default(),
            turn: Mutex::new(Turn { instance: 0, ends_at: 0, random }),
        }
    }

    pub(super) fn claims_of_any(&self, random: &mut fastrand::Rng) -> Claims {
        random.choice(&self.sessions).expect("there are sessions").claims.clone()
    }

    /// The session that was revoked last of those until `millis`, without the revocation of everyone.
    pub(super) fn claims_of_last_revoked(&self, millis: u64) -> Option<Claims> {
        let revoked = self.sessions.iter().filter_map(|session| Some((session.revoked_at?, session)));
        let until = revoked.filter(|(at, _)| *at <= millis && *at != self.everyone_at);
        until.max_by_key(|(at, _)| *at).map(|(_, session)| session.claims.clone())
    }

    pub(super) fn revoked_at(&self, id: &SessionId) -> Option<u64> {
        self.sessions.iter().find(|session| session.claims.sid == *id)?.revoked_at
    }

    /// The answer of a shared cache, and when it has it. Requests for the same feed wait for the same answer.
    pub(super) fn answer(&self, since: Option<u64>) -> (String, u64) {
        let now = self.time.millis();
        let mut caches = self.shared_caches.lock().unwrap();
        // A verifier reaches now this one and now another. With a single one, all verifiers would move in step with it.
        let key = (self.turn.lock().unwrap().random.u8(..SHARED_CACHES), since);
        if let Some(cached) = caches.get(&key).filter(|cached| now < cached.arrives_at + SHARED_CACHE) {
            return (cached.text.clone(), cached.arrives_at);
        }
        let Served { instance, copy_is_old_by, takes } = self.turn.lock().unwrap().next(self.servers, now);
        let read_at = now.saturating_sub(copy_is_old_by);
        let text = self.build(self.servers.clocks[instance], read_at, since, ISSUER, &self.signer);
        let cached = Cached { arrives_at: now + takes, text };
        caches.insert(key, cached.clone());
        (cached.text, cached.arrives_at)
    }

    /// A feed with the revocations until `now`, signed by an instance whose clock is off.
    pub(super) fn build(
        &self,
        off_by: i64,
        now: u64,
        since: Option<u64>,
        issuer: &str,
        signer: &Signer,
    ) -> String {
        let second = |millis: u64| NOW + millis.saturating_add_signed(off_by) / 1_000;
        let is_listed = |revoked_at: &u64| {
            *revoked_at <= now && since.is_none_or(|since| second(*revoked_at) / 60 >= since)
        };
        let listed = self.sessions.iter().filter(|session| {
            session.revoked_at.filter(|at| *at != self.everyone_at).as_ref().is_some_and(is_listed)
        });
        let mut entries: Vec<&[u8]> = listed.map(|session| &session.claims.sid.as_bytes()[8..]).collect();
        entries.sort_unstable();
        let mut payload =
            json!({"iss": issuer, "iat": second(now), "ended": BASE64URL.encode(entries.concat())});
        if let Some(since) = since {
            payload["since"] = json!(since);
        }
        if now >= self.everyone_at {
            payload["not_before"] = json!(NOW + self.everyone_at / 1_000);
        }
        signer.sign("revocations+jwt", &payload.to_string())
    }
}

impl Turn {
    fn next(&mut self, servers: Servers, now: u64) -> Served {
        if now >= self.ends_at {
            self.instance = (self.instance + 1) % servers.clocks.len();
            self.ends_at = now + self.random.u64(0..=servers.stretch);
        }
        let (copy_is_old_by, takes) = match servers.pace {
            Pace::Quick => (self.random.u64(0..INSTANCE_COPY), self.random.u64(5..50)),
            Pace::Slow => (self.random.u64(0..INSTANCE_COPY), self.random.u64(0..2 * SLOWEST).min(SLOWEST)),
            Pace::Slowest => (INSTANCE_COPY - 1, SLOWEST),
        };
        Served { instance: self.instance, copy_is_old_by, takes }
    }
}

fn claims_of_anyone() -> Claims {
    serde_json::from_value(claims()).unwrap()
}
