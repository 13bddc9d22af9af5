//! Our seal, and a nonce that is not the session's: a refresh key has leaked, and somebody must know.

use std::net::IpAddr;

use crate::app::App;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{SessionId, UserId};

/// Tells of a forged refresh token, at whatever door that acts on one: a status call changes nothing.
pub(crate) async fn report_forged_token(app: &App, user: &UserId, session: SessionId, ip: Option<IpAddr>) {
    let event = Event::new(user, session, app.now_millis(), EventKind::TokenForged { ip });
    app.record_events(&[event], std::future::ready(Ok(()))).await;
}
