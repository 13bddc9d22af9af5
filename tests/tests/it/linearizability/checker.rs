//! Searches for an order of the calls in which each response is correct.

use std::collections::HashSet;

use super::history::{History, Op};
use super::model::Sessions;

/// A set of calls, one bit per call.
type OpSet = u128;

/// Returns an order that explains the history, or the longest order that explains its beginning.
///
/// # Panics
/// With more calls than an `OpSet` has bits.
pub(crate) fn order(history: &History) -> Result<Vec<String>, Vec<String>> {
    assert!(history.ops.len() <= OpSet::BITS as usize, "too many calls for an OpSet");
    let mut search = Search { ops: &history.ops, failed: HashSet::new(), path: vec![], longest: vec![] };
    if search.search(0, &Sessions::default()) { Ok(search.path) } else { Err(search.longest) }
}

struct Search<'a> {
    ops: &'a [Op],
    /// The states that were searched without success: the calls that are ordered, and the sessions after them.
    failed: HashSet<(OpSet, Sessions)>,
    path: Vec<String>,
    longest: Vec<String>,
}

impl Search<'_> {
    fn search(&mut self, ordered: OpSet, sessions: &Sessions) -> bool {
        let is_left = |index: &usize| ordered & (1 << index) == 0;
        let left: Vec<usize> = (0..self.ops.len()).filter(is_left).collect();
        // A call with a response comes before every call that began after the response.
        let answers = left.iter().filter_map(|index| self.ops[*index].answered.as_ref());
        let Some(first_answer) = answers.map(|(moment, _)| *moment).min() else { return true };
        if !self.failed.insert((ordered, sessions.clone())) {
            return false;
        }
        let ordered_ops = self.ops.iter().enumerate().filter(|(index, _)| !is_left(index));
        let last_start = ordered_ops.map(|(_, op)| op.started).max().unwrap_or(0);
        for index in left {
            let op = &self.ops[index];
            if op.started > first_answer {
                continue;
            }
            let next = match &op.answered {
                Some((_, answer)) => sessions.after(&op.call, answer),
                // A call whose response was lost comes before every call that began after the loss, or it had no effect.
                None if op.lost_at.is_some_and(|lost_at| lost_at < last_start) => None,
                // A lost call without an effect does not need a place in the order.
                None => Some(sessions.after_lost(&op.call)).filter(|next| next != sessions),
            };
            let Some(next) = next else { continue };
            self.path.push(format!("{:?} -> {:?}", op.call, op.answered));
            if self.path.len() > self.longest.len() {
                self.longest.clone_from(&self.path);
            }
            if self.search(ordered | 1 << index, &next) {
                return true;
            }
            self.path.pop();
        }
        false
    }
}
