//! Are the tables what the schema says? Keys, index, stream and TTL of each, by their descriptions.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, ProjectionType, StreamViewType,
    TableDescription, TableStatus, TimeToLiveStatus,
};
use latchkey::config::Tables;
use latchkey::store::schema::{self, TTL, TableSpec};

use super::Finding;

/// What is wrong with the three tables. An endpoint that does not answer is one finding, not three.
pub(super) async fn examine(client: &Client, names: &Tables, endpoint: Option<&str>) -> Vec<Finding> {
    let mut findings = vec![];
    for spec in schema::tables(names) {
        let subject = format!("table {}", spec.name);
        let description = client.describe_table().table_name(&spec.name).send().await;
        let wrong = match description {
            Ok(reply) => {
                let table = reply.table().cloned();
                let mut wrong = table.map(|table| faults(&spec, &table)).unwrap_or_default();
                wrong.extend(ttl(client, &spec).await);
                wrong
            }
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                vec![("is missing".to_owned(), missing(endpoint))]
            }
            Err(error) => {
                findings.push(unreachable(error.code(), error.message()));
                return findings;
            }
        };
        if wrong.is_empty() {
            findings.push(Finding::good(&subject, "keys, index, stream and TTL are right"));
        }
        findings.extend(wrong.into_iter().map(|(what, mend)| Finding::wrong(&subject, what, mend)));
    }
    findings
}

fn missing(endpoint: Option<&str>) -> String {
    match endpoint {
        Some(url) => {
            format!("`latchkey-local table create --endpoint {url}` makes it, or TABLE_.. names another")
        }
        None => "deploy template.yaml, or set TABLE_.. to the names in the stack's outputs".to_owned(),
    }
}

fn unreachable(code: Option<&str>, message: Option<&str>) -> Finding {
    match code {
        Some(
            code @ ("AccessDeniedException"
            | "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "ExpiredTokenException"),
        ) => Finding::wrong(
            "DynamoDB",
            format!("refuses us: {code}"),
            "use credentials that may dynamodb:DescribeTable and dynamodb:DescribeTimeToLive",
        ),
        Some(code) => Finding::wrong(
            "DynamoDB",
            format!("answers {code}: {}", message.unwrap_or_default()),
            "run this again when it is well",
        ),
        None => {
            Finding::wrong("DynamoDB", "cannot be reached", "look at --endpoint, AWS_REGION and the network")
        }
    }
}

/// What is wrong and how to mend it.
type Fault = (String, String);

fn faults(spec: &TableSpec, table: &TableDescription) -> Vec<Fault> {
    let mut faults = vec![];
    if table.table_status().is_some_and(|status| *status != TableStatus::Active) {
        let status = table.table_status().map(TableStatus::as_str).unwrap_or_default();
        faults.push((format!("is {status}"), "wait until it is ACTIVE".to_owned()));
    }
    let (found, expected) = (keys(table.key_schema()), of_spec(spec));
    if found != expected {
        let mend = "a table's keys cannot be changed: make a new one and name it in TABLE_..".to_owned();
        faults.push((format!("its keys are {found}, not {expected}"), mend));
    }
    if let Some((name, key)) = spec.index {
        let index = table.global_secondary_indexes().iter().find(|index| index.index_name() == Some(name));
        faults.extend(index_fault(name, key, index));
    }
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
    let has_images = stream.and_then(|stream| stream.stream_view_type()) == Some(&StreamViewType::NewImage);
    if spec.stream && !has_images {
        let mend = format!(
            "aws dynamodb update-table --table-name {} --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE",
            spec.name
        );
        faults.push(("has no stream of new images, so nobody gets alerts".to_owned(), mend));
    }
    faults
}

fn index_fault(name: &str, key: &str, index: Option<&GlobalSecondaryIndexDescription>) -> Option<Fault> {
    let add = format!("add it on {key} (text), keys only; deploying template.yaml does");
    let Some(index) = index else {
        return Some((format!("has no index {name}, so cleanup finds nothing"), add));
    };
    let found = keys(index.key_schema());
    if found != key
        || index.projection().and_then(|kind| kind.projection_type()) != Some(&ProjectionType::KeysOnly)
    {
        return Some((
            format!("its index {name} is on {found} or not keys only"),
            format!("delete it, then {add}"),
        ));
    }
    let status = index.index_status().filter(|status| **status != IndexStatus::Active)?;
    Some((format!("its index {name} is {}", status.as_str()), "wait until it is ACTIVE".to_owned()))
}

async fn ttl(client: &Client, spec: &TableSpec) -> Option<Fault> {
    let Ok(reply) = client.describe_time_to_live().table_name(&spec.name).send().await else {
        return Some((
            "its TTL cannot be looked at".to_owned(),
            "use credentials that may dynamodb:DescribeTimeToLive, or ask again".to_owned(),
        ));
    };
    let ttl = reply.time_to_live_description();
    let status = ttl.and_then(|ttl| ttl.time_to_live_status());
    let is_on = matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    match ttl.and_then(|ttl| ttl.attribute_name()).filter(|_| is_on) {
        Some(TTL) => None,
        Some(other) => Some((
            format!("its TTL is on {other}, not on {TTL}"),
            format!("switch it off (aws dynamodb update-time-to-live), then on with AttributeName={TTL}"),
        )),
        None => Some((
            "its TTL is off, so old rows stay for ever".to_owned(),
            format!(
                "aws dynamodb update-time-to-live --table-name {} --time-to-live-specification Enabled=true,AttributeName={TTL}",
                spec.name
            ),
        )),
    }
}

/// Key attributes in order: `pk, sk`.
fn keys(schema: &[KeySchemaElement]) -> String {
    schema.iter().map(KeySchemaElement::attribute_name).collect::<Vec<_>>().join(", ")
}

fn of_spec(spec: &TableSpec) -> String {
    [Some(spec.partition_key), spec.sort_key].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
