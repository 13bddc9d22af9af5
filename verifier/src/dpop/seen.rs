//! Has this proof been used already? A bounded memory of one instance.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::error::ProofError;
use super::proof::Proof;
use crate::crypto::sha256;
use crate::time::epoch_seconds;

/// How long a generation of proofs is filled, in seconds. A proof made 60 seconds ahead is accepted for 120 seconds, and
/// each proof is remembered for one whole generation at least.
const GENERATION_SECONDS: u64 = 120;

/// How many proofs a generation holds, so that both together take some 4 MB at most.
const GENERATION_MAX: usize = 50_000;

/// The proofs that this instance has accepted in the last two minutes. Cheap to clone; clones share their memory.
///
/// Use it for requests that change something. Requests with a safe method may arrive twice with one proof, because
/// browsers and proxies repeat them.
///
/// The memory is best effort: other instances do not share it, and after 50,000 proofs within two minutes the oldest are
/// forgotten. A repeated proof fits the same method, URL and token only, within 60 seconds of its `iat`.
#[derive(Clone, Default)]
pub struct SeenProofs(Arc<Mutex<Generations>>);

type ProofId = [u8; 32];

#[derive(Default)]
struct Generations {
    began_at: i64,
    current: HashSet<ProofId>,
    previous: HashSet<ProofId>,
}

impl SeenProofs {
    /// An empty memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers a proof.
    ///
    /// # Errors
    /// `Repeated`: it has been remembered before.
    pub fn remember(&self, proof: &Proof, now: SystemTime) -> Result<(), ProofError> {
        // Two keys may choose the same `jti`, so the key is part of the id.
        let id = sha256(&[proof.thumbprint.as_bytes(), proof.jti.as_bytes()].concat());
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.advance(epoch_seconds(now));
        if generations.previous.contains(&id) || !generations.current.insert(id) {
            Err(ProofError::Repeated)
        } else {
            Ok(())
        }
    }
}

impl Generations {
    fn advance(&mut self, now: i64) {
        let age = now.abs_diff(self.began_at);
        if age < GENERATION_SECONDS && self.current.len() < GENERATION_MAX {
            return;
        }
        self.previous = std::mem::take(&mut self.current);
        self.began_at = now;
    }
}

impl fmt::Debug for SeenProofs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SeenProofs").finish_non_exhaustive()
    }
}
