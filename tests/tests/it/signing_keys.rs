//! Signing keys of every algorithm: the tokens that they sign, the keys that are published, and the rotation of key sets.

mod jwt_authorizer;
pub(crate) mod key_sets;
mod rotation;

use std::collections::BTreeSet;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use key_sets::ALGORITHMS;
use latchkey::token::keys::{KeySet, KeySetError};
use latchkey_local::server::LocalServer;
use latchkey_tests::world::{Tokens, World};
use serde_json::{Value, json};

/// A world on the system's clock, because JWT libraries use it.
async fn world(keys: &Value) -> World {
    let keys = keys.to_string();
    let server = LocalServer::builder()
        .settings(&[("LATCHKEY_KEYS", &keys), ("COOKIE_NAME", "latchkey")])
        .build()
        .await;
    World { server: server.expect("the settings are valid") }
}

async fn published(world: &World, document: &str) -> Value {
    let reply = world.device().get(&format!("/api/auth/.well-known/{document}")).await;
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "public, max-age=300"));
    reply.body
}

fn members(object: &Value) -> BTreeSet<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn keys_of_every_algorithm_sign_users_in() {
    for algorithm in ALGORITHMS {
        let world = world(&key_sets::set(algorithm)).await;
        let device = world.device();
        let first = device.sign_in("alice").await;
        let second = Tokens::of(&device.refresh(&first.refresh).await);
        let list = device.list(&second.access).await;
        assert_eq!((list.status.as_u16(), &list.body["user_id"]), (200, &json!("alice")), "{algorithm}");
        let at = second.access.len() - 20;
        let other = if second.access[at..].starts_with('A') { "B" } else { "A" };
        let spoilt = format!("{}{other}{}", &second.access[..at], &second.access[at + 1..]);
        assert_eq!(device.list(&spoilt).await.code(), "invalid_token", "{algorithm}");
        let out = device.revoke(&second.access, json!({"strategy": "current"})).await;
        assert_eq!(out.body["ended"], 1, "{algorithm}");
    }
}

#[tokio::test]
async fn the_published_keys_have_public_members_only() {
    for algorithm in ALGORITHMS {
        let keys = key_sets::set(algorithm);
        let jwks = published(&world(&keys).await, "jwks.json").await;
        let [key] = jwks["keys"].as_array().expect("keys").as_slice() else { panic!("{jwks}") };
        let own: &[&str] = match algorithm {
            "ES256" => &["crv", "x", "y"],
            "EdDSA" => &["crv", "x"],
            _ => &["n", "e"],
        };
        let expected = ["kty", "kid", "alg", "use"].into_iter().chain(own.iter().copied()).collect();
        assert_eq!(members(key), expected, "{algorithm}");
        assert_eq!(
            (&key["alg"], &key["use"], &key["kid"]),
            (&json!(algorithm), &json!("sig"), &keys["keys"][0]["kid"])
        );
        let text = jwks.to_string();
        for private in keys["keys"].as_array().expect("keys") {
            for name in ["d", "k", "p", "q", "dp", "dq", "qi"] {
                assert!(
                    private[name].as_str().is_none_or(|value| !text.contains(value)),
                    "{algorithm} {name}"
                );
            }
        }
    }
}

#[tokio::test]
async fn discovery_names_the_issuer_its_keys_and_their_algorithms() {
    for algorithm in ALGORITHMS {
        let world = world(&key_sets::set(algorithm)).await;
        let issuer = &world.server.app.config().issuer;
        let configuration = published(&world, "openid-configuration").await;
        // OpenID Connect Discovery section 3 demands RS256, whatever the keys are.
        let algorithms = BTreeSet::from([algorithm, "RS256"]);
        let expected = json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "token_endpoint": format!("{issuer}/refresh"),
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint": format!("{issuer}/revoke"),
            "revocation_endpoint_auth_methods_supported": ["none"],
            "revocations_uri": format!("{issuer}/.well-known/revocations"),
            "introspection_endpoint": format!("{issuer}/introspect"),
            "introspection_endpoint_auth_methods_supported": ["Bearer"],
            "grant_types_supported": ["refresh_token"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "response_types_supported": ["none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
        });
        assert_eq!(configuration, expected);
        for (name, value) in configuration.as_object().expect("an object") {
            assert!(value.as_array().is_none_or(|list| !list.is_empty()), "{name} is an empty list");
        }
    }
}

#[tokio::test]
async fn the_metadata_is_the_same_at_the_path_of_rfc_8414() {
    let world = world(&key_sets::set("ES256")).await;
    let configuration = published(&world, "openid-configuration").await;
    // RFC 8414 section 3.1: the well-known path is inserted before the path of the issuer.
    let issuer: http::Uri = world.server.app.config().issuer.parse().expect("a URL");
    let path = format!("/.well-known/oauth-authorization-server{}", issuer.path());
    let reply = world.device().get(&path).await;
    assert_eq!(reply.assert_status(200).body, configuration);
    assert_eq!(reply.header("cache-control"), "public, max-age=300");
    for (name, method) in [
        ("token_endpoint", "POST"),
        ("revocation_endpoint", "POST"),
        ("introspection_endpoint", "POST"),
        ("jwks_uri", "GET"),
    ] {
        let url: http::Uri = configuration[name].as_str().expect("a URL").parse().expect("a URL");
        let reply =
            world.device().send(method, url.path(), Some("application/x-www-form-urlencoded"), "").await;
        assert!(!matches!(reply.status.as_u16(), 404 | 405 | 415), "{name} leads to {}", reply.status);
    }
}

