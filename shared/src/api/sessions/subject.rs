//! Whose sessions? The caller's own, or for an administrator anybody's.

use super::super::own_session;
use crate::app::App;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::problem::{Code, Problem};
use crate::id::UserId;
use crate::scope::ADMIN;
use crate::store::UserState;

/// The user that is asked about.
pub(super) enum Subject {
    /// The caller.
    Own,
    /// Somebody else: for administrators.
    Other(UserId),
}

impl Subject {
    /// From `?user_id=`.
    pub(super) fn of(query: &str, caller: &Caller) -> Result<Self, Problem> {
        let Some(text) = parameter(query, "user_id")? else { return Ok(Self::Own) };
        let user: UserId = text.parse().map_err(|error| Problem::field("user_id", error))?;
        if user == caller.user {
            return Ok(Self::Own);
        }
        // Nobody else gets as far as reading a stranger's rows.
        if caller.scope.has(ADMIN) { Ok(Self::Other(user)) } else { Err(Problem::of(Code::Forbidden)) }
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
    ///
    /// An administrator needs the scope in the token and in the row: a role that was taken away is
    /// refused on the next call, whatever the token still says.
    pub(super) async fn look(&self, app: &App, caller: &Caller) -> Result<UserState, Problem> {
        let store = app.store();
        let Self::Other(user) = self else {
            let state = store.user(&caller.user).await?;
            own_session(app, caller, &state).await?;
            return Ok(state);
        };
        let (row, state) = tokio::try_join!(store.session(&caller.user, &caller.session), store.user(user))?;
        let own = UserState { sessions: row.into_iter().collect(), ..UserState::default() };
        let row = own_session(app, caller, &own).await?;
        if caller.scope.has(ADMIN) && row.scope.has(ADMIN) {
            Ok(state)
        } else {
            Err(Problem::of(Code::Forbidden))
        }
    }
}
