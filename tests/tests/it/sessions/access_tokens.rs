//! Access tokens that are signed with our own key: the type and each claim are checked nevertheless.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_tests::world::{Provider, World, flipped, payload};
use serde_json::{Value, json};

/// A world whose signing key the test knows.
async fn world_of(key: &Provider) -> World {
    let secret = json!({"kty": "oct", "alg": "HS256", "kid": "rt", "k": BASE64URL.encode([7; 32])});
    World::with(&[("LATCHKEY_KEYS", &json!({"keys": [key.private_jwk(), secret]}).to_string())]).await
}

fn header(typ: &str) -> Value {
    json!({"alg": "ES256", "kid": "p1", "typ": typ})
}

#[tokio::test]
async fn no_other_type_of_token_is_accepted_as_an_access_token() {
    let key = Provider::generate();
    let world = world_of(&key).await;
    let device = world.device();
    let claims = payload(&device.sign_in("alice").await.access).to_string();
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        device.list(&key.sign(&header(typ), &claims)).await.assert_status(200);
    }
    let typs = ["JWT", "refresh+jwt", "secevent+jwt", "logout+jwt", "dpop+jwt", "at", "at+jwt ", ""];
    let untyped = json!({"alg": "ES256", "kid": "p1"});
    for header in
        typs.into_iter().map(header).chain([untyped, json!({"alg": "ES256", "kid": "p1", "typ": null})])
    {
        let reply = device.list(&key.sign(&header, &claims)).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_token"), "{header}");
    }
}

#[tokio::test]
async fn a_wrong_claim_in_a_signed_token_is_refused_without_a_store_call() {
    let key = Provider::generate();
    let world = world_of(&key).await;
    let device = world.device();
    let claims = payload(&device.sign_in("alice").await.access);
    let now = world.now().seconds();
    let before = world.server.stats.total();
    let cases: [(&str, Value); 19] = [
        ("iss", json!("http://127.0.0.1:9000")),
        ("iss", json!("https://dev.latchkey.localhost")),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", json!(["latchkey-local", "other"])),
        ("aud", Value::Null),
        ("sub", json!("")),
        ("sub", Value::Null),
        ("sid", json!("x")),
        ("sid", Value::Null),
        ("exp", json!("9999999999")),
        ("exp", json!(1e300)),
        ("exp", json!(-1)),
        ("exp", Value::Null),
        ("iat", json!(now + 61)),
        ("iat", Value::Null),
        ("nbf", json!(now + 61)),
        ("nbf", json!("0")),
        ("jti", Value::Null),
    ];
    for (name, value) in cases {
        let mut changed = claims.clone();
        changed[name] = value.clone();
        if value.is_null() {
            changed.as_object_mut().unwrap().remove(name);
        }
        let reply = device.list(&key.sign(&header("at+jwt"), &changed.to_string())).await;
        assert_eq!(reply.status, 401, "{name} = {value}: {}", reply.body);
        assert!(
            ["invalid_token", "token_expired"].contains(&reply.code()),
            "{name} = {value}: {}",
            reply.body
        );
    }
    assert_eq!(world.server.stats.total(), before);
}

#[tokio::test]
async fn no_header_makes_the_verifier_use_another_key_or_algorithm() {
    let key = Provider::generate();
    let world = world_of(&key).await;
    let device = world.device();
    let good = device.sign_in("alice").await.access;
    let claims = payload(&good);
    let point = world.server.app.config().keys.public_jwks()["keys"][0].clone();
    let public =
        [&point["x"], &point["y"]].map(|part| BASE64URL.decode(part.as_str().unwrap()).unwrap()).concat();
    let mut tokens = vec![flipped(&good), good.replacen('.', "..", 1), format!("{good}=")];
    for secret in [vec![], public.clone(), [vec![4], public].concat(), point.to_string().into_bytes()] {
        let header = json!({"typ": "at+jwt", "alg": "HS256", "kid": "p1"}).to_string();
        let input = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(claims.to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), input.as_bytes());
        tokens.push(format!("{input}.{}", BASE64URL.encode(tag)));
    }
    let mallory = Provider::generate();
    let jwk = mallory.entry(json!({}))["jwks"]["keys"][0].clone();
    for extra in [
        json!({}),
        json!({"jwk": jwk}),
        json!({"jku": "https://evil.example/jwks"}),
        json!({"x5u": "https://evil.example"}),
    ] {
        let mut header = header("at+jwt");
        header.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        tokens.push(mallory.sign(&header, &claims.to_string()));
    }
    for alg in ["none", "None", "nOnE", "RS256", "ES384", "HS256", ""] {
        let header = json!({"alg": alg, "kid": "p1", "typ": "at+jwt"});
        let signed = key.sign(&header, &claims.to_string());
        tokens.push(format!("{}.", signed.rsplit_once('.').unwrap().0));
        tokens.push(signed);
    }
    let critical = json!({"alg": "ES256", "kid": "p1", "typ": "at+jwt", "crit": ["b64"], "b64": false});
    tokens.push(key.sign(&critical, &claims.to_string()));
    tokens.push(
        key.sign(&json!({"alg": "ES256", "kid": "../../dev/null", "typ": "at+jwt"}), &claims.to_string()),
    );
    for token in tokens {
        device.list(&token).await.assert_problem(401, "invalid_token");
    }
    device.list(&good).await.assert_status(200);
}

#[tokio::test]
async fn a_signed_token_cannot_name_a_session_of_another_user() {
    let key = Provider::generate();
    let world = world_of(&key).await;
    let device = world.device();
    let (alice, victor) = (device.sign_in("alice").await, device.sign_in("victor").await);
    let mut claims = payload(&alice.access);
    claims["sid"] = json!(victor.session);
    let mixed = key.sign(&header("at+jwt"), &claims.to_string());
    device.list(&mixed).await.assert_problem(401, "session_ended");
    device.revoke(&mixed, json!({"strategy": "current"})).await.assert_status(200);
    assert_eq!(world.live("victor").await, [victor.session]);
}
