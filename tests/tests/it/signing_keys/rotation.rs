//! Key rotation in three deploys: append, activate, remove. Old and new instances run side by side on the same tables,
//! as they do while a deploy rolls out.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jsonwebtoken::decode_header;
use latchkey::token::fetch::IssuerKeyCache;
use latchkey_tests::world::{Reply, Tokens, World};
use serde_json::{Value, json};

use super::key_sets::pair;

/// A deployment for each of the four key sets of a rotation. All of them use the same tables.
struct Rotation {
    before: World,
    appended: World,
    activated: World,
    removed: World,
    old: [String; 2],
    new: [String; 2],
}

impl Rotation {
    async fn new() -> Self {
        let ([old, old_refresh], [new, new_refresh]) = (pair(), pair());
        let set = |keys: &[&Value]| json!({ "keys": keys }).to_string();
        let kid = |key: &Value| key["kid"].as_str().expect("it has a kid").to_owned();
        let before = World::with(&[("LATCHKEY_KEYS", &set(&[&old, &old_refresh]))]).await;
        Self {
            appended: redeployed(&before, &set(&[&old, &old_refresh, &new, &new_refresh])),
            activated: redeployed(&before, &set(&[&new, &new_refresh, &old, &old_refresh])),
            removed: redeployed(&before, &set(&[&new, &new_refresh])),
            before,
            old: [kid(&old), kid(&old_refresh)],
            new: [kid(&new), kid(&new_refresh)],
        }
    }
}

/// A deployment of the same world with another key set.
fn redeployed(world: &World, keys: &str) -> World {
    world.redeployed(&[("LATCHKEY_KEYS", keys)], IssuerKeyCache::default())
}

/// The kids of the access and the refresh token.
fn kids(tokens: &Tokens) -> [String; 2] {
    let kid = |token: &String| decode_header(token).ok()?.kid;
    [&tokens.access, &tokens.refresh].map(|token| kid(token).expect("a token names its key"))
}

/// All rows of the sessions table.
async fn rows(world: &World) -> Vec<HashMap<String, AttributeValue>> {
    let reply =
        world.dynamodb().scan().table_name(&world.tables().sessions).consistent_read(true).send().await;
    reply.expect("the engine answers").items.unwrap_or_default()
}

fn parse_tokens(reply: &Reply) -> Tokens {
    assert!(reply.status.is_success(), "{} {}", reply.status, reply.body);
    Tokens::of(reply)
}

#[tokio::test]
async fn tokens_of_the_old_keys_are_accepted_with_the_new_keys() {
    let rotation = Rotation::new().await;
    let first = rotation.before.device().sign_in("alice").await;
    assert_eq!(kids(&first), rotation.old);
    rotation.before.advance(600);
    let device = rotation.activated.device();
    assert_eq!(device.list(&first.access).await.status, 200);
    let status = device.clone().bearer(&first.access).get("/api/auth/refresh").await;
    assert_eq!(status.body["state"], "active");
    let second = parse_tokens(&device.refresh(&first.refresh).await);
    assert_eq!((kids(&second), &second.session), (rotation.new.clone(), &first.session));
    // The new tokens are accepted without the old keys.
    let device = rotation.removed.device();
    assert_eq!(device.list(&second.access).await.status, 200);
    assert_eq!(device.refresh(&second.refresh).await.status, 200);
    assert_eq!(rotation.removed.device().sign_in("bob").await.session.len(), 36);
}

#[tokio::test]
async fn old_and_new_instances_accept_each_others_tokens_during_a_deploy() {
    let rotation = Rotation::new().await;
    let mut tokens = rotation.before.device().sign_in("alice").await;
    let pairs = [(&rotation.before, &rotation.appended), (&rotation.appended, &rotation.activated)];
    for (here, there) in pairs {
        for world in [here, there, here, there] {
            world.advance(60);
            let device = world.device();
            assert_eq!(device.list(&tokens.access).await.status, 200);
            tokens = parse_tokens(&device.refresh(&tokens.refresh).await);
        }
    }
    assert_eq!(kids(&tokens), rotation.new);
    let row = rotation.before.row("alice", &tokens.session).await.expect("the session lives");
    assert_eq!(row.generation, 8);
    assert_eq!(rotation.before.count_events("alice", "token_reused").await, 0);
}

