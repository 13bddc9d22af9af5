//! The headers of every response, with any status.

use std::collections::BTreeSet;

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Jar, Reply, World};
use serde_json::json;

const ALWAYS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// One response of every status that the API has.
async fn one_of_each(world: &World) -> Vec<Reply> {
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let list = device.list(&tokens.access).await;
    let tag = list.header("etag").to_owned();
    let page = device.clone().header("cookie", &format!("latchkey_access={}", tokens.access));
    let long = "x".repeat(16 * 1024 + 1);
    let mut replies = vec![
        device.login(&world.assertion("bob")).await,
        device.login_in_browser(&world.assertion("carol")).await,
        list,
        device.clone().bearer(&tokens.access).header("if-none-match", &tag).get("/api/auth/sessions").await,
        device.post("/api/auth/login", json!({})).await,
        device.get("/api/auth/sessions").await,
        page.post("/api/auth/revoke", json!({"strategy": "all"})).await,
        device.get("/api/auth/nowhere").await,
        device.send("PUT", "/api/auth/login", None, "").await,
        device.send("POST", "/api/auth/login", Some("application/json"), long).await,
        device.send("POST", "/api/auth/login", Some("text/plain"), "{}").await,
    ];
    // Limit 1: the second sign-in is refused, and so is the second refresh.
    replies.push(device.login(&world.assertion("alice")).await);
    let next = device.refresh(&tokens.refresh).await;
    replies.push(device.refresh(&next.text("refresh_token")).await);
    replies.push(next);
    world.server.faults.queue(None, FaultKind::TimeoutBefore, 3);
    replies.push(device.refresh(&tokens.refresh).await);
    replies
}

async fn replies() -> Vec<Reply> {
    let settings =
        [("SESSION_LIMIT", "1"), ("SESSION_LIMIT_POLICY", "reject"), ("LIMIT_REFRESH", "1/5m/15m")];
    let replies = one_of_each(&World::with(&settings).await).await;
    let statuses: BTreeSet<u16> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    let expected = [200, 201, 304, 400, 401, 403, 404, 405, 409, 413, 415, 429, 503];
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), expected);
    replies
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    for reply in replies().await {
        for (name, value) in ALWAYS {
            let values: Vec<_> = reply.headers.get_all(name).iter().collect();
            assert_eq!(values, [value], "{} {name}", reply.status);
        }
        assert_eq!(reply.header("cache-control"), "no-store", "{}", reply.status);
        assert!(!reply.headers.contains_key("access-control-allow-origin"), "{}", reply.status);
        assert!(!reply.headers.contains_key("server"), "{}", reply.status);
    }
}

#[tokio::test]
async fn every_response_has_its_own_request_id() {
    let ids: Vec<String> =
        replies().await.iter().map(|reply| reply.header("x-request-id").to_owned()).collect();
    assert!(ids.iter().all(|id| (8..=64).contains(&id.len())), "{ids:?}");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
}

#[tokio::test]
async fn a_caller_cannot_choose_its_request_id() {
    let world = World::new().await;
    let reply = world.device().header("x-request-id", "chosen-by-the-caller").get("/api/auth/sessions").await;
    reply.assert_problem(401, "token_missing");
    assert_ne!(reply.header("x-request-id"), "chosen-by-the-caller");
}

#[tokio::test]
async fn every_refusal_is_a_complete_problem() {
    for reply in replies().await.iter().filter(|reply| reply.status.as_u16() >= 400) {
        let code = reply.code().to_owned();
        reply.assert_problem(reply.status.as_u16(), &code).assert_no_cookie();
        assert!(reply.body.get("instance").is_none());
        let retries = reply.headers.contains_key("retry-after");
        assert_eq!(retries, [429, 503].contains(&reply.status.as_u16()), "{}", reply.status);
    }
}

#[tokio::test]
async fn no_foreign_origin_may_read_a_response() {
    let world = World::with(&[("LATCHKEY_ALLOWED_ORIGINS", "https://app.example.com")]).await;
    let origins =
        ["https://evil.example", "null", "https://app.example.com.evil.tld", "https://evil-app.example.com"];
    for origin in origins {
        let stranger = world.device().header("origin", origin);
        for reply in [
            stranger.get("/api/auth/refresh").await,
            stranger.get("/api/auth/sessions").await,
            stranger
                .clone()
                .header("access-control-request-method", "POST")
                .send("OPTIONS", "/api/auth/refresh", None, "")
                .await,
        ] {
            for name in ["access-control-allow-origin", "access-control-allow-credentials"] {
                assert!(!reply.headers.contains_key(name), "{origin} {name}");
            }
        }
    }
}

#[tokio::test]
async fn a_cookie_of_another_application_does_not_hide_ours() {
    let world = World::new().await;
    let jar = Jar::of(&world.device().login_in_browser(&world.assertion("alice")).await);
    for other in [&b"theme=caf\xc3\xa9"[..], b"theme=caf\xe9", b"theme=\xff\xfe", b"\xe9=1"] {
        let line = [other, b"; ", jar.line().as_bytes(), b"; last=\xe9"].concat();
        let device = world.device().raw_header("cookie", http::HeaderValue::from_bytes(&line).unwrap());
        device.get("/api/auth/sessions").await.assert_status(200);
    }
}

#[tokio::test]
async fn a_cookie_with_a_similar_name_is_not_accepted() {
    let world = World::new().await;
    let jar = Jar::of(&world.device().login_in_browser(&world.assertion("alice")).await);
    let other = Jar::of(&world.device().login_in_browser(&world.assertion("mallory")).await);
    for blank in ["\u{a0}", "\u{85}", "\u{2000}", "\u{2028}", "\u{202f}", "\u{3000}", "\u{feff}"] {
        // A sibling site can set this cookie for the whole domain, because its name does not begin with `__Host-`.
        let forged = format!("{blank}latchkey_access={}", other.access);
        let cookies = |line: &str| {
            let line = http::HeaderValue::from_bytes(line.as_bytes()).expect("a header may be UTF-8");
            world.device().raw_header("cookie", line)
        };
        let forged_only = cookies(&forged).get("/api/auth/sessions").await;
        forged_only.assert_problem(401, "token_missing");
        let with_genuine = cookies(&format!("{forged}; {}", jar.line())).get("/api/auth/sessions").await;
        assert_eq!(with_genuine.assert_status(200).body["user_id"], "alice", "{blank:?}");
    }
}
