//! Notify as the stream and the queues start it: its real binary, with stand-ins for SNS and SQS that record every call.

mod queues;
mod stand_in;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use latchkey_tests::binary::built;
use latchkey_tests::event::Event;
use latchkey_tests::lambda::{Function, RuntimeApi};
use latchkey_tests::world::World;
use serde_json::{Value, json};
use stand_in::StandIn;

use crate::webhooks::{SECRET, entry, records_of};

/// The events that the function may get.
pub(crate) const SAMPLES: [&str; 2] = ["notify-stream", "notify-queue"];

/// The time limit of the function in the template.
const TIMEOUT: Duration = Duration::from_secs(30);

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:alerts";

fn queue(name: &str) -> String {
    format!("https://sqs.eu-central-1.amazonaws.com/123456789012/{name}")
}

/// The function with these receivers, each of which has the queue `<name>-queue`.
async fn start(aws: &StandIn, entries: &[Value]) -> Result<Function, String> {
    let name = |entry: &Value| format!("{}-queue", entry["name"].as_str().expect("a name"));
    start_with_queues(aws, entries, entries.iter().map(name).collect()).await
}

async fn start_with_queues(
    aws: &StandIn,
    entries: &[Value],
    queues: Vec<String>,
) -> Result<Function, String> {
    start_with_topic(aws, entries, queues, TOPIC).await
}

async fn start_with_topic(
    aws: &StandIn,
    entries: &[Value],
    queues: Vec<String>,
    topic: &str,
) -> Result<Function, String> {
    let queues = queues.iter().map(|name| queue(name));
    let settings = [
        ("WEBHOOKS", Value::from(entries).to_string()),
        ("WEBHOOK_QUEUES", queues.collect::<Vec<_>>().join(",")),
        ("ALERT_TOPIC", topic.to_owned()),
        ("WEBHOOK_DEAD_LETTERS", queue("webhook-letters")),
        ("NOTIFY_DEAD_LETTERS", queue("letters")),
        ("LATCHKEY_ISSUER", "https://auth.example.com/api/auth".to_owned()),
        ("SESSION_DEBUG", "true".to_owned()),
        ("AWS_ENDPOINT_URL_SQS", aws.url()),
        ("AWS_ENDPOINT_URL_SNS", aws.url()),
    ];
    let runtime = RuntimeApi::start().await.timeout(TIMEOUT);
    runtime.spawn(built("notify"), settings).await.map_err(|error| error.to_string())
}

async fn invoke(function: &mut Function, records: &[Value]) -> Vec<String> {
    let answer = function.invoke(json!({"Records": records})).await.expect("it answers");
    let failures = answer["batchItemFailures"].as_array().expect("a list");
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().expect("an id").to_owned()).collect()
}

/// The records of a sign-in and a theft, as Lambda passes them on.
async fn records_of_a_theft() -> Vec<Value> {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(120);
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
    let mut records = records_of(&world.server).await;
    records.iter_mut().for_each(|record| record["eventSource"] = json!("aws:dynamodb"));
    records
}

