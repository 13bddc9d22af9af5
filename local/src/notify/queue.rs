//! The queues of the local server: one table with the webhooks that wait, the dead letters, and the positions in the stream.
//!
//! | item | keys |
//! |---|---|
//! | a webhook that waits | `Q#<receiver>`, the id of its event |
//! | a dead letter | `DEAD`, the time and a number |
//! | the position in a shard | `POSITION`, the shard |

use std::sync::atomic::{AtomicU64, Ordering};

use latchkey::app::notify::Outbox;
use latchkey::app::notify::delivery::Verdict;
use latchkey::app::notify::queued_webhook::QueuedWebhook;
use latchkey::clock::Clock as _;
use latchkey::domain::webhook::endpoint::WebhookEndpoint;
use latchkey::domain::webhook::schedule::RETENTION;
use serde_json::{Value, json};

use crate::clock::MovableClock;
use crate::engine::{Engine, EngineError};

/// The name of the table.
const TABLE: &str = "latchkey-webhooks";

/// A webhook that waits.
pub(super) struct Waiting {
    endpoint: String,
    event_id: String,
    pub(super) message: String,
    pub(super) attempts: u32,
}

/// A letter that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Why it was set aside.
    pub reason: String,
    /// The webhook, or the description of an event that cannot be read.
    pub message: String,
}

/// The table.
pub(super) struct QueueTable {
    engine: Engine,
    clock: MovableClock,
    endpoints: Vec<String>,
    letters: AtomicU64,
}

