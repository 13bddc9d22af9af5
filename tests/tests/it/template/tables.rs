//! Are the template's tables those of the schema? The schema in the code decides every property except the billing mode.

use latchkey::config::Tables;
use latchkey::store::schema::{self, TTL, TableSpec};
use serde_json::{Value, json};

use super::changed;
use super::document::template;
use super::stack::Stack;

/// The logical names of the tables.
pub(crate) fn names() -> Tables {
    Tables {
        sessions: "SessionsTable".to_owned(),
        rate_limits: "RateLimitsTable".to_owned(),
        security_events: "SecurityEventsTable".to_owned(),
    }
}

/// The differences between the tables of the template and `specs`.
pub(crate) fn faults(stack: &Stack, specs: &[TableSpec]) -> Vec<String> {
    let mut faults = vec![];
    for spec in specs {
        let table = stack.resource(&spec.name);
        let expected = expected(spec);
        if table != expected {
            faults.push(format!("{}: {table} is not {expected}", spec.name));
        }
    }
    let mut of_code: Vec<String> = specs.iter().map(|spec| spec.name.clone()).collect();
    let mut of_template = stack.named("AWS::DynamoDB::Table");
    of_code.sort_unstable();
    of_template.sort_unstable();
    if of_code != of_template {
        faults.push(format!("{of_template:?} are not {of_code:?}"));
    }
    faults
}

/// The resource that the template must have for a table of the schema.
fn expected(spec: &TableSpec) -> Value {
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let keys = [(Some(spec.partition_key), "HASH"), (spec.sort_key, "RANGE")];
    let keys: Vec<Value> = keys.iter().filter_map(|(name, kind)| Some(key((*name)?, kind))).collect();
    let names = [Some(spec.partition_key), spec.sort_key, spec.index.map(|index| index.partition_key)];
    let names = names.iter().flatten();
    let attributes: Vec<Value> =
        names.map(|name| json!({"AttributeName": name, "AttributeType": "S"})).collect();
    let mut properties = json!({
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": keys,
        "TimeToLiveSpecification": {"AttributeName": TTL, "Enabled": true},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
        "SSESpecification": {"SSEEnabled": true},
        "DeletionProtectionEnabled": "true",
    });
    if let Some(index) = spec.index {
        let projection = match index.attributes {
            [] => json!({"ProjectionType": "KEYS_ONLY"}),
            attributes => json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": attributes}),
        };
        properties["GlobalSecondaryIndexes"] = json!([{
            "IndexName": index.name,
            "KeySchema": [key(index.partition_key, "HASH"), key(index.sort_key, "RANGE")],
            "Projection": projection,
        }]);
    }
    if spec.stream {
        properties["StreamSpecification"] = json!({"StreamViewType": "NEW_IMAGE"});
    }
    json!({
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    })
}

/// The schema with the template's table names.
pub(crate) fn specs() -> Vec<TableSpec> {
    schema::tables(&names()).into()
}

#[test]
fn the_tables_are_those_of_the_schema() {
    let faults = faults(&Stack::of(&template(), &[]), &specs());
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_writes_of_the_sessions_table_have_a_limit_on_demand() {
    let of = |parameters: &[(&str, &str)]| {
        let table = Stack::of(&template(), parameters).resource("SessionsTable");
        table["Properties"]["OnDemandThroughput"].clone()
    };
    assert_eq!(of(&[("MaxWriteUnits", "500")]), json!({"MaxWriteRequestUnits": "500"}));
    assert!(of(&[]).is_null());
}

#[test]
fn a_table_that_differs_from_the_schema_is_found() {
    let table = |name: &str, rest: &str| format!("/Resources/{name}/{rest}");
    let cases = [
        (table("SessionsTable", "Properties/KeySchema/1/AttributeName"), json!("sort")),
        (table("SessionsTable", "Properties/GlobalSecondaryIndexes"), Value::Null),
        (table("SessionsTable", "Properties/GlobalSecondaryIndexes/0/IndexName"), json!("ends")),
        (
            table("SessionsTable", "Properties/GlobalSecondaryIndexes/0/Projection/ProjectionType"),
            json!("ALL"),
        ),
        (table("RateLimitsTable", "Properties/TimeToLiveSpecification/AttributeName"), json!("expires")),
        (table("RateLimitsTable", "Properties/TimeToLiveSpecification/Enabled"), json!(false)),
        (table("SecurityEventsTable", "Properties/StreamSpecification"), Value::Null),
        (
            table("SecurityEventsTable", "Properties/GlobalSecondaryIndexes/0/Projection/NonKeyAttributes/0"),
            json!("details"),
        ),
        (table("SecurityEventsTable", "Properties/SSESpecification"), Value::Null),
        (table("SecurityEventsTable", "DeletionPolicy"), json!("Retain")),
        (table("FourthTable", "").trim_end_matches('/').to_owned(), json!({"Type": "AWS::DynamoDB::Table"})),
    ];
    for (pointer, value) in cases {
        let faults = faults(&Stack::of(&changed(&pointer, value), &[]), &specs());
        assert_eq!(faults.len(), 1, "{pointer}: {faults:#?}");
    }
    for change in [
        |specs: &mut Vec<_>| drop(specs.pop()),
        |specs: &mut Vec<TableSpec>| specs[0].index = None,
        |specs: &mut Vec<TableSpec>| specs[1].stream = true,
        |specs: &mut Vec<TableSpec>| specs[2].sort_key = None,
    ] {
        let mut specs = specs();
        change(&mut specs);
        assert!(!faults(&Stack::of(&template(), &[]), &specs).is_empty());
    }
}
