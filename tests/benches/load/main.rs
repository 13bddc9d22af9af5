//! The local server under load, and under load with a store that fails.
//!
//! ```text
//! make load                      a minute of a crowd; a plot in docs/images/load.svg
//! make soak                      a minute of each fault under load; fails when a session ends or gives access by mistake
//! LOAD_SECONDS=10 make soak      shorter
//! ```
//!
//! There is one server process, and each caller waits for a response before its next request, over loopback. The embedded
//! engine is SQLite behind one lock, so that this measures Latchkey and not DynamoDB. Without faults, the tables are in this
//! process and the server calls them over TCP, so that its memory can be measured alone. The stream of events is off then,
//! because it slows the engine down with every event.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

mod plot;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use latchkey_tests::load::{Crowd, Server, Tally, Until, live};
use latchkey_tests::world::World;
use plot::Second;

const CROWD: Crowd = Crowd { callers: 16, people: 60, sign_outs: 1 };
/// The memory at the end may be this many times the memory after a quarter of the time.
const FLAT: f64 = 1.2;
const PERCENTILES: [f64; 4] = [50.0, 90.0, 99.0, 99.9];
/// Every kind of fault that leaves the process alive and that a call about a session can meet. The fault of partial batches
/// is missing, because only cleanup writes batches.
const FAULTS: [&str; 6] =
    ["throttle", "timeout_before", "timeout_after_commit", "error_500", "conflict", "slow"];
/// How many calls to the store fail after each injection.
const FAULTS_AT_ONCE: u32 = 30;
/// How often faults are injected.
const FAULTS_EVERY: Duration = Duration::from_millis(40);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test --benches` runs this without `--bench`: there is nothing to test here.
        return ExitCode::SUCCESS;
    }
    let seconds = std::env::var("LOAD_SECONDS").ok().and_then(|value| value.parse().ok()).unwrap_or(60);
    let time = Duration::from_secs(seconds);
    if arguments.iter().any(|argument| argument == "faults") { soak(time).await } else { load(time).await }
}

async fn load(time: Duration) -> ExitCode {
    let world = World::new().await;
    world.without_stream().await;
    let engine = world.server.engine.as_ref().expect("worlds are embedded");
    let tables = engine.serve_tcp().await.expect("a port is free");
    let server = Server::start_on(&binary(), &tables.endpoint()).await;
    let server = server.expect("the server starts: make load builds it");
    let started = Instant::now();
    let mut seconds: Vec<Second> = vec![];
    let tally = live(server.address, CROWD, Until::Moment(started + time), |tally, long| {
        seconds.push(Second::of(tally, long, server.resident(), started.elapsed()));
    });
    let tally = tally.await;
    let took = started.elapsed().as_secs_f64();
    println!("{} callers, {} people, {took:.0} s", CROWD.callers, CROWD.callers * CROWD.people);
    println!("{:>8} {:>9} {:>9} {:>9} {:>9} {:>9}", "", "calls", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms");
    for (kind, calls, at) in tally.percentiles(&PERCENTILES) {
        let at: Vec<String> =
            at.iter().map(|took| format!("{:>9.2}", took.as_secs_f64() * 1_000.0)).collect();
        println!("{:>8} {calls:>9} {}", format!("{kind:?}"), at.join(" "));
    }
    let memory = |second: Option<&Second>| second.map_or(0.0, |second| second.resident_mb);
    let (early, late) = (memory(seconds.get(seconds.len() / 4)), memory(seconds.last()));
    println!(
        "{:.0} answers a second; {early:.1} MB resident after {} s, {late:.1} MB at the end",
        tally.answers() as f64 / took,
        seconds.len() / 4 + 1,
    );
    if late > early * FLAT {
        println!("the memory of the server grows");
        return ExitCode::FAILURE;
    }
    if seconds.len() < 2 {
        println!("too short for a plot");
        return verdict(&tally);
    }
    let picture = workspace().join("docs/images/load.svg");
    match plot::draw(&picture, &seconds) {
        Ok(()) => println!("drawn in docs/images/load.svg"),
        Err(error) => println!("not drawn: {error}"),
    }
    verdict(&tally)
}

async fn soak(time: Duration) -> ExitCode {
    let mut failed = false;
    println!(
        "{:>22} {:>9} {:>8} {:>6} {:>10} {:>9} {:>9}",
        "", "answers", "200", "503", "unexpected", "lost", "let in"
    );
    for fault in FAULTS {
        let server = Server::start(&binary()).await.expect("the server starts: make soak builds it");
        let end = Instant::now() + time;
        let crowd = live(server.address, CROWD, Until::Moment(end), |_, _| ());
        let injection = async {
            while Instant::now() < end {
                server.fault(fault, FAULTS_AT_ONCE).await.expect("the server accepts the fault");
                tokio::time::sleep(FAULTS_EVERY).await;
            }
            server.fault(fault, 0).await.expect("the server accepts the fault");
        };
        let (tally, ()) = tokio::join!(crowd, injection);
        println!(
            "{fault:>22} {:>9} {:>8} {:>6} {:>10} {:>9} {:>9}",
            tally.answers(),
            tally.successes(),
            tally.unavailable(),
            tally.unexpected(),
            tally.signed_out_for_nothing,
            tally.let_in_after_sign_out,
        );
        // A slow store delays responses only; every other fault must have caused a 503.
        let was_injected = fault == "slow" || tally.unavailable() > 0;
        failed |= verdict(&tally) != ExitCode::SUCCESS || !was_injected;
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Fails if a person was signed out or let in by mistake, or if the server failed without an injected fault.
fn verdict(tally: &Tally) -> ExitCode {
    if tally.mistakes() + tally.unexpected() == 0 {
        return ExitCode::SUCCESS;
    }
    println!("mistakes or unexpected responses: {tally:?}");
    ExitCode::FAILURE
}

/// The server beside this bench: target/<profile>/deps/<this bench>.
fn binary() -> PathBuf {
    let bench = std::env::current_exe().expect("a program has a path");
    let profile = bench.parent().and_then(Path::parent).expect("benches run from target/<profile>/deps");
    profile.join("latchkey-local")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
