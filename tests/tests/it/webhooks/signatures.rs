//! Does a receiver get what the specification describes?

use latchkey_local::clock::MovableClock;
use serde_json::json;
use standardwebhooks::Webhook;

use super::receiver::{Behaviour, Receiver};
use super::{LIMIT, SECRET, client, entry, notify, world, world_with};

const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

#[tokio::test]
async fn the_published_library_verifies_what_a_receiver_got() {
    let receiver = Receiver::start().await;
    let world = world_with(&[entry("shop", &receiver.url())], client(LIMIT), MovableClock::system()).await;
    let session = world.device().sign_in("alice").await.session;
    notify(&world).await;
    let [received] = &receiver.received()[..] else { panic!("one webhook") };
    let webhook = Webhook::new(SECRET).expect("a secret");
    webhook.verify(&received.body, &received.headers).expect("the library accepts it");
    let mut tampered = received.body.to_vec();
    tampered[10] ^= 1;
    webhook.verify(&tampered, &received.headers).expect_err("another body");
    Webhook::new(OTHER)
        .expect("a secret")
        .verify(&received.body, &received.headers)
        .expect_err("another secret");
    assert_eq!(received.header("content-type"), "application/json");
    let body = received.json();
    assert_eq!(body["type"], "session.created");
    assert_eq!((&body["data"]["user_id"], &body["data"]["session_id"]), (&json!("alice"), &json!(session)));
    assert_eq!(body["data"]["event_id"], received.header("webhook-id"));
    assert_eq!(body["data"]["details"]["device"], "Chrome on Windows");
}

#[tokio::test]
async fn both_secrets_sign_during_a_change() {
    let receiver = Receiver::start().await;
    let mut both = entry("shop", &receiver.url());
    both["secrets"] = json!([OTHER, SECRET]);
    let world = world(&[both]).await;
    world.device().sign_in("alice").await;
    notify(&world).await;
    let [received] = &receiver.received()[..] else { panic!("one webhook") };
    received.assert_signed_by(SECRET);
    received.assert_signed_by(OTHER);
    assert_eq!(received.header("webhook-signature").split(' ').count(), 2);
}

#[tokio::test]
async fn a_receiver_gets_the_types_of_its_list_only() {
    let (all, some) = (Receiver::start().await, Receiver::start().await);
    let mut filtered = entry("some", &some.url());
    filtered["types"] = json!(["session.ended", "token.reused"]);
    let world = world(&[entry("all", &all.url()), filtered]).await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(120);
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
    notify(&world).await;
    let sorted = |receiver: &Receiver| {
        let mut types = receiver.types();
        types.sort();
        types
    };
    assert_eq!(sorted(&some), ["session.ended", "token.reused"]);
    assert_eq!(sorted(&all), ["session.created", "session.ended", "token.reused"]);
}

/// A new device is the webhook from which an app tells its user about a sign-in.
#[tokio::test]
async fn a_sign_in_from_a_new_device_is_a_webhook_with_device_and_place() {
    let receiver = Receiver::start().await;
    let mut only = entry("mail", &receiver.url());
    only["types"] = json!(["sign_in.new_device"]);
    let world = world(&[only]).await;
    world.device().sign_in("alice").await;
    let phone = world.device().agent(latchkey_tests::world::FIREFOX).at("198.51.100.23");
    let session = phone.sign_in("alice").await.session;
    notify(&world).await;
    let [received] = &receiver.received()[..] else { panic!("one webhook") };
    let data = received.json()["data"].take();
    assert_eq!((&data["user_id"], &data["session_id"]), (&json!("alice"), &json!(session)));
    assert_eq!((&data["severity"], &data["details"]["ip"]), (&json!("low"), &json!("198.51.100.23")));
    assert!(data["details"]["device"].as_str().is_some_and(|device| device.starts_with("Firefox")), "{data}");
}

#[tokio::test]
async fn a_repeated_delivery_has_the_same_id_and_bytes_and_its_own_time() {
    let receiver = Receiver::start().await;
    receiver.behave(Behaviour::Answer(500));
    let world = world(&[entry("shop", &receiver.url())]).await;
    world.device().sign_in("alice").await;
    notify(&world).await;
    receiver.behave(Behaviour::Answer(204));
    world.advance(5);
    notify(&world).await;
    let [first, second] = &receiver.received()[..] else { panic!("two attempts") };
    assert_eq!((&first.body, first.header("webhook-id")), (&second.body, second.header("webhook-id")));
    let seconds =
        |it: &super::receiver::Received| it.header("webhook-timestamp").parse::<i64>().expect("seconds");
    assert_eq!(seconds(second) - seconds(first), 5);
    second.assert_signed_by(SECRET);
    world.advance(86_400);
    notify(&world).await;
    assert_eq!(receiver.received().len(), 2, "it was accepted");
}

/// ASVS 6.3.5: a user is notified of a suspicious sign-in, and the link in the notification ends it.
#[tokio::test]
async fn the_webhook_of_a_suspicious_sign_in_has_the_link_that_ends_it() {
    let receiver = Receiver::start().await;
    receiver.behave(Behaviour::Answer(500));
    let mut only = entry("mail", &receiver.url());
    only["types"] = json!(["sign_in.new_device", "sign_in.new_country", "session.created"]);
    only["review_links"] = json!(true);
    let world = world(&[only]).await;
    let owner = world.device();
    let own = owner.sign_in("alice").await;
    let thief = world.device().agent(latchkey_tests::world::FIREFOX).elsewhere();
    let stolen = thief.sign_in("alice").await;
    notify(&world).await;
    receiver.behave(Behaviour::Answer(204));
    world.advance(5);
    notify(&world).await;
    let received = receiver.received();
    let links: Vec<String> = received
        .iter()
        .filter(|webhook| webhook.json()["type"] == "sign_in.new_device")
        .map(|webhook| webhook.json()["data"]["review_url"].as_str().expect("a link").to_owned())
        .collect();
    assert_eq!(links.len(), 2, "an attempt that failed, and its repetition");
    assert_eq!(links[0], links[1], "a repeated delivery has the same bytes");
    let others = received.iter().filter(|webhook| webhook.json()["type"] == "session.created");
    assert!(others.into_iter().all(|webhook| webhook.json()["data"].get("review_url").is_none()));
    let (_, token) = links[0].split_once("/api/auth/sign-in-review?token=").expect("the page of our API");
    assert!(owner.open_review(token).await.page(200).contains("Firefox on Linux"));
    owner.answer_review(token, "was_not_me").await.page(200);
    assert_eq!(world.live("alice").await, [own.session]);
    thief.refresh(&stolen.refresh).await.assert_ended("security");
}

/// The link ends a session without a sign-in. A receiver that copies the audit trail, for example, must not be able to do that.
#[tokio::test]
async fn only_a_receiver_with_review_links_gets_the_link() {
    let (mail, copy) = (Receiver::start().await, Receiver::start().await);
    let mut with_links = entry("mail", &mail.url());
    with_links["review_links"] = json!(true);
    let world = world(&[entry("copy", &copy.url()), with_links]).await;
    world.device().sign_in("alice").await;
    world.device().agent(latchkey_tests::world::FIREFOX).elsewhere().sign_in("alice").await;
    notify(&world).await;
    let links = |receiver: &Receiver| -> Vec<bool> {
        let received = receiver.received().into_iter().filter(|it| it.webhook_type() == "sign_in.new_device");
        received.map(|webhook| webhook.json()["data"].get("review_url").is_some()).collect()
    };
    assert_eq!((links(&mail), links(&copy)), (vec![true], vec![false]));
}
