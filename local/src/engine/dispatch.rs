//! One DynamoDB call: operation and JSON in, status and JSON out.

use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};

/// The response of DynamoDB.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Runs `operation` on the engine. Blocks.
pub(super) fn answer(database: &Database, operation: &str, body: &[u8]) -> Reply {
    match run(database, operation, body) {
        Ok(body) => Reply { status: 200, body },
        Err(error) => Reply { status: error.status_code(), body: error.to_json() },
    }
}

fn run(db: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    match operation {
        "BatchGetItem" => call(body, |request| db.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| db.batch_write_item(request)),
        "CreateTable" => call(body, |request| db.create_table(request)),
        "DeleteItem" => call(body, |request| db.delete_item(request)),
        "DeleteTable" => call(body, |request| db.delete_table(request)),
        "DescribeStream" => call(body, |request| db.describe_stream(request)),
        "DescribeTable" => call(body, |request| db.describe_table(request)),
        "DescribeTimeToLive" => call(body, |request| db.describe_time_to_live(request)),
        "GetItem" => call(body, |request| db.get_item(request)),
        "GetRecords" => call(body, |request| db.get_records(request)),
        "GetShardIterator" => call(body, |request| db.get_shard_iterator(request)),
        "ListTables" => call(body, |request| db.list_tables(request)),
        "PutItem" => call(body, |request| db.put_item(request)),
        "Query" => call(body, |request| db.query(request)),
        "Scan" => call(body, |request| db.scan(request)),
        "TransactGetItems" => call(body, |request| db.transact_get_items(request)),
        "TransactWriteItems" => call(body, |request| db.transact_write_items(request)),
        "UpdateItem" => call(body, |request| db.update_item(request)),
        "UpdateTable" => call(body, |request| db.update_table(request)),
        "UpdateTimeToLive" => call(body, |request| db.update_time_to_live(request)),
        other => Err(DynoxideError::ValidationException(format!(
            "the embedded engine does not support the operation {other:?}"
        ))),
    }
}

fn call<Request: DeserializeOwned, Answer: Serialize>(
    body: &[u8],
    action: impl FnOnce(Request) -> Result<Answer, DynoxideError>,
) -> Result<String, DynoxideError> {
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    serde_json::to_string(&action(request)?)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The engine marks a value that DynamoDB calls invalid rather than malformed by a prefix of the message.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let message = error.to_string();
    for marker in ["VALIDATION_REQUEST:", "VALIDATION:"] {
        if let Some(rest) = message.strip_prefix(marker) {
            return DynoxideError::ValidationException(rest.to_owned());
        }
    }
    DynoxideError::SerializationException(message)
}
