//! Can a page of another site make a signed-in browser change anything? The tests send every unsafe request of
//! `openapi.yaml`, with every kind of body that a page can send and an administrator's cookies.

use latchkey_tests::openapi::Spec;
use latchkey_tests::world::{Device, Jar, World};
use serde_json::{Value, json};

/// The headers of requests that a browser sends for a page of another site.
const PAGES: [&[(&str, &str)]; 7] = [
    &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
    &[("sec-fetch-site", "same-site"), ("origin", "https://blog.example.com")],
    &[("sec-fetch-site", "cross-site")],
    &[("origin", "https://evil.example")],
    &[("origin", "https://app.example.com.evil.tld")],
    &[("origin", "http://app.example.com")],
    &[("origin", "null")],
];

/// The content types. A page needs no CORS permission for the first three, but it does for the last one.
const TYPES: [Option<&str>; 5] = [
    Some("text/plain"),
    Some("application/x-www-form-urlencoded"),
    Some("multipart/form-data; boundary=x"),
    None,
    Some("application/json"),
];

async fn signed_in(world: &World, user: &str) -> Jar {
    let assertion = world.assertion_with(user, json!({"scope": "latchkey:admin"}));
    Jar::of(world.device().login_in_browser(&assertion).await.assert_status(201))
}

/// Requests that would do harm if the server took them for the visitor's own.
fn bodies(world: &World, other: &Jar) -> Vec<String> {
    let reason = "reset";
    let strategies = [
        json!({"strategy": "current"}),
        json!({"strategy": "others"}),
        json!({"strategy": "all"}),
        json!({"strategy": "session", "session_id": other.session}),
        json!({"strategy": "user", "user_id": "victor", "reason": reason}),
        json!({"strategy": "everyone", "reason": reason}),
        json!({"action": "cleanup"}),
        json!({"assertion": world.assertion("mallory")}),
        json!({}),
    ];
    let forms = ["", "strategy=all", "grant_type=refresh_token", "action=cleanup", "_method=DELETE"];
    strategies.iter().map(Value::to_string).chain(forms.map(str::to_owned)).collect()
}

/// The method and path of every unsafe request. A path with a session id has that of a session of the visitor.
fn calls(other: &Jar) -> Vec<(String, String)> {
    let operations = Spec::get().operations().into_iter().filter(|operation| operation.method != "GET");
    let calls = operations.map(|operation| {
        let path = operation.full_path().replace("{id}", &other.session);
        assert!(!path.contains('{'), "a parameter of {path} is not filled in");
        let query = if operation.method == "DELETE" { "?scope=others" } else { "" };
        (operation.method.to_owned(), format!("{path}{query}"))
    });
    calls.collect()
}

#[tokio::test]
async fn no_unsafe_request_from_a_page_of_another_site_is_carried_out() {
    let settings = [("LATCHKEY_ALLOWED_ORIGINS", "https://app.example.com"), ("LIMIT_LOGIN", "100000/15m")];
    let world = World::with(&settings).await;
    let (victim, other) = (signed_in(&world, "root").await, signed_in(&world, "root").await);
    signed_in(&world, "victor").await;
    let before = world.everything().await;
    let calls = calls(&other);
    assert!(calls.len() >= 8, "{calls:?}");
    for headers in PAGES {
        let visitor = world.device().header("cookie", &victim.line());
        let page = headers.iter().fold(visitor, |page: Device, (name, value)| page.header(name, value));
        for (method, path) in &calls {
            for (kind, body) in
                TYPES.iter().flat_map(|kind| bodies(&world, &other).into_iter().map(move |body| (kind, body)))
            {
                let reply = page.send(method, path, *kind, body.clone()).await;
                let what = format!("{headers:?} {method} {path} {kind:?} {body}");
                assert!(reply.status.is_client_error(), "{what}: {} {}", reply.status, reply.body);
                assert!(!reply.headers.contains_key("set-cookie"), "{what}: touches a cookie");
            }
            world.assert_unchanged(&before, &format!("{headers:?} {method} {path}")).await;
        }
    }
}

#[tokio::test]
async fn the_same_requests_from_an_allowed_origin_are_carried_out() {
    let world = World::new().await;
    let (own, other) = (signed_in(&world, "root").await, signed_in(&world, "root").await);
    let page = world.device().cookies(&own.line()).header("origin", "http://127.0.0.1:9000");
    page.post("/api/auth/sessions", json!({"action": "cleanup"})).await.assert_status(200);
    let one = page.delete(&format!("/api/auth/sessions/{}", other.session)).await;
    assert_eq!(one.assert_status(200).body["ended"], 1);
    page.send("POST", "/api/auth/refresh", None, "").await.assert_status(200);
    page.post("/api/auth/revoke", json!({"strategy": "all"})).await.assert_status(200);
    assert!(world.live("root").await.is_empty());
}

#[tokio::test]
async fn the_origin_is_checked_with_every_samesite_setting() {
    let partner = "https://partner.example";
    for (setting, access, refresh) in
        [("lax", "Lax", "Strict"), ("strict", "Strict", "Strict"), ("none", "None", "None")]
    {
        let settings =
            [("COOKIE_SECURE", "true"), ("COOKIE_SAMESITE", setting), ("LATCHKEY_ALLOWED_ORIGINS", partner)];
        let world = World::with(&settings).await;
        let reply = world.device().login_in_browser(&world.assertion("alice")).await;
        let mut cookies = vec![];
        for (name, same_site) in [("__Host-latchkey_access", access), ("__Host-latchkey_refresh", refresh)] {
            let line = reply.cookie_line(name).expect("it is set");
            assert!(
                line.ends_with(&format!("; HttpOnly; Secure; SameSite={same_site}")),
                "{setting}: {line}"
            );
            cookies.push(format!("{name}={}", reply.cookie(name).expect("it has a value")));
        }
        let before = world.everything().await;
        let visitor =
            world.device().header("cookie", &cookies.join("; ")).header("sec-fetch-site", "cross-site");
        for origin in ["https://evil.example", "https://partner.example.evil.tld", "null"] {
            let page = visitor.clone().header("origin", origin);
            for body in [json!({"strategy": "all"}), json!({"strategy": "current"})] {
                page.post("/api/auth/revoke", body)
                    .await
                    .assert_problem(403, "csrf_rejected")
                    .assert_no_cookie();
            }
            page.send("POST", "/api/auth/refresh", None, "").await.assert_problem(403, "csrf_rejected");
        }
        world.assert_unchanged(&before, setting).await;
        let own = visitor.header("origin", partner);
        own.send("POST", "/api/auth/refresh", None, "").await.assert_status(200);
    }
}
