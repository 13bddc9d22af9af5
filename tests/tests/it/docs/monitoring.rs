//! docs/watching.md lists every risk rule and every event, and docs/alerts.md every metric, so that none is added without
//! its explanation.

use latchkey::domain::event::{EVENT_TYPES, EventType};
use latchkey::domain::risk::{Rule, Rules};
use latchkey::domain::webhook::schedule::PAUSES;
use latchkey::domain::webhook::webhook_type;
use latchkey::telemetry::metrics::Counter;

const WATCHING: &str = include_str!("../../../../docs/watching.md");
const ALERTS: &str = include_str!("../../../../docs/alerts.md");
const WEBHOOKS: &str = include_str!("../../../../docs/webhooks.md");

/// The words in backticks in the first column of the page's table that starts with `head`.
fn first_column(page: &'static str, head: &str) -> Vec<&'static str> {
    let table = page.split("\n\n").find(|part| part.starts_with(head)).expect("the page has this table");
    let cells = table.lines().skip(2).filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_risk_rule_is_in_the_table_of_rules() {
    let rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(first_column(WATCHING, "| rule | matches | default |"), rules);
}

#[test]
fn every_event_type_is_in_the_table_of_events() {
    let mut listed = first_column(WATCHING, "| event | severity | written when |");
    listed.extend(Rule::ALL.iter().map(|rule| rule.name()));
    let mut types = EVENT_TYPES.to_vec();
    listed.sort_unstable();
    types.sort_unstable();
    assert_eq!(listed, types);
}

#[test]
fn every_counter_is_in_the_table_of_metrics() {
    let mut listed: Vec<String> =
        first_column(ALERTS, "| metric | counts |").into_iter().map(str::to_owned).collect();
    let mut metrics: Vec<String> = Counter::ALL.iter().map(|counter| format!("{counter:?}")).collect();
    metrics.push("Latency".to_owned());
    listed.sort_unstable();
    metrics.sort_unstable();
    assert_eq!(listed, metrics);
}

#[test]
fn every_webhook_type_is_in_the_table_with_its_event() {
    let table = WEBHOOKS.split("\n\n").find(|part| part.starts_with("| type | event |")).expect("the table");
    let rows = table.lines().skip(2).map(|row| row.split('`').skip(1).step_by(2).collect::<Vec<_>>());
    let mut listed: Vec<Vec<&str>> = rows.collect();
    let pair = |event_type: &EventType| vec![webhook_type::name_of(*event_type), event_type.name()];
    let mut expected: Vec<Vec<&str>> = EventType::ALL.iter().map(pair).collect();
    listed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(listed, expected);
}

#[test]
fn the_page_about_webhooks_publishes_the_schedule() {
    let text =
        "5 seconds, 1 minute, 5 minutes, 30 minutes, 2 hours, 5 hours and 10 hours, and then every 11\nhours";
    assert!(WEBHOOKS.contains(text));
    let seconds = PAUSES.map(|pause| pause.as_secs());
    assert_eq!(seconds[..7], [5, 60, 300, 1_800, 7_200, 18_000, 36_000]);
    assert!(seconds[7..].iter().all(|pause| *pause == 11 * 3_600));
}

#[test]
fn the_error_for_an_unknown_rule_lists_every_rule() {
    let error = Rules::parse("unknown=off").expect_err("there is no such rule").to_string();
    for rule in Rule::ALL {
        assert!(error.contains(rule.name()), "{error}");
    }
}
