//! Faults of the store: a feed is complete or absent, and no ending is answered before the feed lists it.

use latchkey::app::sign_out::end_one;
use latchkey::domain::actor::Actor;
use latchkey::domain::session::end::{EndReason, PendingEnd, SessionEnd};
use latchkey::telemetry::metrics::Counter;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Tokens, World};
use serde_json::json;

const FEED: &str = "/api/auth/.well-known/revocations";

#[tokio::test]
async fn without_the_store_there_is_no_feed_and_afterwards_nothing_is_missing() {
    for operation in ["Query", "GetItem"] {
        for kind in [FaultKind::Error500, FaultKind::Throttle, FaultKind::TimeoutBefore] {
            let world = World::new().await;
            let device = world.device();
            let (lost, kept) = (device.sign_in("alice").await, device.sign_in("alice").await);
            assert!(world.feed().await.is_empty());
            device.revoke(&lost.access, json!({"strategy": "current"})).await.assert_status(200);
            world.advance(1);
            world.server.faults.queue(Some(operation), kind, 1_000);
            let reply = device.get(FEED).await;
            reply.assert_problem(503, "store_unavailable");
            assert_eq!(reply.header("cache-control"), "no-store", "no cache may keep the failure");
            assert_eq!(world.server.app.metrics().value(Counter::FeedsFailed), 1, "{operation} {kind:?}");
            world.server.faults.clear(None);
            let feed = world.feed().await;
            assert!(feed.lists(&lost.session) && !feed.lists(&kept.session) && feed.len() == 1);
        }
    }
}

/// One shard that cannot be read would silently accept a quarter of the revoked sessions.
#[tokio::test]
async fn a_single_failed_query_fails_the_whole_feed() {
    let world = World::new().await;
    world.feed().await;
    world.advance(1);
    // Three attempts of the SDK fail, so that one query fails and the others succeed.
    world.server.faults.queue_after(3, Some("Query"), FaultKind::Error500, 1_000);
    world.device().get(FEED).await.assert_problem(503, "store_unavailable");
}

#[tokio::test]
async fn a_contended_ending_is_listed_by_its_mark() {
    for strategy in ["current", "all"] {
        let world = World::new().await;
        let device = world.device();
        let tokens = device.sign_in("alice").await;
        world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1_000);
        let reply = device.revoke(&tokens.access, json!({"strategy": strategy})).await;
        reply.assert_problem(503, "store_unavailable");
        world.server.faults.clear(None);
        assert!(world.raw_row("alice", &tokens.session).await.is_some(), "the end is not recorded yet");
        world.advance(1);
        assert!(world.feed().await.lists(&tokens.session), "our endpoints refuse it, and so must verifiers");
        device.list(&tokens.access).await.assert_ended("signed_out");
    }
}

/// The caller must not take a session for ended that verifiers accept.
#[tokio::test]
async fn an_ending_whose_entry_cannot_be_written_is_not_answered() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 3);
    world.server.faults.queue(Some("PutItem"), FaultKind::Error500, 3);
    let body = json!({"strategy": "token", "token": tokens.refresh});
    device.post("/api/auth/revoke", body.clone()).await.assert_problem(503, "store_unavailable");
    world.advance(1);
    assert!(!world.feed().await.lists(&tokens.session));
    device.post("/api/auth/revoke", body).await.assert_status(200);
    world.advance(1);
    assert!(world.feed().await.lists(&tokens.session), "the repeated call lists it");
}

