//! docs/watching.md lists every risk rule and every event, so that no one is added without its explanation.

use latchkey::domain::event::EVENT_TYPES;
use latchkey::domain::risk::{RULES, Rules};

/// The words in backticks in the first column of the table that starts with `head`.
fn first_column(head: &str) -> Vec<&'static str> {
    let page = include_str!("../../../../docs/watching.md");
    let table = page.split("\n\n").find(|part| part.starts_with(head)).expect("the page has this table");
    let cells = table.lines().skip(2).filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_risk_rule_is_in_the_table_of_rules() {
    let rules: Vec<&str> = RULES.iter().map(|(_, name)| *name).collect();
    assert_eq!(first_column("| rule | matches | default |"), rules);
}

#[test]
fn every_event_type_is_in_the_table_of_events() {
    let mut listed = first_column("| event | severity | written when |");
    listed.extend(RULES.iter().map(|(_, name)| name));
    let mut types = EVENT_TYPES.to_vec();
    listed.sort_unstable();
    types.sort_unstable();
    assert_eq!(listed, types);
}

#[test]
fn the_error_for_an_unknown_rule_lists_every_rule() {
    let error = Rules::parse("unknown=off").expect_err("there is no such rule").to_string();
    for (_, name) in RULES {
        assert!(error.contains(name), "{error}");
    }
}

/// A stored finding names its rule by the variant's number, and is read back by the position in `RULES`.
#[test]
fn a_rule_has_the_same_position_in_the_list_as_in_its_type() {
    for (position, (rule, name)) in RULES.into_iter().enumerate() {
        assert_eq!(rule as usize, position, "{name}");
    }
}
