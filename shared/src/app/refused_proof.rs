//! A refresh of a bound session without a valid proof: it may come from a thief with a copied refresh token.

use std::time::Duration;

use crate::app::App;
use crate::app::changed_client::change_since;
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind};
use crate::domain::session::binding::ProofFault;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;
use crate::telemetry::metrics::Counter;

/// A session has at most one event of each severity in this time.
const REPORTED_ONCE_IN: Duration = Duration::from_secs(3_600);

/// Counts the refusal and records it in the user's audit trail, if the session lives: at most once an hour for a session and
/// a severity, after one read. A failure of the store loses the event and never changes the refusal.
///
/// The severity counts, because an open page with an older version of the client must not hide a thief for an hour.
pub(crate) async fn report_refused_proof(
    app: &App,
    token: &RefreshToken,
    client: &ClientContext,
    fault: ProofFault,
    now: Timestamp,
) {
    app.metrics().count(Counter::ProofsRefused);
    let change = change_since(app, token, client).unwrap_or_default();
    let same_client = !change.network && !change.device;
    let kind = EventKind::BindingFailed { fault, same_client };
    let what = format!("binding_failed {}", kind.severity().as_str());
    let reported = format!("{what} {}", token.session);
    if token.is_expired(now) || app.refusal_cache().until(&reported, now).is_some() {
        return;
    }
    let row = match app.store().read_session(&token.user, &token.session, now).await {
        Ok(row) => row,
        Err(error) => {
            tracing::warn!(session_id = %token.session, %error, "could not report a refused proof");
            return;
        }
    };
    app.refusal_cache().remember(&reported, now + REPORTED_ONCE_IN, now);
    let Some(row) = row.filter(|row| row.is_live(now) && row.nonce_hash == token.nonce.hash()) else {
        return;
    };
    let event = Event::once_an_hour(&token.user, token.session, row.created_at, now, &what, kind);
    app.record_events(&[event.from_client(client)], std::future::ready(Ok(()))).await;
}
