//! Answers that compete with refreshes and sign-outs of the same session.

use latchkey_tests::world::Tokens;
use serde_json::json;
use tokio::task::JoinSet;

use super::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_concurrent_refresh_saves_a_session_from_a_report() {
    for _ in 0..10 {
        let scene = Scene::new().await;
        let mut refreshes = JoinSet::new();
        let (thief, mut stolen) = (scene.thief.clone(), scene.stolen.clone());
        refreshes.spawn(async move {
            loop {
                let reply = thief.refresh(&stolen.refresh).await;
                if reply.status != 200 {
                    return reply;
                }
                stolen = Tokens::of(&reply);
                tokio::task::yield_now().await;
            }
        });
        scene.owner.answer_review(&scene.token, "was_not_me").await.page(200);
        assert!(scene.world.raw_row("alice", &scene.stolen.session).await.is_none());
        for reply in refreshes.join_all().await {
            assert!(reply.code() == "session_ended" || reply.code() == "rate_limited", "{}", reply.body);
        }
        scene.assert_thief_is_out().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_and_a_sign_out_at_once_end_the_session_once() {
    for _ in 0..10 {
        let scene = Scene::new().await;
        let (thief, access) = (scene.thief.clone(), scene.stolen.access.clone());
        let out = tokio::spawn(async move { thief.revoke(&access, json!({"strategy": "current"})).await });
        scene.owner.answer_review(&scene.token, "was_not_me").await.page(200);
        out.await.expect("no panic").assert_status(200);
        assert_eq!(scene.world.live("alice").await, std::slice::from_ref(&scene.own.session));
        assert_eq!(scene.world.count_events("alice", "session_ended").await, 1);
        assert_eq!(scene.world.count_events("alice", "sign_in_reported").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_reports_at_once_end_the_session_once() {
    let scene = Scene::new().await;
    let mut reports = JoinSet::new();
    for _ in 0..8 {
        let (owner, token) = (scene.owner.clone(), scene.token.clone());
        reports.spawn(async move { owner.answer_review(&token, "was_not_me").await });
    }
    for reply in reports.join_all().await {
        reply.page(200);
    }
    scene.assert_thief_is_out().await;
}
