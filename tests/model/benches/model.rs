//! `make model`: the exhaustive search with full bounds, for each thief. It prints its figures and writes them into
//! `docs/refresh.md`. With the name of a thief as an argument it searches that one only and writes nothing.

#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::process::ExitCode;
use std::time::Instant;

use latchkey_model::model::scenario::{Bounds, Scenario, ThiefKind};
use latchkey_model::model::search::search;
use latchkey_model::page::{number, replace_block};

fn main() -> ExitCode {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let mut rows = String::from("| thief has | bounds | states | result |\n|---|---|---|---|\n");
    let mut all_hold = true;
    let is_chosen = |thief: &ThiefKind| only.as_ref().is_none_or(|name| *name == format!("{thief:?}"));
    for thief in ThiefKind::ALL.into_iter().filter(is_chosen) {
        for bounds in Bounds::full(thief) {
            let start = Instant::now();
            let outcome = search(&Scenario::shipped(thief, bounds));
            let holds = outcome.is_complete && outcome.counterexample.is_none();
            all_hold &= holds;
            let states = number(outcome.states as u64);
            println!(
                "{thief:?}: {states} states in {:.0?}, {bounds:?}: {:?}",
                start.elapsed(),
                outcome.counterexample
            );
            let result = if holds { "holds" } else { "**broken**" };
            rows += &format!(
                "| {} | {} | {states} | {result} |\n",
                describe(thief),
                describe_bounds(thief, &bounds)
            );
        }
    }
    if only.is_none() {
        replace_block("model", &rows).expect("docs/refresh.md has a block for the model");
    }
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn describe(thief: ThiefKind) -> &'static str {
    match thief {
        ThiefKind::None => "no thief",
        ThiefKind::Token => "the token",
        ThiefKind::Agent => "token and user agent",
        ThiefKind::AgentAndNetwork => "token, user agent and network",
        ThiefKind::Profile => "the browser profile",
        ThiefKind::ProfileAndNetwork => "browser profile and network",
    }
}

fn describe_bounds(thief: ThiefKind, bounds: &Bounds) -> String {
    let Bounds { generations, keys, messages, waits, crashes, moves, clocks, attacks, .. } = bounds;
    let attacks = if thief == ThiefKind::None { 0 } else { *attacks };
    let counts = [
        (*generations, "generations", "generation"),
        (u64::from(*keys), "new keys", "new key"),
        (*messages as u64, "messages at once", "message at once"),
        (u64::from(*waits), "waits", "wait"),
        (u64::from(*crashes), "crashes", "crash"),
        (u64::from(*moves), "moves", "move"),
        (u64::from(*clocks), "clock steps", "clock step"),
        (u64::from(attacks), "requests of the thief", "request of the thief"),
    ];
    let described =
        |(count, many, one): &(u64, &str, &str)| format!("{count} {}", if *count == 1 { one } else { many });
    let parts: Vec<_> = counts.iter().filter(|(count, ..)| *count > 0).map(described).collect();
    parts.join(", ")
}
