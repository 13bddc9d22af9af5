//! A record of the stream of the events table: which event was written?
//!
//! The record is JSON, as Lambda and the API of streams have it. The stream also has pointers and end records, which are no events.

use serde_json::{Map, Value};

use super::event_item::POINTER;
use super::schema::{EVENT_ID, PK, USER_ID};
use super::user_key::user_in_key;
use crate::domain::event::StoredEvent;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;
use crate::domain::webhook::message::StreamEvent;

/// A record that cannot be read, with the attribute at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the attribute {0} is missing or malformed")]
pub struct UnreadableRecord(pub &'static str);

/// The event that a record inserted; `None` for any other change.
///
/// # Errors
/// The record inserted an event, and an attribute of it is missing or malformed.
pub fn inserted_event(record: &Value) -> Result<Option<StreamEvent>, UnreadableRecord> {
    let image = &record["dynamodb"]["NewImage"];
    let is_event = !image["event_type"].is_null() && image[EVENT_ID]["S"] != POINTER;
    if record["eventName"] != "INSERT" || !is_event {
        return Ok(None);
    }
    let text = |name: &'static str| image[name]["S"].as_str().ok_or(UnreadableRecord(name));
    let session = match image["session_id"]["S"].as_str() {
        Some(id) => Some(id.parse().map_err(|_| UnreadableRecord("session_id"))?),
        None => None,
    };
    let user = match image[USER_ID]["S"].as_str() {
        Some(id) => Some(id.parse().map_err(|_| UnreadableRecord(USER_ID))?),
        None => user_in_key(text(PK)?),
    };
    let seconds = image["created_at"]["N"].as_str().and_then(|digits| digits.parse().ok());
    let event = StoredEvent {
        id: text(EVENT_ID)?.parse().map_err(|_| UnreadableRecord(EVENT_ID))?,
        event_type: text("event_type")?.to_owned(),
        severity: Severity::parse(text("severity")?).ok_or(UnreadableRecord("severity"))?,
        session,
        created_at: Timestamp::from_seconds(seconds.ok_or(UnreadableRecord("created_at"))?),
        details: json_of(&image["details"]).ok_or(UnreadableRecord("details"))?,
    };
    Ok(Some(StreamEvent { event, user }))
}

/// The id of the event that a record is about, for a record that cannot be read.
pub fn event_id(record: &Value) -> &str {
    record["dynamodb"]["Keys"][EVENT_ID]["S"].as_str().unwrap_or("unknown")
}

/// An attribute in the JSON of DynamoDB, such as `{"S": "text"}`, as plain JSON.
fn json_of(attribute: &Value) -> Option<Value> {
    let (kind, value) = attribute.as_object()?.iter().next()?;
    match kind.as_str() {
        "S" | "BOOL" => Some(value.clone()),
        "N" => serde_json::from_str(value.as_str()?).ok(),
        "NULL" => Some(Value::Null),
        "L" => value.as_array()?.iter().map(json_of).collect::<Option<Vec<_>>>().map(Value::Array),
        "M" => {
            let members = value.as_object()?.iter();
            let members = members.map(|(name, member)| Some((name.clone(), json_of(member)?)));
            members.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record() -> Value {
        json!({"eventName": "INSERT", "dynamodb": {
            "Keys": {"pk": {"S": "U#alice"}, "event_id": {"S": "0199c0de-0000-7000-8000-000000000001"}},
            "NewImage": {
                "pk": {"S": "U#alice"}, "event_id": {"S": "0199c0de-0000-7000-8000-000000000001"},
                "event_type": {"S": "new_device"}, "severity": {"S": "low"}, "created_at": {"N": "1790000000"},
                "ttl": {"N": "1797776000"},
                "details": {"M": {"list": {"L": [{"N": "1.5"}, {"BOOL": true}, {"NULL": true}]}, "ip": {"S": "192.0.2.1"}}},
            },
        }})
    }

    #[test]
    fn an_inserted_event_is_read_with_its_user_and_details() {
        let read = inserted_event(&record()).unwrap().unwrap();
        assert_eq!(read.user.unwrap().as_str(), "alice");
        assert_eq!((read.event.event_type.as_str(), read.event.severity), ("new_device", Severity::Low));
        assert_eq!(read.event.details, json!({"list": [1.5, true, null], "ip": "192.0.2.1"}));
        let mut long = record();
        long["dynamodb"]["NewImage"]["pk"] = json!({"S": "H#hash"});
        long["dynamodb"]["NewImage"]["user_id"] = json!({"S": "u".repeat(200)});
        assert_eq!(inserted_event(&long).unwrap().unwrap().user.unwrap().as_str(), "u".repeat(200));
        let mut network = record();
        network["dynamodb"]["NewImage"]["pk"] = json!({"S": "net#hash"});
        assert_eq!(inserted_event(&network).unwrap().unwrap().user, None);
    }

    #[test]
    fn a_delete_and_a_pointer_are_no_events() {
        for (pointer, value) in [
            ("/eventName", json!("REMOVE")),
            ("/eventName", json!("MODIFY")),
            ("/dynamodb/NewImage/event_id", json!({"S": "EVENT"})),
            ("/dynamodb/NewImage/event_type", Value::Null),
            ("/dynamodb/NewImage", Value::Null),
        ] {
            let mut other = record();
            *other.pointer_mut(pointer).unwrap() = value;
            assert!(inserted_event(&other).unwrap().is_none(), "{pointer}");
        }
    }

    #[test]
    fn a_malformed_event_names_its_attribute() {
        for (name, value) in [
            ("event_id", json!({"S": "no id"})),
            ("event_type", json!({"N": "1"})),
            ("severity", json!({"S": "loud"})),
            ("created_at", json!({"N": "soon"})),
            ("details", json!({"B": "AA=="})),
            ("session_id", json!({"S": "no id"})),
            ("user_id", json!({"S": ""})),
        ] {
            let mut broken = record();
            broken["dynamodb"]["NewImage"][name] = value;
            assert_eq!(inserted_event(&broken).unwrap_err(), UnreadableRecord(name));
            assert_eq!(event_id(&broken), "0199c0de-0000-7000-8000-000000000001");
        }
    }
}
