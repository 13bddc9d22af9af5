//! Reads the consumed capacity from a response.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde::Deserialize;

/// Returns the response unchanged and the units in it.
pub(super) async fn read(mut response: HttpResponse) -> Result<(HttpResponse, f64), ConnectorError> {
    let body = ByteStream::new(response.take_body())
        .collect()
        .await
        .map_err(|error| ConnectorError::io(error.into()))?
        .into_bytes();
    let units = serde_json::from_slice::<Reply>(&body).map_or(0.0, |reply| reply.units());
    *response.body_mut() = SdkBody::from(body);
    Ok((response, units))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    consumed_capacity: Option<Consumed>,
}

/// A single call reports one table, a batch or a transaction a list of tables.
#[derive(Deserialize)]
#[serde(untagged)]
enum Consumed {
    One(Capacity),
    Many(Vec<Capacity>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Capacity {
    #[serde(default)]
    capacity_units: f64,
}

impl Reply {
    fn units(&self) -> f64 {
        match &self.consumed_capacity {
            None => 0.0,
            Some(Consumed::One(table)) => table.capacity_units,
            Some(Consumed::Many(tables)) => tables.iter().map(|table| table.capacity_units).sum(),
        }
    }
}
