//! The cost of a deployment: measured units times list prices, as in `docs/cost.md`.
//!
//! `UPDATE_DOCS=1 cargo nextest run -p latchkey-tests docs::cost` writes the tables; without it the test only compares.

use std::fmt::Write as _;

use latchkey_local::dev_controls::stats::Usage;
use latchkey_tests::world::{Reply, Tokens, World};
use serde_json::{Value, json};

use crate::template::document::template;

// List prices of us-east-1 in dollars, as of 2025.
const GATEWAY_REQUEST: f64 = 1.00 / 1e6;
const WRITE_UNIT: f64 = 0.625 / 1e6;
const READ_UNIT: f64 = 0.125 / 1e6;
const INVOCATION: f64 = 0.20 / 1e6;
const GB_SECOND: f64 = 0.000_013_333_4;
const LOG_BYTE: f64 = 0.50 / 1e9;
const EGRESS_BYTE: f64 = 0.09 / 1e9;
const STORED_AND_BACKED_UP_BYTE: f64 = (0.25 + 0.20) / 1e9;
const KMS_KEY_MONTH: f64 = 1.00;
const KMS_REQUEST: f64 = 0.03 / 10_000.0;
const SECRET_MONTH: f64 = 0.40;
const ALARM_METRIC_MONTH: f64 = 0.10;
const METRIC_MONTH: f64 = 0.30;
const DASHBOARD_MONTH: f64 = 3.00;
const HOSTED_ZONE_MONTH: f64 = 0.50;
const QUEUE_REQUEST: f64 = 0.40 / 1e6;
const SECONDS_A_MONTH: f64 = 30.0 * 86_400.0;

// Estimates that were not measured on AWS yet. The page names them.
const BILLED_SECONDS: f64 = 0.010;
const MEMORY_GB: f64 = 0.25;
const ACCESS_LOG_BYTES: f64 = 350.0;
const HEADER_BYTES: f64 = 700.0;
const ROW_BYTES: f64 = 1_100.0;
const EVENT_BYTES: f64 = 400.0;
const EVENT_DAYS: f64 = 90.0;
const CUSTOM_METRICS: f64 = 50.0;
/// Sending, receiving and deleting a message of a queue.
const QUEUE_REQUESTS: f64 = 3.0;
/// Invocations for an event with one webhook: the record of the stream, and the message of the queue.
const NOTIFY_INVOCATIONS: f64 = 2.0;
/// An attempt waits for the receiver, so that it is billed longer than a request.
const DELIVERY_SECONDS: f64 = 0.2;
/// DynamoDB asks KMS at most every five minutes for each role and table.
const ROLES_AND_TABLES: f64 = 13.0;

// The actions of a user in a day.
const REFRESHES: f64 = 20.0;
const SIGN_INS: f64 = 0.1;
const LISTS: f64 = 0.5;

/// One kind of call, on average.
struct Call {
    name: &'static str,
    usage: Usage,
    answer_bytes: f64,
}

impl Call {
    fn dynamodb(&self) -> f64 {
        self.usage.write_units * WRITE_UNIT + self.usage.read_units * READ_UNIT
    }

    fn lambda() -> f64 {
        INVOCATION + BILLED_SECONDS * MEMORY_GB * GB_SECOND
    }

    fn egress(&self) -> f64 {
        (self.answer_bytes + HEADER_BYTES) * EGRESS_BYTE
    }

    fn sum(&self) -> f64 {
        GATEWAY_REQUEST + self.dynamodb() + Self::lambda() + ACCESS_LOG_BYTES * LOG_BYTE + self.egress()
    }

    fn line(&self) -> String {
        let million = [
            GATEWAY_REQUEST,
            self.dynamodb(),
            Self::lambda(),
            ACCESS_LOG_BYTES * LOG_BYTE,
            self.egress(),
            self.sum(),
        ];
        let units = format!("{:.2} | {:.2}", self.usage.write_units, self.usage.read_units);
        let dollars: Vec<String> = million.iter().map(|price| format!("{:.2}", price * 1e6)).collect();
        format!("| {} | {units} | {} |\n", self.name, dollars.join(" | "))
    }
}