#[tokio::test]
async fn a_theft_is_an_alert_and_a_webhook_for_each_receiver_of_its_type() {
    let aws = StandIn::start().await;
    let (all, mut some) = (entry("all", "https://a.example.com/"), entry("some", "https://b.example.com/"));
    some["types"] = json!(["token.reused"]);
    let mut function = start(&aws, &[all, some]).await.expect("it starts");
    let records = records_of_a_theft().await;
    assert_eq!(invoke(&mut function, &records).await, [""; 0]);
    let [alert] = &aws.alerts(TOPIC)[..] else { panic!("one alert") };
    assert_eq!(alert["event_type"], "token_reused");
    let types = |name: &str| {
        let messages = aws.messages(&queue(name)).into_iter();
        let mut types: Vec<String> = messages.map(|message| body(&message)["type"].to_string()).collect();
        types.sort();
        types.join(" ")
    };
    assert_eq!(types("all-queue"), r#""session.created" "session.ended" "token.reused""#);
    assert_eq!(types("some-queue"), r#""token.reused""#);
    assert!(aws.messages(&queue("letters")).is_empty());
    assert!(aws.all_signed(), "every call has a signature for its service");
    let logs = function.logs().join("\n");
    assert!(logs.contains("\"AlertsPublished\":1"), "{logs}");
    assert!(!logs.contains(&SECRET[6..]) && !logs.contains("a.example.com"), "{logs}");
}

fn body(message: &Value) -> Value {
    serde_json::from_str(message["body"].as_str().expect("a body")).expect("JSON")
}

/// Lambda may send a batch again, and the records of several shards in any order between each other.
#[tokio::test]
async fn a_stream_that_redelivers_and_interleaves_shards_loses_nothing() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    let (one, other) = (records_of_a_theft().await, records_of_a_theft().await);
    let interleaved: Vec<Value> =
        one.iter().zip(&other).flat_map(|(one, other)| [other.clone(), one.clone()]).collect();
    for batch in [&interleaved[..4], &interleaved[..], &interleaved[3..]] {
        assert_eq!(invoke(&mut function, batch).await, [""; 0]);
    }
    // A process remembers what it has sent, and another one does not.
    let once = aws.messages(&queue("shop-queue")).len();
    let mut another = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    assert_eq!(invoke(&mut another, &one).await, [""; 0]);
    let messages = aws.messages(&queue("shop-queue"));
    let mut bodies_by_id = std::collections::BTreeMap::<String, std::collections::BTreeSet<String>>::new();
    for message in &messages {
        let id = message["event_id"].as_str().expect("an id").to_owned();
        bodies_by_id.entry(id).or_default().insert(message["body"].as_str().expect("a body").to_owned());
    }
    let events = |records: &[Value]| -> Vec<String> {
        let images = records.iter().map(|record| &record["dynamodb"]["NewImage"]);
        let events = images.filter(|image| !image["event_type"].is_null());
        events.map(|image| image["event_id"]["S"].as_str().expect("an id").to_owned()).collect()
    };
    let mut expected = [events(&one), events(&other)].concat();
    expected.sort();
    assert_eq!(bodies_by_id.keys().cloned().collect::<Vec<_>>(), expected);
    assert!(bodies_by_id.values().all(|bodies| bodies.len() == 1), "a repetition is equal in every byte");
    assert_eq!((once, messages.len()), (expected.len(), expected.len() + events(&one).len()));
}

#[tokio::test]
async fn a_poison_record_is_set_aside_by_its_id_and_blocks_nothing() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    let mut records = records_of_a_theft().await;
    let place =
        records.iter().position(|record| record["dynamodb"]["NewImage"]["event_type"]["S"] == "login");
    let poison = &mut records[place.expect("a sign-in")]["dynamodb"];
    poison["NewImage"]["created_at"] = json!({"S": "soon"});
    let id = poison["Keys"]["event_id"]["S"].clone();
    assert_eq!(invoke(&mut function, &records).await, [""; 0], "Lambda must not repeat it");
    assert_eq!(
        aws.messages(&queue("letters")),
        [json!({"reason": "unreadable_event", "event_id": id, "attribute": "created_at"})]
    );
    assert_eq!((aws.alerts(TOPIC).len(), aws.messages(&queue("shop-queue")).len()), (1, 2));
}

