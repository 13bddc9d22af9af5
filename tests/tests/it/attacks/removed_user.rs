//! The tokens and sessions of a removed user are invalid for a later user with the same id.

use latchkey_tests::world::{Jar, Tokens, World};
use serde_json::json;

#[tokio::test]
async fn tokens_of_a_removed_user_are_invalid_for_a_later_user_of_that_id() {
    let world = World::new().await;
    let device = world.device();
    let old = device.sign_in("paul").await;
    let rotated = Tokens::of(device.refresh(&old.refresh).await.assert_status(200));
    let jar = Jar::of(&device.login_in_browser(&world.assertion("paul")).await);
    let (used, unused) = (world.assertion("paul"), world.assertion("paul"));
    let third = Tokens::of(&device.login(&used).await);
    world.advance(11);
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(&device.login(&root).await);
    let body = json!({"strategy": "user", "user_id": "paul", "reason": "left the company"});
    assert_eq!(device.revoke(&root.access, body).await.assert_status(200).body["ended"], 3);
    world.advance(60);
    // A new user gets the same id.
    let next = device.sign_in("paul").await;
    let before = world.everything().await;
    for tokens in [&rotated, &third] {
        device.refresh(&tokens.refresh).await.assert_ended("admin");
        device.list(&tokens.access).await.assert_ended("admin");
    }
    // The same is true for a token that would be reuse if its session lived.
    device.refresh(&old.refresh).await.assert_ended("admin");
    device.refresh_with_cookies(&jar.line()).await.assert_ended("admin").assert_cookies_cleared();
    device.login(&unused).await.assert_problem(401, "invalid_assertion");
    let ended = json!({"strategy": "all"});
    device.revoke(&third.access, ended).await.assert_ended("admin");
    world.assert_unchanged(&before, "an old token must not affect the new user").await;
    // The second use of an assertion is evidence of its theft, so that it leaves an event and nothing else.
    device.login(&used).await.assert_problem(401, "invalid_assertion");
    assert_eq!(world.count_events("paul", "assertion_reused").await, 1);
    assert_eq!(world.live("paul").await, std::slice::from_ref(&next.session));
    let list = device.list(&next.access).await;
    assert_eq!(list.body["sessions"].as_array().map(Vec::len), Some(1), "{}", list.body);
}

#[tokio::test]
async fn a_password_reset_that_ends_the_other_sessions_needs_no_list_of_devices() {
    let world = World::new().await;
    let stolen: Vec<Tokens> = {
        let mut all = vec![];
        for agent in ["curl/8.5.0", "MyApp/1", ""] {
            all.push(world.device().agent(agent).sign_in("alice").await);
        }
        all
    };
    let device = world.device();
    let mine = device.sign_in("alice").await;
    let reply = device.revoke(&mine.access, json!({"strategy": "others"})).await;
    assert_eq!(reply.assert_status(200).body["ended"], 3);
    for tokens in &stolen {
        device.refresh(&tokens.refresh).await.assert_ended("signed_out");
        device.list(&tokens.access).await.assert_ended("signed_out");
    }
    assert_eq!(world.live("alice").await, std::slice::from_ref(&mine.session));
    // The remaining session gets new tokens. The old token is their predecessor.
    let next = Tokens::of(device.refresh(&mine.refresh).await.assert_status(200));
    assert_ne!((&next.access, &next.refresh), (&mine.access, &mine.refresh));
}
