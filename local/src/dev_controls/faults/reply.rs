//! The error responses of DynamoDB for queued faults.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::operation;

const NAMESPACE: &str = "com.amazonaws.dynamodb.v20120810";
const CONFLICT: &str = "Transaction is ongoing for the item";

pub(super) fn throttled() -> HttpResponse {
    let message = "The level of configured provisioned throughput for the table was exceeded.";
    exception(400, "ProvisionedThroughputExceededException", message)
}

pub(super) fn failed() -> HttpResponse {
    exception(500, "InternalServerError", "Internal server error")
}

/// Refuses a single write, or cancels a transaction with a reason for each item.
pub(super) fn conflict(request: &HttpRequest) -> HttpResponse {
    if operation::is_single_write(operation::of(request)) {
        return exception(400, "TransactionConflictException", CONFLICT);
    }
    let items = transact_items(request);
    let codes = vec!["TransactionConflict"; items].join(", ");
    let reasons = vec![json!({"Code": "TransactionConflict", "Message": CONFLICT}); items];
    respond(
        400,
        &json!({
            "__type": format!("{NAMESPACE}#TransactionCanceledException"),
            "Message": format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
            ),
            "CancellationReasons": reasons,
        }),
    )
}

fn transact_items(request: &HttpRequest) -> usize {
    let body = request.body().bytes().unwrap_or_default();
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    request["TransactItems"].as_array().map_or(1, Vec::len)
}

fn exception(status: u16, name: &str, message: &str) -> HttpResponse {
    respond(status, &json!({"__type": format!("{NAMESPACE}#{name}"), "message": message}))
}

fn respond(status: u16, body: &Value) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("400 and 500 are statuses");
    let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
