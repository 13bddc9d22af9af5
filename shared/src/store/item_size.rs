//! The size of a row by DynamoDB's rules, for the tests that keep rows under one write unit.
//!
//! *Source*: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".

use super::item::Item;
use aws_sdk_dynamodb::types::AttributeValue;

/// The bytes that DynamoDB counts for an item: names and values in UTF-8.
pub(super) fn item_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // About one byte for two significant digits, and one more; one more still for a sign.
        AttributeValue::N(digits) => {
            digits.trim_start_matches('-').len().div_ceil(2) + 1 + usize::from(digits.starts_with('-'))
        }
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_bytes(value)).sum::<usize>(),
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + value_bytes(value)).sum::<usize>()
        }
        AttributeValue::Ss(list) | AttributeValue::Ns(list) => list.iter().map(String::len).sum(),
        AttributeValue::Bs(list) => list.iter().map(|blob| blob.as_ref().len()).sum(),
        _ => 1,
    }
}
