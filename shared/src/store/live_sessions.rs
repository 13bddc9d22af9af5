//! Read-only access to live sessions: one consistent read by key, one read unit.

use std::time::{Duration, SystemTime};

use latchkey_verifier::{Claims, SessionCheck, SessionCheckError, SessionCheckFuture};

use super::connect::Connection;
use super::{Store, StoreError};
use crate::config::Tables;
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::Session;
use crate::domain::time::Timestamp;

/// The live sessions, read-only: all that a strict check needs from the store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveSessions(Store);

impl LiveSessions {
    /// The sessions in this table. The only permission used is `dynamodb:GetItem`.
    pub fn new(connection: impl Into<Connection>, table: &str) -> Self {
        // No method of this type uses the other tables.
        let (rate_limits, security_events) = (String::new(), String::new());
        let tables = Tables { sessions: table.to_owned(), rate_limits, security_events };
        Self(Store::with(connection, tables, 1, Duration::ZERO))
    }

    /// The session, if it is live at `now`: without a pending end, not expired, and not ended by a global revocation.
    ///
    /// # Errors
    /// The store failed, or the row is malformed. Neither means that the session has ended.
    pub async fn find(
        &self,
        user: &UserId,
        session: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let row = self.0.read_session(user, session, now).await?;
        Ok(row.filter(|row| row.is_live(now)))
    }

    /// Opens the connection, as [`Store::warm`] does.
    pub async fn warm(&self, now: Timestamp) {
        self.0.warm(now).await;
    }
}

impl From<Store> for LiveSessions {
    fn from(store: Store) -> Self {
        Self(store)
    }
}

/// A strict check without a request to the issuer, for the authorizer and for services with access to the table.
impl SessionCheck for LiveSessions {
    fn check<'c>(&'c self, _: &'c str, claims: &'c Claims, now: SystemTime) -> SessionCheckFuture<'c> {
        Box::pin(async move {
            match self.find(&claims.sub, &claims.sid, now.into()).await {
                Ok(Some(session)) => Ok(claims.scope.within(&session.scope)),
                Ok(None) => Err(SessionCheckError::Ended),
                Err(error @ StoreError::Malformed(_)) => Err(SessionCheckError::Malformed(error.into())),
                Err(error) => Err(SessionCheckError::Unavailable { retry_after: None, cause: error.into() }),
            }
        })
    }
}
