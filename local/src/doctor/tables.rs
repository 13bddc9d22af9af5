//! Do the tables match the schema? Compares keys, index, stream and TTL of each with its description.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, ProjectionType, StreamViewType,
    TableDescription, TableStatus, TimeToLiveStatus,
};
use latchkey::config::Tables;
use latchkey::store::schema::{self, IndexSpec, TTL, TableSpec};

use super::Check;

/// Where the tables are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// At AWS, in this Region.
    Region(&'a str),
    /// At the URL of another DynamoDB.
    Endpoint(&'a str),
}

/// A problem, and the action that solves it.
type Fault = (String, String);

/// Checks the three tables. A DynamoDB that does not answer fails one check instead of three.
pub(super) async fn examine(client: &Client, names: &Tables, place: Place<'_>) -> Vec<Check> {
    let mut checks = vec![];
    for spec in schema::tables(names) {
        let subject = format!("table {}", spec.name);
        let description = client.describe_table().table_name(&spec.name).send().await;
        let faults = match description {
            Ok(reply) => {
                let table = reply.table().cloned();
                let mut faults = table.map(|table| faults(&spec, &table)).unwrap_or_default();
                faults.extend(ttl_fault(client, &spec).await);
                faults
            }
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                vec![("The table does not exist.".to_owned(), create(place))]
            }
            Err(error) => {
                checks.push(no_description(&error, place));
                return checks;
            }
        };
        if faults.is_empty() {
            checks.push(Check::passed(&subject, "Keys, index, stream and TTL match the schema."));
        }
        checks.extend(faults.into_iter().map(|(problem, action)| Check::failed(&subject, problem, action)));
    }
    checks
}

fn create(place: Place<'_>) -> String {
    let other = "or name another table in TABLE_SESSIONS, TABLE_RATE_LIMITS or TABLE_SECURITY_EVENTS.";
    match place {
        Place::Endpoint(url) => format!("Run `latchkey-local table create --endpoint {url}`, {other}"),
        Place::Region(region) => {
            format!("Deploy template.yaml in {region}, {other} The outputs of the stack hold the names.")
        }
    }
}

/// DynamoDB did not describe a table that may well exist.
fn no_description(error: &SdkError<DescribeTableError>, place: Place<'_>) -> Check {
    let (name, check) = match place {
        Place::Endpoint(url) => (url.to_owned(), "the host and port of --endpoint"),
        Place::Region(region) => (format!("DynamoDB in {region}"), "AWS_REGION and the network"),
    };
    let (problem, action) = match (error, error.code()) {
        (
            _,
            Some(
                code @ ("AccessDeniedException"
                | "UnrecognizedClientException"
                | "InvalidSignatureException"
                | "ExpiredTokenException"),
            ),
        ) => (
            format!("{name} refused the credentials with {code}."),
            "Use valid credentials with the rights dynamodb:DescribeTable and dynamodb:DescribeTimeToLive."
                .to_owned(),
        ),
        (_, Some(code)) if code.ends_with("Exception") || code.ends_with("Error") => (
            format!("{name} returned the error {code}: {}.", error.message().unwrap_or("no message")),
            "Run the doctor again later; if the error stays, look it up in the documentation of DynamoDB."
                .to_owned(),
        ),
        (SdkError::ServiceError(_) | SdkError::ResponseError(_), _) => (
            format!("{name} answered, but not as a DynamoDB does."),
            format!("Check {check}: another server listens there."),
        ),
        _ => (
            format!("{name} did not answer."),
            format!("Check {check}, and that a DynamoDB is running there."),
        ),
    };
    Check::failed("DynamoDB", problem, action)
}

