//! `GET /dev/alerts`: alerts as server-sent events. In a deployment the stream of the events table carries them.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use futures_core::Stream;
use latchkey::app::AlertCallback;
use latchkey::domain::event::{Event, Subject};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::DevControls;

/// The number of alerts that a slow listener may be behind before it misses some.
const BACKLOG: usize = 256;

/// The channel for alerts, with any number of listeners.
#[derive(Clone, Debug)]
pub struct Alerts(broadcast::Sender<Value>);

impl Alerts {
    /// Creates a channel without listeners.
    #[expect(clippy::new_without_default, reason = "a new channel is not a default value")]
    pub fn new() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }

    /// The function that the application calls for each alert.
    pub fn callback(&self) -> AlertCallback {
        let sender = self.0.clone();
        Arc::new(move |event| {
            // Sending fails only if there is no listener.
            let _ = sender.send(message(event));
        })
    }

    /// Ends the stream of every listener, so that the server can stop.
    pub fn close(&self) {
        let _ = self.0.send(Value::Null);
    }

    /// Receives the alerts from now on; null marks the end.
    pub fn listen(&self) -> broadcast::Receiver<Value> {
        self.0.subscribe()
    }
}

fn message(event: &Event) -> Value {
    let user = match &event.subject {
        Subject::User(user) => Some(user),
        Subject::Network(_) | Subject::Everyone => None,
    };
    json!({
        "event_id": event.id.to_string(),
        "event_type": event.kind.name(),
        "severity": event.kind.severity().as_str(),
        "user_id": user,
        "session_id": event.session,
        "created_at": event.at.to_rfc3339(),
        "details": event.details(),
    })
}

pub(super) async fn stream(
    State(controls): State<DevControls>,
) -> Sse<impl Stream<Item = Result<Message, Infallible>>> {
    let alerts = BroadcastStream::new(controls.alerts.listen());
    let until_closed = alerts.take_while(|alert| !matches!(alert, Ok(Value::Null)));
    let messages = until_closed.map(|alert| {
        Ok(match alert {
            Ok(alert) => Message::default().event("alert").data(alert.to_string()),
            Err(BroadcastStreamRecvError::Lagged(missed)) => {
                Message::default().event("missed").data(missed.to_string())
            }
        })
    });
    Sse::new(messages).keep_alive(KeepAlive::default())
}
