//! Ending one session by its id, and all other sessions.

use latchkey_tests::world::{Jar, World};
use serde_json::json;

use super::end_session;

#[tokio::test]
async fn ending_one_session_ends_only_that_session() {
    let world = World::new().await;
    let device = world.device();
    let (mine, lost) = (device.sign_in("alice").await, device.sign_in("alice").await);
    world.advance(42);
    let reply = end_session(&device, &mine.access, &lost.session).await;
    let expected =
        json!({"ended": 1, "session_ids": [lost.session], "access_tokens_expire_by": "2026-09-21T15:14:02Z"});
    assert_eq!(reply.assert_status(200).body, expected);
    device.list(&lost.access).await.assert_ended("signed_out");
    device.refresh(&lost.refresh).await.assert_ended("signed_out");
    assert_eq!(world.live("alice").await, std::slice::from_ref(&mine.session));
    let ended = &world.raw_events("alice", "session_ended").await[0];
    let details = ended["details"].as_m().unwrap();
    assert_eq!(details["reason"].as_s().unwrap(), "signed_out");
    assert_eq!(details["by"].as_m().unwrap()["kind"].as_s().unwrap(), "user");
    assert_eq!(details["lasted_seconds"].as_n().unwrap(), "42");
}

#[tokio::test]
async fn ending_the_others_keeps_the_callers_session() {
    let world = World::new().await;
    let device = world.device();
    let mut others = vec![device.sign_in("alice").await, device.sign_in("alice").await];
    let mine = device.sign_in("alice").await;
    let victor = device.sign_in("victor").await;
    let delete = device.clone().bearer(&mine.access).delete("/api/auth/sessions?scope=others").await;
    assert_eq!(delete.assert_status(200).body["ended"], 2);
    let mut ended: Vec<_> = delete.body["session_ids"].as_array().unwrap().clone();
    ended.sort_by_key(ToString::to_string);
    others.sort_by_key(|tokens| tokens.session.clone());
    assert_eq!(ended, [json!(others[0].session), json!(others[1].session)]);
    for other in &others {
        device.refresh(&other.refresh).await.assert_ended("signed_out");
    }
    assert_eq!(device.refresh(&mine.refresh).await.status, 200);
    assert_eq!(device.list(&victor.access).await.status, 200);
    let again = device.clone().bearer(&mine.access).delete("/api/auth/sessions?scope=others").await;
    assert_eq!(again.assert_status(200).body["ended"], 0);
    assert_eq!(world.count_events("alice", "session_ended").await, 2);
}

#[tokio::test]
async fn ending_the_other_sessions_requires_the_scope_parameter() {
    let world = World::new().await;
    let device = world.device();
    device.sign_in("alice").await;
    let mine = device.sign_in("alice").await;
    for query in
        ["", "?", "?scope=", "?scope=all", "?scope=OTHERS", "?scope=others&scope=others", "?Scope=others"]
    {
        let reply = device.clone().bearer(&mine.access).delete(&format!("/api/auth/sessions{query}")).await;
        reply.assert_field("scope");
    }
    assert_eq!(world.live("alice").await.len(), 2);
}

#[tokio::test]
async fn only_our_own_pages_may_end_sessions_with_a_cookie() {
    let world = World::new().await;
    let device = world.device();
    let other = device.sign_in("alice").await;
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let page = device.clone().header("cookie", &jar.line());
    for path in
        [format!("/api/auth/sessions/{}", other.session), "/api/auth/sessions?scope=others".to_owned()]
    {
        for site in ["cross-site", "same-site", "none"] {
            let reply = page.clone().header("sec-fetch-site", site).delete(&path).await;
            reply.assert_problem(403, "csrf_rejected").assert_no_cookie();
        }
        page.delete(&path).await.assert_problem(403, "csrf_rejected");
        page.clone()
            .header("origin", "https://evil.example")
            .delete(&path)
            .await
            .assert_problem(403, "csrf_rejected");
    }
    assert_eq!(world.live("alice").await.len(), 2);
    let ours = device.clone().cookies(&jar.line());
    let reply = ours.delete(&format!("/api/auth/sessions/{}", other.session)).await;
    assert_eq!(reply.assert_status(200).body["ended"], 1);
    assert_eq!(
        device.header("cookie", &jar.line()).get("/api/auth/sessions").await.status,
        200,
        "a GET needs no CSRF check"
    );
}
