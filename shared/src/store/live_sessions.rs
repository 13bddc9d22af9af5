//! Does this session still live? One consistent read by key, one read unit, and no way to change a row.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use latchkey_verifier::{Claims, SessionCheck, SessionCheckError, SessionCheckFuture};

use super::{Store, StoreError};
use crate::config::Tables;
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::Session;
use crate::domain::time::Timestamp;

/// The live sessions, for reading alone: all that a strict check needs of the store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveSessions(Store);

impl LiveSessions {
    /// The sessions in this table; `dynamodb:GetItem` on it is the one permission that is used.
    pub fn new(client: Client, table: &str) -> Self {
        // No method here reaches what is left empty.
        let (rate_limits, security_events) = (String::new(), String::new());
        let tables = Tables { sessions: table.to_owned(), rate_limits, security_events };
        Self(Store::with(client, tables, 1, Duration::ZERO))
    }

    /// The session, when it is live at `now`: neither ended, ending nor expired, nor over with everyone's.
    ///
    /// # Errors
    /// The store cannot say, or the row is malformed: neither tells that the session is over.
    pub async fn find(
        &self,
        user: &UserId,
        session: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let row = self.0.session(user, session, now).await?;
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
