//! The form that OAuth clients send, and responses in the format of RFC 6749.

use latchkey_tests::world::{Device, Reply, Tokens, World, flipped, payload};
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";

async fn send(device: &Device, form: &str) -> Reply {
    device.send("POST", "/api/auth/refresh", Some(FORM), form.to_owned()).await
}

fn assert_error(reply: &Reply, status: u16, error: &str) {
    assert_eq!(
        (reply.status.as_u16(), reply.body["error"].as_str()),
        (status, Some(error)),
        "{}",
        reply.body
    );
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("www-authenticate"), "", "a dead grant is no failed authentication");
    reply.assert_no_cookie();
}

#[tokio::test]
async fn a_form_gets_the_members_of_rfc_6749_and_no_other() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let form = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    let reply = send(&device, &form).await;
    reply.assert_status(200).assert_no_cookie();
    assert_eq!(reply.members(), ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert_eq!((&reply.body["token_type"], &reply.body["expires_in"]), (&"Bearer".into(), &3_600.into()));
    let again = send(&device, &form).await;
    assert_eq!(again.text("refresh_token"), reply.text("refresh_token"), "grace applies to forms, too");
    assert_eq!(device.list(&reply.text("access_token")).await.status, 200);
}

#[tokio::test]
async fn a_token_that_is_not_good_is_an_invalid_grant() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    assert_error(
        &send(&device, "grant_type=refresh_token&refresh_token=made-up").await,
        400,
        "invalid_grant",
    );
    let form = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    send(&device, &form).await.assert_status(200);
    world.advance(61);
    assert_error(&send(&device.elsewhere(), &form).await, 400, "invalid_grant");
    assert!(world.live("alice").await.is_empty(), "reuse ends the session, whatever the form");
}

#[tokio::test]
async fn a_form_with_another_grant_type_is_refused() {
    let world = World::new().await;
    let device = world.device();
    let token = device.sign_in("alice").await.refresh;
    let grant = "grant_type=refresh_token";
    for form in ["grant_type=password&username=a&password=b", "grant_type=Refresh_Token"] {
        assert_error(&send(&device, form).await, 400, "unsupported_grant_type");
    }
    for form in [
        String::new(),
        "refresh_token=x".to_owned(),
        format!("grant_type=&refresh_token={token}"),
        grant.to_owned(),
        format!("{grant}&refresh_token="),
        format!("{grant}&refresh_token={token}&refresh_token={token}"),
        format!("{grant}&refresh_token=x&refresh_token={token}"),
    ] {
        assert_error(&send(&device, &form).await, 400, "invalid_request");
    }
    assert_eq!(device.refresh(&token).await.status, 200, "none of it used the token");
}

#[tokio::test]
async fn a_form_without_a_token_never_takes_the_cookie() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let page = device.clone().cookies(&format!("latchkey_refresh={}", tokens.refresh));
    assert_error(&send(&page, "grant_type=refresh_token").await, 400, "invalid_request");
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 0);
}

#[tokio::test]
async fn a_rate_limited_form_gets_retry_after() {
    let world = World::with(&[("LIMIT_REFRESH", "1/5m/15m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let tokens = Tokens::of(&device.refresh(&tokens.refresh).await);
    let reply = send(&device, &format!("grant_type=refresh_token&refresh_token={}", tokens.refresh)).await;
    assert_error(&reply, 429, "temporarily_unavailable");
    assert_eq!(reply.header("retry-after"), "900");
}

#[tokio::test]
async fn a_dead_refresh_token_is_an_invalid_grant_in_a_form_only() {
    let world = World::new().await;
    let device = world.device();
    let form = |token: &str| format!("grant_type=refresh_token&refresh_token={token}");
    let signed_out = device.sign_in("alice").await;
    device.revoke(&signed_out.access, json!({"strategy": "current"})).await.assert_status(200);
    let live = device.sign_in("alice").await;
    for token in [&signed_out.refresh, &flipped(&live.refresh), &live.access, "x"] {
        let reply = send(&device, &form(token)).await;
        assert_error(&reply, 400, "invalid_grant");
        let json = device.refresh(token).await;
        assert_eq!((json.status.as_u16(), json.code()), (401, reply.code()), "{token}");
        assert!(json.header("www-authenticate").starts_with("Bearer"));
    }
    world.advance(7 * 86_400);
    assert_error(&send(&device, &form(&live.refresh)).await, 400, "invalid_grant");
    assert_eq!(device.refresh(&live.refresh).await.assert_ended("expired").status, 401);
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_an_oauth_error_on_every_endpoint() {
    let world = World::new().await;
    let device = world.device();
    let long = format!("token={}", "x".repeat(16 * 1024));
    for path in ["/api/auth/refresh", "/api/auth/revoke", "/api/auth/introspect"] {
        for (media, body, status) in [
            (FORM, long.as_str(), 413),
            ("application/x-www-form-urlencoded; charset=iso-8859-1", "token=x", 415),
            (
                "APPLICATION/x-www-form-urlencoded;charset=utf-8",
                "",
                if path.ends_with("introspect") { 401 } else { 400 },
            ),
        ] {
            let reply = device.send("POST", path, Some(media), body.to_owned()).await;
            let expected = if status == 401 { "invalid_client" } else { "invalid_request" };
            assert_eq!(
                (reply.status.as_u16(), &reply.body["error"]),
                (status, &json!(expected)),
                "{path} {media}"
            );
            assert_eq!(reply.header("content-type"), "application/json");
        }
    }
}

#[tokio::test]
async fn a_scope_is_in_the_response_only_if_it_has_a_word() {
    let world = World::new().await;
    let device = world.device();
    for (scope, expected) in [("latchkey:admin", Some("latchkey:admin")), ("unknown", None), ("", None)] {
        let login = device.login(&world.assertion_with("root", json!({"scope": scope}))).await;
        let tokens = Tokens::of(login.assert_status(201));
        let form = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
        let reply = send(&device, &form).await;
        assert_eq!(reply.assert_status(200).body.get("scope").and_then(Value::as_str), expected, "{scope}");
        let access = reply.text("access_token");
        for token in [&tokens.access, &access] {
            assert_eq!(payload(token).get("scope").and_then(Value::as_str), expected, "{scope}");
        }
        let own = device.clone().bearer(&access);
        let reply = own.send("POST", "/api/auth/introspect", Some(FORM), format!("token={access}")).await;
        assert_eq!(reply.assert_status(200).body.get("scope").and_then(Value::as_str), expected, "{scope}");
        assert_eq!(reply.body["token_type"], "Bearer");
    }
}
