//! Recommendations for the user, with stable codes and the facts behind them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::event::StoredEvent;
use crate::domain::id::SessionId;
use crate::domain::risk::Rule;
use crate::domain::session::Session;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// Days without activity after which a session is reported as idle.
const IDLE_DAYS: u64 = 3;

/// A recommendation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recommendation {
    /// The stable code.
    pub code: &'static str,
    /// The severity.
    pub severity: Severity,
    /// The session; none when the recommendation is about the account.
    pub session_id: Option<SessionId>,
    /// The facts behind it.
    pub detail: Value,
}

/// All recommendations, the most severe first.
pub fn recommendations(
    live: &[&Session],
    events: &[StoredEvent],
    limit: usize,
    now: Timestamp,
) -> Vec<Recommendation> {
    let mut list: Vec<Recommendation> = live.iter().flat_map(|session| of_session(session, now)).collect();
    list.extend(recent_reuse(events));
    if live.len() >= limit && limit > 1 {
        let detail = json!({"sessions": live.len(), "limit": limit});
        list.push(Recommendation {
            code: "many_sessions",
            severity: Severity::Low,
            session_id: None,
            detail,
        });
    }
    list.sort_by_key(|recommendation| std::cmp::Reverse(recommendation.severity));
    list
}

fn of_session(session: &Session, now: Timestamp) -> Vec<Recommendation> {
    let about =
        |code, severity, detail| Recommendation { code, severity, session_id: Some(session.id), detail };
    let from_finding = |rule, code, severity| {
        let finding = session.findings.iter().find(|finding| finding.rule == rule)?;
        let at = finding.at.to_rfc3339();
        Some(about(
            code,
            severity,
            json!({"at": at, "device": session.client.device.label(), "to": finding.to}),
        ))
    };
    let idle_days = session.last_activity.seconds_until(now) / 86_400;
    let idle = (idle_days >= IDLE_DAYS)
        .then(|| about("idle_session", Severity::Low, json!({"idle_days": idle_days})));
    [
        from_finding(Rule::NewDevice, "unknown_device", Severity::Medium),
        from_finding(Rule::NewCountry, "new_country", Severity::Medium),
        from_finding(Rule::ImpossibleTravel, "impossible_travel", Severity::High),
        idle,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A reused token is reported as long as the audit trail shows it, whatever happened to the session.
fn recent_reuse(events: &[StoredEvent]) -> Option<Recommendation> {
    let reuse =
        events.iter().filter(|event| event.event_type == "token_reused").max_by_key(|event| event.id)?;
    let detail = json!({"at": reuse.created_at.to_rfc3339(), "device": reuse.details["device"], "ip": reuse.details["ip"]});
    Some(Recommendation { code: "recent_reuse", severity: Severity::High, session_id: reuse.session, detail })
}
