//! API Gateway's own JWT authorizer, simulated with a JWT library. It has an issuer URL and an audience, finds the keys
//! by discovery, and accepts RSA keys only.

use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use latchkey_tests::world::{World, flipped};
use serde_json::{Value, json};

use super::{key_sets, world};

/// Gets a document of the deployment by its URL.
async fn fetch(world: &World, url: &str) -> Value {
    let base = world
        .server
        .app
        .config()
        .issuer
        .strip_suffix("/api/auth")
        .expect("the issuer ends with the API's path")
        .to_owned();
    let path = url.strip_prefix(&base).expect("a document of the issuer's own host");
    let reply = world.device().get(path).await;
    assert_eq!(reply.status, 200, "{url}");
    reply.body
}

/// Whether the gateway would accept a token.
async fn passes(world: &World, issuer: &str, audience: &str, token: &str) -> bool {
    let configuration = fetch(world, &format!("{issuer}/.well-known/openid-configuration")).await;
    assert_eq!(configuration["issuer"], issuer, "discovery is refused when the two differ");
    let jwks = fetch(world, configuration["jwks_uri"].as_str().expect("a URL")).await;
    let jwks: JwkSet = serde_json::from_value(jwks).expect("a key set");
    let kid = decode_header(token).ok().and_then(|header| header.kid);
    let key = kid.and_then(|kid| jwks.find(&kid).cloned());
    let Some(key) = key.filter(|key| matches!(key.algorithm, AlgorithmParameters::RSA(_))) else {
        return false;
    };
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.leeway = 0;
    decode::<Value>(token, &DecodingKey::from_jwk(&key).expect("a good key"), &validation).is_ok()
}

#[tokio::test]
async fn with_an_rsa_key_first_issuer_and_audience_are_enough() {
    let rsa = key_sets::set("RS256")["keys"][0].clone();
    let [ec, refresh] = key_sets::pair();
    let world = world(&json!({"keys": [rsa, ec, refresh]})).await;
    let (issuer, audience) = (world.server.app.config().issuer.clone(), world.server.audience.clone());
    let device = world.device();
    let login = device.sign_in("alice").await;
    let refreshed = device.refresh(&login.refresh).await.text("access_token");
    for token in [&login.access, &refreshed] {
        assert!(passes(&world, &issuer, &audience, token).await);
        assert!(!passes(&world, &issuer, &audience, &flipped(token)).await, "tampered");
        assert!(!passes(&world, &issuer, "other", token).await, "another audience");
    }
    assert!(!passes(&world, &issuer, &audience, &login.refresh).await, "a refresh token is refused");
    // The gateway checks offline, so it still accepts the token. Our own endpoints refuse it.
    device.revoke(&refreshed, json!({"strategy": "current"})).await.assert_status(200);
    assert!(passes(&world, &issuer, &audience, &refreshed).await);
    device.list(&refreshed).await.assert_ended("signed_out");
}

#[tokio::test]
async fn with_another_key_first_the_gateway_accepts_no_token() {
    let rsa = key_sets::set("RS256")["keys"][0].clone();
    let [ec, refresh] = key_sets::pair();
    let world = world(&json!({"keys": [ec, rsa, refresh]})).await;
    let (issuer, audience) = (world.server.app.config().issuer.clone(), world.server.audience.clone());
    let login = world.device().sign_in("alice").await;
    assert!(!passes(&world, &issuer, &audience, &login.access).await);
}
