//! The cost of a cleanup for growing numbers of expired and live sessions.
//!
//! ```text
//! cargo bench -p latchkey-tests --bench cleanup [-- 10000 100000 1000000]
//! ```
//!
//! One process holds the tables with the expired sessions and with live ones: first a thousand, then as many as there are
//! expired ones. Another process cleans up over TCP, so that its memory can be measured alone. The rows per second are those
//! of the embedded engine. The stream of events is off, because the engine reads all records of a stream for each new one.
//! The units are those of DynamoDB, as the engine counts them.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

use std::io::{self, Read as _};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use latchkey::app::cleanup::{Budget, CleanupMode, Report, run};
use latchkey::clock::{Clock as _, SystemClock};
use latchkey::config::Tables;
use latchkey::domain::id::derive_session_id;
use latchkey::domain::time::Timestamp;
use latchkey::store::schema::Bucket;
use latchkey::store::{Store, connect};
use latchkey_tests::world::{RawRow, World};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::task::JoinSet;

const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
const SHARDS: u16 = 16;
const DAY: u64 = 86_400;
/// The number of tasks that fill the tables in parallel.
const WRITERS: u64 = 8;

#[tokio::main]
async fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if given.first().is_some_and(|word| word == "tables") {
        let number = |index: usize| given[index].parse().expect("a number of sessions");
        return hold_tables(number(1), number(2)).await;
    }
    let sizes: Vec<u64> = given.iter().filter_map(|word| word.parse().ok()).collect();
    println!(
        "{:>9} {:>9} {:>8} {:>8} {:>7} {:>7} {:>9} {:>7}",
        "expired", "living", "seconds", "rows/s", "WU/row", "RU/row", "memory", "failed"
    );
    for expired in if sizes.is_empty() { SIZES.to_vec() } else { sizes } {
        for living in [1_000, expired] {
            measure(expired, living).await;
        }
    }
}

/// Fills separate tables, prints their address, and keeps them until the other process has ended.
async fn hold_tables(expired: u64, living: u64) {
    let world = World::new().await;
    let tokens = world.device().sign_in("alice").await;
    let row = world.raw_row("alice", &tokens.session).await.expect("the session was just opened");
    world.without_stream().await;
    let now = SystemClock.now();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (client, row) = (world.dynamodb(), row.clone());
        let own = (0..expired + living).filter(move |number| number % WRITERS == writer);
        let rows: Vec<(u64, bool)> = own.map(|number| (number, number < expired)).collect();
        writers.spawn(async move {
            for chunk in rows.chunks(25) {
                let put = |(number, over): &(u64, bool)| {
                    let put = PutRequest::builder().set_item(Some(session(&row, *number, *over, now)));
                    WriteRequest::builder().put_request(put.build().expect("the item is given")).build()
                };
                let requests = chunk.iter().map(put).collect();
                let batch = client.batch_write_item().request_items("latchkey-sessions", requests);
                let reply = batch.send().await.expect("the engine responds");
                assert!(
                    reply.unprocessed_items().is_none_or(|left| left.is_empty()),
                    "the engine leaves none over"
                );
            }
        });
    }
    writers.join_all().await;
    let engine = world.server.engine.as_ref().expect("worlds are embedded");
    let server = engine.serve_tcp().await.expect("a port is free");
    println!("{}", server.endpoint());
    let until_gone = tokio::task::spawn_blocking(|| io::stdin().read(&mut [0]));
    drop(until_gone.await);
}

/// A session like `row` of another user. It expired up to six days ago, or it will expire in some days.
fn session(row: &RawRow, number: u64, expired: bool, now: Timestamp) -> RawRow {
    let spread = Duration::from_secs(3_600 + number % (6 * DAY));
    let expires_at = if expired { now.before(spread) } else { now + Duration::from_secs(2 * DAY) + spread };
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    digest[8..10].copy_from_slice(&(number as u16).to_be_bytes());
    let id = derive_session_id(now.seconds(), &digest);
    let text = AttributeValue::S;
    let moment = |at: Timestamp| AttributeValue::N(at.seconds().to_string());
    let mut row = row.clone();
    row.insert("pk".into(), text(format!("U#user-{number}")));
    row.insert("sk".into(), text(format!("S#{id}")));
    row.insert("e".into(), moment(expires_at));
    row.insert("x".into(), moment(expires_at + Duration::from_secs(20 * DAY)));
    row.insert("ttl".into(), moment(expires_at + Duration::from_secs(3 * DAY)));
    row.insert("eb".into(), text(Bucket::of_session(&id, expires_at, SHARDS).to_string()));
    row
}

async fn measure(expired: u64, living: u64) {
    let program = std::env::current_exe().expect("a program has a path");
    let mut tables = Command::new(program);
    tables.args(["tables".to_owned(), expired.to_string(), living.to_string()]);
    let mut tables = tables
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the other process starts");
    let mut lines = BufReader::new(tables.stdout.take().expect("the output is piped")).lines();
    let endpoint = lines.next_line().await.expect("the output can be read").expect("the tables are filled");
    let names = Tables {
        sessions: "latchkey-sessions".into(),
        rate_limits: "latchkey-rate-limits".into(),
        security_events: "latchkey-security-events".into(),
    };
    let credentials = Credentials::new("local", "local", None, None, "bench");
    let http = connect::https_client(connect::amazon_roots());
    let client = connect::client(http, "us-east-1", Some(&endpoint), credentials);
    let store = Store::with(client, names, SHARDS, Duration::from_secs(90 * DAY));
    reset_peak();
    let begun = Instant::now();
    let budget = Budget::new(begun + Duration::from_secs(3_600), u64::MAX);
    let report = run(&store, Arc::new(SystemClock), SHARDS, budget, CleanupMode::Clean)
        .await
        .expect("the cleanup runs");
    show(&report, expired, living, begun.elapsed());
    // The next run repeats what failed, as with the schedule.
    let mut remaining = report.remaining;
    for _ in 0..10 {
        if !remaining {
            break;
        }
        let budget = Budget::new(Instant::now() + Duration::from_secs(3_600), u64::MAX);
        let again = run(&store, Arc::new(SystemClock), SHARDS, budget, CleanupMode::Clean)
            .await
            .expect("the cleanup runs");
        remaining = again.remaining;
    }
    let rest = run(&store, Arc::new(SystemClock), SHARDS, Budget::on_demand(), CleanupMode::DryRun).await;
    assert_eq!(rest.expect("the cleanup runs").ended, 0, "no due session is left");
    drop(tables.stdin.take());
    tables.wait().await.expect("the other process ends");
}

fn show(report: &Report, expired: u64, living: u64, took: Duration) {
    // A delete whose reply was lost is done but not counted, because another run may have done it.
    let (seconds, rows) = (took.as_secs_f64(), report.ended as f64);
    let (write, read) = (report.write_units / rows, report.read_units / rows);
    let (rate, memory) = (rows / seconds, peak_kb() as f64 / 1_000.0);
    println!(
        "{expired:>9} {living:>9} {seconds:>8.1} {rate:>8.0} {write:>7.3} {read:>7.3} {memory:>6.1} MB {:>7}",
        report.failed
    );
}

/// Resets the peak memory that the kernel has recorded for this process.
fn reset_peak() {
    // Without Linux, the peak is that of all runs so far.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
