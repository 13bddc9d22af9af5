//! The messages of the queues: which are delivered, which return and when, and which are set aside?

use latchkey::domain::webhook::schedule::{ATTEMPTS, PAUSES};
use latchkey_tests::event::Event;
use serde_json::{Value, json};

use super::stand_in::StandIn;
use super::{invoke, queue, start};
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

/// This name leads to this machine, so that every attempt fails at once, also without a network.
#[tokio::test]
async fn a_message_that_fails_returns_by_the_schedule() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("shop", "https://localhost/")]).await.expect("it starts");
    let mut pauses: Vec<u64> = PAUSES.iter().map(std::time::Duration::as_secs).collect();
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

#[tokio::test]
async fn a_message_without_its_receiver_is_set_aside_with_its_body() {
    let aws = StandIn::start().await;
    let mut function = start(&aws, &[entry("other", "https://localhost/")]).await.expect("it starts");
    let orphan = message(1);
    let mut broken = message(2);
    broken["body"] = json!("no JSON");
    assert_eq!(invoke(&mut function, &[orphan.clone(), broken]).await, [""; 0], "they leave their queue");
    let letters = aws.messages(&queue("letters"));
    assert!(
        letters.contains(&json!({"reason": "unknown_endpoint", "message": orphan["body"]})),
        "{letters:?}"
    );
    assert!(letters.contains(&json!({"reason": "unreadable_message", "message": "no JSON"})), "{letters:?}");
    // Without its queue it would be lost, so that it stays where it is.
    aws.fail(&queue("letters"), true);
    assert_eq!(invoke(&mut function, &[message(1)]).await, ["message-1"]);
}
