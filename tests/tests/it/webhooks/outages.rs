//! What happens to webhooks whose receiver is down, slow, broken, moved or gone?

use std::time::Duration;

use latchkey::domain::webhook::schedule::{ATTEMPTS, LONGEST_PAUSE, PAUSES, pause_after};
use latchkey_tests::world::{Logs, World};
use serde_json::Value;

use super::receiver::{Behaviour, Receiver};
use super::{SECRET, entry, notifier, notify, patient_world, world};

/// Signs users in, each of which is one event.
async fn sign_in(world: &World, users: usize) {
    for number in 0..users {
        world.device().sign_in(&format!("user-{number}")).await;
    }
}

async fn waiting(world: &World, name: &str) -> usize {
    notifier(world).waiting(name).await.expect("the engine answers")
}

#[tokio::test]
async fn a_receiver_that_was_down_for_an_hour_gets_everything_once() {
    let (mut down, up) = (Receiver::stopped().await, Receiver::start().await);
    let world = world(&[entry("down", &down.url()), entry("up", &up.url())]).await;
    sign_in(&world, 3).await;
    for _ in 0..60 {
        notify(&world).await;
        world.advance(60);
    }
    assert_eq!((up.received().len(), waiting(&world, "down").await), (3, 3), "no other receiver waits");
    down.resume().await;
    // The longest pause that has begun during the hour is the fifth, with a jitter of a tenth at most.
    world.advance(PAUSES[4].as_secs() * 11 / 10);
    notify(&world).await;
    let mut ids: Vec<_> = down.received().iter().map(|it| it.header("webhook-id").to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), down.received().len(), waiting(&world, "down").await), (3, 3, 0));
    down.received().iter().for_each(|received| received.assert_signed_by(SECRET));
}

#[tokio::test]
async fn a_webhook_is_tried_by_the_schedule_and_then_a_dead_letter_with_its_body() {
    let receiver = Receiver::start().await;
    receiver.behave(Behaviour::Answer(500));
    let world = world(&[entry("broken", &receiver.url())]).await;
    sign_in(&world, 1).await;
    for made in 0..PAUSES.len() {
        notify(&world).await;
        assert_eq!(receiver.received().len(), made + 1);
        world.advance(pause_of(&receiver, made + 1) - 1);
        notify(&world).await;
        assert_eq!(receiver.received().len(), made + 1, "a second too early");
        world.advance(1);
    }
    notify(&world).await;
    assert_eq!((receiver.received().len(), waiting(&world, "broken").await), (ATTEMPTS, 0));
    let letters = notifier(&world).dead_letters().await.expect("the engine answers");
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.reason, "gave_up");
    let message: Value = serde_json::from_str(&letter.message).expect("JSON");
    assert_eq!(message["body"].as_str().map(str::as_bytes), Some(&receiver.received()[0].body[..]));
}

/// The seconds after this attempt of the first webhook.
fn pause_of(receiver: &Receiver, attempt: usize) -> u64 {
    let event = receiver.received()[0].header("webhook-id").parse().expect("an id");
    pause_after(u32::try_from(attempt).expect("a small number"), event).expect("another attempt").as_secs()
}

/// Attempts that come too early make an overloaded receiver slower for all of its callers.
#[tokio::test]
async fn a_receiver_that_asks_for_a_longer_pause_gets_it() {
    let longest = LONGEST_PAUSE.as_secs();
    for (status, retry_after, expected) in [
        (429, "7200", Some(7_200)),
        (503, "7200", Some(7_200)),
        (429, "999999999", Some(longest)),
        (429, "0", None),
        (429, "1", None),
        (429, "-7200", None),
        (429, "Wed, 21 Oct 2026 07:28:00 GMT", None),
    ] {
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::AnswerLater(status, retry_after));
        let world = world(&[entry("busy", &receiver.url())]).await;
        sign_in(&world, 1).await;
        notify(&world).await;
        world.advance(expected.unwrap_or_else(|| pause_of(&receiver, 1)) - 1);
        notify(&world).await;
        assert_eq!(receiver.received().len(), 1, "{status} {retry_after}: a second too early");
        world.advance(1);
        notify(&world).await;
        assert_eq!(receiver.received().len(), 2, "{status} {retry_after}");
    }
}