impl QueueTable {
    /// Creates the table if it is missing.
    pub(super) async fn create(
        engine: Engine,
        clock: MovableClock,
        endpoints: &[WebhookEndpoint],
    ) -> Result<Self, EngineError> {
        let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
        let text = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
        let table = json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [text("pk"), text("sk")],
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
        });
        match engine.request("CreateTable", table).await {
            Ok(_) => {
                let ttl = json!({"TableName": TABLE, "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}});
                engine.request("UpdateTimeToLive", ttl).await?;
            }
            Err(EngineError::Refused { code, .. }) if code == "ResourceInUseException" => {}
            Err(error) => return Err(error),
        }
        let endpoints = endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
        Ok(Self { engine, clock, endpoints, letters: AtomicU64::new(0) })
    }

    /// The webhooks of a receiver whose time has come, oldest event first.
    pub(super) async fn due(&self, endpoint: &str) -> Result<Vec<Waiting>, EngineError> {
        let now = self.clock.now().seconds();
        let items = self.query(&partition(endpoint)).await?;
        let due = items.into_iter().filter(|item| number(item, "due") <= now);
        let waiting = due.map(|item| Waiting {
            endpoint: endpoint.to_owned(),
            event_id: text(&item, "sk"),
            message: text(&item, "message"),
            attempts: u32::try_from(number(&item, "attempts")).unwrap_or(0),
        });
        Ok(waiting.collect())
    }

    /// The number of webhooks that wait for a receiver.
    pub(super) async fn waiting(&self, endpoint: &str) -> Result<usize, EngineError> {
        Ok(self.query(&partition(endpoint)).await?.len())
    }

    /// Does what follows from an attempt.
    pub(super) async fn settle(&self, waiting: &Waiting, verdict: Verdict) -> Result<(), EngineError> {
        match verdict {
            Verdict::Delivered => self.remove(waiting).await,
            Verdict::TryAgain(pause) => {
                let due = self.clock.now() + pause;
                let update = json!({
                    "TableName": TABLE,
                    "Key": key(&partition(&waiting.endpoint), &waiting.event_id),
                    "UpdateExpression": "SET attempts = :attempts, due = :due",
                    "ExpressionAttributeValues": {
                        ":attempts": {"N": (waiting.attempts + 1).to_string()}, ":due": {"N": due.seconds().to_string()},
                    },
                });
                self.engine.request("UpdateItem", update).await.map(drop)
            }
            Verdict::GiveUp => self.bury(waiting, "gave_up").await,
            Verdict::SetAside(reason) => self.bury(waiting, reason).await,
        }
    }

    async fn bury(&self, waiting: &Waiting, reason: &str) -> Result<(), EngineError> {
        self.put_letter(reason, &waiting.message).await?;
        self.remove(waiting).await
    }

    async fn remove(&self, waiting: &Waiting) -> Result<(), EngineError> {
        let key = key(&partition(&waiting.endpoint), &waiting.event_id);
        self.engine.request("DeleteItem", json!({"TableName": TABLE, "Key": key})).await.map(drop)
    }

    /// The letters that were set aside, oldest first.
    pub(super) async fn dead_letters(&self) -> Result<Vec<DeadLetter>, EngineError> {
        let items = self.query("DEAD").await?;
        let letter =
            |item: &Value| DeadLetter { reason: text(item, "reason"), message: text(item, "message") };
        Ok(items.iter().map(letter).collect())
    }

    async fn put_letter(&self, reason: &str, message: &str) -> Result<(), EngineError> {
        let number = self.letters.fetch_add(1, Ordering::Relaxed);
        let place = format!("{}#{number:020}", self.clock.now_millis());
        self.put("DEAD", &place, &[("reason", reason), ("message", message)]).await
    }

    /// The sequence number up to which a shard was handled.
    pub(super) async fn position(&self, shard: &str) -> Result<Option<String>, EngineError> {
        let body = json!({"TableName": TABLE, "Key": key("POSITION", shard)});
        let item = self.engine.request("GetItem", body).await?["Item"].take();
        Ok((!item.is_null()).then(|| text(&item, "position")))
    }

    pub(super) async fn keep_position(&self, shard: &str, position: &str) -> Result<(), EngineError> {
        let mut item = key("POSITION", shard);
        item["position"] = json!({"S": position});
        self.engine.request("PutItem", json!({"TableName": TABLE, "Item": item})).await.map(drop)
    }

    /// Puts an item that the TTL deletes after two weeks. It does not replace one, so that a repeated record does not set a webhook
    /// back that is being tried.
    async fn put(&self, pk: &str, sk: &str, texts: &[(&str, &str)]) -> Result<(), EngineError> {
        let now = self.clock.now();
        let mut item = key(pk, sk);
        for (name, value) in texts {
            item[*name] = json!({"S": value});
        }
        item["due"] = json!({"N": now.seconds().to_string()});
        item["attempts"] = json!({"N": "0"});
        item["ttl"] = json!({"N": (now + RETENTION).seconds().to_string()});
        let body =
            json!({"TableName": TABLE, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"});
        match self.engine.request("PutItem", body).await {
            Err(EngineError::Refused { code, .. }) if code == "ConditionalCheckFailedException" => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    async fn query(&self, pk: &str) -> Result<Vec<Value>, EngineError> {
        let mut body = json!({
            "TableName": TABLE,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
        });
        let mut items = vec![];
        loop {
            let mut page = self.engine.request("Query", body.clone()).await?;
            if let Value::Array(found) = page["Items"].take() {
                items.extend(found);
            }
            match page["LastEvaluatedKey"].take() {
                Value::Null => return Ok(items),
                last => body["ExclusiveStartKey"] = last,
            }
        }
    }
}

impl Outbox for QueueTable {
    type Error = EngineError;

    async fn enqueue(&self, place: usize, webhook: &QueuedWebhook) -> Result<(), EngineError> {
        let Some(endpoint) = self.endpoints.get(place) else { return Ok(()) };
        let message = webhook.to_json();
        self.put(&partition(endpoint), &webhook.event_id.to_string(), &[("message", message.as_str())]).await
    }

    async fn set_webhook_aside(&self, message: &str) -> Result<(), EngineError> {
        self.put_letter("refused_by_queue", message).await
    }

    async fn set_event_aside(&self, letter: &str) -> Result<(), EngineError> {
        self.put_letter("unreadable_event", letter).await
    }

    fn refuses_content(_: &EngineError) -> bool {
        false
    }
}

fn partition(endpoint: &str) -> String {
    format!("Q#{endpoint}")
}

fn key(pk: &str, sk: &str) -> Value {
    json!({"pk": {"S": pk}, "sk": {"S": sk}})
}

fn text(item: &Value, name: &str) -> String {
    item[name]["S"].as_str().unwrap_or_default().to_owned()
}

fn number(item: &Value, name: &str) -> i64 {
    item[name]["N"].as_str().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}
