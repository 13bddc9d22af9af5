//! Rules for every request: problems, headers, methods, paths, bodies.

mod authorization;
mod bodies;
mod headers;
mod own_origin;
mod panics;

use latchkey_tests::world::{CHROME, Jar, Tokens, World};
use serde_json::json;

/// Every route with its methods.
const ROUTES: [(&str, &[&str]); 9] = [
    ("/api/auth/login", &["POST"]),
    ("/api/auth/refresh", &["GET", "POST"]),
    ("/api/auth/sessions", &["DELETE", "GET"]),
    ("/api/auth/sessions/0193aaaa-0000-7000-8000-000000000000", &["DELETE", "GET"]),
    ("/api/auth/revoke", &["POST"]),
    ("/api/auth/.well-known/jwks.json", &["GET"]),
    ("/api/auth/.well-known/revocations", &["GET"]),
    ("/api/auth/.well-known/openid-configuration", &["GET"]),
    ("/.well-known/oauth-authorization-server/api/auth", &["GET"]),
];

const METHODS: [&str; 10] =
    ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"];

async fn signed_in(world: &World) -> Jar {
    Jar::of(&world.device().login_in_browser(&world.assertion("alice")).await)
}

#[tokio::test]
async fn a_wrong_method_is_405_with_the_allowed_methods() {
    let world = World::new().await;
    let jar = signed_in(&world).await;
    let device = world.device().cookies(&jar.line());
    let before = world.everything().await;
    for (path, known) in ROUTES {
        // A later version may have more methods, so this checks only that a method in `Allow` works.
        for method in METHODS.iter().filter(|method| !known.contains(method)) {
            let reply = device.send(method, path, None, "").await;
            if reply.status != 405 {
                assert!(["GET", "POST", "DELETE"].contains(method), "{method} {path}: {}", reply.status);
                continue;
            }
            reply.assert_problem(405, "method_not_allowed").assert_no_cookie();
            let mut allowed: Vec<&str> = reply.header("allow").split(',').map(str::trim).collect();
            allowed.retain(|method| *method != "HEAD");
            allowed.sort_unstable();
            for method in known {
                assert!(allowed.contains(method), "{path}: {allowed:?}");
            }
            assert!(!allowed.contains(method), "{path} refuses a method in Allow: {allowed:?}");
        }
    }
    world.assert_unchanged(&before, "a refused method must change nothing").await;
}

#[tokio::test]
async fn head_and_options_change_nothing() {
    let world = World::new().await;
    let jar = signed_in(&world).await;
    let device = world.device().cookies(&jar.line());
    let before = world.everything().await;
    world.advance(60);
    for (path, _) in ROUTES {
        for method in ["HEAD", "OPTIONS"] {
            let reply = device.send(method, path, None, "").await;
            assert!(reply.status.as_u16() < 500, "{method} {path}: {}", reply.status);
            reply.assert_no_cookie();
        }
    }
    world.assert_unchanged(&before, "HEAD and OPTIONS must change nothing").await;
}

/// API Gateway sends a preflight to a route for any method, and adds its own headers only to a successful response.
#[tokio::test]
async fn a_preflight_succeeds_and_allows_no_origin() {
    let world = World::new().await;
    let before = world.everything().await;
    let device = world.device().header("origin", "https://app.example.com");
    let asking = device.clone().header("access-control-request-method", "POST");
    for (path, _) in ROUTES {
        let reply = asking.send("OPTIONS", path, None, "").await;
        assert_eq!(reply.status, 204, "{path}: {}", reply.body);
        reply.assert_no_cookie();
        let allows = |name: &str| name.starts_with("access-control-");
        assert!(!reply.headers.keys().any(|name| allows(name.as_str())), "{path}: {:?}", reply.headers);
        device.send("OPTIONS", path, None, "").await.assert_problem(405, "method_not_allowed");
    }
    asking.send("OPTIONS", "/api/auth/nothing", None, "").await.assert_problem(404, "not_found");
    world.assert_unchanged(&before, "a preflight must change nothing").await;
}

#[tokio::test]
async fn no_header_or_parameter_overrides_the_method() {
    let world = World::new().await;
    let jar = signed_in(&world).await;
    let other = world.device().sign_in("alice").await;
    let device = world.device().cookies(&jar.line());
    let before = world.everything().await;
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        for method in ["DELETE", "POST"] {
            let tricked = device.clone().header(name, method);
            for path in ["/api/auth/refresh", "/api/auth/sessions", "/api/auth/sessions?scope=others"] {
                tricked.get(path).await.assert_status(200).assert_no_cookie();
            }
            let path = format!("/api/auth/sessions/{}?_method={method}", other.session);
            tricked.get(&path).await.assert_status(200);
        }
    }
    world.assert_unchanged(&before, "a GET must change nothing").await;
    assert_eq!(world.live("alice").await.len(), 2);
}

