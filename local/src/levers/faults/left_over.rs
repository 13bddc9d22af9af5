//! A batch of which DynamoDB carries out a part, and hands back the rest to be asked for again.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Map, Value, json};

use crate::operation;

/// What a batch was cut by.
pub(super) struct LeftOver {
    /// The member of the answer that it belongs in.
    member: &'static str,
    /// By table, in the request's own shape.
    tables: Map<String, Value>,
}

/// The request with the first item of each table alone, and the rest. Its signature no longer fits, which only the
/// embedded engine lets pass.
pub(super) fn cut(mut request: HttpRequest) -> (HttpRequest, LeftOver) {
    let is_read = operation::is_read(operation::of(&request));
    let member = if is_read { "UnprocessedKeys" } else { "UnprocessedItems" };
    let mut body: Value =
        serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
    let mut tables = Map::new();
    for (table, asked) in body["RequestItems"].as_object_mut().into_iter().flatten() {
        let items = if is_read { &mut asked["Keys"] } else { asked };
        let rest = items.as_array_mut().map(|items| items.split_off(items.len().min(1))).unwrap_or_default();
        if !rest.is_empty() {
            tables.insert(table.clone(), if is_read { json!({ "Keys": rest }) } else { rest.into() });
        }
    }
    *request.body_mut() = SdkBody::from(body.to_string());
    (request, LeftOver { member, tables })
}

impl LeftOver {
    /// The answer, with what it leaves over.
    pub(super) async fn added_to(self, mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
        let body = ByteStream::new(response.take_body()).collect().await;
        let bytes = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
        let mut body: Value =
            serde_json::from_slice(&bytes).map_err(|error| ConnectorError::io(error.into()))?;
        body[self.member] = self.tables.into();
        *response.body_mut() = SdkBody::from(body.to_string());
        Ok(response)
    }
}
