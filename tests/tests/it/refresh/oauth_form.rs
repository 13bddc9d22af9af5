//! The form that OAuth clients send, and responses in the format of RFC 6749.

use latchkey_tests::world::{Device, Reply, Tokens, World};

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
    assert_eq!(reply.members(), ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
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
        401,
        "invalid_grant",
    );
    let form = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    send(&device, &form).await.assert_status(200);
    world.advance(61);
    assert_error(&send(&device, &form).await, 401, "invalid_grant");
    assert!(world.live("alice").await.is_empty(), "reuse ends the session, whatever the form");
}

#[tokio::test]
async fn a_form_with_another_grant_type_is_refused() {
    let world = World::new().await;
    let device = world.device();
    let token = device.sign_in("alice").await.refresh;
    let grant = "grant_type=refresh_token";
    for form in
        ["", "refresh_token=x", "grant_type=password&username=a&password=b", "grant_type=Refresh_Token"]
    {
        assert_error(&send(&device, form).await, 400, "unsupported_grant_type");
    }
    for form in [
        grant.to_owned(),
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
