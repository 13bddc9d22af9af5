//! Which DynamoDB operation does a request ask for?
//!
//! Every DynamoDB call is a POST to `/` with the operation in the header `X-Amz-Target`, for example
//! `DynamoDB_20120810.UpdateItem`. The engine and the dev controls read it there.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// The operations that the dev controls accept: every one that Latchkey may call.
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

/// The operation of `request`, or an empty name without one.
pub fn of(request: &HttpRequest) -> &str {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}

/// Whether `operation` consumes read capacity.
pub fn is_read(operation: &str) -> bool {
    matches!(operation, "BatchGetItem" | "GetItem" | "Query" | "Scan" | "TransactGetItems")
}

/// Whether `operation` reads or writes items, and so reports its consumed capacity.
pub fn moves_items(operation: &str) -> bool {
    is_read(operation) || is_single_write(operation) || is_multiple_write(operation)
}

/// Whether `operation` writes one item. A running transaction can refuse such a write.
pub fn is_single_write(operation: &str) -> bool {
    matches!(operation, "DeleteItem" | "PutItem" | "UpdateItem")
}

/// Whether `operation` can conflict with another transaction.
pub fn can_conflict(operation: &str) -> bool {
    is_single_write(operation) || operation == "TransactWriteItems"
}

/// Whether `operation` may return some of its items as unprocessed.
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
    fn the_operation_is_the_part_after_the_dot() {
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
