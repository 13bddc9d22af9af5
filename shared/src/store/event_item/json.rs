//! The conversion between JSON and an attribute, for an event's details.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};

/// JSON as an attribute.
pub(super) fn attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(flag),
        Value::Number(digits) => AttributeValue::N(digits.to_string()),
        Value::String(string) => AttributeValue::S(string),
        Value::Array(list) => AttributeValue::L(list.into_iter().map(attribute).collect()),
        Value::Object(map) => AttributeValue::M(
            map.into_iter().map(|(name, value)| (name, attribute(value))).collect::<HashMap<_, _>>(),
        ),
    }
}

/// An attribute as JSON.
pub(super) fn value(attribute: &AttributeValue) -> Value {
    match attribute {
        AttributeValue::S(string) => Value::String(string.clone()),
        AttributeValue::N(digits) => serde_json::from_str(digits).unwrap_or_default(),
        AttributeValue::Bool(flag) => Value::Bool(*flag),
        AttributeValue::L(list) => list.iter().map(value).collect(),
        AttributeValue::M(map) => Value::Object(
            map.iter().map(|(name, member)| (name.clone(), value(member))).collect::<Map<_, _>>(),
        ),
        _ => Value::Null,
    }
}
