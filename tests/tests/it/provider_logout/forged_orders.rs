//! An order that is not the provider's own, or not an order, ends nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_tests::world::{PROVIDER, PROVIDER_AUDIENCE, Provider, Tokens, World, flipped};
use serde_json::{Value, json};

use super::{LOGOUT_EVENT, Scene, assert_refused, send};

/// Sends a token, and checks that it is refused with this word and changes nothing.
async fn assert_ends_nothing(scene: &Scene, token: &str, word: &str) {
    let before = scene.world.everything().await;
    assert_refused(&send(&scene.world, token).await, word);
    scene.world.assert_unchanged(&before, word).await;
    assert_eq!(scene.failed_orders(), 0, "a forged order raises no alarm");
}

#[tokio::test]
async fn a_logout_token_of_another_key_ends_nothing() {
    let scene = Scene::new().await;
    scene.sign_in("alice", json!({})).await;
    let forger = Provider::generate();
    let header = json!({"alg": "ES256", "kid": "p1", "typ": "logout+jwt"});
    let claims = scene.logout_claims(json!({"sub": "alice"})).to_string();
    assert_ends_nothing(&scene, &forger.sign(&header, &claims), "signature").await;
    assert_ends_nothing(&scene, &flipped(&scene.logout_token(json!({"sub": "alice"}))), "signature").await;
    for text in ["", "x", "a.b.c", &"a".repeat(4_000)] {
        let word = if text.is_empty() { "is required" } else { "not a JWT" };
        assert_ends_nothing(&scene, text, word).await;
    }
}

/// The public key of the provider must not serve as a shared secret, and no signature is no signature.
#[tokio::test]
async fn a_logout_token_with_another_algorithm_ends_nothing() {
    let scene = Scene::new().await;
    scene.sign_in("alice", json!({})).await;
    let claims = scene.logout_claims(json!({"sub": "alice"})).to_string();
    for alg in ["none", "nOnE", "HS256", "RS256", "ES384"] {
        let token = scene.provider.sign(&json!({"alg": alg, "kid": "p1", "typ": "logout+jwt"}), &claims);
        assert_ends_nothing(&scene, &token, "signature").await;
        let (input, _) = token.rsplit_once('.').expect("three parts");
        assert_ends_nothing(&scene, &format!("{input}."), "signature").await;
    }
    let jwk = scene.provider.entry(json!({}))["jwks"]["keys"][0].clone();
    let secret = jwk.to_string();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let header = json!({"alg": "HS256", "kid": "p1", "typ": "logout+jwt"}).to_string();
    let input = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(&claims));
    let tag = BASE64URL.encode(aws_lc_rs::hmac::sign(&key, input.as_bytes()));
    assert_ends_nothing(&scene, &format!("{input}.{tag}"), "signature").await;
    let own_key = json!({"alg": "ES256", "jwk": Provider::generate().entry(json!({}))["jwks"]["keys"][0]});
    assert_ends_nothing(&scene, &Provider::generate().sign(&own_key, &claims), "signature").await;
}

#[tokio::test]
async fn a_logout_token_with_a_wrong_claim_ends_nothing() {
    let scene = Scene::new().await;
    scene.sign_in("alice", json!({"sid": "s"})).await;
    let now = scene.world.now().seconds();
    let cases: [(&str, Value, &str); 25] = [
        ("iss", json!("https://evil.example"), "no entry in the settings"),
        ("iss", json!("https://id.example.com/"), "iss"),
        ("iss", Value::Null, "not a JWT with the claim iss"),
        ("aud", json!("another"), "aud"),
        ("aud", json!(["another"]), "aud"),
        ("aud", json!([]), "aud"),
        ("aud", Value::Null, "aud"),
        ("iat", Value::Null, "iat"),
        ("iat", json!(now.to_string()), "claim"),
        ("iat", json!(now + 61), "iat is in the future"),
        ("iat", json!(i64::MAX), "future"),
        ("exp", json!(now - 60), "expired"),
        ("exp", json!(0), "expired"),
        ("jti", Value::Null, "jti"),
        ("events", Value::Null, "events"),
        ("events", json!({}), "events"),
        ("events", json!([LOGOUT_EVENT]), "events"),
        ("events", json!({LOGOUT_EVENT: true}), "events"),
        ("events", json!({"http://schemas.openid.net/event/backchannel-logout/": {}}), "events"),
        (
            "events",
            json!({"https://schemas.openid.net/secevent/caep/event-type/session-revoked": {}}),
            "events",
        ),
        ("nonce", json!("n"), "nonce"),
        ("sub", json!(""), "sub"),
        ("sub", json!("a".repeat(256)), "sub"),
        ("sub", json!("ali\nce"), "sub"),
        ("sid", json!(5), "wrong type"),
    ];
    for (claim, value, word) in cases {
        let token = scene.logout_token(json!({"sub": "alice", claim: value}));
        assert_ends_nothing(&scene, &token, word).await;
    }
    for neither in [json!({}), json!({"sid": ""}), json!({"sub": "ali\nce", "sid": ""})] {
        assert_ends_nothing(&scene, &scene.logout_token(neither), "neither sub nor sid").await;
    }
}