fn average(name: &'static str, total: Usage, times: u32, answer: &Reply) -> Call {
    let times = f64::from(times);
    let usage = Usage {
        calls: total.calls,
        read_units: total.read_units / times,
        write_units: total.write_units / times,
    };
    // The length of tokens differs by a few characters from run to run.
    let answer_bytes = (answer.body.to_string().len() as f64 / 100.0).round() * 100.0;
    Call { name, usage, answer_bytes }
}

/// Twenty refreshes per day for five days. Once per day the row moves in its index.
async fn refresh(world: &World) -> Call {
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    world.server.store.global_revocation(world.now()).await.expect("the engine answers");
    let mut total = Usage::default();
    let mut last = None;
    for _ in 0..100 {
        world.advance(86_400 / 20);
        // An instance reads the global revocation at intervals, so it is not part of a call's cost.
        world.server.store.global_revocation(world.now()).await.expect("the engine answers");
        world.server.stats.reset();
        let reply = device.refresh(&tokens.refresh).await;
        total.write_units += world.server.stats.total().write_units;
        total.read_units += world.server.stats.total().read_units;
        tokens = Tokens::of(reply.assert_status(200));
        last = Some(reply);
    }
    average("refresh", total, 100, &last.expect("there were some"))
}

async fn sign_in(world: &World) -> Call {
    let device = world.device();
    device.sign_in("bob").await;
    let assertion = world.assertion("bob");
    world.server.store.global_revocation(world.now()).await.expect("the engine answers");
    world.server.stats.reset();
    let reply = device.login(&assertion).await;
    average("sign-in", world.server.stats.total(), 1, reply.assert_status(201))
}

async fn list(world: &World) -> Call {
    let device = world.device();
    device.sign_in("carl").await;
    let tokens = device.sign_in("carl").await;
    world.server.stats.reset();
    let reply = device.list(&tokens.access).await;
    average("list", world.server.stats.total(), 1, reply.assert_status(200))
}

/// The cost of cleanup for one expired session, without the fixed cost of a run.
async fn expiry() -> Usage {
    let world = World::patient().await;
    let cost = async |sessions: u32| {
        for number in 0..sessions {
            world.device().sign_in(&format!("user-{number}")).await;
        }
        world.advance(9 * 86_400);
        let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
        let root = Tokens::of(world.device().login(&root).await.assert_status(201));
        world.server.stats.reset();
        let admin = world.device().bearer(&root.access);
        admin.post("/api/auth/sessions", json!({"action": "cleanup"})).await.assert_status(200);
        world.server.stats.total()
    };
    let (few, many) = (cost(10).await, cost(110).await);
    Usage {
        calls: 0,
        // The order of sessions in the index is random, so the number of its pages varies.
        read_units: ((many.read_units - few.read_units) / 100.0).round(),
        write_units: ((many.write_units - few.write_units) / 100.0).round(),
    }
}

/// The costs that do not depend on the number of users.
fn fixed() -> [(&'static str, f64); 7] {
    let template = template();
    let of_type = |kind: &str| {
        let resources = template["Resources"].as_object().expect("resources").values();
        resources.filter(|resource| resource["Type"] == kind).cloned().collect::<Vec<_>>()
    };
    let watched = |alarm: &Value| match alarm["Properties"]["Metrics"].as_array() {
        Some(metrics) => metrics.iter().filter(|metric| metric["MetricStat"].is_object()).count(),
        None => 1,
    };
    let alarms = of_type("AWS::CloudWatch::Alarm");
    // A stack without webhooks has no alarm for them.
    let always = alarms.iter().filter(|alarm| alarm["Condition"] != "HasWebhooks");
    let alarm_metrics = always.map(watched).sum::<usize>() as f64;
    let keys = of_type("AWS::KMS::Key").len() as f64;
    [
        ("metrics of Latchkey, about 50", CUSTOM_METRICS * METRIC_MONTH),
        ("metrics with alarms", alarm_metrics * ALARM_METRIC_MONTH),
        ("dashboard", DASHBOARD_MONTH),
        ("KMS keys", keys * KMS_KEY_MONTH),
        ("hosted zone", HOSTED_ZONE_MONTH),
        ("secret with the keys", SECRET_MONTH),
        ("KMS requests of the tables", ROLES_AND_TABLES * SECONDS_A_MONTH / 300.0 * KMS_REQUEST),
    ]
}

fn month(users: f64, calls: &[Call; 3], expiry: Usage) -> String {
    let of = |a_day: f64| users * a_day * 30.0;
    let refreshes = of(REFRESHES) * calls[0].sum();
    let others = of(SIGN_INS) * calls[1].sum() + of(LISTS) * calls[2].sum();
    let cleanup = of(SIGN_INS) * (expiry.write_units * WRITE_UNIT + expiry.read_units * READ_UNIT);
    let stored = users * (ROW_BYTES + SIGN_INS * EVENT_DAYS * 3.0 * EVENT_BYTES) * STORED_AND_BACKED_UP_BYTE;
    let instances = 4.0 + of(REFRESHES) / SECONDS_A_MONTH * BILLED_SECONDS * 2.0;
    let always: f64 = fixed().iter().map(|(_, dollars)| dollars).sum();
    let fixed = always + instances * SECONDS_A_MONTH / 5.0 * READ_UNIT;
    let sum = refreshes + others + cleanup + stored + fixed;
    let dollars =
        [refreshes, others, cleanup, stored, fixed, sum].map(|price| thousands(price.round() as u64));
    format!("| {} | {} |\n", thousands(users as u64), dollars.join(" | "))
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).expect("digits")).collect();
    groups.join(",")
}

