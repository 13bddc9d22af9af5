//! Which messages does one record of the stream cause? An alert if its event is severe, and a webhook for each receiver of its type.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Outbox;
use super::queued_webhook::QueuedWebhook;
use super::review_links::ReviewLinks;
use crate::domain::event::EventType;
use crate::domain::webhook::endpoint::WebhookEndpoint;
use crate::domain::webhook::message::StreamEvent;
use crate::store::stream_record::{self, UnreadableRecord};
use crate::telemetry::metrics::{Counter, Metrics};

/// The longest body of a webhook in bytes. As text in JSON it may double, and SQS takes 256 KiB. The details of an event are far shorter.
const LONGEST_BODY: usize = 120_000;

/// The alert of a record; `None` if its event is not severe or cannot be read. [`send_webhooks`] sets the latter aside.
pub fn alert_of(record: &Value) -> Option<String> {
    stream_record::inserted_event(record).ok().flatten().and_then(|event| event.alert())
}

/// Puts an alert that could not be published into the dead letters, whole, so that it can be read there.
///
/// # Errors
/// The dead letters did not take it.
pub async fn set_alert_aside<O: Outbox>(alert: &str, outbox: &O, metrics: &Metrics) -> Result<(), O::Error> {
    outbox.set_event_aside(&format!(r#"{{"reason":"unpublished_alert","alert":{alert}}}"#)).await?;
    metrics.count(Counter::NotificationsSetAside);
    Ok(())
}

/// Sets the event of a record aside by its id, because the settings of webhooks are wrong and its receivers are not known.
///
/// # Errors
/// The dead letters did not take it.
pub async fn set_aside_for_settings<O: Outbox>(
    record: &Value,
    outbox: &O,
    metrics: &Metrics,
) -> Result<(), O::Error> {
    let Some(event) = event_of(record, outbox, metrics).await? else { return Ok(()) };
    let letter = json!({"reason": "webhooks_setting", "event_id": event.event.id.to_string()});
    outbox.set_event_aside(&letter.to_string()).await?;
    metrics.count(Counter::NotificationsSetAside);
    Ok(())
}

/// Puts the webhooks of a record into the queues of their receivers, all at the same time.
///
/// - A record that cannot be read is set aside by its event id, because trying again would not help and would block the records behind it.
/// - A webhook that its own queue refuses is set aside whole, so that one queue that fails delays no other receiver.
///
/// *Atomicity*: none. Everything that a record leads to is tried, also after a failure. After an error the caller repeats the record, so
/// that some of it may be sent twice.
///
/// # Errors
/// A message could be put neither into its queue nor into the dead letters.
pub async fn send_webhooks<O: Outbox>(
    record: &Value,
    endpoints: &[WebhookEndpoint],
    review_links: &ReviewLinks,
    outbox: &O,
    metrics: &Metrics,
) -> Result<(), O::Error> {
    let Some(event) = event_of(record, outbox, metrics).await? else { return Ok(()) };
    if endpoints.is_empty() {
        return Ok(());
    }
    let Some(event_type) = EventType::parse(&event.event.event_type) else {
        // Written by a newer version of Latchkey. An alert needs no more than its name.
        return set_aside(record, "event_type", outbox, metrics).await;
    };
    let body = event.webhook_body(event_type, None);
    if body.len() > LONGEST_BODY {
        return set_aside(record, "details", outbox, metrics).await;
    }
    let link = review_links.link(&event, event_type);
    let with_link = link.map(|link| event.webhook_body(event_type, Some(link.expose())));
    let receivers = endpoints.iter().enumerate().filter(|(_, endpoint)| endpoint.receives(event_type));
    let sent = receivers.map(|(place, endpoint)| {
        let body = with_link.as_ref().filter(|_| endpoint.review_links).unwrap_or(&body);
        let webhook = webhook_for(endpoint, &event, body);
        async move { enqueue(place, &webhook, outbox, metrics).await }
    });
    join_all(sent).await.into_iter().collect()
}

/// The event that a record has inserted. A record that cannot be read is set aside.
async fn event_of<O: Outbox>(
    record: &Value,
    outbox: &O,
    metrics: &Metrics,
) -> Result<Option<StreamEvent>, O::Error> {
    match stream_record::inserted_event(record) {
        Ok(event) => Ok(event),
        Err(UnreadableRecord(attribute)) => {
            set_aside(record, attribute, outbox, metrics).await?;
            Ok(None)
        }
    }
}

fn webhook_for(endpoint: &WebhookEndpoint, event: &StreamEvent, body: &str) -> QueuedWebhook {
    QueuedWebhook {
        endpoint: endpoint.name.clone(),
        event_id: event.event.id.to_string(),
        body: body.to_owned(),
    }
}

/// Puts a webhook into its queue or, if that fails, into the dead letters.
async fn enqueue<O: Outbox>(
    place: usize,
    webhook: &QueuedWebhook,
    outbox: &O,
    metrics: &Metrics,
) -> Result<(), O::Error> {
    let Err(error) = outbox.enqueue(place, webhook).await else { return Ok(()) };
    let (event_id, endpoint) = (webhook.event_id.as_str(), webhook.endpoint.as_str());
    tracing::error!(event_id, endpoint, %error, "the queue of a receiver did not take a webhook, which is set aside");
    if O::refuses_content(&error) {
        // The dead letters would refuse it as well.
        let letter = json!({"reason": "refused_message", "event_id": event_id, "endpoint": endpoint});
        outbox.set_event_aside(&letter.to_string()).await?;
    } else {
        outbox.set_webhook_aside(&webhook.to_json()).await?;
    }
    metrics.count(Counter::NotificationsSetAside);
    Ok(())
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
    outbox.set_event_aside(&letter.to_string()).await
}
