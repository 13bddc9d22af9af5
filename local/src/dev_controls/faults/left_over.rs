//! A batch of which DynamoDB carries out a part and returns the rest as unprocessed.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Map, Value};

use crate::operation;

/// The items that were removed from a batch.
pub(super) struct LeftOver {
    /// The member of the response for them.
    member: &'static str,
    /// The items by table, in the form of the request.
    tables: Map<String, Value>,
}

/// Returns the request with only the first item of each table, and the rest. The signature no longer matches, which the
/// embedded engine does not check.
pub(super) fn cut(mut request: HttpRequest) -> (HttpRequest, LeftOver) {
    let is_read = operation::is_read(operation::of(&request));
    let member = if is_read { "UnprocessedKeys" } else { "UnprocessedItems" };
    let mut body: Value =
        serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
    let mut tables = Map::new();
    for (table, asked) in body["RequestItems"].as_object_mut().into_iter().flatten() {
        let mut left = asked.clone();
        let [Some(first), Some(rest)] = [items(asked, is_read), items(&mut left, is_read)] else { continue };
        first.truncate(1);
        if rest.len() > 1 {
            rest.remove(0);
            tables.insert(table.clone(), left);
        }
    }
    let body = body.to_string();
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
    (request, LeftOver { member, tables })
}

/// The keys to read from one table, or the writes to it.
fn items(asked: &mut Value, is_read: bool) -> Option<&mut Vec<Value>> {
    if is_read { asked.get_mut("Keys")?.as_array_mut() } else { asked.as_array_mut() }
}

impl LeftOver {
    /// Adds the removed items to a successful response.
    pub(super) async fn added_to(self, mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
        if !response.status().is_success() {
            return Ok(response);
        }
        let body = ByteStream::new(response.take_body()).collect().await;
        let bytes = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
        let mut body: Value =
            serde_json::from_slice(&bytes).map_err(|error| ConnectorError::io(error.into()))?;
        // The engine itself leaves nothing unprocessed of one item a table.
        body[self.member] = self.tables.into();
        let body = body.to_string();
        response.headers_mut().insert("content-length", body.len().to_string());
        *response.body_mut() = SdkBody::from(body);
        Ok(response)
    }
}
