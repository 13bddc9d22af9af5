//! `make simulate`: a million nights of honest users for each rule, and thieves with four plans. It writes the tables and
//! the plots of `docs/refresh.md`. `NIGHTS=10000` runs fewer nights and writes nothing.

#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

mod plot;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use latchkey_model::page::{docs, number, replace_block};
use latchkey_model::simulator::habits::{DAY, HOUR, Habits, MINUTE, Millis};
use latchkey_model::simulator::pages::Renewal;
use latchkey_model::simulator::run::{LONGEST_SESSION, Nights, honest, thieves};
use latchkey_model::simulator::thief::Plan;
use latchkey_model::simulator::{Rules, Setup};

const NIGHTS: u64 = 1_000_000;
/// Nights for each point of a curve, and thieves for each plan.
const PART: u64 = 10;
const THIEVES: u64 = 100;
/// The shares of lost requests and of lost responses in the first plot.
const LOST: [f64; 6] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
/// Values of `REFRESH_GRACE` in seconds and of `REFRESH_LATE_RETRY` in hours. The first are the defaults.
const SETTINGS: [(u64, u64); 5] = [(60, 24), (60, 0), (0, 24), (0, 0), (600, 24)];
/// How often a tab that is not in front sends a request at the same time.
const PARALLEL: [f64; 4] = [0.0, 0.05, 0.2, 0.5];

fn main() -> ExitCode {
    let nights = std::env::var("NIGHTS").ok().and_then(|nights| nights.parse().ok());
    match simulate(nights.unwrap_or(NIGHTS), nights.is_none()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => panic!("{error}"),
    }
}

/// Whether the promises hold.
fn simulate(nights: u64, writes: bool) -> Result<bool, Box<dyn Error>> {
    let ordinary: Vec<_> =
        Setup::ALL.map(|setup| (setup, honest(setup.rules(), &Habits::ORDINARY, 0..nights))).to_vec();
    let honest_table = honest_table(&ordinary);
    println!("{honest_table}");
    let lives: Vec<_> = Setup::ALL
        .map(|setup| (setup, Plan::ALL.map(|plan| thieves(setup.rules(), plan, 0..nights / THIEVES))))
        .to_vec();
    let thief_table = thief_table(&lives);
    println!("{thief_table}");
    let parallel_table = parallel_table(nights / PART);
    println!("{parallel_table}");
    let pages_table = pages_table(nights / PART);
    println!("{pages_table}");
    let settings_table = settings_table(nights / PART);
    println!("{settings_table}");
    let curve = |setup: Setup| {
        LOST.map(|lost| {
            honest(setup.rules(), &Habits { lost, ..Habits::ORDINARY }, 0..nights / PART).per_million()
        })
    };
    let curves = Setup::ALL.map(|setup| (setup, curve(setup)));
    println!("{curves:?}");
    if writes {
        replace_block("honest", &honest_table)?;
        replace_block("parallel", &parallel_table)?;
        replace_block("pages", &pages_table)?;
        replace_block("thieves", &thief_table)?;
        replace_block("settings", &settings_table)?;
        plot::sign_outs(&docs("images/refresh-sign-outs.svg"), &LOST, &curves)?;
        plot::lives(&docs("images/refresh-thieves.svg"), &lives)?;
    }
    Ok(ordinary.iter().all(|(setup, nights)| match setup {
        Setup::WithKeys | Setup::Bound => nights.sign_outs == 0,
        Setup::WithoutKeys => nights.per_million() < 10.0,
        Setup::GraceOnly => true,
    }))
}

fn honest_table(nights: &[(Setup, Nights)]) -> String {
    let mut table = String::from(
        "| rule | nights | refreshes | repeated tokens | 409 | sign-outs | per million refreshes |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for (setup, sum) in nights {
        let counts =
            [sum.nights, sum.refreshes, sum.replays, sum.conflicts, sum.sign_outs].map(number).join(" | ");
        table += &format!("| {} | {counts} | {} |\n", setup.name(), rate(sum));
    }
    table
}