/// A queue may be deleted, denied by its policy or throttled for hours.
#[tokio::test]
async fn a_queue_that_fails_delays_neither_alerts_nor_other_receivers() {
    let aws = StandIn::start().await;
    let entries = [entry("broken", "https://a.example.com/"), entry("fine", "https://b.example.com/")];
    let mut function = start(&aws, &entries).await.expect("it starts");
    let records = records_of_a_theft().await;
    aws.fail(&queue("broken-queue"), true);
    assert_eq!(invoke(&mut function, &records).await, [""; 0], "nothing is repeated");
    assert_eq!((aws.alerts(TOPIC).len(), aws.messages(&queue("fine-queue")).len()), (1, 3));
    // The dead letters hold each refused message unchanged, so that the command of docs/webhooks.md can move it back into a queue.
    let set_aside = aws.messages(&queue("webhook-letters"));
    let of = |name: &str| -> Vec<Value> {
        let mut messages = aws.messages(&queue("fine-queue"));
        messages.iter_mut().for_each(|message| message["endpoint"] = json!(name));
        messages
    };
    assert_eq!(sorted(set_aside), sorted(of("broken")));
}

/// A connection that breaks off at once costs no time, and the next one may work.
#[tokio::test]
async fn a_queue_whose_connections_break_off_gets_the_other_webhooks() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    let mut records = vec![];
    for _ in 0..8 {
        records.extend(records_of_a_theft().await);
    }
    // Two attempts for each of the ten records at the same time.
    aws.break_off(&queue("shop-queue"), 20);
    assert_eq!(invoke(&mut function, &records).await, [""; 0]);
    let (queued, set_aside) =
        (aws.messages(&queue("shop-queue")).len(), aws.messages(&queue("webhook-letters")).len());
    assert_eq!(queued + set_aside, 24, "each webhook once");
    assert!((1..=10).contains(&set_aside), "{set_aside}");
}

/// Messages by their events, because those of several records are sent at the same time.
fn sorted(mut messages: Vec<Value>) -> Vec<Value> {
    messages.sort_by_key(|message| message["event_id"].to_string());
    messages
}

/// A call without an answer takes four seconds with its repetition, so that one call for each record would use up the time of many
/// invocations, in which no later alert is published.
#[tokio::test]
async fn a_queue_that_hangs_is_called_for_the_first_records_only() {
    let aws = StandIn::start().await;
    let entries = [entry("slow", "https://a.example.com/"), entry("fine", "https://b.example.com/")];
    let mut function = start(&aws, &entries).await.expect("it starts");
    let mut records = vec![];
    for _ in 0..8 {
        records.extend(records_of_a_theft().await);
    }
    aws.hang(&queue("slow-queue"));
    assert_eq!(invoke(&mut function, &records).await, [""; 0], "nothing is repeated");
    // Ten records at the same time, and two attempts for each.
    assert_eq!(aws.hung(&queue("slow-queue")), 20);
    assert_eq!((aws.alerts(TOPIC).len(), aws.messages(&queue("fine-queue")).len()), (8, 24));
    let set_aside = aws.messages(&queue("webhook-letters"));
    assert_eq!(set_aside.len(), 24);
    assert!(set_aside.iter().all(|message| message["endpoint"] == "slow"));
}

/// The record is repeated only if a webhook can be kept nowhere, and then without its alert and without what others have got.
#[tokio::test]
async fn a_webhook_that_no_queue_takes_is_repeated_without_its_alert() {
    let aws = StandIn::start().await;
    let entries = [entry("broken", "https://a.example.com/"), entry("fine", "https://b.example.com/")];
    let mut function = start(&aws, &entries).await.expect("it starts");
    let records = records_of_a_theft().await;
    let failing = [queue("broken-queue"), queue("webhook-letters")];
    failing.iter().for_each(|queue| aws.fail(queue, true));
    let first = records.iter().find(|record| !record["dynamodb"]["NewImage"]["event_type"].is_null());
    let expected = first.expect("an event")["dynamodb"]["SequenceNumber"].as_str().expect("a number");
    for _ in 0..3 {
        assert_eq!(invoke(&mut function, &records).await, [expected]);
        assert_eq!(
            aws.alerts(TOPIC).len(),
            1,
            "the alert is after the failed record, and was published once"
        );
    }
    failing.iter().for_each(|queue| aws.fail(queue, false));
    assert_eq!(invoke(&mut function, &records).await, [""; 0]);
    assert_eq!(aws.messages(&queue("broken-queue")).len(), 3);
    assert_eq!(aws.alerts(TOPIC).len(), 1);
}

