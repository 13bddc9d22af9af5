//! An issuer whose sessions are revoked at random times: two server instances whose clocks differ, each with a copy of one
//! second, behind a shared cache of two seconds.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_verifier::{Claims, SessionId};
use serde_json::json;

use super::executor::Time;
use crate::signer::{ISSUER, NOW, Signer, claims};

const SESSIONS: usize = 600;
/// By how many milliseconds the clocks of the instances are off.
const INSTANCES: [i64; 2] = [-900, 900];
const INSTANCE_COPY: u64 = 1_000;
const SHARED_CACHE: u64 = 2_000;

pub(super) struct Issuer {
    time: Time,
    signer: Signer,
    sessions: Vec<Session>,
    /// When all sessions are revoked that have started until then.
    everyone_at: u64,
    instances: Mutex<Copies<(usize, Option<u64>)>>,
    shared_cache: Mutex<Copies<Option<u64>>>,
    turn: Mutex<usize>,
}

/// Feeds with the time at which they were built.
type Copies<K> = HashMap<K, (u64, String)>;

struct Session {
    claims: Claims,
    revoked_at: Option<u64>,
}

impl Issuer {
    /// A third of the sessions is revoked before `until`, one by one. At half time all are that began before.
    pub(super) fn new(seed: u64, until: u64, time: &Time) -> Self {
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
            instances: Mutex::default(),
            shared_cache: Mutex::default(),
            turn: Mutex::default(),
        }
    }

    pub(super) fn claims_of_any(&self, random: &mut fastrand::Rng) -> Claims {
        random.choice(&self.sessions).expect("there are sessions").claims.clone()
    }

    pub(super) fn revoked_at(&self, id: &SessionId) -> Option<u64> {
        self.sessions.iter().find(|session| session.claims.sid == *id)?.revoked_at
    }

    /// The answer of the shared cache.
    pub(super) fn answer(&self, since: Option<u64>) -> String {
        cached(&mut self.shared_cache.lock().unwrap(), since, self.time.millis(), SHARED_CACHE, || {
            let mut turn = self.turn.lock().unwrap();
            *turn = (*turn + 1) % INSTANCES.len();
            let key = (*turn, since);
            cached(&mut self.instances.lock().unwrap(), key, self.time.millis(), INSTANCE_COPY, || {
                self.build(INSTANCES[*turn], self.time.millis(), since, ISSUER, &self.signer)
            })
        })
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

fn cached<K: std::hash::Hash + Eq>(
    cache: &mut Copies<K>,
    key: K,
    now: u64,
    lifetime: u64,
    build: impl FnOnce() -> String,
) -> String {
    if let Some((_, text)) = cache.get(&key).filter(|(built_at, _)| now < built_at + lifetime) {
        return text.clone();
    }
    let text = build();
    cache.insert(key, (now, text.clone()));
    text
}

fn claims_of_anyone() -> Claims {
    serde_json::from_value(claims()).unwrap()
}
