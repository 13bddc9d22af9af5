//! Reads the tables without counting the reads, and makes assertions of every kind.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_local::issuer::ISSUER;
use serde_json::{Value, json};

use super::World;
use super::tables::key_of;

/// One event of the audit trail.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The type.
    pub event_type: String,
    /// The severity.
    pub severity: String,
    /// The id of the session.
    pub session: String,
    /// The reason in the details; empty if there is none.
    pub reason: String,
}

impl World {
    /// A user's audit trail, oldest first.
    pub async fn events(&self, user: &str) -> Vec<Event> {
        let query = self.dynamodb().query().table_name(&self.tables().security_events).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk");
        let reply = query.expression_attribute_values(":pk", AttributeValue::S(key_of(user))).send().await;
        let rows = reply.expect("the engine answers").items.unwrap_or_default();
        let text = |value: Option<&AttributeValue>| {
            value.and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
        };
        rows.iter()
            .map(|row| {
                let details = row.get("details").and_then(|value| value.as_m().ok());
                Event {
                    event_type: text(row.get("event_type")),
                    severity: text(row.get("severity")),
                    session: text(row.get("session_id")),
                    reason: text(details.and_then(|details| details.get("reason"))),
                }
            })
            .collect()
    }

    /// How many events of a type a user has.
    pub async fn count_events(&self, user: &str, event_type: &str) -> usize {
        self.events(user).await.iter().filter(|event| event.event_type == event_type).count()
    }

    /// An assertion with changed claims; `null` removes one.
    ///
    /// # Panics
    /// If the stand-in provider cannot sign.
    pub fn assertion_with(&self, user: &str, changes: Value) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let now = self.now().seconds();
        let mut claims = json!({
            "iss": ISSUER, "aud": self.server.audience, "sub": user, "iat": now, "exp": now + 300,
            "jti": NEXT.fetch_add(1, Ordering::Relaxed).to_string(),
        });
        let claims_of = claims.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("changes are an object") {
            claims_of.insert(name.clone(), value.clone());
        }
        claims_of.retain(|_, value| !value.is_null());
        self.server.issuer.sign(&claims).expect("the stand-in signs")
    }
}

impl World {
    /// Removes the scope of a session directly in the table, as an operator would.
    ///
    /// # Panics
    /// If the engine does not answer.
    pub async fn take_scope(&self, user: &str, session: &str) {
        let key = |text: String| AttributeValue::S(text);
        let update = self.dynamodb().update_item().table_name(&self.tables().sessions);
        let update = update.key("pk", key(key_of(user))).key("sk", key(format!("S#{session}")));
        update.update_expression("REMOVE s").send().await.expect("the engine answers");
    }
}