/// SQS does not take U+FFFE and U+FFFF, which a user agent or an administrator's reason may contain.
#[tokio::test]
async fn text_that_sqs_refuses_reaches_the_receiver_unchanged() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    let mut records = records_of_a_theft().await;
    for record in &mut records {
        record["dynamodb"]["NewImage"]["details"]["M"]["reason"] = json!({"S": "a\u{fffe}b\u{ffff}c"});
    }
    assert_eq!(invoke(&mut function, &records).await, [""; 0]);
    let messages = aws.messages(&queue("shop-queue"));
    assert_eq!(messages.len(), 3);
    for message in messages {
        assert_eq!(body(&message)["data"]["details"]["reason"], "a\u{fffe}b\u{ffff}c");
    }
    assert!(aws.raw_messages(&queue("letters")).is_empty());
}

/// A repetition would be refused as well, and block the records behind it for hours.
#[tokio::test]
async fn a_message_refused_for_its_content_is_set_aside_by_its_id() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    for queue in [queue("shop-queue"), queue("webhook-letters")] {
        aws.refuse(&queue, "InvalidMessageContents");
    }
    let records = Event::from_file("notify-stream").build()["Records"].as_array().expect("records").clone();
    assert_eq!(invoke(&mut function, &records).await, [""; 0], "Lambda must not repeat it");
    let id = &records[0]["dynamodb"]["Keys"]["event_id"]["S"];
    let letter = json!({"reason": "refused_message", "event_id": id, "endpoint": "shop"});
    assert_eq!(aws.messages(&queue("letters")), [letter]);
    assert_eq!(aws.alerts(TOPIC).len(), 1);
}

#[tokio::test]
async fn a_failed_alert_is_repeated_and_delays_no_webhook() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    let records = sample_of_age(Duration::from_secs(14 * 60));
    aws.fail(TOPIC, true);
    for _ in 0..2 {
        assert_eq!(invoke(&mut function, &records).await, ["111000000000000000000001"]);
        assert_eq!(aws.messages(&queue("shop-queue")).len(), 1, "its webhook is not sent again");
    }
    aws.fail(TOPIC, false);
    assert_eq!(invoke(&mut function, &records).await, [""; 0]);
    let expected = json!({"event_type": "token_reused", "severity": "critical", "event_id": "0199c0de-5a1b-7000-8000-000000000001",
        "session_id": "0199c0dd-0000-7000-8000-000000000009", "created_at": 1_790_000_000});
    assert_eq!(aws.alerts(TOPIC), [expected]);
    assert!(aws.messages(&queue("letters")).is_empty());
}

/// The sample event, whose record is this old.
fn sample_of_age(age: Duration) -> Vec<Value> {
    let mut records =
        Event::from_file("notify-stream").build()["Records"].as_array().expect("records").clone();
    set_age(&mut records, age);
    records
}

fn set_age(records: &mut [Value], age: Duration) {
    let second = (SystemTime::now() - age).duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
    records.iter_mut().for_each(|record| record["dynamodb"]["ApproximateCreationDateTime"] = json!(second));
}

