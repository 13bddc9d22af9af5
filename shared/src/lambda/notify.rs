//! The entry point of the notify function. It has two kinds of events: records of the stream of the events table, which become alerts and
//! webhooks in queues, and messages of these queues, which it delivers.
//!
//! Both kinds come in batches, and the answer names the parts that Lambda has to send again.

mod batch_outbox;
mod memory;
mod outbox;
mod queue;
mod stream;
mod topic_failures;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lambda_http::lambda_runtime::{self, Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

use self::memory::Memory;
use self::outbox::SqsAndSns;
use self::topic_failures::TopicFailures;
use super::{StartError, aws_roots, endpoint, exit, get, one_thread, region};
use crate::app::notify::delivery::{self, Deliverer};
use crate::app::notify::review_links::ReviewLinks;
use crate::aws::Aws;
use crate::clock::{Clock as _, SystemClock};
use crate::config::NotifyConfig;
use crate::domain::webhook::address::Reach;
use crate::domain::webhook::endpoint::WebhookEndpoint;
use crate::https;
use crate::https::checked::{CheckedClient, SystemResolver};
use crate::store::connect;
use crate::telemetry::log;
use crate::telemetry::metrics::{Counter, Metrics};

/// The time for connecting to SQS and SNS, including TLS.
const CONNECT: Duration = Duration::from_millis(1_000);

/// Serves the events of the stream and of the queues until Lambda ends the process.
pub fn serve() -> ExitCode {
    exit(run())
}

fn run() -> Result<(), StartError> {
    let config = NotifyConfig::from_env()?;
    log::init(config.debug);
    one_thread()?.block_on(async {
        let notifier = Arc::new(Notifier::new(config)?);
        let handle = |event: LambdaEvent<Value>| {
            let notifier = Arc::clone(&notifier);
            async move { notifier.handle(event).await }
        };
        let served = lambda_runtime::run(service_fn(handle)).await;
        served.map_err(|error| StartError::Runtime(error.to_string()))
    })
}

/// The counters of the function. Another invocation, which would print them, may be hours away.
const COUNTERS: [Counter; 4] = [
    Counter::AlertsPublished,
    Counter::WebhooksDelivered,
    Counter::WebhooksFailed,
    Counter::NotificationsSetAside,
];

/// The receivers of webhooks and the links for them.
struct Webhooks {
    endpoints: Vec<WebhookEndpoint>,
    review_links: ReviewLinks,
}

/// The parts of the function.
struct Notifier {
    /// `None` if a setting of webhooks is wrong.
    webhooks: Option<Webhooks>,
    outbox: SqsAndSns,
    /// The records whose alert was published or set aside.
    alerted: Memory,
    /// The records whose webhooks are in their queues.
    queued: Memory,
    topic_failures: TopicFailures,
    deliverer: Deliverer,
    metrics: Metrics,
    function: String,
}

impl Notifier {
    fn new(config: NotifyConfig) -> Result<Self, StartError> {
        let credentials = connect::credentials_from_env().map_err(StartError::Environment)?;
        let aws = Aws::new(https::connector(aws_roots()?, CONNECT), &region()?, credentials);
        let outbox = SqsAndSns::new(
            &aws,
            &config,
            endpoint("AWS_ENDPOINT_URL_SQS").as_deref(),
            endpoint("AWS_ENDPOINT_URL_SNS").as_deref(),
        );
        let webhooks = config.webhooks.inspect_err(|error| {
            tracing::error!(%error, "no webhook is sent, because a setting is wrong; events are set aside by their ids");
        });
        let webhooks = webhooks.ok().map(|webhooks| Webhooks {
            endpoints: webhooks.endpoints,
            review_links: ReviewLinks::new(webhooks.review_keys, webhooks.issuer),
        });
        // Without the list, the messages of the queues find no receiver and wait for their next attempt.
        let endpoints = webhooks.as_ref().map(|webhooks| webhooks.endpoints.clone()).unwrap_or_default();
        let roots = if endpoints.is_empty() { aws_roots()? } else { https::system_roots() };
        let is_allowed = |ip| Reach::Public.allows(ip);
        let client = CheckedClient::new(roots, Arc::new(SystemResolver), is_allowed, delivery::LIMIT);
        Ok(Self {
            webhooks,
            outbox,
            alerted: Memory::default(),
            queued: Memory::default(),
            topic_failures: TopicFailures::default(),
            deliverer: Deliverer::new(endpoints, client),
            metrics: Metrics::default(),
            function: get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "latchkey-notify".to_owned()),
        })
    }

    async fn handle(self: Arc<Self>, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let records = event.payload["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
        let failed = match records.first().and_then(|record| record["eventSource"].as_str()) {
            Some("aws:dynamodb") => {
                stream::dispatch_all(&self, records, event.context.deadline).await.into_iter().collect()
            }
            Some("aws:sqs") => queue::deliver_all(&self, records).await,
            _ => {
                tracing::error!("the event is neither of a stream nor of a queue");
                let error_message = "unknown event: expected records of aws:dynamodb or aws:sqs".to_owned();
                return Err(Diagnostic { error_type: "unknown_event".to_owned(), error_message });
            }
        };
        if COUNTERS.iter().any(|counter| self.metrics.value(*counter) > 0) {
            self.metrics.make_due();
        }
        self.metrics.print(&self.function, SystemClock.now_millis());
        let failures: Vec<Value> = failed.into_iter().map(|id| json!({"itemIdentifier": id})).collect();
        Ok(json!({"batchItemFailures": failures}))
    }
}
