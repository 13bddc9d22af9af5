//! `Authorization` with a scheme of another server, such as the `Basic` that a browser adds on a site behind an HTTP
//! password, is no credential of ours.

use http::HeaderValue;
use latchkey_tests::world::{Device, Jar, Tokens, World};
use serde_json::json;

use super::signed_in;

const FORM: &str = "application/x-www-form-urlencoded";

/// Values of other schemes.
const FOREIGN: [&str; 6] = [
    "Basic YTpi",
    "basic YTpi",
    "Digest username=\"a, Bearer b\", realm=\"x\"",
    "Negotiate YIIZ",
    "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c",
    "Token abc",
];

/// A browser with cookies, whose proxy or HTTP password adds `Authorization`.
fn page(world: &World, jar: &Jar, authorization: &str) -> Device {
    world.device().cookies(&jar.line()).header("authorization", authorization)
}

#[tokio::test]
async fn a_foreign_scheme_leaves_the_cookie_in_force_on_every_endpoint() {
    let world = World::with(&[("LIMIT_GENERAL", "1000/15m"), ("SESSION_LIMIT", "30")]).await;
    for foreign in FOREIGN {
        let mut jar = signed_in(&world).await;
        let other = world.device().sign_in("alice").await;
        let page = |jar: &Jar| page(&world, jar, foreign);
        let status = page(&jar).get("/api/auth/refresh").await;
        assert_eq!((status.status.as_u16(), &status.body["state"]), (200, &json!("active")), "{foreign}");
        assert_eq!(status.body["session_id"], jar.session);
        let reply = page(&jar).send("POST", "/api/auth/refresh", None, "").await;
        jar = Jar::of(reply.assert_status(200));
        let own = format!("/api/auth/sessions/{}", jar.session);
        for path in ["/api/auth/sessions", "/api/auth/sessions/events", "/api/auth/revoke", &own] {
            page(&jar).get(path).await.assert_status(200);
        }
        let reply = page(&jar).delete(&format!("/api/auth/sessions/{}", other.session)).await;
        assert_eq!(reply.assert_status(200).body["ended"], 1, "{foreign}");
        page(&jar).delete("/api/auth/sessions?scope=others").await.assert_status(200);
        page(&jar).post("/api/auth/revoke", json!({"strategy": "others"})).await.assert_status(200);
        let again = page(&jar).login_in_browser(&world.assertion("alice")).await;
        assert_eq!(again.assert_status(201).body["ended"][0]["session_id"], jar.session, "{foreign}");
        let jar = Jar::of(&again);
        let out = page(&jar).post("/api/auth/revoke", json!({"strategy": "current"})).await;
        assert_eq!(out.assert_status(200).assert_cookies_cleared().body["ended"], 1, "{foreign}");
    }
    assert!(world.live("alice").await.is_empty());
}

#[tokio::test]
async fn a_foreign_scheme_without_a_cookie_is_a_missing_token() {
    let world = World::new().await;
    for foreign in FOREIGN {
        let device = world.device().header("authorization", foreign);
        device.get("/api/auth/sessions").await.assert_problem(401, "token_missing");
        device
            .post("/api/auth/revoke", json!({"strategy": "all"}))
            .await
            .assert_problem(401, "token_missing");
        assert_eq!(device.get("/api/auth/refresh").await.assert_status(200).body["state"], "none");
        let attempt = json!({"policy": "login", "subject": "a"});
        device.post("/api/auth/login/attempts", attempt).await.assert_problem(401, "token_missing");
        let reply = device.send("POST", "/api/auth/introspect", Some(FORM), "token=x").await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "token_missing"));
    }
}

#[tokio::test]
async fn a_malformed_or_repeated_bearer_token_is_refused_beside_a_valid_cookie() {
    let world = World::new().await;
    let jar = signed_in(&world).await;
    let bearer = format!("Bearer {}", jar.access);
    let mut values: Vec<Vec<String>> =
        ["", "Bearer", "Bearer ", "bearer x y", "DPoP x", &jar.access, "Bearer x.y.z"]
            .map(|value| vec![value.to_owned()])
            .to_vec();
    values.push(vec![format!("{bearer},{bearer}")]);
    values.push(vec![bearer.clone(), bearer.clone()]);
    values.push(vec![format!("Basic YTpi, {bearer}")]);
    values.push(vec![bearer.clone(), "Basic YTpi".to_owned()]);
    for values in values {
        let page = world.device().cookies(&jar.line());
        let page = values.iter().fold(page, |page, value| page.header("authorization", value));
        page.get("/api/auth/sessions").await.assert_problem(401, "invalid_token");
        page.post("/api/auth/revoke", json!({"strategy": "current"}))
            .await
            .assert_problem(401, "invalid_token");
        assert_eq!(
            page.get("/api/auth/refresh").await.assert_status(200).body["state"],
            "none",
            "{values:?}"
        );
    }
    let binary = HeaderValue::from_bytes(b"Bearer \xff").expect("a header value");
    let page = world.device().cookies(&jar.line()).raw_header("authorization", binary);
    page.get("/api/auth/sessions").await.assert_problem(401, "invalid_token");
    assert_eq!(world.live("alice").await, [jar.session], "none of them signed the user out");
}

#[tokio::test]
async fn client_authentication_is_ignored_on_every_oauth_form() {
    let world = World::new().await;
    let device = world.device().header("authorization", "Basic Y2xpZW50OnNlY3JldA==");
    let tokens = world.device().sign_in("alice").await;
    let form =
        format!("grant_type=refresh_token&refresh_token={}&client_id=c&client_secret=s", tokens.refresh);
    let refreshed = device.send("POST", "/api/auth/refresh", Some(FORM), form).await;
    let refresh = refreshed.assert_status(200).text("refresh_token");
    let form = format!("token={refresh}&token_type_hint=refresh_token&client_id=c");
    device.send("POST", "/api/auth/revoke", Some(FORM), form).await.assert_status(200);
    assert!(world.live("alice").await.is_empty(), "the session has ended");
    let body = json!({"strategy": "token", "token": device.sign_in("alice").await.access});
    assert_eq!(device.post("/api/auth/revoke", body).await.assert_status(200).body["ended"], 1);
}

#[tokio::test]
async fn a_token_of_another_user_still_limits_a_revocation_with_the_form() {
    let world = World::new().await;
    let (alice, bob) = (world.device().sign_in("alice").await, world.device().sign_in("bob").await);
    world.advance(3_601);
    let bob = Tokens::of(&world.device().refresh(&bob.refresh).await);
    let expired = world.device().bearer(&alice.access);
    let form = |token: &str| format!("token={token}");
    expired.send("POST", "/api/auth/revoke", Some(FORM), form(&bob.refresh)).await.assert_status(200);
    assert_eq!(world.live("bob").await, [&*bob.session], "a token of another user is not revoked");
    expired.send("POST", "/api/auth/revoke", Some(FORM), form(&alice.refresh)).await.assert_status(200);
    assert!(world.live("alice").await.is_empty(), "an expired access token is enough for an own token");
    let reply =
        world.device().bearer("x.y.z").send("POST", "/api/auth/revoke", Some(FORM), form(&bob.access)).await;
    assert_eq!((reply.status.as_u16(), &reply.body["error"]), (401, &json!("invalid_client")));
    assert!(reply.header("www-authenticate").starts_with("Bearer"), "a 401 names its scheme");
}
