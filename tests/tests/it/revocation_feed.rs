//! The signed list of the sessions that have ended lately: its form, its content, its times and its costs.

mod clocks;
mod content;
mod costs;
mod endings;
mod faults;
mod since;
mod verifiers;

use latchkey_tests::world::{World, payload};
use serde_json::json;

#[tokio::test]
async fn a_feed_is_a_signed_list_that_no_verifier_takes_for_an_access_token() {
    let world = World::new().await;
    let tokens = world.device().sign_in("alice").await;
    let feed = world.feed().await;
    let (header, own) = (&feed.header, latchkey_tests::world::header(&tokens.access));
    assert_eq!(header, &json!({"typ": "revocations+jwt", "alg": own["alg"], "kid": own["kid"]}));
    let now = world.now().seconds();
    assert_eq!(feed.payload, json!({"iss": payload(&tokens.access)["iss"], "iat": now, "ended": ""}));
    assert_eq!(feed.reply.header("content-type"), "application/jwt");
    assert_eq!(feed.reply.header("cache-control"), "public, max-age=0, s-maxage=2");
    assert_eq!((feed.reply.header("etag"), feed.reply.header("set-cookie")), ("", ""));
    let text = feed.reply.body.as_str().expect("a JWS");
    world.device().list(text).await.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn the_metadata_names_the_url_of_the_feed() {
    let world = World::new().await;
    let metadata = world.device().get("/api/auth/.well-known/openid-configuration").await;
    let issuer = metadata.text("issuer");
    assert_eq!(metadata.text("revocations_uri"), format!("{issuer}/.well-known/revocations"));
}

#[tokio::test]
async fn the_feed_needs_no_credential_and_ignores_a_wrong_one() {
    let world = World::new().await;
    let device = world.device().header("authorization", "Bearer nonsense").cookies("latchkey_access=x");
    device.get("/api/auth/.well-known/revocations").await.assert_status(200).assert_no_cookie();
}

#[tokio::test]
async fn an_access_token_carries_the_start_of_its_session() {
    let world = World::new().await;
    let device = world.device();
    let opened = world.now().seconds();
    let tokens = device.sign_in("alice").await;
    assert_eq!(payload(&tokens.access)["sst"], opened);
    world.advance(1_000);
    let next = device.refresh(&tokens.refresh).await.text("access_token");
    assert_eq!(payload(&next)["sst"], opened, "a refresh does not change it");
    let assertion = world.assertion_with("bob", json!({"iat": world.now().seconds() - 200}));
    let late = device.login(&assertion).await.assert_status(201).text("access_token");
    assert_eq!(payload(&late)["sst"], world.now().seconds() - 200 + 11, "the assertion counts");
}