/// The policy of the topic may deny the function for days. A record that is repeated holds up everything behind it in its shard.
#[tokio::test]
async fn a_failing_topic_holds_webhooks_up_for_a_quarter_of_an_hour_at_most() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    aws.fail(TOPIC, true);
    let mut records = records_of_a_theft().await;
    let theft =
        records.iter().position(|record| record["dynamodb"]["NewImage"]["event_type"]["S"] == "token_reused");
    let number =
        records[theft.expect("a theft")]["dynamodb"]["SequenceNumber"].as_str().expect("a number").to_owned();
    // The record is older than the outage, because the function worked on earlier ones until then.
    set_age(&mut records, Duration::from_secs(3_600));
    for minute in 0..15 {
        assert_eq!(invoke(&mut function, &records).await, [number.as_str()], "{minute} minutes");
        function.pass(Duration::from_secs(60));
    }
    assert!(aws.messages(&queue("letters")).is_empty());
    let mut young = sample_of_age(Duration::from_secs(14 * 60));
    assert_eq!(invoke(&mut function, &young).await, ["111000000000000000000001"], "it is not old yet");
    for _ in 0..2 {
        assert_eq!(invoke(&mut function, &records).await, [""; 0], "the records behind it can follow");
    }
    let letters = aws.messages(&queue("letters"));
    let [letter] = &letters[..] else { panic!("one letter: {letters:?}") };
    assert_eq!(letter["reason"], "unpublished_alert");
    assert_eq!(
        (&letter["alert"]["event_type"], &letter["alert"]["severity"]),
        (&json!("token_reused"), &json!("critical"))
    );
    assert_eq!(aws.messages(&queue("shop-queue")).len(), 4, "each webhook once");
    // If it can be kept nowhere, it is tried again.
    set_age(&mut young, Duration::from_secs(3_600));
    aws.fail(&queue("letters"), true);
    assert_eq!(invoke(&mut function, &young).await, ["111000000000000000000001"]);
    aws.fail(TOPIC, false);
    assert_eq!(invoke(&mut function, &young).await, [""; 0]);
    assert_eq!(aws.alerts(TOPIC).len(), 1, "a topic that works again gets alerts of any age");
}

/// After a backlog every alert is old, and fifty of them are published at once, which SNS may throttle.
#[tokio::test]
async fn an_old_alert_that_the_topic_refuses_once_is_published() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    let records = sample_of_age(Duration::from_secs(20 * 60));
    aws.refuse(TOPIC, "Throttling");
    assert_eq!(invoke(&mut function, &records).await, ["111000000000000000000001"]);
    aws.fail(TOPIC, false);
    assert_eq!(invoke(&mut function, &records).await, [""; 0]);
    assert_eq!(aws.alerts(TOPIC).len(), 1);
    assert!(aws.messages(&queue("letters")).is_empty());
}

#[tokio::test]
async fn a_topic_that_takes_an_alert_in_between_gets_the_whole_time_again() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    let (mut theft, sample) = (records_of_a_theft().await, sample_of_age(Duration::from_secs(3_600)));
    set_age(&mut theft, Duration::from_secs(3_600));
    aws.fail(TOPIC, true);
    assert_eq!(invoke(&mut function, &sample).await.len(), 1);
    function.pass(Duration::from_secs(4 * 60));
    aws.fail(TOPIC, false);
    assert_eq!(invoke(&mut function, &theft).await, [""; 0]);
    aws.fail(TOPIC, true);
    for _ in 0..3 {
        assert_eq!(invoke(&mut function, &sample).await.len(), 1);
        function.pass(Duration::from_secs(4 * 60));
    }
    assert_eq!(invoke(&mut function, &sample).await.len(), 1, "the topic has failed for 12 minutes");
    assert!(aws.messages(&queue("letters")).is_empty());
}

/// Without a topic the records come for the webhooks alone.
#[tokio::test]
async fn without_a_topic_no_alert_counts_as_published() {
    let aws = StandIn::start().await;
    let entries = [entry("shop", "https://a.example.com/")];
    let queues = vec!["shop-queue".to_owned()];
    let mut function = start_with_topic(&aws, &entries, queues, "").await.expect("it starts");
    assert_eq!(invoke(&mut function, &records_of_a_theft().await).await, [""; 0]);
    assert_eq!(aws.messages(&queue("shop-queue")).len(), 3);
    let logs = function.logs().join("\n");
    assert!(!logs.contains("\"AlertsPublished\":1"), "{logs}");
}