fn parallel_table(nights: u64) -> String {
    let shares = PARALLEL.map(|share| format!("{:.0} %", share * 100.0)).join(" | ");
    let mut table = format!("| rule | {shares} |\n|---|--:|--:|--:|--:|\n");
    for setup in Setup::ALL {
        let rates = PARALLEL.map(|wakes_too| {
            rate(&honest(setup.rules(), &Habits { wakes_too, ..Habits::ORDINARY }, 0..nights))
        });
        table += &format!("| {} | {} |\n", setup.name(), rates.join(" | "));
    }
    table
}

/// Sign-outs and thieves of an app that renews sessions on its server.
fn pages_table(nights: u64) -> String {
    let mut table = String::from(
        "| pages | sign-outs | immediate | patient | lockstep | same network |\n|---|--:|---|---|---|---|\n",
    );
    let setups = [
        ("renewed in tabs only", None),
        ("with the address", Some(Renewal::SHIPPED)),
        ("without the address", Some(Renewal::WITHOUT_ADDRESS)),
        ("with the address, and one key for ever", Some(Renewal::CONSTANT_KEY)),
    ];
    for (name, renewal) in setups {
        let rules = Rules { renewal, ..Setup::WithKeys.rules() };
        let sign_outs = rate(&honest(rules, &Habits::ORDINARY, 0..nights));
        let lives = Plan::ALL.map(|plan| life(&thieves(rules, plan, 0..nights / PART)));
        table += &format!("| {name} | {sign_outs} | {} |\n", lives.join(" | "));
    }
    table
}

/// The time after which half of the thieves are out, and 90 % of them.
fn life(lives: &[Millis]) -> String {
    let at = |percent: usize| duration(lives[(lives.len() - 1) * percent / 100]);
    match (at(50), at(90)) {
        (half, most) if half == most => half,
        (half, most) => format!("{half}, 90 %: {most}"),
    }
}

/// Sign-outs and thieves with other settings.
fn settings_table(nights: u64) -> String {
    let mut table = String::from(
        "| `REFRESH_GRACE` | `REFRESH_LATE_RETRY` | sign-outs without keys | with keys | lockstep, without keys | lockstep, with keys \
         | same network, with keys |\n|---|---|--:|--:|---|---|---|\n",
    );
    for (grace, late_retry) in SETTINGS {
        let with = |setup: Setup| {
            let Rules { mut rule, client, renewal } = setup.rules();
            rule.periods.grace = Duration::from_secs(grace);
            rule.periods.late_retry = Duration::from_secs(late_retry * 3_600);
            Rules { rule, client, renewal }
        };
        let sign_outs = |setup| rate(&honest(with(setup), &Habits::ORDINARY, 0..nights));
        let median = |setup, plan| {
            let lives = thieves(with(setup), plan, 0..nights / PART);
            duration(lives[lives.len() / 2])
        };
        table += &format!(
            "| {grace}s | {late_retry}h | {} | {} | {} | {} | {} |\n",
            sign_outs(Setup::WithoutKeys),
            sign_outs(Setup::WithKeys),
            median(Setup::WithoutKeys, Plan::Lockstep),
            median(Setup::WithKeys, Plan::Lockstep),
            median(Setup::WithKeys, Plan::SameNetwork),
        );
    }
    table
}

fn thief_table(lives: &[(Setup, [Vec<Millis>; 4])]) -> String {
    let mut table = String::from("| thief |");
    let mut line = String::from("|---|");
    for (setup, _) in lives {
        table += &format!(" {} |", setup.name());
        line += "---|";
    }
    table += &format!("\n{line}\n");
    for (index, plan) in Plan::ALL.iter().enumerate() {
        table += &format!("| {} |", plan.name());
        for (_, lives) in lives {
            table += &format!(" {} |", life(&lives[index]));
        }
        table += "\n";
    }
    table
}

fn rate(nights: &Nights) -> String {
    match nights.per_million() {
        0.0 => "0".into(),
        few if few < 10.0 => format!("{few:.1}"),
        many => format!("{many:.0}"),
    }
}

fn duration(period: Millis) -> String {
    match period {
        0 => "refused at once".into(),
        long if long >= (LONGEST_SESSION - 1) * DAY => "the whole session".into(),
        long if long >= 2 * DAY => format!("{} days", long / DAY),
        hours if hours >= 2 * HOUR => format!("{} h", (hours + HOUR / 2) / HOUR),
        minutes => format!("{} min", (minutes + MINUTE / 2) / MINUTE),
    }
}
