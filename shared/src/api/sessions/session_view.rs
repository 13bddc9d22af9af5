//! How a session is shown: never a token, a nonce or a hash. Unknown values are null, never left out.

use serde_json::{Value, json};

use crate::domain::event::StoredEvent;
use crate::domain::risk::StoredFinding;
use crate::domain::session::Session;
use crate::domain::severity::Severity;
use crate::http::caller::Caller;

pub(super) fn session(session: &Session, caller: &Caller) -> Value {
    let (device, place) = (&session.client.device, &session.client.place);
    let location = json!({
        "country": place.country, "region": place.region, "city": place.city,
        "latitude": place.latitude, "longitude": place.longitude,
    });
    json!({
        "session_id": session.id,
        "is_current": session.id == caller.session,
        "device_type": device.kind.as_str(),
        "device": device.name,
        "browser": device.browser,
        "browser_version": device.browser_version,
        "os": device.os,
        "os_version": device.os_version,
        "ip_address": session.client.ip,
        "location": if place.is_unknown() { Value::Null } else { location },
        "created_at": session.created_at.to_rfc3339(),
        "last_activity": session.last_activity.to_rfc3339(),
        "expires_at": session.expires_at.to_rfc3339(),
        "absolute_expires_at": session.absolute_expires_at.to_rfc3339(),
        "auth_time": session.auth_time.to_rfc3339(),
        "scope": session.scope,
        "risk": risk(session),
    })
}

/// What was noticed about a session, newest first, and how bad the worst of it is.
fn risk(session: &Session) -> Value {
    let worst = session.findings.iter().map(|noted| noted.severity).max();
    let finding = |noted: &StoredFinding| {
        json!({
            "code": noted.rule.name(),
            "severity": noted.severity.as_str(),
            "at": noted.at.to_rfc3339(),
            "detail": {"from": noted.from, "to": noted.to},
        })
    };
    json!({
        "level": worst.map_or("none", Severity::as_str),
        "findings": session.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// Details that only administrators see: how our own machinery decided.
const INTERNAL: [&str; 3] = ["presented", "current", "mode"];

pub(super) fn event(event: &StoredEvent, for_admin: bool) -> Value {
    let mut details = event.details.clone();
    if let Some(details) = details.as_object_mut().filter(|_| !for_admin) {
        details.retain(|name, _| !INTERNAL.contains(&name.as_str()));
    }
    json!({
        "event_id": event.id.to_string(),
        "event_type": event.event_type,
        "severity": event.severity.as_str(),
        "session_id": event.session,
        "created_at": event.created_at.to_rfc3339(),
        "details": details,
    })
}
