//! Which calls does a role allow on which table, and which rights does a recorded call need?

use std::collections::BTreeSet;

use serde_json::Value;

use super::stack::{Stack, members};

/// An action on a table, or on an index of it: `UpdateItem SessionsTable`, `Query SessionsTable/index/expiry`.
pub(crate) type Access = String;

/// Everything of DynamoDB that a role allows.
///
/// # Panics
/// When a statement of the role has a wildcard in its action or resource.
pub(crate) fn allowed(stack: &Stack, role: &str) -> BTreeSet<Access> {
    let mut allowed = BTreeSet::new();
    for (action, resource) in statements(&stack.resource(role)) {
        if let Some(action) = action.strip_prefix("dynamodb:") {
            assert!(!action.contains('*') && !resource.contains('*'), "{role}: {action} {resource}");
            allowed.insert(format!("{action} {}", resource.replacen(".Arn", "", 1)));
        }
    }
    allowed
}

/// Each action that a role allows with the resource it is for.
pub(crate) fn statements(role: &Value) -> Vec<(String, String)> {
    let mut pairs = vec![];
    for policy in role["Properties"]["Policies"].as_array().expect("a role has policies") {
        for statement in policy["PolicyDocument"]["Statement"].as_array().expect("a policy has statements") {
            assert_eq!(statement["Effect"], "Allow");
            let actions = texts(&statement["Action"]);
            let resources = texts(&statement["Resource"]);
            for action in actions {
                pairs.extend(resources.iter().map(|resource| (action.clone(), resource.clone())));
            }
        }
    }
    pairs
}

fn texts(value: &Value) -> Vec<String> {
    let one = value.as_str().into_iter();
    let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    one.chain(many).map(str::to_owned).collect()
}

/// The actions that DynamoDB requires for a call. A transaction needs the actions of its items.
pub(crate) fn needed(operation: &str, body: &Value) -> Vec<Access> {
    match operation {
        "BatchGetItem" | "BatchWriteItem" => {
            members(&body["RequestItems"]).map(|(table, _)| format!("{operation} {table}")).collect()
        }
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().into_iter().flatten();
            items.flat_map(members).map(|(kind, item)| format!("{kind}Item {}", text(item))).collect()
        }
        _ => match body["IndexName"].as_str() {
            Some(index) => vec![format!("{operation} {}/index/{index}", text(body))],
            None => vec![format!("{operation} {}", text(body))],
        },
    }
}

fn text(item: &Value) -> &str {
    item["TableName"].as_str().expect("a call names its table")
}
