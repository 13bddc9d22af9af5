//! Does this session still live? One consistent read by key, one read unit, and no way to change a row.

use std::time::Duration;

use aws_sdk_dynamodb::Client;

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
