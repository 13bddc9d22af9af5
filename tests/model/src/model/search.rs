//! The search: breadth first over all states, so that a counterexample is as short as possible.
//!
//! It is our own and not the crate `stateright`, which does the same in general: that one keeps the path to each state
//! that waits, which takes several times the memory at ten million states, and it brings a web server and a hash map for
//! threads along.
//!
//! A visited state is kept as 64 bits of its hash and of its parent's. Two different states may have the same hash, with a
//! probability below 1 in 10,000 for a whole search of 40 million states. A counterexample is always real, because its
//! steps are computed again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::{self, Write};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use foldhash::quality::FixedState;

use crate::model::invariants::{Violation, violation};
use crate::model::scenario::Scenario;
use crate::model::state::State;
use crate::model::{Step, successors};

/// The seconds since the sign-in with which the search begins.
const BEGINNINGS: [i32; 2] = [0, 4_000];
/// The hash in the place of a parent for the states with which the search begins.
const NO_PARENT: u64 = 0;

/// The result of a search.
#[derive(Debug)]
pub struct Outcome {
    /// The states that it visited.
    pub states: usize,
    /// Whether these are all states within the bounds.
    pub is_complete: bool,
    /// The shortest way to a broken promise.
    pub counterexample: Option<Counterexample>,
}

/// The steps that break a promise.
pub struct Counterexample {
    /// The promise.
    pub violation: Violation,
    /// The steps from the sign-in.
    pub steps: Vec<Step>,
}

/// Visits all states within the bounds, or until a promise is broken.
pub fn search(scenario: &Scenario) -> Outcome {
    let mut visited = Visited::default();
    let mut layer: Vec<State> = BEGINNINGS.iter().map(|age| State::signed_in(scenario, *age)).collect();
    for state in &layer {
        visited.insert(fingerprint(state), NO_PARENT);
    }
    let (mut below, mut next) = (vec![], vec![]);
    while !layer.is_empty() {
        for state in &layer {
            let parent = fingerprint(state);
            successors(scenario, state, &mut next);
            for (step, state) in &next {
                if let Some(violation) = violation(scenario, state) {
                    let steps = visited.path(scenario, parent, *step);
                    let counterexample = Some(Counterexample { violation, steps });
                    return Outcome { states: visited.0.len(), is_complete: false, counterexample };
                }
                if !state.is_settled(scenario) && visited.insert(fingerprint(state), parent) {
                    below.push(*state);
                }
            }
        }
        if visited.0.len() > scenario.bounds.states {
            return Outcome { states: visited.0.len(), is_complete: false, counterexample: None };
        }
        std::mem::swap(&mut layer, &mut below);
        below.clear();
    }
    Outcome { states: visited.0.len(), is_complete: true, counterexample: None }
}

/// Each visited state with its parent, by their hashes.
#[derive(Default)]
struct Visited(HashMap<u64, u64, BuildHasherDefault<AlreadyHashed>>);

impl Visited {
    fn insert(&mut self, state: u64, parent: u64) -> bool {
        match self.0.entry(state) {
            Entry::Occupied(_) => false,
            Entry::Vacant(free) => {
                free.insert(parent);
                true
            }
        }
    }

    /// The steps to the state with this hash, and `last`.
    fn path(&self, scenario: &Scenario, end: u64, last: Step) -> Vec<Step> {
        let mut hashes = vec![end];
        while let Some(parent) = self.0.get(&hashes[hashes.len() - 1]).filter(|parent| **parent != NO_PARENT)
        {
            hashes.push(*parent);
        }
        hashes.reverse();
        let beginnings = BEGINNINGS.iter().map(|age| State::signed_in(scenario, *age));
        let mut state = beginnings
            .into_iter()
            .find(|state| fingerprint(state) == hashes[0])
            .expect("a search begins with it");
        let (mut steps, mut next) = (vec![], vec![]);
        for hash in &hashes[1..] {
            successors(scenario, &state, &mut next);
            let step = next
                .iter()
                .find(|(_, state)| fingerprint(state) == *hash)
                .expect("the search took this step");
            steps.push(step.0);
            state = step.1;
        }
        steps.push(last);
        steps
    }
}

fn fingerprint(state: &State) -> u64 {
    let hasher = FixedState::with_seed(16);
    hasher.hash_one(state).min(hasher.hash_one(state.with_swapped_tabs()))
}

/// Returns hashes as they are.
#[derive(Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only hashes of 64 bits are looked up");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl fmt::Debug for Counterexample {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("{:?}", self.violation);
        for step in &self.steps {
            write!(text, "\n  {step}")?;
        }
        out.write_str(&text)
    }
}
