//! The engine as the SDK's HTTP connector.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;

use super::dispatch::{self, Reply};
use super::{Engine, Medium};
use crate::operation;

/// Passes DynamoDB requests to the engine in this process.
#[derive(Debug)]
pub(super) struct EngineConnector(Engine);

impl EngineConnector {
    pub(super) fn new(engine: Engine) -> Self {
        Self(engine)
    }
}

impl HttpConnector for EngineConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let database = self.0.database.clone();
        match self.0.medium {
            Medium::Memory => HttpConnectorFuture::ready(Ok(answer(&database, &request))),
            // A write waits for the disk. A dropped future does not undo it, just as a lost connection does not.
            Medium::File => HttpConnectorFuture::new(async move {
                tokio::task::spawn_blocking(move || answer(&database, &request))
                    .await
                    .map_err(|error| ConnectorError::other(error.into(), None))
            }),
        }
    }
}

fn answer(database: &Database, request: &HttpRequest) -> HttpResponse {
    let body = request.body().bytes().unwrap_or_default();
    let operation = operation::of(request);
    into_response(dispatch::answer(database, operation, &with_capacity(operation, body)))
}

/// Adds `ReturnConsumedCapacity` to the request, because `/dev/stats` counts it.
fn with_capacity<'a>(operation: &str, body: &'a [u8]) -> Cow<'a, [u8]> {
    const MEMBER: &[u8] = br#""ReturnConsumedCapacity""#;
    let asked = body.windows(MEMBER.len()).any(|window| window == MEMBER);
    if asked || !operation::moves_items(operation) || body.first() != Some(&b'{') {
        return body.into();
    }
    [br#"{"ReturnConsumedCapacity":"TOTAL","#, &body[1..]].concat().into()
}

fn into_response(reply: Reply) -> HttpResponse {
    let status = StatusCode::try_from(reply.status).expect("the engine answers 200, 400, 500 or 501");
    let mut response = HttpResponse::new(status, SdkBody::from(reply.body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
