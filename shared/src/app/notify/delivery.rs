//! One attempt to deliver a webhook: a signed POST to its receiver, and the next step by the response.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;

use super::queued_webhook::QueuedWebhook;
use crate::domain::time::Timestamp;
use crate::domain::webhook::endpoint::WebhookEndpoint;
use crate::domain::webhook::schedule;
use crate::domain::webhook::secret::signatures;
use crate::https::checked::{Answered, CheckedClient, SendError};
use crate::telemetry::metrics::{Counter, Metrics};

/// The time for an attempt, until the headers of the response.
pub const LIMIT: Duration = Duration::from_secs(5);

/// The next step for a webhook after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has accepted it.
    Delivered,
    /// It is tried again after this time.
    TryAgain(Duration),
    /// That was the last attempt of the schedule.
    GiveUp,
    /// No attempt can succeed, for this reason.
    SetAside(&'static str),
}

/// The answer of a receiver.
enum Answer {
    Accepted,
    Gone,
    /// With the time that the receiver asks for.
    Refused(Option<Duration>),
}

/// Delivers webhooks to the receivers of a list.
#[derive(Debug)]
pub struct Deliverer {
    endpoints: Vec<WebhookEndpoint>,
    client: CheckedClient,
}

impl Deliverer {
    /// Delivers to `endpoints` through `client`.
    pub fn new(endpoints: Vec<WebhookEndpoint>, client: CheckedClient) -> Self {
        Self { endpoints, client }
    }

    /// Makes the `attempt`th attempt, the first of which is 1, for a message of a queue.
    pub async fn deliver(&self, message: &str, attempt: u32, now: Timestamp, metrics: &Metrics) -> Verdict {
        let verdict = self.verdict(message, attempt, now).await;
        metrics.count(match verdict {
            Verdict::Delivered => Counter::WebhooksDelivered,
            Verdict::TryAgain(_) | Verdict::GiveUp => Counter::WebhooksFailed,
            Verdict::SetAside(_) => Counter::NotificationsSetAside,
        });
        verdict
    }

    async fn verdict(&self, message: &str, attempt: u32, now: Timestamp) -> Verdict {
        let Some(webhook) = QueuedWebhook::parse(message) else {
            tracing::error!("a message of a queue cannot be read, and was set aside");
            return Verdict::SetAside("unreadable_message");
        };
        let (event_id, name) = (webhook.event_id.as_str(), webhook.endpoint.as_str());
        let Some(endpoint) = self.endpoints.iter().find(|endpoint| endpoint.name == name) else {
            // Two versions of the list are in use during a deployment, so that the next attempt may find the receiver.
            tracing::warn!(
                event_id,
                endpoint = name,
                attempt,
                "the receiver of a webhook is not in WEBHOOKS"
            );
            return next_attempt(&webhook, attempt, None);
        };
        match self.send(endpoint, &webhook, attempt, now).await {
            Answer::Accepted => {
                tracing::debug!(event_id, endpoint = name, attempt, "webhook delivered");
                Verdict::Delivered
            }
            Answer::Gone => {
                tracing::error!(
                    event_id,
                    endpoint = name,
                    "the receiver answered 410 and wants no webhooks; remove its entry from WEBHOOKS, and leave WebhookCount until the last queue is empty"
                );
                Verdict::SetAside("gone")
            }
            Answer::Refused(retry_after) => next_attempt(&webhook, attempt, retry_after),
        }
    }

    async fn send(
        &self,
        endpoint: &WebhookEndpoint,
        webhook: &QueuedWebhook,
        attempt: u32,
        now: Timestamp,
    ) -> Answer {
        let (name, event_id) = (endpoint.name.as_str(), webhook.event_id.as_str());
        let outcome = self.client.send(request(endpoint, webhook, now)).await;
        match outcome {
            Ok(Answered { status: 200..=299, .. }) => Answer::Accepted,
            Ok(Answered { status: 410, .. }) => Answer::Gone,
            Ok(Answered { status, retry_after }) => {
                tracing::warn!(
                    event_id,
                    endpoint = name,
                    attempt,
                    status,
                    "the receiver did not accept a webhook"
                );
                Answer::Refused(retry_after)
            }
            Err(error) => {
                let cause = innermost(&error);
                tracing::warn!(event_id, endpoint = name, attempt, %error, cause, "a webhook could not be sent");
                Answer::Refused(None)
            }
        }
    }
}

/// The next step after an attempt that failed. A receiver may ask for a longer pause, for example with 429, and not for a shorter one.
fn next_attempt(webhook: &QueuedWebhook, attempt: u32, retry_after: Option<Duration>) -> Verdict {
    let event = webhook.event_id.parse().unwrap_or_default();
    if let Some(pause) = schedule::pause_after(attempt, event) {
        return Verdict::TryAgain(pause.max(retry_after.unwrap_or_default().min(schedule::LONGEST_PAUSE)));
    }
    let (event_id, endpoint) = (webhook.event_id.as_str(), webhook.endpoint.as_str());
    tracing::error!(event_id, endpoint, attempt, "the last attempt to deliver a webhook failed");
    Verdict::GiveUp
}

/// The request of the specification. Its time is that of the attempt, because receivers refuse old ones.
fn request(endpoint: &WebhookEndpoint, webhook: &QueuedWebhook, now: Timestamp) -> Request<Full<Bytes>> {
    let id = webhook.event_id.as_str();
    let signature = signatures(&endpoint.secrets, id, now, &webhook.body);
    Request::post(endpoint.url.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "latchkey")
        .header("webhook-id", id)
        .header("webhook-timestamp", now.seconds())
        .header("webhook-signature", signature)
        .body(Full::from(webhook.body.clone()))
        .expect("a URL that was parsed is a URI, and the headers are ASCII")
}

/// The text of the innermost cause, such as `Connection refused`.
fn innermost(error: &SendError) -> Option<String> {
    std::iter::successors(error.source(), |cause| (*cause).source()).last().map(ToString::to_string)
}