fn faults(spec: &TableSpec, table: &TableDescription) -> Vec<Fault> {
    let mut faults = vec![];
    if table.table_status().is_some_and(|status| *status != TableStatus::Active) {
        let status = table.table_status().map(TableStatus::as_str).unwrap_or_default();
        faults.push((format!("The table is {status}."), "Wait until it is ACTIVE.".to_owned()));
    }
    let (found, expected) = (keys(table.key_schema()), of_spec(spec));
    if found != expected {
        let action = "Keys cannot be changed: create a new table, and name it in the setting for this table.";
        faults.push((format!("Its keys are {found} instead of {expected}."), action.to_owned()));
    }
    if let Some(expected) = spec.index {
        let mut indexes = table.global_secondary_indexes().iter();
        let index = indexes.find(|index| index.index_name() == Some(expected.name));
        faults.extend(index_fault(expected, index));
    }
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
    let has_images = stream.and_then(|stream| stream.stream_view_type()) == Some(&StreamViewType::NewImage);
    if spec.stream && !has_images {
        let action = format!(
            "Run: aws dynamodb update-table --region \"$AWS_REGION\" --table-name {} --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE",
            spec.name
        );
        faults.push(("It has no stream of new images, so no alert is sent.".to_owned(), action));
    }
    faults
}

fn index_fault(expected: IndexSpec, index: Option<&GlobalSecondaryIndexDescription>) -> Option<Fault> {
    let IndexSpec { name, partition_key, sort_key, attributes } = expected;
    let key = format!("{partition_key}, {sort_key}");
    let projection = match attributes {
        [] => "projects keys only".to_owned(),
        names => format!("projects {}", names.join(", ")),
    };
    let add = format!(
        "an index on {partition_key} and {sort_key} (strings) that {projection}; deploying template.yaml does so."
    );
    let Some(index) = index else {
        let effect = match name {
            schema::FLEET_INDEX => "administrators get 503 from /fleet",
            _ => "cleanup finds no expired session",
        };
        return Some((format!("It has no index {name}, so {effect}."), format!("Add {add}")));
    };
    let found = keys(index.key_schema());
    if found != key || projected(index) != Some(BTreeSet::from_iter(attributes.iter().copied())) {
        return Some((
            format!("Its index {name} is on {found}, or does not have the attributes that it needs."),
            format!("Delete it, then add {add}"),
        ));
    }
    let status = index.index_status().filter(|status| **status != IndexStatus::Active)?;
    Some((format!("Its index {name} is {}.", status.as_str()), "Wait until it is ACTIVE.".to_owned()))
}

/// The attributes that an index projects besides the keys, or `None` if it projects all.
fn projected(index: &GlobalSecondaryIndexDescription) -> Option<BTreeSet<&str>> {
    let projection = index.projection()?;
    match projection.projection_type()? {
        ProjectionType::KeysOnly => Some(BTreeSet::new()),
        ProjectionType::Include => Some(projection.non_key_attributes().iter().map(String::as_str).collect()),
        _ => None,
    }
}

async fn ttl_fault(client: &Client, spec: &TableSpec) -> Option<Fault> {
    let Ok(reply) = client.describe_time_to_live().table_name(&spec.name).send().await else {
        return Some((
            "DynamoDB did not describe its TTL.".to_owned(),
            "Use credentials with the right dynamodb:DescribeTimeToLive, or run the doctor again.".to_owned(),
        ));
    };
    let ttl = reply.time_to_live_description();
    let status = ttl.and_then(|ttl| ttl.time_to_live_status());
    let is_on = matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    let turn_on = format!(
        "aws dynamodb update-time-to-live --region \"$AWS_REGION\" --table-name {} --time-to-live-specification Enabled=true,AttributeName={TTL}",
        spec.name
    );
    match ttl.and_then(|ttl| ttl.attribute_name()).filter(|_| is_on) {
        Some(TTL) => None,
        Some(other) => Some((
            format!("Its TTL uses the attribute {other} instead of {TTL}."),
            format!("Turn it off with Enabled=false,AttributeName={other}, then run: {turn_on}"),
        )),
        None => Some((
            "Its TTL is off, so DynamoDB never deletes old rows.".to_owned(),
            format!("Run: {turn_on}"),
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
