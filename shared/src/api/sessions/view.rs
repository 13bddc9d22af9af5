//! How a session is shown: never a token, a nonce or a hash. Unknown values are null, never left out.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use crate::http::caller::Caller;
use crate::session::Session;
use crate::store::StoredEvent;

pub(super) fn session(session: &Session, caller: &Caller) -> Value {
    let (device, place) = (&session.seen.device, &session.seen.place);
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
        "ip_address": session.seen.ip,
        "location": if place.is_unknown() { Value::Null } else { location },
        "created_at": session.created_at.to_rfc3339(),
        "last_activity": session.last_activity.to_rfc3339(),
        "expires_at": session.expires_at.to_rfc3339(),
        "absolute_expires_at": session.absolute_expires_at.to_rfc3339(),
        "auth_time": session.auth_time.to_rfc3339(),
        "scope": session.scope,
    })
}

pub(super) fn event(event: &StoredEvent) -> Value {
    json!({
        "event_id": event.id,
        "event_type": event.event_type,
        "severity": event.severity,
        "session_id": event.session,
        "created_at": event.created_at.to_rfc3339(),
        "details": event.details,
    })
}

/// A strong tag over everything that is shown, so that an unchanged list costs the client no body.
pub(super) fn etag(body: &Value) -> String {
    let digest = digest::digest(&digest::SHA256, body.to_string().as_bytes());
    format!("\"{}\"", BASE64URL.encode(&digest.as_ref()[..18]))
}
