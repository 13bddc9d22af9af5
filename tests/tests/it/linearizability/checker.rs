//! Is there an order of the calls in which each was answered rightly?

use std::collections::HashSet;

use super::history::{History, Op};
use super::model::Sessions;

/// Which calls have been put in order, a bit each.
type Placed = u128;

/// An order that explains the history, or the longest beginning of one.
///
/// # Panics
/// With more calls than a `Placed` has bits.
pub(crate) fn order(history: &History) -> Result<Vec<String>, Vec<String>> {
    assert!(history.ops.len() <= Placed::BITS as usize, "too many calls to keep in mind");
    let mut search = Search { ops: &history.ops, seen: HashSet::new(), path: vec![], longest: vec![] };
    if search.goes_on(0, &Sessions::default()) { Ok(search.path) } else { Err(search.longest) }
}

struct Search<'a> {
    ops: &'a [Op],
    /// Where it was in vain: the same calls placed, and the same sessions left by them.
    seen: HashSet<(Placed, Sessions)>,
    path: Vec<String>,
    longest: Vec<String>,
}

impl Search<'_> {
    fn goes_on(&mut self, placed: Placed, sessions: &Sessions) -> bool {
        let is_left = |index: &usize| placed & (1 << index) == 0;
        let left: Vec<usize> = (0..self.ops.len()).filter(is_left).collect();
        // A call that was answered before another began comes before it.
        let answers = left.iter().filter_map(|index| self.ops[*index].answered.as_ref());
        let Some(first_answer) = answers.map(|(moment, _)| *moment).min() else { return true };
        if !self.seen.insert((placed, sessions.clone())) {
            return false;
        }
        let placed_ops = self.ops.iter().enumerate().filter(|(index, _)| !is_left(index));
        let last_begun = placed_ops.map(|(_, op)| op.begun).max().unwrap_or(0);
        for index in left {
            let op = &self.ops[index];
            if op.begun > first_answer {
                continue;
            }
            let next = match &op.answered {
                Some((_, answer)) => sessions.after(&op.call, answer),
                // A call that was over before another began comes before it, or never happened.
                None if op.over.is_some_and(|over| over < last_begun) => None,
                // One that changes nothing need not have happened.
                None => Some(sessions.after_unseen(&op.call)).filter(|next| next != sessions),
            };
            let Some(next) = next else { continue };
            self.path.push(format!("{:?} -> {:?}", op.call, op.answered));
            if self.path.len() > self.longest.len() {
                self.longest.clone_from(&self.path);
            }
            if self.goes_on(placed | 1 << index, &next) {
                return true;
            }
            self.path.pop();
        }
        false
    }
}