/// Another invocation, which would print them, may be hours away.
#[tokio::test]
async fn each_invocation_prints_the_counts_that_it_has_changed() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://a.example.com/")]).await.expect("it starts");
    let records = records_of_a_theft().await;
    let printed = |function: &Function| -> Vec<String> {
        let lines = function.logs().into_iter();
        lines.filter(|line| line.contains("CloudWatchMetrics")).collect()
    };
    let deleted = json!({"eventSource": "aws:dynamodb", "eventName": "REMOVE", "dynamodb": {}});
    assert_eq!(invoke(&mut function, &[deleted]).await, [""; 0]);
    assert_eq!(invoke(&mut function, &records).await, [""; 0]);
    let lines = printed(&function);
    assert!(lines.last().is_some_and(|line| line.contains("\"AlertsPublished\":1")), "{lines:?}");
    // The same records change no count.
    assert_eq!(invoke(&mut function, &records).await, [""; 0]);
    assert_eq!(printed(&function), lines);
}

#[tokio::test]
async fn an_event_of_another_source_is_a_named_error() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[]).await.expect("it starts");
    for event in [json!({}), json!({"Records": []}), json!({"Records": [{"eventSource": "aws:s3"}]})] {
        let refused = function.invoke(event).await.expect_err("it is none of ours");
        assert!(refused.to_string().contains("unknown_event"), "{refused}");
    }
}

#[tokio::test]
async fn a_receiver_on_the_own_network_is_named_in_the_log_without_the_secret() {
    let aws = StandIn::start().await;
    for url in ["http://127.0.0.1:8080/", "https://169.254.169.254/latest/", "https://[::1]/"] {
        let function = start(&aws, &[entry("own", url)]).await.expect("alerts need no webhook");
        let logs = function.logs().join("\n");
        assert!(logs.contains("WEBHOOKS: [0].url") && logs.contains("\"level\":\"ERROR\""), "{logs}");
        assert!(!logs.contains(&SECRET[6..]) && !logs.contains(url), "{logs}");
    }
}

/// The list of receivers changes often and by hand. A fault in it must not hide an attack.
#[tokio::test]
async fn a_wrong_list_of_receivers_stops_no_alert_and_loses_no_event() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("own", "http://127.0.0.1:8080/")]).await.expect("it starts");
    let mut records = records_of_a_theft().await;
    let ids = |records: &[Value]| -> Vec<Value> {
        let images = records.iter().map(|record| &record["dynamodb"]["NewImage"]);
        let events = images.filter(|image| !image["event_type"].is_null());
        events
            .map(|image| json!({"reason": "webhooks_setting", "event_id": image["event_id"]["S"]}))
            .collect()
    };
    for _ in 0..2 {
        assert_eq!(invoke(&mut function, &records).await, [""; 0], "Lambda must not repeat it");
    }
    assert_eq!(aws.alerts(TOPIC).len(), 1);
    let letters = aws.messages(&queue("letters"));
    assert_eq!(letters.len(), 3, "the alarm of the dead letters starts, and each event can be found");
    assert_eq!(sorted(letters), sorted(ids(&records)));
    assert!(
        aws.messages(&queue("own-queue")).is_empty() && aws.messages(&queue("webhook-letters")).is_empty()
    );
    // An event that cannot be read has its own reason, as always.
    records.retain(|record| record["dynamodb"]["NewImage"]["event_type"]["S"] == "login");
    records[0]["dynamodb"]["NewImage"]["created_at"] = json!({"S": "soon"});
    records[0]["dynamodb"]["Keys"]["pk"] = json!({"S": "U#bob"});
    assert_eq!(invoke(&mut function, &records).await, [""; 0]);
    assert_eq!(aws.messages(&queue("letters"))[3]["reason"], "unreadable_event");
}
