//! A forged refresh token: its seal is valid and its nonce is not the session's. A refresh key may have leaked, which
//! is a critical event.

use crate::app::App;
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{SessionId, UserId};

/// Records the event. Called wherever a refresh token has an effect, so not for status.
pub(crate) async fn report_forged_token(
    app: &App,
    user: &UserId,
    session: SessionId,
    client: &ClientContext,
) {
    let event = Event::new(user, session, app.now_millis(), EventKind::TokenForged).from_client(client);
    app.record_events(&[event], std::future::ready(Ok(()))).await;
}
