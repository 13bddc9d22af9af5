//! DynamoDB fails: the page asks for another try, nothing is half written, and another try succeeds.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::FIREFOX;

use super::Scene;

const KINDS: [FaultKind; 3] = [FaultKind::Throttle, FaultKind::TimeoutBefore, FaultKind::Error500];

#[tokio::test]
async fn a_page_that_cannot_be_read_offers_another_try() {
    for kind in KINDS {
        let scene = Scene::new().await;
        scene.world.server.faults.queue(Some("GetItem"), kind, 1_000);
        let reply = scene.owner.open_review(&scene.token).await;
        let page = reply.page(503);
        assert!(page.contains("Please try again") && page.contains("<form"), "{page}");
        assert!(page.contains(&scene.token) && page.matches("<button").count() == 2, "{page}");
        assert!(!reply.header("retry-after").is_empty());
        scene.world.server.faults.clear(None);
        scene.owner.open_review(&scene.token).await.page(200);
        scene.assert_untouched("a failed page").await;
    }
}

#[tokio::test]
async fn a_report_during_an_outage_writes_nothing_and_can_be_repeated() {
    for kind in KINDS {
        for operation in ["GetItem", "TransactWriteItems"] {
            let scene = Scene::new().await;
            scene.world.server.faults.queue(Some(operation), kind, 1_000);
            let reply = scene.owner.answer_review(&scene.token, "was_not_me").await;
            let page = reply.page(503);
            assert!(page.contains("Please try again") && page.contains(&scene.token), "{operation} {page}");
            scene.world.server.faults.clear(None);
            scene.assert_untouched(operation).await;
            scene.owner.answer_review(&scene.token, "was_not_me").await.page(200);
            scene.assert_thief_is_out().await;
        }
    }
}

/// The response of the transaction is lost: the session has ended, once, whatever the page shows.
#[tokio::test]
async fn a_report_whose_commit_was_lost_is_recorded_once() {
    let scene = Scene::new().await;
    scene.world.server.faults.queue(Some("TransactWriteItems"), FaultKind::TimeoutAfterCommit, 10);
    let reply = scene.owner.answer_review(&scene.token, "was_not_me").await;
    assert!([200, 503].contains(&reply.status.as_u16()), "{}", reply.body);
    scene.world.server.faults.clear(None);
    scene.assert_thief_is_out().await;
    scene.owner.answer_review(&scene.token, "was_not_me").await.page(200);
    scene.assert_thief_is_out().await;
}

/// Requests of the thief may conflict with the transaction for as long as the thief likes. The mark on the row ends the session.
#[tokio::test]
async fn a_report_that_meets_only_conflicts_ends_the_session() {
    let scene = Scene::new().await;
    scene.world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1_000);
    scene.owner.answer_review(&scene.token, "was_not_me").await.page(503);
    scene.world.server.faults.clear(None);
    scene.thief.list(&scene.stolen.access).await.assert_ended("security");
    // The report was recorded before the session could end, and the next try, of another device, leaves it as it is.
    let first = scene.world.raw_events("alice", "sign_in_reported").await;
    assert_eq!(first.len(), 1);
    scene.world.advance(60);
    let other = scene.world.device().agent(FIREFOX).at("203.0.113.77");
    other.answer_review(&scene.token, "was_not_me").await.page(200);
    scene.assert_thief_is_out().await;
    assert_eq!(scene.world.raw_events("alice", "sign_in_reported").await, first);
}

#[tokio::test]
async fn it_was_me_during_an_outage_is_not_shown_as_recorded() {
    let scene = Scene::new().await;
    scene.world.server.faults.queue(Some("PutItem"), FaultKind::Error500, 1_000);
    scene.owner.answer_review(&scene.token, "was_me").await.page(503);
    scene.world.server.faults.clear(None);
    scene.assert_untouched("an outage").await;
}

/// The count of a limit only keeps order, so that it never stands between a user and the end of a thief's session.
#[tokio::test]
async fn a_report_passes_while_the_limit_cannot_be_counted() {
    let scene = Scene::new().await;
    scene.world.server.faults.queue(Some("UpdateItem"), FaultKind::Error500, 1_000);
    scene.owner.answer_review(&scene.token, "was_not_me").await.page(200);
    scene.world.server.faults.clear(None);
    scene.assert_thief_is_out().await;
}
