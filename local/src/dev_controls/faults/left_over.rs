//! A batch of which DynamoDB carries out a part, and hands back the rest to be asked for again.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Map, Value};

use crate::operation;

/// What a batch was cut by.
pub(super) struct LeftOver {
    /// The member of the answer that it belongs in.
    member: &'static str,
    /// By table, in the request's own shape.
    tables: Map<String, Value>,
}

/// The request with the first item of each table alone, and the rest. The signature no longer fits: AWS would refuse
/// it, and no embedded engine looks at it.
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

/// What a batch asks of one table: keys to read, among how to read them, or writes.
fn items(asked: &mut Value, is_read: bool) -> Option<&mut Vec<Value>> {
    if is_read { asked.get_mut("Keys")?.as_array_mut() } else { asked.as_array_mut() }
}

impl LeftOver {
    /// The answer, with what it leaves over; a refusal stays as it is.
    pub(super) async fn added_to(self, mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
        if !response.status().is_success() {
            return Ok(response);
        }
        let body = ByteStream::new(response.take_body()).collect().await;
        let bytes = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
        let mut body: Value =
            serde_json::from_slice(&bytes).map_err(|error| ConnectorError::io(error.into()))?;
        // Of one item a table no engine leaves anything over itself.
        body[self.member] = self.tables.into();
        let body = body.to_string();
        response.headers_mut().insert("content-length", body.len().to_string());
        *response.body_mut() = SdkBody::from(body);
        Ok(response)
    }
}