/// The three tables.
async fn tables() -> String {
    let world = World::patient().await;
    let calls = [refresh(&world).await, sign_in(&world).await, list(&world).await];
    let expiry = expiry().await;
    let mut page = String::from(
        "| $ a million | write units | read units | gateway | DynamoDB | Lambda | access log | egress | sum |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    calls.iter().for_each(|call| page.push_str(&call.line()));
    let (writes, reads) = (expiry.write_units, expiry.read_units);
    let cleanup = (writes * WRITE_UNIT + reads * READ_UNIT) * 1e6;
    let _ = writeln!(
        page,
        "| session cleaned up | {writes:.2} | {reads:.2} | | {cleanup:.2} | | | | {cleanup:.2} |"
    );
    let webhook = NOTIFY_INVOCATIONS * INVOCATION
        + (BILLED_SECONDS + DELIVERY_SECONDS) * MEMORY_GB * GB_SECOND
        + QUEUE_REQUESTS * QUEUE_REQUEST;
    let webhook = webhook * 1e6;
    let _ = writeln!(page, "| webhook delivered | | | | | {webhook:.2} | | | {webhook:.2} |\n");
    page.push_str("| users | refreshes | sign-ins, lists | cleanup | storage | fixed | $ a month |\n|---|---|---|---|---|---|---|\n");
    for users in [1e4, 1e6, 1e8] {
        page.push_str(&month(users, &calls, expiry));
    }
    page.push_str("\n| fixed | $ a month |\n|---|---|\n");
    for (name, dollars) in fixed() {
        let _ = writeln!(page, "| {name} | {dollars:.2} |");
    }
    page
}

#[tokio::test]
async fn the_cost_page_holds_the_measured_numbers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cost.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (begin, end) = ("<!-- measured -->\n\n", "\n<!-- until here -->");
    let (before, rest) = page.split_once(begin).expect("the page says where its tables begin");
    let (_, after) = rest.split_once(end).expect("and where they end");
    let wanted = format!("{before}{begin}{}{end}{after}", tables().await);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &wanted).unwrap();
        return;
    }
    assert!(page == wanted, "docs/cost.md is old; it should be\n{wanted}");
}

/// The last cell of the row that begins with `first`.
fn last_cell<'p>(page: &'p str, first: &str) -> &'p str {
    let row = page.lines().find(|line| line.starts_with(&format!("| {first} |"))).expect("a row");
    row.trim_matches('|').rsplit('|').next().expect("a cell").trim()
}

#[test]
fn the_readme_and_the_page_of_costs_state_one_price() {
    let page = include_str!("../../../../docs/cost.md");
    let readme = include_str!("../../../../README.md");
    let refresh = format!("${}", last_cell(page, "refresh"));
    let month = format!("${}", last_cell(page, "1,000,000"));
    let (before_tables, _) = page.split_once("<!-- measured -->").expect("the tables have a begin");
    for text in [before_tables, readme] {
        assert!(text.contains(&refresh), "{refresh}");
        assert!(text.contains(&month), "{month}");
    }
}