/// Another request marked the end after this one had read the row, and failed before it could list the session.
#[tokio::test]
async fn an_end_that_another_request_marked_is_listed_before_the_answer() {
    for kind in [FaultKind::Conflict, FaultKind::Error500] {
        let world = World::new().await;
        let tokens = world.device().sign_in("alice").await;
        let (store, faults) = (&world.server.store, &world.server.faults);
        let (user, session) = ("alice".parse().unwrap(), tokens.session.parse().unwrap());
        let row = store.read_session(&user, &session, world.now()).await.unwrap().expect("it lives");
        let end = SessionEnd::of(&row, PendingEnd::new(EndReason::SignedOut, Actor::User, world.now()));
        world.set_pending_end("alice", &tokens.session, "admin").await;
        for is_listed in [false, true] {
            // The first transaction finds the mark. The second one would record it.
            faults.queue_after(1, Some("TransactWriteItems"), kind, 3);
            if !is_listed {
                faults.queue(Some("PutItem"), FaultKind::Error500, 3);
            }
            let outcome = end_one(&world.server.app, &end, &[]).await;
            assert_eq!(
                outcome.ok(),
                is_listed.then_some(false),
                "it is an end of another request, or none yet"
            );
            faults.clear(None);
            assert!(world.raw_row("alice", &tokens.session).await.is_some(), "the end is not recorded");
            world.advance(1);
            assert_eq!(world.feed().await.lists(&tokens.session), is_listed, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn the_marks_before_one_that_fails_are_listed() {
    let world = World::new().await;
    let device = world.device();
    let sessions =
        [device.sign_in("alice").await, device.sign_in("alice").await, device.sign_in("alice").await];
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 3);
    world.server.faults.queue_after(2, Some("UpdateItem"), FaultKind::Error500, 3);
    let reply = device.revoke(&sessions[0].access, json!({"strategy": "all"})).await;
    reply.assert_problem(503, "store_unavailable");
    world.advance(1);
    let (feed, mut marked) = (world.feed().await, 0);
    for tokens in &sessions {
        let is_marked =
            world.raw_row("alice", &tokens.session).await.expect("no row is deleted").contains_key("z");
        assert_eq!(feed.lists(&tokens.session), is_marked, "our endpoints refuse the marked ones alone");
        marked += usize::from(is_marked);
    }
    assert_eq!(marked, 2);
}

/// The process that marked the end died before it could list the session. The next request does both.
#[tokio::test]
async fn a_mark_without_its_entry_is_listed_when_the_end_is_recorded() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.set_pending_end("alice", &tokens.session, "signed_out").await;
    device.refresh(&tokens.refresh).await.assert_ended("signed_out");
    world.advance(1);
    assert!(world.feed().await.lists(&tokens.session));
}

#[tokio::test]
async fn an_end_recorded_after_the_last_access_token_is_not_listed() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.set_pending_end("alice", &tokens.session, "signed_out").await;
    world.advance(3_600 + 120);
    device.refresh(&tokens.refresh).await.assert_ended("signed_out");
    assert!(world.raw_row("alice", &tokens.session).await.is_none());
    assert!(world.feed_rows().await.is_empty());
}

#[tokio::test]
async fn a_cleanup_lists_nothing() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.set_pending_end("alice", &tokens.session, "signed_out").await;
    world.advance(8 * 86_400);
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(device.login(&root).await.assert_status(201));
    let admin = device.clone().bearer(&root.access);
    let cleanup = admin.post("/api/auth/sessions", json!({"action": "cleanup"}));
    assert_eq!(cleanup.await.assert_status(200).body["ended"], 1);
    assert!(world.feed_rows().await.is_empty());
}

#[tokio::test]
async fn a_malformed_row_does_not_hide_the_others() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    device.revoke(&tokens.access, json!({"strategy": "current"})).await.assert_status(200);
    let row = world.feed_rows().await.remove(0);
    for name in ["en", "ttl"] {
        let mut wrong = row.clone();
        wrong.insert(
            "sk".to_owned(),
            aws_sdk_dynamodb::types::AttributeValue::S(format!(
                "{}-{name}",
                row["sk"].as_s().expect("a text")
            )),
        );
        wrong.insert(name.to_owned(), aws_sdk_dynamodb::types::AttributeValue::B(vec![1, 2, 3].into()));
        world.put_row(wrong).await;
    }
    world.advance(1);
    let feed = world.feed().await;
    assert!(feed.lists(&tokens.session) && feed.len() == 1);
    assert_eq!(world.server.app.metrics().value(Counter::FeedRowsSkipped), 2, "an alarm watches it");
}
