//! An event as the audit trail returns it.

use serde_json::Value;
use uuid::Uuid;

use crate::domain::id::SessionId;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// An event as it is read back.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Its id, which orders the trail.
    pub id: Uuid,
    /// Its type.
    pub event_type: String,
    /// How bad it is.
    pub severity: Severity,
    /// The session it tells of.
    pub session: Option<SessionId>,
    /// When.
    pub created_at: Timestamp,
    /// Its facts.
    pub details: Value,
}
