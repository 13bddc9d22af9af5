//! Signing in: the session, the tokens and the cookies that an assertion gives.

mod assertion_reuse;
mod assertions;
mod browsers;
mod cookie_domain;
mod global_revocation;
mod long_user_ids;
mod required_claims;
mod scopes;
mod session_limit;

use latchkey_tests::world::{Jar, START, Tokens, World, header, payload};
use serde_json::json;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

#[tokio::test]
async fn a_login_returns_two_tokens_and_their_lifetimes() {
    let world = World::new().await;
    let reply = world.device().login(&world.assertion("alice")).await;
    reply.assert_status(201).assert_no_cookie();
    let members = [
        "access_token",
        "binding",
        "ended",
        "expires_at",
        "expires_in",
        "refresh_expires_in",
        "refresh_token",
        "session_expires_at",
        "session_id",
        "token_type",
        "user_id",
    ];
    assert_eq!(reply.members(), members);
    assert_eq!(reply.body["token_type"], "Bearer");
    assert_eq!(reply.body["user_id"], "alice");
    assert_eq!(reply.body["expires_in"], HOUR);
    assert_eq!(reply.body["refresh_expires_in"], 7 * DAY);
    assert_eq!(reply.body["expires_at"], "2026-09-21T15:13:20Z");
    assert_eq!(reply.body["session_expires_at"], "2026-10-21T14:13:20Z");
    assert_eq!(reply.body["ended"], json!([]));
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(world.live("alice").await, [reply.text("session_id")]);
    let trail = world.events("alice").await;
    assert_eq!(trail.len(), 1, "{trail:?}");
    assert_eq!((trail[0].event_type.as_str(), &trail[0].session), ("login", &reply.text("session_id")));
}

#[tokio::test]
async fn an_access_token_has_the_claims_of_rfc_9068_and_no_other() {
    let world = World::new().await;
    let tokens = world.device().sign_in("alice").await;
    let head = header(&tokens.access);
    assert_eq!((&head["typ"], &head["alg"]), (&json!("at+jwt"), &json!("ES256")));
    let mut claims = payload(&tokens.access);
    assert!(claims["jti"].as_str().unwrap().len() >= 16, "{claims}");
    claims["jti"] = json!("");
    let expected = json!({
        "iss": "http://127.0.0.1:9000/api/auth", "sub": "alice", "aud": "latchkey-local",
        "client_id": "latchkey-local", "iat": START, "exp": START + HOUR, "jti": "",
        "sid": tokens.session, "auth_time": START, "sst": START,
    });
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn a_browser_login_sets_the_tokens_as_cookies_only() {
    let world = World::with(&[("COOKIE_SECURE", "true")]).await;
    let assertion = world.assertion("alice");
    let reply = world.device().post("/api/auth/login", json!({"assertion": assertion})).await;
    reply.assert_status(201);
    let members =
        ["binding", "ended", "expires_at", "expires_in", "session_expires_at", "session_id", "user_id"];
    assert_eq!(reply.members(), members);
    assert_eq!(reply.headers.get_all("set-cookie").iter().count(), 2);
    for (name, same_site) in [("__Host-latchkey_access", "Lax"), ("__Host-latchkey_refresh", "Strict")] {
        let line = reply.cookie_line(name).unwrap();
        let value = reply.cookie(name).unwrap();
        assert!(name.len() + value.len() <= 4_096, "browsers ignore a longer cookie");
        let rest = line.split_once(';').unwrap().1;
        assert_eq!(rest, format!(" Path=/; Max-Age={}; HttpOnly; Secure; SameSite={same_site}", 7 * DAY));
        assert!(!reply.body.to_string().contains(&value), "{name} is in the body, too");
    }
    let claims = payload(&reply.cookie("__Host-latchkey_access").unwrap());
    assert_eq!(claims["exp"], START + HOUR, "the cookie lives longer than the token in it");
}

#[tokio::test]
async fn the_largest_claims_still_fit_a_cookie() {
    let world = World::with(&[("SESSION_LIMIT", "1")]).await;
    // JSON doubles a quote.
    for user in ["u".repeat(255), "\"".repeat(255)] {
        let assertion = world.assertion_with(&user, json!({"scope": "latchkey:admin"}));
        let reply = world.device().login_in_browser(&assertion).await;
        let jar = Jar::of(reply.assert_status(201));
        assert!(jar.access.len().max(jar.refresh.len()) + "__Host-latchkey_refresh".len() <= 4_096);
    }
}

#[tokio::test]
async fn a_body_with_an_unknown_delivery_opens_no_session() {
    let world = World::new().await;
    for delivery in [json!("header"), json!("Body"), json!(7), json!(null), json!(["body"])] {
        let body = json!({"assertion": world.assertion("alice"), "delivery": delivery});
        world.device().post("/api/auth/login", body).await.assert_field("delivery");
    }
    assert!(world.live("alice").await.is_empty());
}

#[tokio::test]
async fn unknown_members_of_a_login_change_nothing() {
    let world = World::new().await;
    let body = json!({
        "assertion": world.assertion("alice"), "delivery": "body", "user_id": "victor", "is_admin": true,
        "scope": "latchkey:admin", "expires_at": "2999-01-01T00:00:00Z", "session_id": "x",
    });
    let reply = world.device().post("/api/auth/login", body).await;
    assert_eq!(reply.assert_status(201).body["user_id"], "alice");
    assert_eq!(payload(&Tokens::of(&reply).access).get("scope"), None);
    assert!(world.live("victor").await.is_empty());
}

#[tokio::test]
async fn a_hundred_logins_have_different_ids_and_tokens() {
    let world = World::new().await;
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..100 {
        let tokens = world.device().sign_in(&format!("user {number}")).await;
        let refresh = payload(&tokens.refresh);
        let texts = [&payload(&tokens.access)["jti"], &refresh["nonce"], &refresh["sid"]];
        for text in texts {
            assert!(seen.insert(text.as_str().unwrap().to_owned()), "{text} occurred before");
        }
    }
}
