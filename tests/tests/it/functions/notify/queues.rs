//! The messages of the queues: which are delivered, which return and when, and which are set aside?

use latchkey::domain::webhook::schedule::{ATTEMPTS, PAUSES, pause_after};
use latchkey_tests::event::Event;
use serde_json::{Value, json};

use super::stand_in::StandIn;
use super::{invoke, queue, start, start_with_queues};
use crate::webhooks::entry;
use crate::webhooks::receiver::Receiver;

const RECEIPT: &str = "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a";

/// The message of the sample event, received for the `count`th time.
fn message(count: usize) -> Value {
    let mut message = Event::from_file("notify-queue").build()["Records"][0].take();
    message["attributes"]["ApproximateReceiveCount"] = json!(count.to_string());
    message["messageId"] = json!(format!("message-{count}"));
    message
}

/// The seconds after this attempt to deliver the message.
fn pause_of(attempt: usize) -> u64 {
    let body: Value = serde_json::from_str(message(1)["body"].as_str().expect("a body")).expect("JSON");
    let event = body["event_id"].as_str().expect("an id").parse().expect("an id");
    pause_after(u32::try_from(attempt).expect("a small number"), event).expect("another attempt").as_secs()
}

/// This name leads to this machine, so that every attempt fails at once, also without a network.
#[tokio::test]
async fn a_message_that_fails_returns_by_the_schedule() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://localhost/")]).await.expect("it starts");
    let mut pauses: Vec<u64> = (1..=PAUSES.len()).map(pause_of).collect();
    // SQS then moves the message to the dead letters, because it was received as often as the redrive policy allows.
    pauses.push(0);
    for (index, pause) in pauses.iter().enumerate() {
        let count = index + 1;
        assert_eq!(invoke(&mut function, &[message(count)]).await, [format!("message-{count}")]);
        let call = aws.calls().pop().expect("a call");
        assert_eq!(call.operation, "ChangeMessageVisibility");
        let expected =
            json!({"QueueUrl": queue("shop-queue"), "ReceiptHandle": RECEIPT, "VisibilityTimeout": pause});
        assert_eq!(call.parameters, expected, "attempt {count}");
    }
    assert_eq!(pauses.len(), ATTEMPTS);
    let logs = function.logs().join("\n");
    assert!(logs.contains("the last attempt to deliver a webhook failed"), "{logs}");
}

/// A name of the receiver's owner may lead anywhere: here to this machine.
#[tokio::test]
async fn the_function_connects_to_no_host_of_its_own_network() {
    let aws = StandIn::start().await;
    let (receiver, _) = Receiver::start_tls().await;
    let url = format!("https://localhost:{}/", receiver.port);
    let mut function = start(&aws, &[entry("shop", &url)]).await.expect("a name may be anything");
    assert_eq!(invoke(&mut function, &[message(1)]).await, ["message-1"]);
    let logs = function.logs().join("\n");
    assert!(logs.contains("an address that is not allowed"), "{logs}");
    assert!(receiver.received().is_empty());
}

/// During a deployment the old version, with the old list, may get the message of a new receiver.
#[tokio::test]
async fn a_message_of_an_unknown_receiver_follows_the_schedule() {
    let aws = StandIn::start().await;
    let entries = [entry("other", "https://localhost/")];
    let mut old = start_with_queues(&aws, &entries, vec!["shop-queue".to_owned()]).await.expect("it starts");
    for (count, pause) in [(1, pause_of(1)), (2, pause_of(2)), (ATTEMPTS, 0)] {
        assert_eq!(invoke(&mut old, &[message(count)]).await, [format!("message-{count}")]);
        let call = aws.calls().pop().expect("a call");
        assert_eq!(
            (call.operation.as_str(), &call.parameters["VisibilityTimeout"]),
            ("ChangeMessageVisibility", &json!(pause))
        );
    }
    let logs = old.logs().join("\n");
    assert!(logs.contains("the receiver of a webhook is not in WEBHOOKS"), "{logs}");
    assert!(aws.raw_messages(&queue("letters")).is_empty());
    assert!(aws.raw_messages(&queue("webhook-letters")).is_empty());
}

/// The queues keep the webhooks until the list is right again.
#[tokio::test]
async fn messages_follow_the_schedule_while_the_list_is_wrong() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "http://127.0.0.1:8080/")]).await.expect("it starts");
    for (count, pause) in [(1, pause_of(1)), (2, pause_of(2)), (ATTEMPTS, 0)] {
        assert_eq!(invoke(&mut function, &[message(count)]).await, [format!("message-{count}")]);
        let call = aws.calls().pop().expect("a call");
        let expected =
            json!({"QueueUrl": queue("shop-queue"), "ReceiptHandle": RECEIPT, "VisibilityTimeout": pause});
        assert_eq!((call.operation.as_str(), call.parameters), ("ChangeMessageVisibility", expected));
    }
    assert!(aws.raw_messages(&queue("letters")).is_empty());
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_set_aside_unchanged() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://localhost/")]).await.expect("it starts");
    let mut broken = message(2);
    broken["body"] = json!("no JSON");
    let messages = [broken];
    assert_eq!(invoke(&mut function, &messages).await, [""; 0], "it leaves its queue");
    assert_eq!(aws.raw_messages(&queue("webhook-letters")), ["no JSON"]);
    // Without the dead letters it would be lost, so that it stays where it is.
    aws.fail(&queue("webhook-letters"), true);
    assert_eq!(invoke(&mut function, &messages).await, ["message-2"]);
}