#[tokio::test]
async fn a_jwt_library_verifies_our_tokens_with_the_published_keys() {
    for algorithm in ALGORITHMS {
        let keys = key_sets::set(algorithm);
        let world = world(&keys).await;
        let jwks: JwkSet = serde_json::from_value(published(&world, "jwks.json").await).expect("a key set");
        let issuer =
            published(&world, "openid-configuration").await["issuer"].as_str().expect("text").to_owned();
        let device = world.device();
        let first = device.sign_in("alice").await;
        let second = Tokens::of(&device.refresh(&first.refresh).await);
        let mut names = BTreeSet::new();
        for (tokens, began) in [(&first, 0), (&second, 1)] {
            let header = decode_header(&tokens.access).expect("a header");
            assert_eq!(header.typ.as_deref(), Some("at+jwt"));
            let kid = header.kid.expect("it names its key");
            assert_eq!(json!(kid), keys["keys"][0]["kid"]);
            let key = DecodingKey::from_jwk(jwks.find(&kid).expect("it is published")).expect("a good key");
            let claims = verified(&tokens.access, &key, algorithm, &issuer, &world.server.audience);
            assert_claims(&claims, &world, tokens);
            names.insert(claims["jti"].as_str().expect("text").to_owned());
            assert_eq!(names.len(), began + 1, "each token has its own `jti`");
        }
    }
}

/// Verifies a token as an independent service would.
fn verified(token: &str, key: &DecodingKey, algorithm: &str, issuer: &str, audience: &str) -> Value {
    let algorithm: Algorithm = algorithm.parse().expect("an algorithm");
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.leeway = 1;
    decode::<Value>(token, key, &validation).expect("it verifies").claims
}

/// The claims of RFC 9068 section 2.2, and ours.
fn assert_claims(claims: &Value, world: &World, tokens: &Tokens) {
    let expected = ["iss", "sub", "aud", "client_id", "iat", "exp", "jti", "sid", "sst", "auth_time"];
    assert_eq!(members(claims), expected.into());
    assert_eq!((&claims["sub"], &claims["sid"]), (&json!("alice"), &json!(tokens.session)));
    assert_eq!(
        (&claims["aud"], &claims["client_id"]),
        (&json!(world.server.audience), &json!(world.server.audience))
    );
    let number = |name: &str| claims[name].as_i64().unwrap_or_else(|| panic!("{name} is no whole number"));
    assert_eq!(number("exp") - number("iat"), 3_600);
    assert!((0..60).contains(&(world.now().seconds() - number("iat"))));
    assert!(number("auth_time") <= number("iat"));
    assert!(claims["jti"].as_str().is_some_and(|name| name.len() >= 22), "{claims}");
}

/// Browsers ignore a cookie of more than 4,096 bytes without an error.
#[tokio::test]
async fn the_longest_tokens_fit_their_cookies() {
    let world = world(&key_sets::set("RS256")).await;
    // JSON doubles a quote.
    let user = "\"".repeat(255);
    let claims = json!({"scope": "latchkey:admin", "auth_time": 1_700_000_000});
    let assertion = world.assertion_with(&user, claims);
    let reply = world.device().cookies("a=b").post("/api/auth/login", json!({"assertion": assertion})).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    for name in ["latchkey_access", "latchkey_refresh"] {
        let line = reply.cookie_line(name).expect("it is set");
        // With https, the name is 7 bytes longer and `; Secure` is added.
        assert!(line.len() + 7 + 8 < 4_096, "{name}: {}", line.len());
    }
}

#[test]
fn a_private_key_that_does_not_fit_its_public_half_is_refused_at_start() {
    for algorithm in ALGORITHMS {
        let (one, other) = (key_sets::set(algorithm), key_sets::set(algorithm));
        assert!(KeySet::parse(&one.to_string()).is_ok(), "{algorithm}");
        let public = if algorithm == "RS256" { "n" } else { "x" };
        let mut mixed = one.clone();
        mixed["keys"][0][public] = other["keys"][0][public].clone();
        assert!(matches!(KeySet::parse(&mixed.to_string()), Err(KeySetError::Key(0, _))), "{algorithm}");
        let mut without = one.clone();
        without["keys"][0].as_object_mut().expect("an object").remove("d");
        let without = KeySet::parse(&without.to_string()).expect("public halves are a set");
        assert_eq!(without.signer().err(), Some(KeySetError::NoSigningKey), "{algorithm}");
    }
}

#[test]
fn the_first_private_key_of_the_set_signs() {
    let [ec, refresh] = key_sets::pair();
    let ed = key_sets::set("EdDSA")["keys"][0].clone();
    let mut public = ec.clone();
    public.as_object_mut().expect("an object").remove("d");
    let keys = KeySet::parse(&json!({"keys": [refresh, public, ed]}).to_string()).expect("a good set");
    let token = keys.signer().expect("there is one").sign(b"{}").expect("it signs");
    let header = decode_header(token.expose()).expect("a header");
    assert_eq!((header.alg, header.kid.as_deref()), (Algorithm::EdDSA, Some("ed-1")));
    assert_eq!(keys.algorithms(), ["ES256", "EdDSA"]);
}
