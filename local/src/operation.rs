//! Which DynamoDB operation a request is.
//!
//! Every DynamoDB call is a POST to `/`; the operation is in the header
//! `X-Amz-Target`, as in `DynamoDB_20120810.UpdateItem`. The engine dispatches
//! on it, and the controls choose by it.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// The operations that the controls may name: every one that Latchkey could call.
pub const KNOWN: [&str; 17] = [
    "BatchGetItem",
    "BatchWriteItem",
    "CreateTable",
    "DeleteItem",
    "DeleteTable",
    "DescribeTable",
    "DescribeTimeToLive",
    "GetItem",
    "ListTables",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
    "UpdateTable",
    "UpdateTimeToLive",
];

/// The operation that `request` asks for, or an empty name when it names none.
pub fn of(request: &HttpRequest) -> &str {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}

/// Whether the capacity that `operation` consumes is read capacity.
pub fn is_read(operation: &str) -> bool {
    matches!(operation, "BatchGetItem" | "GetItem" | "Query" | "Scan" | "TransactGetItems")
}

/// Whether `operation` moves items, and so reports what it consumed.
pub fn moves_items(operation: &str) -> bool {
    is_read(operation) || is_single_write(operation) || is_multiple_write(operation)
}

/// Whether `operation` writes one item, which a running transaction can refuse.
pub fn is_single_write(operation: &str) -> bool {
    matches!(operation, "DeleteItem" | "PutItem" | "UpdateItem")
}

/// Whether `operation` can meet a conflict with somebody else's transaction.
pub fn can_conflict(operation: &str) -> bool {
    is_single_write(operation) || operation == "TransactWriteItems"
}

/// Whether `operation` may hand back a part of what it was asked for.
pub fn is_batch(operation: &str) -> bool {
    matches!(operation, "BatchGetItem" | "BatchWriteItem")
}

fn is_multiple_write(operation: &str) -> bool {
    matches!(operation, "BatchWriteItem" | "TransactWriteItems")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operation_is_what_follows_the_dot() {
        let mut request = HttpRequest::empty();
        assert_eq!(of(&request), "");
        request.headers_mut().insert("x-amz-target", "DynamoDB_20120810.UpdateItem");
        assert_eq!(of(&request), "UpdateItem");
    }

    #[test]
    fn every_operation_that_moves_items_is_known() {
        for operation in KNOWN {
            assert_eq!(
                moves_items(operation),
                operation.contains("Item") || matches!(operation, "Query" | "Scan")
            );
        }
    }
}
