//! "It wasn't me" ends one session, and "It was me" changes nothing.

use latchkey::telemetry::metrics::Counter;
use latchkey_tests::world::{FIREFOX, Tokens, World};
use serde_json::json;

use super::Scene;

#[tokio::test]
async fn a_report_ends_exactly_the_session_of_that_sign_in() {
    let scene = Scene::new().await;
    assert!(scene.world.feed().await.is_empty());
    let reply = scene.owner.answer_review(&scene.token, "was_not_me").await;
    assert!(reply.page(200).contains("The device is signed out"), "{}", reply.body);
    scene.assert_thief_is_out().await;
    scene.thief.refresh(&scene.stolen.refresh).await.assert_ended("security");
    scene.thief.list(&scene.stolen.access).await.assert_ended("security");
    scene.owner.refresh(&scene.own.refresh).await.assert_status(200);
    scene.world.advance(1);
    let feed = scene.world.feed().await;
    assert!(feed.lists(&scene.stolen.session) && !feed.lists(&scene.own.session) && feed.len() == 1);
}

/// A thief that keeps refreshing has a session of another generation than the one that was open when the message was sent.
#[tokio::test]
async fn a_report_ends_the_session_whatever_its_generation() {
    let scene = Scene::new().await;
    let mut stolen = scene.stolen.clone();
    for _ in 0..5 {
        scene.world.advance(3_600);
        stolen = Tokens::of(scene.thief.refresh(&stolen.refresh).await.assert_status(200));
    }
    scene.owner.answer_review(&scene.token, "was_not_me").await.page(200);
    scene.assert_thief_is_out().await;
    scene.thief.refresh(&stolen.refresh).await.assert_ended("security");
}

#[tokio::test]
async fn it_was_me_is_only_recorded_and_blocks_no_later_report() {
    let scene = Scene::new().await;
    for _ in 0..2 {
        let reply = scene.thief.answer_review(&scene.token, "was_me").await;
        assert!(reply.page(200).contains("It wasn't me") && reply.page(200).contains(&scene.token));
    }
    assert_eq!(scene.world.live("alice").await.len(), 2);
    assert_eq!(scene.world.count_events("alice", "sign_in_confirmed").await, 1, "a repeated answer");
    // The rules stay as they are: the next sign-in of that kind is noticed, too.
    scene.thief.revoke(&scene.stolen.access, json!({"strategy": "current"})).await.assert_status(200);
    scene.world.advance(1);
    scene.thief.sign_in("alice").await;
    assert_eq!(scene.world.count_events("alice", "new_device").await, 2);
    let again = scene.world.review_token("alice", "new_device").await;
    assert_ne!(again, scene.token);
    scene.owner.answer_review(&again, "was_me").await.page(200);
    scene.owner.answer_review(&again, "was_not_me").await.page(200);
    assert_eq!(scene.world.live("alice").await, [scene.own.session]);
}

/// A thief may sign out before the user answers. The page must not show it, and operators must see the report.
#[tokio::test]
async fn a_report_about_an_ended_session_gets_the_same_page_and_is_recorded() {
    let scene = Scene::new().await;
    let first = scene.owner.answer_review(&scene.token, "was_not_me").await;
    let again = scene.owner.answer_review(&scene.token, "was_not_me").await;
    assert_eq!(first.page(200), again.page(200), "a link that is used again");
    scene.assert_thief_is_out().await;
    let other = Scene::new().await;
    other.thief.revoke(&other.stolen.access, json!({"strategy": "current"})).await.assert_status(200);
    let late = other.owner.answer_review(&other.token, "was_not_me").await;
    assert_eq!(late.page(200), first.page(200));
    assert_eq!(other.world.count_events("alice", "sign_in_reported").await, 1);
    let ends =
        other.world.events("alice").await.into_iter().filter(|event| event.event_type == "session_ended");
    assert_eq!(ends.map(|event| event.reason).collect::<Vec<_>>(), ["signed_out"], "the first end counts");
    let question = other.owner.open_review(&other.token).await;
    assert!(question.page(200).contains("Was this you?"), "the link still opens");
}