#[tokio::test]
async fn a_lost_response_is_repeated_with_any_active_key() {
    let rotation = Rotation::new().await;
    for (first, second) in
        [(&rotation.appended, &rotation.activated), (&rotation.activated, &rotation.appended)]
    {
        let tokens = first.device().sign_in("alice").await;
        first.advance(60);
        let lost = parse_tokens(&first.device().refresh(&tokens.refresh).await);
        first.advance(30);
        let again = parse_tokens(&second.device().refresh(&tokens.refresh).await);
        assert_eq!(again.refresh, lost.refresh);
        assert_ne!(again.access, lost.access);
        let row = first.row("alice", &tokens.session).await.expect("the session lives");
        assert_eq!(row.generation, 1);
    }
}

#[tokio::test]
async fn a_login_repeated_after_the_activation_gets_its_session() {
    let rotation = Rotation::new().await;
    for (user, first, second) in [
        ("alice", &rotation.before, &rotation.activated),
        ("bob", &rotation.appended, &rotation.activated),
        ("carol", &rotation.activated, &rotation.appended),
    ] {
        let assertion = first.assertion(user);
        let lost = parse_tokens(&first.device().login(&assertion).await);
        first.advance(30);
        let again = parse_tokens(&second.device().login(&assertion).await);
        assert_eq!((&again.session, &again.refresh), (&lost.session, &lost.refresh), "{user}");
        assert_eq!(second.live(user).await, [lost.session.as_str()], "{user}");
        first.advance(60);
        let late = second.device().login(&assertion).await;
        assert_eq!((late.status.as_u16(), late.code()), (401, "invalid_assertion"), "{user}");
    }
}

#[tokio::test]
async fn tokens_of_a_removed_key_are_refused_and_change_nothing() {
    let rotation = Rotation::new().await;
    let tokens = rotation.before.device().sign_in("alice").await;
    let before = rows(&rotation.before).await;
    let stats = &rotation.before.server.stats;
    stats.reset();
    let device = rotation.removed.device();
    let cookie = device.clone().cookies(&format!("latchkey_refresh={}", tokens.refresh));
    let answers = [
        device.list(&tokens.access).await,
        device.refresh(&tokens.refresh).await,
        cookie.post("/api/auth/refresh", json!({})).await,
        device.revoke(&tokens.access, json!({"strategy": "all"})).await,
        device
            .post("/api/auth/revoke", json!({"strategy": "current", "refresh_token": tokens.refresh}))
            .await,
    ];
    for answer in answers {
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "invalid_token"), "{}", answer.body);
        assert!(
            answer.cookie_line("latchkey_refresh").is_none(),
            "a token of an unknown key clears no cookie"
        );
    }
    assert_eq!(stats.total().calls, 0);
    assert_eq!(rows(&rotation.before).await, before);
    assert_eq!(rotation.before.events("alice").await.len(), 1, "only the login is recorded");
    // With the old key back in the set, its tokens are accepted again.
    assert_eq!(rotation.activated.device().refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn every_key_that_verifies_is_published_from_the_first_deploy_on() {
    let rotation = Rotation::new().await;
    let ([old, _], [new, _]) = (&rotation.old, &rotation.new);
    for (world, expected) in [
        (&rotation.before, vec![old]),
        (&rotation.appended, vec![old, new]),
        (&rotation.activated, vec![new, old]),
        (&rotation.removed, vec![new]),
    ] {
        let jwks = world.device().get("/api/auth/.well-known/jwks.json").await;
        let keys = jwks.body["keys"].as_array().expect("a key set has keys");
        let kids: Vec<&str> = keys.iter().filter_map(|key| key["kid"].as_str()).collect();
        assert_eq!(kids, expected);
    }
}
