//! An assertion that was used before: its owner's retry, or a second use?

use super::{SignIn, SignInError, SignedIn};
use crate::app::App;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::SessionId;
use crate::domain::place::Network;
use crate::domain::risk;
use crate::domain::time::Timestamp;
use crate::store::UserState;
use crate::token::refresh::RefreshKey;

/// Answers an assertion that was used before: with its session, if the same device repeats the sign-in.
///
/// Two uses of one assertion can be those of its owner and of a thief, in any order. So each second use leaves an event,
/// unless device and network are those of the first.
pub(super) async fn answer_repeat(
    app: &App,
    request: &SignIn<'_>,
    state: &UserState,
    now: Timestamp,
) -> Result<SignedIn, SignInError> {
    let Some(repeated) = repeated_sign_in(app, request, state, now) else {
        let session = opened_session(app, request, state);
        record_repeat(app, request, session, EventKind::AssertionReused, now).await;
        return Err(SignInError::Used);
    };
    if risk::change_between(&app.config().risk_rules, &repeated.session.client, request.client).network {
        record_repeat(app, request, repeated.session.id, EventKind::TokenReplayed, now).await;
    }
    Ok(repeated)
}

/// Records one event for each second and network, however often the assertion is presented.
async fn record_repeat(app: &App, request: &SignIn<'_>, session: SessionId, kind: EventKind, now: Timestamp) {
    let network = request.client.ip.map_or_else(|| "-".to_owned(), |ip| Network::of(ip).to_string());
    let what = format!("assertion {} {network}", kind.name());
    let event = Event::once_per_second(&request.assertion.user, session, now, &what, kind);
    app.record_events(&[event.from_client(request.client)], std::future::ready(Ok(()))).await;
}

/// The session that this assertion opened, live or not. Without a row, it is the id under the active key.
fn opened_session(app: &App, request: &SignIn<'_>, state: &UserState) -> SessionId {
    let keys = app.config().keys.refresh();
    let id = |key: &RefreshKey| key.session_id(&request.assertion.signing_input, request.assertion.issued_at);
    let has_row = |wanted: &SessionId| state.sessions.iter().any(|row| row.id == *wanted);
    keys.iter().map(id).find(has_row).unwrap_or_else(|| id(&keys[0]))
}

/// The session that this assertion opened, if the same device repeats the sign-in within grace and before the first
/// refresh, so that a sign-in whose answer was lost can be repeated.
fn repeated_sign_in(app: &App, request: &SignIn<'_>, state: &UserState, now: Timestamp) -> Option<SignedIn> {
    let grace = app.config().lifetimes.grace;
    // Tries every key, because the active key may have changed since the first attempt.
    app.config().keys.refresh().iter().find_map(|key| {
        let id = key.session_id(&request.assertion.signing_input, request.assertion.issued_at);
        let session = state.live_session(&id, now)?;
        let nonce = key.nonce(request.text);
        let same = session.nonce_hash == nonce.hash()
            && session.generation == 0
            // The holder of another key gets nothing, and a sign-in without a proof gets no bound session.
            && session.bound_key == request.proven_key
            && session.is_in_grace(request.client, now, grace);
        same.then(|| SignedIn {
            session: session.clone(),
            nonce,
            ended: vec![],
            lacks_key: false,
            is_repeated: true,
            findings: vec![],
            theft: None,
        })
    })
}