#[tokio::test]
async fn another_spelling_of_a_path_is_404() {
    let world = World::new().await;
    let jar = signed_in(&world).await;
    let tokens =
        Tokens { access: jar.access.clone(), refresh: jar.refresh.clone(), session: jar.session.clone() };
    let device = world.device().cookies(&jar.line());
    let before = world.everything().await;
    let calls = world.server.stats.total();
    let paths = [
        "//api/auth/refresh",
        "/api//auth/refresh",
        "/api/auth//refresh",
        "/api/auth/refresh/",
        "/api/auth/refresh//",
        "/api/auth/./refresh",
        "/api/auth/x/../refresh",
        "/api/auth/%2e/refresh",
        "/api/auth/%72efresh",
        "/api%2fauth%2frefresh",
        "/api/auth/refresh%00",
        "/api/auth/refresh;x=1",
        "/API/auth/refresh",
        "/api/auth/Refresh",
        "/auth/refresh",
        "/refresh",
        "/api/auth",
        "/api/auth/",
        "/",
        "/api/auth/sessions/",
        "/api/auth/sessions//",
        "/api/auth/sessions/x/y",
        "/api/auth/revoke/",
        "/api/auth/login/",
    ];
    for path in paths {
        for method in ["GET", "POST", "DELETE"] {
            let reply = device.send(method, path, Some("application/json"), "{}").await;
            reply.assert_problem(404, "not_found").assert_no_cookie();
        }
        let body = json!({"refresh_token": tokens.refresh});
        device.post(path, body).await.assert_problem(404, "not_found");
    }
    assert_eq!(world.server.stats.total(), calls, "no handler was reached");
    world.assert_unchanged(&before, "another spelling must change nothing").await;
}

#[tokio::test]
async fn every_401_has_a_www_authenticate_challenge() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let dead = device.sign_in("alice").await;
    device.revoke(&dead.access, json!({"strategy": "current"})).await.assert_status(200);
    let invalid = "Bearer error=\"invalid_token\"";
    let replies = [
        (device.get("/api/auth/sessions").await, "token_missing", "Bearer"),
        (device.post("/api/auth/refresh", json!({})).await, "token_missing", "Bearer"),
        (device.refresh("made-up").await, "invalid_token", invalid),
        (device.list("made-up").await, "invalid_token", invalid),
        (device.list(&dead.access).await, "session_ended", invalid),
        (device.refresh(&dead.refresh).await, "session_ended", invalid),
        (device.login("made-up").await, "invalid_assertion", invalid),
    ];
    for (reply, code, challenge) in &replies {
        assert_eq!(reply.assert_problem(401, code).header("www-authenticate"), *challenge, "{code}");
    }
    world.advance(3_600);
    let expired = device.list(&tokens.access).await;
    assert_eq!(expired.assert_problem(401, "token_expired").header("www-authenticate"), invalid);
}

#[tokio::test]
async fn the_client_address_is_never_taken_from_a_clients_header() {
    let world = World::new().await;
    let mut device = world.device().at("198.51.100.7");
    for name in
        ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip", "x-client-ip"]
    {
        device = device.header(name, "203.0.113.1");
    }
    device = device
        .header("cloudfront-viewer-address", "203.0.113.1:443")
        .header("cloudfront-viewer-country", "PT");
    let tokens = device.sign_in("alice").await;
    let tokens = Tokens::of(&device.refresh(&tokens.refresh).await);
    let session = device.list(&tokens.access).await.body["sessions"][0].clone();
    assert_eq!(session["ip_address"], "198.51.100.7");
    assert!(session["location"].is_null(), "{session}");
    assert!(!world.everything().await.contains("203.0.113.1"), "the forged address is not stored either");
}

#[tokio::test]
async fn the_keys_and_the_metadata_are_public_and_have_no_private_member() {
    let world = World::new().await;
    let jwks = world.device().get("/api/auth/.well-known/jwks.json").await;
    assert_eq!(jwks.assert_status(200).header("cache-control"), "public, max-age=300");
    let keys = jwks.body["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1, "the refresh key is not published");
    for member in ["d", "k", "p", "q", "dp", "dq", "qi"] {
        assert!(keys[0].get(member).is_none(), "{member} is published");
    }
    let discovery = world.device().get("/api/auth/.well-known/openid-configuration").await;
    assert_eq!(discovery.assert_status(200).body["issuer"], "http://127.0.0.1:9000/api/auth");
    assert_eq!(discovery.body["jwks_uri"], "http://127.0.0.1:9000/api/auth/.well-known/jwks.json");
    // A service that has the keys verifies our tokens offline.
    let tokens = world.device().agent(CHROME).sign_in("alice").await;
    let key: jsonwebtoken::jwk::Jwk = serde_json::from_value(keys[0].clone()).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    rules.set_audience(&["latchkey-local"]);
    rules.set_issuer(&["http://127.0.0.1:9000/api/auth"]);
    rules.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_jwk(&key).unwrap();
    let verified = jsonwebtoken::decode::<serde_json::Value>(&tokens.access, &key, &rules).unwrap();
    assert_eq!(verified.claims["sub"], "alice");
}
