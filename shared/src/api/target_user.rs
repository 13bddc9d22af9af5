//! Whose sessions? The caller's own, or for an administrator anybody's.

use super::admin;
use super::own_sessions::own_session;
use crate::app::App;
use crate::domain::id::UserId;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::store::UserState;

/// The user that is asked about.
pub(super) enum TargetUser {
    /// The caller.
    Own,
    /// Somebody else: for administrators.
    Other(UserId),
}

impl TargetUser {
    /// From `?user_id=`.
    pub(super) fn of(query: &str, caller: &Caller) -> Result<Self, Problem> {
        let Some(text) = parameter(query, "user_id")? else { return Ok(Self::Own) };
        let user: UserId = text.parse().map_err(|error| Problem::field("user_id", error))?;
        if user == caller.user {
            return Ok(Self::Own);
        }
        // Nobody else gets as far as reading a stranger's rows.
        admin::expects_scope(caller)?;
        Ok(Self::Other(user))
    }

    /// The user's id.
    pub(super) fn user<'s>(&'s self, caller: &'s Caller) -> &'s UserId {
        match self {
            Self::Own => &caller.user,
            Self::Other(user) => user,
        }
    }

    /// Whether an administrator looks at somebody else.
    pub(super) fn is_other(&self) -> bool {
        matches!(self, Self::Other(_))
    }

    /// The user's state, once the caller is known to be live and allowed: one round trip.
    pub(super) async fn look(&self, app: &App, caller: &Caller) -> Result<UserState, Problem> {
        let store = app.store();
        let Self::Other(user) = self else {
            let state = store.user(&caller.user, caller.now).await?;
            own_session(app, caller, &state).await?;
            return Ok(state);
        };
        let target = async { store.user(user, caller.now).await.map_err(Problem::from) };
        let (_, state) = tokio::try_join!(admin::own_row(app, caller), target)?;
        Ok(state)
    }
}
