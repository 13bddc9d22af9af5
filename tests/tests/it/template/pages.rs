//! Do the pages about operating a deployment list everything that the template has?
//!
//! `UPDATE_DOCS=1` (`make docs`) writes the table of parameters; without it the test only compares.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::changed;
use super::document::template;

const ALERTS: &str = include_str!("../../../../docs/alerts.md");

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("a list").iter()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

/// The parameters of the template as a table, in the order of their groups.
fn parameters(template: &Value) -> String {
    let mut table = String::from("| parameter | default | meaning |\n|---|---|---|\n");
    for group in list(&template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]) {
        for name in list(&group["Parameters"]).map(text) {
            let parameter = &template["Parameters"][name];
            let default = match &parameter["Default"] {
                Value::Null => "**required**".to_owned(),
                Value::String(empty) if empty.is_empty() => "empty".to_owned(),
                Value::String(text) => format!("`{text}`"),
                other => format!("`{other}`"),
            };
            let _ = writeln!(table, "| `{name}` | {default} | {} |", text(&parameter["Description"]));
        }
    }
    table
}

/// The resources of the template whose type begins with `prefix`, by logical name, with their type.
fn resources(template: &Value, prefix: &str) -> BTreeSet<(String, String)> {
    let resources = template["Resources"].as_object().expect("resources").iter();
    let typed = resources.map(|(name, resource)| (name.clone(), text(&resource["Type"]).to_owned()));
    typed.filter(|(_, kind)| kind.starts_with(prefix)).collect()
}

/// The alarms of the template that have no row in the page about alarms, and the rows that have no alarm.
fn alarms_without_their_row(template: &Value) -> Vec<String> {
    let alarms = resources(template, "AWS::CloudWatch::Alarm").into_iter().map(|(name, _)| name).collect();
    let rows: BTreeSet<String> = ALERTS
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| name.ends_with("Alarm"))
        .map(str::to_owned)
        .collect();
    rows.symmetric_difference(&alarms).cloned().collect()
}

#[test]
fn the_documentation_holds_the_parameters_of_the_template() {
    let template = template();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/deploy.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (begin, end) = ("<!-- parameters -->\n\n", "\n<!-- until here -->");
    let (before, rest) = page.split_once(begin).expect("the page marks where its table begins");
    let (_, after) = rest.split_once(end).expect("the page marks where its table ends");
    let table = parameters(&template);
    let wanted = format!("{before}{begin}{table}{end}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &wanted).unwrap();
        return;
    }
    assert!(page == wanted, "docs/deploy.md is out of date: run `make docs`");
    for name in template["Parameters"].as_object().expect("parameters").keys() {
        assert!(table.contains(&format!("| `{name}` |")), "{name} is in no parameter group");
    }
}

#[test]
fn every_alarm_has_a_row_in_the_documentation() {
    assert_eq!(alarms_without_their_row(&template()), [""; 0]);
    let more = changed("/Resources/NoiseAlarm", json!({"Type": "AWS::CloudWatch::Alarm"}));
    assert_eq!(alarms_without_their_row(&more), ["NoiseAlarm"]);
    let fewer = changed("/Resources/ReuseAlarm", Value::Null);
    assert_eq!(alarms_without_their_row(&fewer), ["ReuseAlarm"]);
}

#[test]
fn every_service_of_the_template_is_in_the_table_of_rights() {
    let page = include_str!("../../../../docs/deploy.md");
    let (_, rights) = page.split_once("## Rights for deploying").expect("the page has that heading");
    let (rights, _) = rights.split_once("\n## ").expect("another heading follows");
    for (name, kind) in resources(&template(), "AWS::") {
        let service = kind.rsplit_once("::").expect("a type has three parts").0;
        assert!(rights.contains(&format!("`{service}`")), "{name}: {service}");
    }
}
