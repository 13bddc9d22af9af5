//! The body of a webhook: `{"type", "timestamp", "data"}`, as the specification recommends.

use serde::Serialize;
use serde_json::Value;

use super::webhook_type;
use crate::domain::event::{EventType, StoredEvent};
use crate::domain::id::{SessionId, UserId};
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// An event as the stream of the events table has it.
#[derive(Clone, Debug)]
pub struct StreamEvent {
    /// The event.
    pub event: StoredEvent,
    /// The user whose trail it is in, if it is a user's.
    pub user: Option<UserId>,
}

#[derive(Serialize)]
struct Body<'e> {
    #[serde(rename = "type")]
    webhook_type: &'static str,
    timestamp: Timestamp,
    data: Data<'e>,
}

#[derive(Serialize)]
struct Data<'e> {
    event_id: String,
    event_type: &'static str,
    severity: Severity,
    user_id: Option<&'e UserId>,
    session_id: Option<SessionId>,
    details: &'e Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    review_url: Option<&'e str>,
}

impl StreamEvent {
    /// The body of the webhook for this event, which has this type. It is a function of the event alone, so that a repeated delivery
    /// is equal in every byte. `review_url` is the link with which the user answers whether a sign-in was theirs.
    pub fn webhook_body(&self, event_type: EventType, review_url: Option<&str>) -> String {
        let event = &self.event;
        let body = Body {
            webhook_type: webhook_type::name_of(event_type),
            timestamp: event.created_at,
            data: Data {
                event_id: event.id.to_string(),
                event_type: event_type.name(),
                severity: event.severity,
                user_id: self.user.as_ref(),
                session_id: event.session,
                details: &event.details,
                review_url,
            },
        };
        serde_json::to_string(&body).expect("text, numbers and JSON can be serialised")
    }

    /// The message of the alert for this event; `None` if its severity is too low for an alert.
    ///
    /// It names no user and no address, because mail is the wrong place for personal data.
    pub fn alert(&self) -> Option<String> {
        #[derive(Serialize)]
        struct Alert<'e> {
            event_type: &'e str,
            severity: Severity,
            event_id: String,
            session_id: String,
            created_at: i64,
        }
        let event = &self.event;
        let alert = Alert {
            event_type: &event.event_type,
            severity: event.severity,
            event_id: event.id.to_string(),
            session_id: event.session.map(|id| id.to_string()).unwrap_or_default(),
            created_at: event.created_at.seconds(),
        };
        let is_alert = event.severity >= Severity::High;
        is_alert.then(|| serde_json::to_string(&alert).expect("text and numbers can be serialised"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn event(severity: Severity) -> StreamEvent {
        let event = StoredEvent {
            id: Uuid::from_u128(7),
            event_type: "new_device".to_owned(),
            severity,
            session: None,
            created_at: Timestamp::from_seconds(1_790_000_000),
            details: json!({"ip": "192.0.2.1", "device": "curl"}),
        };
        StreamEvent { event, user: Some("alice".parse().unwrap()) }
    }

    #[test]
    fn the_body_has_type_timestamp_and_data() {
        let body: Value =
            serde_json::from_str(&event(Severity::Low).webhook_body(EventType::NewDevice, None)).unwrap();
        let expected = json!({
            "type": "sign_in.new_device",
            "timestamp": "2026-09-21T14:13:20Z",
            "data": {
                "event_id": "00000000-0000-0000-0000-000000000007",
                "event_type": "new_device",
                "severity": "low",
                "user_id": "alice",
                "session_id": null,
                "details": {"ip": "192.0.2.1", "device": "curl"},
            },
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn an_alert_names_no_user_and_no_address() {
        let alert = event(Severity::High).alert().unwrap();
        let expected = json!({"event_type": "new_device", "severity": "high", "event_id": Uuid::from_u128(7).to_string(), "session_id": "",
            "created_at": 1_790_000_000});
        assert_eq!(serde_json::from_str::<Value>(&alert).unwrap(), expected);
        assert_eq!(event(Severity::Medium).alert(), None);
    }
}
