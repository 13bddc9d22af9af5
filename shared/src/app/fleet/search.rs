//! Finds the user, the session and the network that have exactly one name.

use std::time::Duration;

use super::sign_ins::{NewestSignIn, newest_sign_in};
use crate::app::App;
use crate::config::AdminReach;
use crate::domain::fleet::window::Window;
use crate::domain::id::{SessionId, UserId};
use crate::domain::place::Network;
use crate::domain::session::end::EndReason;
use crate::domain::time::Timestamp;
use crate::store::{AuditQuery, StoreError};

/// How far back the sign-ins of a network are searched.
const SIGN_INS_OF: Duration = Duration::from_secs(7 * 86_400);

/// The matches of a name.
#[derive(Debug, Default)]
pub struct Found {
    /// A user.
    pub user: Option<FoundUser>,
    /// A session.
    pub session: Option<FoundSession>,
    /// A network with sign-ins in the last seven days.
    pub network: Option<FoundNetwork>,
}

/// A user with a session, a user record or an event.
#[derive(Debug)]
pub struct FoundUser {
    /// The user.
    pub user: UserId,
    /// How many live sessions the user has.
    pub live_sessions: usize,
    /// Whether the user is suspended.
    pub suspended: bool,
}

/// A session that lives or was revoked.
#[derive(Debug)]
pub struct FoundSession {
    /// The session.
    pub session: SessionId,
    /// Its user.
    pub user: UserId,
    /// Its end; `None` if it lives.
    pub end: Option<(EndReason, Timestamp)>,
}

/// A network with sign-ins.
#[derive(Debug)]
pub struct FoundNetwork {
    /// The network.
    pub network: Network,
    /// The newest sign-in that the administrator may see; `None` if there are so many of others that it was not reached.
    pub last_sign_in: Option<Timestamp>,
}

/// Searches for `name` among what the administrator reaches. A match out of reach is treated like one that does not exist.
///
/// # Errors
/// The store failed.
pub async fn search(
    app: &App,
    name: &UserId,
    reach: AdminReach<'_>,
    now: Timestamp,
) -> Result<Found, StoreError> {
    let (user, session, network) = tokio::try_join!(
        Box::pin(find_user(app, name, reach, now)),
        Box::pin(find_session(app, name, reach, now)),
        Box::pin(find_network(app, name, reach, now)),
    )?;
    Ok(Found { user, session, network })
}

async fn find_user(
    app: &App,
    user: &UserId,
    reach: AdminReach<'_>,
    now: Timestamp,
) -> Result<Option<FoundUser>, StoreError> {
    if !reach.contains(user) {
        return Ok(None);
    }
    let newest = AuditQuery { limit: 1, ..AuditQuery::default() };
    let trail = app.store().read_audit_page(user, &newest);
    let (state, trail) = tokio::try_join!(app.store().read_user_state(user, now), trail)?;
    let is_known = !state.sessions.is_empty() || state.record.version > 0 || !trail.events.is_empty();
    Ok(is_known.then(|| FoundUser {
        user: user.clone(),
        live_sessions: state.live(now).count(),
        suspended: state.suspension(now).is_some(),
    }))
}

async fn find_session(
    app: &App,
    name: &UserId,
    reach: AdminReach<'_>,
    now: Timestamp,
) -> Result<Option<FoundSession>, StoreError> {
    let Ok(session) = name.as_str().parse::<SessionId>() else { return Ok(None) };
    let found = match app.store().end_record(&session).await? {
        Some(record) => Some((record.user, Some((record.reason, record.at)))),
        None => live_session(app, &session, now).await?.map(|user| (user, None)),
    };
    let found = found.filter(|(user, _)| reach.contains(user));
    Ok(found.map(|(user, end)| FoundSession { session, user, end }))
}

/// The user of a live session.
async fn live_session(app: &App, session: &SessionId, now: Timestamp) -> Result<Option<UserId>, StoreError> {
    let user = app.store().find_user_by_row(session, app.config().lifetimes.refresh, now).await?;
    let Some(user) = user else { return Ok(None) };
    let row = app.store().read_session(&user, session, now).await?;
    Ok(row.filter(|row| row.is_live(now)).map(|_| user))
}

async fn find_network(
    app: &App,
    name: &UserId,
    reach: AdminReach<'_>,
    now: Timestamp,
) -> Result<Option<FoundNetwork>, StoreError> {
    let Some(network) = Network::parse(name.as_str()) else { return Ok(None) };
    let Some(window) = Window::new(None, None, SIGN_INS_OF, SIGN_INS_OF, now) else { return Ok(None) };
    Ok(match newest_sign_in(app, network, window, reach).await? {
        NewestSignIn::At(moment) => Some(FoundNetwork { network, last_sign_in: Some(moment) }),
        NewestSignIn::NotReached => Some(FoundNetwork { network, last_sign_in: None }),
        NewestSignIn::None => None,
    })
}
