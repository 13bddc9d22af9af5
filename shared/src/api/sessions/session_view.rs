//! A session and an event as the API shows them: without token, nonce or hash. Unknown values are null.

use std::net::IpAddr;

use serde::Serialize;
use serde_json::Value;

use crate::domain::event::StoredEvent;
use crate::domain::id::SessionId;
use crate::domain::risk::StoredFinding;
use crate::domain::scope::Scope;
use crate::domain::session::Session;
use crate::domain::session::binding::Binding;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;
use crate::http::caller::Caller;

/// A live session.
#[derive(Serialize)]
pub(super) struct SessionView {
    session_id: SessionId,
    /// Whether it is the session that made this call.
    is_current: bool,
    device_type: &'static str,
    device: Option<String>,
    browser: Option<String>,
    browser_version: Option<String>,
    os: Option<String>,
    os_version: Option<String>,
    ip_address: Option<IpAddr>,
    location: Option<LocationView>,
    created_at: Timestamp,
    last_activity: Timestamp,
    expires_at: Timestamp,
    absolute_expires_at: Timestamp,
    /// When the user authenticated; null if the identity provider does not give it.
    auth_time: Option<Timestamp>,
    scope: Scope,
    /// How it is bound to a key.
    binding: Binding,
    risk: RiskView,
}

#[derive(Serialize)]
struct LocationView {
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

/// The stored findings of a session, newest first, and the severity of the worst.
#[derive(Serialize)]
struct RiskView {
    level: &'static str,
    findings: Vec<FindingView>,
}

#[derive(Serialize)]
struct FindingView {
    code: &'static str,
    severity: Severity,
    at: Timestamp,
    detail: ChangeView,
}

#[derive(Serialize)]
struct ChangeView {
    from: Option<String>,
    to: Option<String>,
}

/// An event of the audit trail.
#[derive(Serialize)]
pub(super) struct EventView {
    event_id: String,
    event_type: String,
    severity: Severity,
    session_id: Option<SessionId>,
    created_at: Timestamp,
    details: Value,
}

impl SessionView {
    pub(super) fn new(session: &Session, caller: &Caller) -> Self {
        let (device, place) = (&session.client.device, session.client.place.clone());
        let location = (!place.is_unknown()).then_some(LocationView {
            country: place.country,
            region: place.region,
            city: place.city,
            latitude: place.latitude,
            longitude: place.longitude,
        });
        Self {
            session_id: session.id,
            is_current: session.id == caller.session,
            device_type: device.kind.as_str(),
            device: device.name.clone(),
            browser: device.browser.clone(),
            browser_version: device.browser_version.clone(),
            os: device.os.clone(),
            os_version: device.os_version.clone(),
            ip_address: session.client.ip,
            location,
            created_at: session.created_at,
            last_activity: session.last_activity,
            expires_at: session.expires_at,
            absolute_expires_at: session.absolute_expires_at,
            auth_time: session.auth_time,
            scope: session.scope.clone(),
            binding: session.binding(),
            risk: RiskView::new(&session.findings),
        }
    }
}

impl RiskView {
    fn new(findings: &[StoredFinding]) -> Self {
        let worst = findings.iter().map(|finding| finding.severity).max();
        Self {
            level: worst.map_or("none", Severity::as_str),
            findings: findings.iter().map(FindingView::new).collect(),
        }
    }
}

impl FindingView {
    fn new(finding: &StoredFinding) -> Self {
        Self {
            code: finding.rule.name(),
            severity: finding.severity,
            at: finding.at,
            detail: ChangeView { from: finding.from.clone(), to: finding.to.clone() },
        }
    }
}

/// Details that only administrators see, because they show how the server decided.
const ADMIN_DETAILS: [&str; 3] = ["presented", "current", "mode"];

impl EventView {
    pub(super) fn new(event: &StoredEvent, for_admin: bool) -> Self {
        let mut details = event.details.clone();
        if let Some(details) = details.as_object_mut().filter(|_| !for_admin) {
            details.retain(|name, _| !ADMIN_DETAILS.contains(&name.as_str()));
        }
        Self {
            event_id: event.id.to_string(),
            event_type: event.event_type.clone(),
            severity: event.severity,
            session_id: event.session,
            created_at: event.created_at,
            details,
        }
    }
}
