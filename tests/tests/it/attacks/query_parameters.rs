//! Tokens in a URL, repeated parameters, and query parameters in place of body members are not accepted.

use latchkey_tests::world::{Jar, World};
use serde_json::json;

#[tokio::test]
async fn a_token_in_a_url_is_not_a_credential() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let before = world.everything().await;
    for name in ["access_token", "token", "authorization", "latchkey_access", "bearer"] {
        let with = |path: &str| format!("/api/auth/{path}{name}={}", jar.access);
        for path in ["sessions?", "sessions/events?", "revoke?"] {
            device.get(&with(path)).await.assert_problem(401, "token_missing");
        }
        device.delete(&with("sessions?scope=others&")).await.assert_problem(401, "token_missing");
        let all = json!({"strategy": "all"});
        device.post(&with("revoke?"), all).await.assert_problem(401, "token_missing");
        assert_eq!(device.get(&with("refresh?")).await.body["state"], "none", "{name}");
    }
    // A form, which RFC 6750 would allow, is not accepted either.
    let form = Some("application/x-www-form-urlencoded");
    let body = format!("token=x&access_token={}", jar.access);
    let asked = device.send("POST", "/api/auth/introspect", form, body).await;
    assert_eq!((asked.status.as_u16(), asked.code()), (401, "token_missing"));
    world.assert_unchanged(&before, "a token in a URL must change nothing").await;
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let world = World::new().await;
    let device = world.device();
    let (mine, other) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let own = device.clone().bearer(&mine.access);
    let before = world.everything().await;
    for (path, field) in [
        ("/api/auth/sessions?user_id=alice&user_id=victor", "user_id"),
        ("/api/auth/sessions?include=analytics&include=analytics", "include"),
        ("/api/auth/sessions/events?session_id=a&session_id=b", "session_id"),
        ("/api/auth/revoke?session_id=a&session_id=b", "session_id"),
        ("/api/auth/revoke?user_id=a&user_id=b", "user_id"),
    ] {
        own.get(path).await.assert_field(field);
    }
    own.delete("/api/auth/sessions?scope=others&scope=mine").await.assert_field("scope");
    // Parameters of the query do not count as members of the body, and vice versa.
    let path = format!("/api/auth/revoke?strategy=all&session_id={}", other.session);
    own.post(&path, json!({})).await.assert_field("strategy");
    own.send("DELETE", "/api/auth/sessions", Some("application/json"), "{\"scope\":\"others\"}")
        .await
        .assert_field("scope");
    world.assert_unchanged(&before, "a repeated parameter must change nothing").await;
    // A path that names one session ends that session, whatever its query contains.
    let third = device.sign_in("alice").await;
    let path = format!("/api/auth/sessions/{}?scope=others&session_id={}", other.session, third.session);
    assert_eq!(own.delete(&path).await.assert_status(200).body["session_ids"], json!([other.session]));
    assert_eq!(world.live("alice").await.len(), 2);
}
