//! The user that a call is about: the caller, or for an administrator the user of `?user_id=`.

use super::admin;
use super::own_sessions::own_session;
use crate::app::App;
use crate::domain::client_context::ClientContext;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::UserId;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::store::UserState;

/// The user that a call is about.
pub(super) enum TargetUser {
    /// The caller.
    Own,
    /// Another user. Only administrators may name one.
    Other(UserId),
}

impl TargetUser {
    /// Reads `?user_id=`.
    ///
    /// # Errors
    /// `invalid_request` for a malformed id; `forbidden` when it names another user and the caller does not
    /// administer that user.
    pub(super) fn of(app: &App, query: &str, caller: &Caller) -> Result<Self, Problem> {
        let Some(text) = parameter(query, "user_id")? else { return Ok(Self::Own) };
        let user: UserId = text.parse().map_err(|error| Problem::field("user_id", error))?;
        if user == caller.user {
            return Ok(Self::Own);
        }
        // Checked before any read, so that other callers never cause a read of another user's rows.
        admin::require_scope_over(app, caller, &user)?;
        Ok(Self::Other(user))
    }

    /// The user's id.
    pub(super) fn user<'s>(&'s self, caller: &'s Caller) -> &'s UserId {
        match self {
            Self::Own => &caller.user,
            Self::Other(user) => user,
        }
    }

    /// Whether an administrator reads another user's data.
    pub(super) fn is_other(&self) -> bool {
        matches!(self, Self::Other(_))
    }

    /// Reads the user's state, and checks that the caller's session is live and allowed: one round trip. An administrator's
    /// reading is recorded, which is one more.
    ///
    /// # Errors
    /// `session_ended`, `forbidden`, or the store's.
    pub(super) async fn read_state(
        &self,
        app: &App,
        caller: &Caller,
        client: &ClientContext,
    ) -> Result<UserState, Problem> {
        let store = app.store();
        let Self::Other(user) = self else {
            let state = store.read_user_state(&caller.user, caller.now).await?;
            own_session(app, caller, &state).await?;
            return Ok(state);
        };
        let target = async { store.read_user_state(user, caller.now).await.map_err(Problem::from) };
        let (_, state) = tokio::try_join!(admin::require_admin_session(app, caller), target)?;
        admin::record_reading(app, caller, client, ReadTarget::User(user.clone())).await?;
        Ok(state)
    }
}