/// OpenID Connect Back-Channel Logout 1.0 section 2.4: a nonce must not be present, so that an ID token is no logout token.
#[tokio::test]
async fn a_nonce_of_any_type_makes_a_token_no_logout_token() {
    let scene = Scene::new().await;
    scene.sign_in("alice", json!({})).await;
    let header = json!({"alg": "ES256", "kid": "p1", "typ": "logout+jwt"});
    for nonce in [Value::Null, json!(""), json!(0), json!(false), json!([]), json!({})] {
        let mut claims = scene.logout_claims(json!({"sub": "alice"}));
        claims["nonce"] = nonce;
        assert_ends_nothing(&scene, &scene.provider.sign(&header, &claims.to_string()), "nonce").await;
    }
}

#[tokio::test]
async fn a_token_of_another_type_is_no_logout_token() {
    let scene = Scene::new().await;
    let tokens = scene.sign_in("alice", json!({})).await;
    let claims = scene.logout_claims(json!({"sub": "alice"})).to_string();
    for typ in ["at+jwt", "secevent+jwt", "dpop+jwt", "global-token-revocation+jwt", ""] {
        let word = "typ is not logout+jwt or JWT";
        let token = scene.provider.sign(&json!({"alg": "ES256", "kid": "p1", "typ": typ}), &claims);
        assert_ends_nothing(&scene, &token, word).await;
    }
    let id_token = scene.provider.assertion(&scene.world, "alice", json!({}));
    assert_ends_nothing(&scene, &id_token, "events").await;
    assert_ends_nothing(&scene, &tokens.access, "iss").await;
}

/// A logout token may have the type of an ID token, and everything that an assertion needs.
#[tokio::test]
async fn a_logout_token_opens_no_session() {
    let scene = Scene::new().await;
    for typ in [Value::Null, json!("JWT")] {
        let mut header = json!({"alg": "ES256", "kid": "p1", "typ": typ});
        header.as_object_mut().expect("a header").retain(|_, value| !value.is_null());
        for events in [json!({LOGOUT_EVENT: {}}), json!({}), json!(null), json!([])] {
            let mut claims = scene.logout_claims(json!({"sub": "alice"}));
            claims["events"] = events;
            let token = scene.provider.sign(&header, &claims.to_string());
            scene.world.device().login(&token).await.assert_problem(401, "invalid_assertion");
        }
    }
    assert_eq!(scene.world.everything().await, "");
}

#[tokio::test]
async fn an_issuer_without_the_setting_ends_nothing() {
    let provider = Provider::generate();
    let world = provider.world(json!({}), &[]).await;
    let scene = Scene { provider, world };
    scene.sign_in("alice", json!({"sid": "s"})).await;
    assert_ends_nothing(&scene, &scene.logout_token(json!({"sub": "alice"})), "no logout for it").await;
}

/// Both issuers may end sessions, and each has a user alice. No order reaches the other's.
#[tokio::test]
async fn an_issuer_never_reaches_the_users_of_another() {
    let (one, two) = (Provider::generate(), Provider::generate());
    let second = "https://second.example";
    let logout = json!({"backchannel": {}});
    let trusted = json!([
        one.entry(json!({"user_prefix": "one|", "logout": logout})),
        two.entry(json!({"issuer": second, "user_prefix": "two|", "logout": logout})),
    ]);
    let world =
        World::with(&[("PROVIDER_ORDERS", "true"), ("LATCHKEY_TRUSTED_ISSUERS", &trusted.to_string())]).await;
    let assertion = one.assertion(&world, "alice", json!({"sid": "s"}));
    let alice = Tokens::of(world.device().login(&assertion).await.assert_status(201));
    let now = world.now().seconds();
    let header = json!({"alg": "ES256", "kid": "p1", "typ": "logout+jwt"});
    let order = |iss: &str, subject: Value| {
        let mut claims = json!({"iss": iss, "aud": PROVIDER_AUDIENCE, "iat": now, "exp": now + 60, "jti": "1",
            "events": {LOGOUT_EVENT: {}}});
        claims.as_object_mut().expect("claims").extend(subject.as_object().expect("a subject").clone());
        claims.to_string()
    };
    for subject in [json!({"sub": "alice"}), json!({"sub": "one|alice"}), json!({"sid": "s"})] {
        send(&world, &two.sign(&header, &order(second, subject.clone()))).await.assert_status(200);
        assert_refused(&send(&world, &two.sign(&header, &order(PROVIDER, subject))).await, "signature");
    }
    world.device().list(&alice.access).await.assert_status(200);
    send(&world, &one.sign(&header, &order(PROVIDER, json!({"sid": "s"})))).await.assert_status(200);
    world.device().list(&alice.access).await.assert_ended("provider");
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let scene = Scene::new().await;
    let device = scene.world.device();
    let path = "/api/auth/backchannel-logout";
    let form = Some("application/x-www-form-urlencoded");
    let token = scene.logout_token(json!({"sub": "alice"}));
    let twice = format!("logout_token={token}&logout_token={token}");
    assert_refused(&device.send("POST", path, form, twice).await, "twice");
    assert_refused(&device.send("POST", path, form, vec![0xff, 0xfe]).await, "UTF-8");
    assert_refused(&device.send("POST", path, form, "token=x").await, "is required");
    let json = device
        .send("POST", path, Some("application/json"), format!("{{\"logout_token\":\"{token}\"}}"))
        .await;
    assert_eq!((json.status.as_u16(), json.code()), (415, "unsupported_media_type"));
    let long = device.send("POST", path, form, format!("logout_token={}", "x".repeat(8_192))).await;
    assert_eq!((long.status.as_u16(), long.code()), (413, "body_too_large"));
    assert_eq!(device.get(path).await.status, 405);
    assert_eq!(scene.world.everything().await, "");
}
