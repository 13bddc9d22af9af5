//! The session of the browser's refresh cookie, which a sign-in ends: whose is it, and does its token show a theft?

use super::SignIn;
use crate::app::App;
use crate::app::forged_token::report_forged_token;
use crate::app::theft::Theft;
use crate::domain::session::Session;
use crate::domain::session::evidence::RequestKeys;
use crate::domain::session::presented::Presented;
use crate::domain::time::Timestamp;
use crate::store::{StoreError, UserState};

/// Reads the user's state and, at the same time, the cookie's session if it belongs to another user.
pub(super) async fn read(
    app: &App,
    request: &SignIn<'_>,
    now: Timestamp,
) -> Result<(UserState, Option<Session>), StoreError> {
    let (store, user) = (app.store(), &request.assertion.user);
    let Some(token) = request.previous else { return Ok((store.read_user_state(user, now).await?, None)) };
    let (state, row) = if token.user == *user {
        let state = store.read_user_state(user, now).await?;
        let row = state.sessions.iter().find(|row| row.id == token.session).cloned();
        (state, row)
    } else {
        tokio::try_join!(
            store.read_user_state(user, now),
            store.read_session(&token.user, &token.session, now)
        )?
    };
    Ok((state, row))
}

/// Whether the cookie proves that it belongs to this session, by the session's nonce.
pub(super) fn is_proven(request: &SignIn<'_>, row: &Session) -> bool {
    request.previous.is_some_and(|token| row.nonce_hash == token.nonce.hash())
}

/// Records a cookie that belongs to a live session, but does not have its nonce.
pub(super) async fn report_forged_cookie(
    app: &App,
    request: &SignIn<'_>,
    row: &Option<Session>,
    now: Timestamp,
) {
    let forged = row.as_ref().filter(|row| row.is_live(now) && !is_proven(request, row));
    if let Some(row) = forged {
        report_forged_token(app, &row.user, row.id, request.client).await;
    }
}

/// The theft that the browser's refresh cookie shows: a thief may sign in to an account of their own with the stolen cookie,
/// and the owner must be able to see that.
pub(super) fn theft_shown_by(
    app: &App,
    request: &SignIn<'_>,
    row: &Session,
    now: Timestamp,
) -> Option<Theft> {
    Theft::shown_by(app, &presented(request, now)?, row)
}

/// The browser's refresh cookie and the keys of its refreshes. A client whose last refresh had no response repeats its key
/// with the sign-in.
pub(super) fn presented<'s>(request: &SignIn<'s>, now: Timestamp) -> Option<Presented<'s>> {
    let token = request.previous?;
    let keys = RequestKeys::of(&token.session, request.key, request.previous_keys);
    Some(Presented { token, keys, proven_key: request.proven_key, client: request.client, now })
}
