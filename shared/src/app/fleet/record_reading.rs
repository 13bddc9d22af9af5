//! Records that an administrator reads data of other users: one event for each session, target and minute.

use std::time::Duration;

use crate::app::App;
use crate::domain::client_context::ClientContext;
use crate::domain::event::Event;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::store::StoreError;

/// Writes the event, unless this minute has it. The caller sends no data before this has succeeded, so that there is no
/// reading without its record.
///
/// *Atomicity*: one conditional write; none if this instance has recorded the same in this minute.
///
/// # Errors
/// The store failed.
pub async fn record_reading(
    app: &App,
    admin: &UserId,
    session: SessionId,
    client: &ClientContext,
    target: ReadTarget,
    now: Timestamp,
) -> Result<(), StoreError> {
    let event = Event::admin_read(admin, session, target, now).from_client(client);
    let recorded = format!("admin_read {}", event.id);
    if app.refusal_cache().until(&recorded, now).is_some() {
        return Ok(());
    }
    if app.store().record_once(&event).await? {
        app.on_recorded(&event);
    }
    app.refusal_cache().remember(&recorded, now + Duration::from_secs(60), now);
    Ok(())
}
