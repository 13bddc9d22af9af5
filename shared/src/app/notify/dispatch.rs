//! Which messages does one record of the stream cause? An alert if its event is severe, and a webhook for each receiver of its type.

use serde_json::{Value, json};

use super::Outbox;
use super::queued_webhook::QueuedWebhook;
use super::review_links::ReviewLinks;
use crate::domain::event::EventType;
use crate::domain::webhook::endpoint::WebhookEndpoint;
use crate::domain::webhook::message::StreamEvent;
use crate::store::stream_record::{self, UnreadableRecord};
use crate::telemetry::metrics::{Counter, Metrics};
use crate::token::SecretToken;

/// The longest body of a webhook in bytes. As text in JSON it may double, and SQS takes 256 KiB. The details of an event are far shorter.
const LONGEST_BODY: usize = 120_000;

/// Handles a record. A record that cannot be read is set aside by its event id, because trying again would not help and would block the
/// records behind it.
///
/// *Atomicity*: none. Everything that a record leads to is tried, also after a failure. After an error the caller repeats the record, so
/// that some of it may be sent twice.
///
/// # Errors
/// The first error of the outbox.
pub async fn dispatch<O: Outbox>(
    record: &Value,
    endpoints: &[WebhookEndpoint],
    review_links: &ReviewLinks,
    outbox: &O,
    metrics: &Metrics,
) -> Result<(), O::Error> {
    let event = match stream_record::inserted_event(record) {
        Ok(None) => return Ok(()),
        Ok(Some(event)) => event,
        Err(UnreadableRecord(attribute)) => return set_aside(record, attribute, outbox, metrics).await,
    };
    let mut outcome = Ok(());
    if let Some(alert) = event.alert() {
        outcome = outbox.publish_alert(&alert).await;
        if outcome.is_ok() {
            metrics.count(Counter::AlertsPublished);
        }
    }
    outcome.and(enqueue(record, &event, (endpoints, review_links), outbox, metrics).await)
}

async fn enqueue<O: Outbox>(
    record: &Value,
    event: &StreamEvent,
    (endpoints, review_links): (&[WebhookEndpoint], &ReviewLinks),
    outbox: &O,
    metrics: &Metrics,
) -> Result<(), O::Error> {
    if endpoints.is_empty() {
        return Ok(());
    }
    let Some(event_type) = EventType::parse(&event.event.event_type) else {
        // Written by a newer version of Latchkey. An alert needs no more than its name.
        return set_aside(record, "event_type", outbox, metrics).await;
    };
    let review_link = review_links.link(event, event_type);
    let body = event.webhook_body(event_type, review_link.as_ref().map(SecretToken::expose));
    if body.len() > LONGEST_BODY {
        return set_aside(record, "details", outbox, metrics).await;
    }
    let mut outcome = Ok(());
    for (place, endpoint) in
        endpoints.iter().enumerate().filter(|(_, endpoint)| endpoint.receives(event_type))
    {
        let webhook = QueuedWebhook {
            endpoint: endpoint.name.clone(),
            event_id: event.event.id.to_string(),
            body: body.clone(),
        };
        let queued = outbox.enqueue(place, &webhook).await;
        outcome = outcome.and(queued);
    }
    outcome
}

/// Sets a record aside with its event id, by which the event is found in the table, and without its content.
async fn set_aside<O: Outbox>(
    record: &Value,
    attribute: &str,
    outbox: &O,
    metrics: &Metrics,
) -> Result<(), O::Error> {
    let event_id = stream_record::event_id(record);
    tracing::error!(event_id, attribute, "an event cannot be read, and was set aside");
    metrics.count(Counter::NotificationsSetAside);
    let letter = json!({"reason": "unreadable_event", "event_id": event_id, "attribute": attribute});
    outbox.set_aside(&letter.to_string()).await
}
