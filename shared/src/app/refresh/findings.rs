//! The findings of the risk rules about a refresh: assessed from the token, and recorded in the trail and the row.

use super::RefreshAttempt;
use crate::app::changed_client::change_since;
use crate::domain::event::{Event, EventKind};
use crate::domain::risk::{self, Comparison, Finding, StoredFinding, merge_recent};
use crate::domain::session::Session;

impl RefreshAttempt<'_> {
    /// Compares the request with the client that made the presented generation, by the token's fingerprint. So a repeated
    /// request has the findings that were lost with the first response, although the row holds the request by then.
    pub(super) fn assess(&self, row: &Session) -> Vec<Finding> {
        let Some(change) = change_since(self.app, self.token, self.client) else { return vec![] };
        let comparison = Comparison {
            change,
            before: &row.client,
            before_at: row.rotated_at,
            now: self.client,
            now_at: self.now,
        };
        risk::assess_change(&self.app.config().risk_rules, &comparison)
    }

    /// Writes the findings to the audit trail and, if they are new to it, to the row. A failure is logged and does not
    /// fail the request.
    pub(super) async fn record_findings(&self, session: &mut Session, findings: Vec<Finding>) {
        if findings.is_empty() {
            return;
        }
        let is_known = |new: &StoredFinding| {
            let same = |old: &StoredFinding| {
                old.rule == new.rule && old.to == new.to && old.at >= session.rotated_at
            };
            session.findings.iter().any(same)
        };
        let stored = findings.iter().filter_map(|finding| StoredFinding::of(finding, self.now));
        let new: Vec<StoredFinding> = stored.filter(|finding| !is_known(finding)).collect();
        let has_new = !new.is_empty();
        if has_new {
            session.findings = merge_recent(new, &session.findings);
        }
        let events: Vec<Event> =
            findings.into_iter().map(|finding| self.finding_event(session, finding)).collect();
        let write = async {
            match has_new {
                true => {
                    let store = self.app.store();
                    store.write_findings(&session.user, &session.id, &session.findings).await
                }
                false => Ok(()),
            }
        };
        self.app.record_events(&events, write).await;
    }

    /// The event of a finding. Its id is made of the session, the presented generation, the rule, the new value and the hour,
    /// so that a repeated request repeats no event, and the trail shows the event at its time.
    fn finding_event(&self, session: &Session, finding: Finding) -> Event {
        let about = finding.detail.get("to").map(ToString::to_string).unwrap_or_default();
        let what = format!("{} {} {about}", finding.rule.name(), self.token.generation);
        let kind = EventKind::Risk(finding);
        let since = session.rotated_at;
        Event::once_an_hour(&session.user, session.id, since, self.now, &what, kind).from_client(self.client)
    }
}