/// A thief who has the link must not replace the client of the answer that operators read.
#[tokio::test]
async fn a_second_answer_leaves_the_record_of_the_first_as_it_is() {
    let scene = Scene::new().await;
    let metrics = scene.world.server.app.metrics();
    let counts = || [Counter::EventsInfo, Counter::EventsHigh].map(|counter| metrics.value(counter));
    for (answer, event) in [("was_me", "sign_in_confirmed"), ("was_not_me", "sign_in_reported")] {
        scene.owner.answer_review(&scene.token, answer).await.page(200);
        let (first, before) = (scene.world.raw_events("alice", event).await, counts());
        assert_eq!(first.len(), 1);
        scene.world.advance(60);
        let other = scene.world.device().agent(FIREFOX).at("203.0.113.77");
        other.answer_review(&scene.token, answer).await.page(200);
        assert_eq!(scene.world.raw_events("alice", event).await, first, "{event}");
        assert_eq!(counts(), before, "{event}");
    }
    scene.assert_thief_is_out().await;
}

/// The mail scanner of a user, or a page of another site, has the user's cookies or none: they change nothing.
#[tokio::test]
async fn an_answer_needs_no_cookie_and_reads_none() {
    let scene = Scene::new().await;
    let cookies = format!("latchkey_access={}; latchkey_refresh={}", scene.own.access, scene.own.refresh);
    let elsewhere = scene.owner.clone().header("cookie", &cookies).header("sec-fetch-site", "cross-site");
    let elsewhere = elsewhere.header("origin", "https://mail.example.net").bearer("made-up");
    let reply = elsewhere.answer_review(&scene.token, "was_not_me").await;
    reply.assert_no_cookie().page(200);
    scene.assert_thief_is_out().await;
    scene.owner.list(&scene.own.access).await.assert_status(200);
}

#[tokio::test]
async fn the_next_step_is_the_password_page_of_the_provider() {
    const PAGE: &str = "https://id.example.com/password?from=latchkey&a=1";
    let scene = Scene::with(&[("PASSWORD_CHANGE_URL", PAGE)]).await;
    let reply = scene.owner.answer_review(&scene.token, "was_not_me").await;
    let link = r#"<a class="button main" href="https://id.example.com/password?from=latchkey&amp;a=1">Change password</a>"#;
    assert!(reply.page(200).contains(link), "{}", reply.body);
    let scene = Scene::new().await;
    let reply = scene.owner.answer_review(&scene.token, "was_not_me").await;
    assert!(!reply.page(200).contains("<a ") && reply.page(200).contains("Change your password now"));
}

/// An administrator finds the report by the id of its alert, and the sign-in by the id in the report.
#[tokio::test]
async fn a_report_leads_an_administrator_to_the_sign_in() {
    let scene = Scene::new().await;
    scene.owner.answer_review(&scene.token, "was_not_me").await.page(200);
    let root = scene.world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let admin = scene.world.device().bearer(&Tokens::of(&scene.world.device().login(&root).await).access);
    let row = scene.world.raw_events("alice", "sign_in_reported").await.remove(0);
    let id = row["event_id"].as_s().expect("a text").clone();
    let report = admin.get(&format!("/api/auth/sessions/events?event_id={id}")).await;
    assert_eq!(report.assert_status(200).body["user_id"], "alice");
    let sign_in = &report.body["events"][0]["details"]["event_id"];
    let sign_in = sign_in.as_str().expect("the event of the sign-in");
    let path = format!("/api/auth/sessions/events?event_id={sign_in}&user_id=alice");
    assert_eq!(admin.get(&path).await.assert_status(200).body["events"][0]["event_type"], "new_device");
}

#[tokio::test]
async fn a_session_with_a_pending_end_keeps_the_reason_of_that_end() {
    let scene = Scene::new().await;
    scene.world.set_pending_end("alice", &scene.stolen.session, "admin").await;
    scene.owner.answer_review(&scene.token, "was_not_me").await.page(200);
    assert_eq!(scene.world.live("alice").await, [scene.own.session]);
    let end = scene.world.events("alice").await.into_iter().find(|event| event.event_type == "session_ended");
    assert_eq!(end.map(|event| event.reason).as_deref(), Some("admin"));
    assert_eq!(scene.world.count_events("alice", "sign_in_reported").await, 1);
}

/// The link of a long user id, whose rows have a hash as their key.
#[tokio::test]
async fn a_user_with_the_longest_id_can_answer() {
    let world = World::new().await;
    let user = "u".repeat(255);
    let tokens = world.device().sign_in(&user).await;
    let token = world.review_token_without_event(&user, &tokens.session);
    world.device().answer_review(&token, "was_not_me").await.page(200);
    assert!(world.live(&user).await.is_empty());
}
