//! An event as the audit trail returns it.

use serde_json::Value;
use uuid::Uuid;

use crate::domain::id::SessionId;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// An event as it was stored.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// The id, which sorts by time.
    pub id: Uuid,
    /// The event type.
    pub event_type: String,
    /// The severity.
    pub severity: Severity,
    /// The session, if there is one.
    pub session: Option<SessionId>,
    /// When it happened.
    pub created_at: Timestamp,
    /// The details.
    pub details: Value,
}
