//! The topic and the queues of a deployment.

use std::time::Duration;

use crate::app::notify::Outbox;
use crate::app::notify::queued_webhook::QueuedWebhook;
use crate::aws::queue::{self, Queue};
use crate::aws::topic::Topic;
use crate::aws::{Aws, AwsError};
use crate::config::NotifyConfig;

/// SNS for alerts, and SQS for everything else.
pub(super) struct SqsAndSns {
    topic: Option<Topic>,
    queues: Vec<(String, Queue)>,
    webhook_dead_letters: Queue,
    dead_letters: Queue,
}

impl SqsAndSns {
    pub(super) fn new(aws: &Aws, config: &NotifyConfig, sqs: Option<&str>, sns: Option<&str>) -> Self {
        let name = |url: &url::Url| {
            url.path_segments().and_then(|mut path| path.next_back()).unwrap_or_default().to_owned()
        };
        let queues = config.queues.iter().map(|url| (name(url), Queue::new(aws.clone(), url, sqs)));
        Self {
            topic: config.topic.as_deref().map(|arn| Topic::new(aws.clone(), arn, sns)),
            queues: queues.collect(),
            webhook_dead_letters: Queue::new(aws.clone(), &config.webhook_dead_letters, sqs),
            dead_letters: Queue::new(aws.clone(), &config.dead_letters, sqs),
        }
    }

    /// The topic for alerts. `None`: alerts are off.
    pub(super) fn topic(&self) -> Option<&Topic> {
        self.topic.as_ref()
    }

    /// Hides a message of the queue with this ARN for a time. Its own visibility time-out applies if that fails.
    pub(super) async fn hide(&self, queue_arn: &str, receipt: &str, time: Duration) {
        let name = queue_arn.rsplit(':').next().unwrap_or_default();
        let queue = self.queues.iter().find(|(own, _)| own == name);
        let hidden = match queue {
            Some((_, queue)) => queue.hide(receipt, time).await,
            None => {
                tracing::warn!(queue = name, "the queue of a message is not in WEBHOOK_QUEUES");
                return;
            }
        };
        if let Err(error) = hidden {
            tracing::warn!(%error, "a webhook returns at another time than its schedule demands");
        }
    }
}

impl Outbox for SqsAndSns {
    type Error = AwsError;

    async fn enqueue(&self, place: usize, webhook: &QueuedWebhook) -> Result<(), AwsError> {
        // The settings have a queue for each receiver.
        match self.queues.get(place) {
            Some((_, queue)) => queue.send(&webhook.to_json()).await,
            None => Ok(()),
        }
    }

    async fn set_webhook_aside(&self, message: &str) -> Result<(), AwsError> {
        self.webhook_dead_letters.send(message).await
    }

    async fn set_event_aside(&self, letter: &str) -> Result<(), AwsError> {
        self.dead_letters.send(letter).await
    }

    fn refuses_content(error: &AwsError) -> bool {
        queue::refuses_content(error)
    }
}