#[tokio::test]
async fn an_answer_after_the_time_out_counts_as_none() {
    let receiver = Receiver::start().await;
    receiver.behave(Behaviour::Hang);
    let world = world(&[entry("late", &receiver.url())]).await;
    sign_in(&world, 1).await;
    notify(&world).await;
    assert_eq!((receiver.received().len(), waiting(&world, "late").await), (1, 1));
    receiver.behave(Behaviour::Answer(200));
    world.advance(5);
    notify(&world).await;
    let [first, second] = &receiver.received()[..] else { panic!("two attempts") };
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"), "by which the receiver knows it");
    assert_eq!(waiting(&world, "late").await, 0);
}

#[tokio::test]
async fn a_slow_receiver_delays_neither_others_nor_the_stream() {
    let (slow, fast) = (Receiver::start().await, Receiver::start().await);
    slow.behave(Behaviour::Hang);
    let world = patient_world(&[entry("slow", &slow.url()), entry("fast", &fast.url())]).await;
    // The tasks of the local server, as it starts them.
    let tasks = notifier(&world).start();
    sign_in(&world, 1).await;
    slow.until(1).await;
    sign_in(&world, 2).await;
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, fast.until(3))
        .await
        .expect("the fast receiver does not wait for the slow one");
    assert_eq!(slow.received().len(), 1, "the slow receiver has not answered yet");
    slow.behave(Behaviour::Answer(200));
    tokio::time::timeout(limit, slow.until(3)).await.expect("the slow receiver gets the rest");
    tasks.iter().for_each(|task| task.abort());
}

#[tokio::test]
async fn a_receiver_gets_two_webhooks_at_the_same_time_at_most() {
    let receiver = Receiver::start().await;
    receiver.behave(Behaviour::Hang);
    let world = patient_world(&[entry("shop", &receiver.url())]).await;
    sign_in(&world, 6).await;
    notifier(&world).dispatch_new().await.expect("the engine answers");
    let delivering = {
        let notifier = notifier(&world).clone();
        tokio::spawn(async move { notifier.deliver_due("shop").await })
    };
    receiver.until(2).await;
    receiver.behave(Behaviour::Answer(200));
    delivering.await.expect("no panic").expect("the engine answers");
    assert_eq!((receiver.received().len(), receiver.most_at_once()), (6, 2));
}

#[tokio::test]
async fn a_redirect_of_a_receiver_is_not_followed() {
    let (moved, elsewhere) = (Receiver::start().await, Receiver::start().await);
    moved.behave(Behaviour::Redirect(elsewhere.url()));
    let world = world(&[entry("moved", &moved.url())]).await;
    sign_in(&world, 1).await;
    notify(&world).await;
    assert_eq!((moved.received().len(), elsewhere.received().len()), (1, 0));
    assert_eq!(waiting(&world, "moved").await, 1, "it is tried again");
}

#[tokio::test]
async fn a_receiver_that_is_gone_gets_no_second_attempt() {
    let receiver = Receiver::start().await;
    receiver.behave(Behaviour::Answer(410));
    let world = world(&[entry("gone", &receiver.url())]).await;
    sign_in(&world, 1).await;
    notify(&world).await;
    world.advance(86_400);
    notify(&world).await;
    assert_eq!((receiver.received().len(), waiting(&world, "gone").await), (1, 0));
    let letters = notifier(&world).dead_letters().await.expect("the engine answers");
    assert_eq!(letters.iter().map(|letter| letter.reason.as_str()).collect::<Vec<_>>(), ["gone"]);
}

/// A URL often contains a token of the receiver, and the secret signs for us.
#[tokio::test]
async fn no_log_line_has_the_secret_the_path_or_the_signature() {
    let logs = Logs::listen();
    let receiver = Receiver::start().await;
    let url = format!("http://127.0.0.1:{}/hook-with-a-token", receiver.port);
    let world = world(&[entry("shop", &url)]).await;
    sign_in(&world, 1).await;
    for behaviour in [Behaviour::Answer(500), Behaviour::Hang, Behaviour::Answer(200)] {
        receiver.behave(behaviour);
        notify(&world).await;
        world.advance(600);
    }
    let lines = logs.text();
    assert!(lines.contains("did not accept") && lines.contains("could not be sent"), "{lines}");
    let signature = receiver.received()[0].header("webhook-signature").to_owned();
    for secret in [SECRET, &SECRET[6..], "hook-with-a-token", &signature] {
        assert!(!lines.contains(secret), "{secret}: {lines}");
    }
}
