//! An assertion with any fault opens no session.

use latchkey::token::issuer::{KeyUrls, parse_trusted_issuers};
use latchkey_tests::world::{PROVIDER, Provider, Tokens, World, flipped, payload};
use serde_json::{Value, json};

/// Checks that the assertion is refused with the same response as all others, and that nothing is written.
async fn assert_opens_nothing(world: &World, assertion: &str, what: &str) {
    let before = world.everything().await;
    let reply = world.device().login(assertion).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_assertion"), "{what}: {}", reply.body);
    reply.assert_problem(401, "invalid_assertion").assert_no_cookie();
    let members = ["code", "detail", "request_id", "status", "title", "type"];
    assert_eq!(reply.members(), members, "{what} gets another response");
    assert_eq!(reply.body["detail"], reply.body["title"], "{what} gets another response");
    world.assert_unchanged(&before, what).await;
}

#[tokio::test]
async fn an_assertion_with_a_wrong_claim_opens_no_session() {
    let world = World::patient().await;
    let now = world.now().seconds();
    let cases: [(&str, Value); 36] = [
        ("iss", json!("https://evil.example")),
        ("iss", json!("https://dev.latchkey.localhost/")),
        ("iss", json!(["https://dev.latchkey.localhost"])),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", json!(["other", "another"])),
        ("aud", json!([])),
        ("aud", json!({"latchkey-local": true})),
        ("aud", Value::Null),
        ("exp", json!(now)),
        ("exp", json!(-1)),
        ("exp", json!(0)),
        ("exp", json!("9999999999")),
        ("exp", json!(1e300)),
        ("exp", json!(now as f64 + 0.9)),
        ("exp", json!(true)),
        ("exp", json!({"seconds": now + 300})),
        ("exp", Value::Null),
        ("iat", json!(now - 601)),
        ("iat", json!(now + 61)),
        ("iat", json!(now as f64 + 60.1)),
        ("iat", json!(i64::MIN)),
        ("iat", json!(i64::MAX)),
        ("iat", json!(now.to_string())),
        ("iat", Value::Null),
        ("nbf", json!(now + 61)),
        ("nbf", json!(now as f64 + 60.1)),
        ("nbf", json!("0")),
        ("nbf", json!(true)),
        ("auth_time", json!("0")),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", Value::Null),
        ("sub", json!("ali\u{0}ce")),
        ("sub", json!("alice\n")),
        ("sub", json!("\u{85}alice")),
    ];
    for (claim, value) in cases {
        let assertion = world.assertion_with("alice", json!({claim: value}));
        assert_opens_nothing(&world, &assertion, &format!("{claim} = {value}")).await;
    }
}

#[tokio::test]
async fn an_assertion_at_every_limit_opens_a_session() {
    let world = World::patient().await;
    let now = world.now().seconds();
    let cases: [(&str, Value); 9] = [
        ("aud", json!(["other", "latchkey-local"])),
        ("exp", json!(now + 1)),
        ("iat", json!(now - 600)),
        ("iat", json!(now + 60)),
        ("nbf", json!(now + 60)),
        ("nbf", json!(-1)),
        ("sub", json!("a".repeat(255))),
        ("sub", json!("é".repeat(127))),
        ("sub", json!("#U# 'OR 1=1 <b>{}")),
    ];
    for (claim, value) in cases {
        let assertion = world.assertion_with("alice", json!({claim: value}));
        let reply = world.device().login(&assertion).await;
        assert_eq!(reply.status, 201, "{claim} = {value}: {}", reply.body);
    }
}

#[tokio::test]
async fn an_assertion_is_valid_until_the_second_of_its_expiry() {
    let world = World::patient().await;
    let assertion = world.assertion("alice");
    world.advance(299);
    assert_eq!(world.device().login(&assertion).await.status, 201);
    let late = world.assertion("bob");
    world.advance(300);
    assert_opens_nothing(&world, &late, "a second late").await;
}

#[tokio::test]
async fn an_assertion_with_a_repeated_claim_opens_no_session() {
    let provider = Provider::generate();
    let world = provider.world(json!({}), &[]).await;
    let claims = provider.claims(&world, "alice", json!({})).to_string();
    let header = json!({"alg": "ES256", "kid": "p1"});
    for claim in ["sub", "iss", "aud", "iat", "exp", "nbf"] {
        let value = payload(&provider.sign(&header, &claims))[claim].clone();
        let value = if value.is_null() { json!(0) } else { value };
        let twice = claims.replacen('{', &format!("{{\"{claim}\":{value},\"{claim}\":{value},"), 1);
        assert_opens_nothing(&world, &provider.sign(&header, &twice), &format!("{claim} twice")).await;
    }
    assert_eq!(world.device().login(&provider.sign(&header, &claims)).await.status, 201);
}

#[tokio::test]
async fn a_payload_that_is_not_a_claims_set_opens_no_session() {
    let provider = Provider::generate();
    let world = provider.world(json!({}), &[]).await;
    let claims = provider.claims(&world, "alice", json!({})).to_string();
    let deep = claims.replacen('{', &format!("{{\"x\":{}1{},", "[".repeat(2_000), "]".repeat(2_000)), 1);
    let header = json!({"alg": "ES256", "kid": "p1"});
    for text in ["", "null", "[]", "\"alice\"", "{", &deep, &format!("{claims}x"), &claims[1..]] {
        assert_opens_nothing(&world, &provider.sign(&header, text), &text[..text.len().min(40)]).await;
    }
}

#[tokio::test]
async fn a_header_with_another_key_or_algorithm_opens_no_session() {
    let provider = Provider::generate();
    let world = provider.world(json!({}), &[]).await;
    let claims = provider.claims(&world, "alice", json!({})).to_string();
    let mallory = Provider::generate().entry(json!({}))["jwks"]["keys"][0].clone();
    let heads = [
        json!({"alg": "none"}),
        json!({"alg": "nOnE", "kid": "p1"}),
        json!({"alg": "HS256", "kid": "p1"}),
        json!({"alg": "RS256", "kid": "p1"}),
        json!({"alg": "ES384", "kid": "p1"}),
        json!({"kid": "p1"}),
        json!({"alg": "ES256", "kid": "other"}),
        json!({"alg": "ES256", "kid": "../../dev/null"}),
        json!({"alg": "ES256", "kid": "' OR 1=1"}),
        json!({"alg": "ES256", "kid": "p1", "crit": ["exp"]}),
        json!({"alg": "ES256", "kid": "p1", "b64": false, "crit": ["b64"]}),
        json!({"alg": "ES256", "kid": "p1", "typ": "at+jwt"}),
        json!({"alg": "ES256", "kid": "p1", "typ": "application/at+jwt"}),
        json!({"alg": "ES256", "kid": "p1", "typ": "logout+jwt"}),
        json!({"alg": "ES256", "kid": "p1", "typ": "secevent+jwt"}),
        json!({"alg": "ES256", "kid": "p1", "typ": "dpop+jwt"}),
        json!({"alg": "ES256", "kid": "p1", "typ": ""}),
    ];
    for header in heads {
        assert_opens_nothing(&world, &provider.sign(&header, &claims), &header.to_string()).await;
    }
    // Mallory's key is not the issuer's, even if it is in the header.
    let forger = Provider::generate();
    for header in [json!({"alg": "ES256", "kid": "p1"}), json!({"alg": "ES256", "kid": "p1", "jwk": mallory})]
    {
        assert_opens_nothing(&world, &forger.sign(&header, &claims), "signed with another key").await;
    }
    for typ in [json!("JWT"), json!("jwt")] {
        let fine = provider.sign(&json!({"alg": "ES256", "kid": "p1", "typ": typ}), &claims);
        assert_eq!(world.device().login(&fine).await.status, 201);
    }
}

#[tokio::test]
async fn a_tampered_assertion_opens_no_session() {
    let world = World::patient().await;
    let assertion = world.assertion("alice");
    let parts: Vec<&str> = assertion.split('.').collect();
    let victor = world.assertion("victor");
    let swapped = format!("{}.{}.{}", parts[0], victor.split('.').nth(1).unwrap(), parts[2]);
    let cases = [
        ("a bit of the signature", flipped(&assertion)),
        ("another's payload", swapped),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{assertion}.x")),
        ("half a signature", assertion[..assertion.len() - 43].to_owned()),
        ("a blank behind", format!("{assertion} ")),
        ("a padded signature", format!("{assertion}==")),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("9 KB", "a".repeat(9_000)),
    ];
    for (what, text) in cases {
        assert_opens_nothing(&world, &text, what).await;
    }
    assert_eq!(
        world.device().login(&assertion).await.status,
        201,
        "the refused copies did not use up the assertion"
    );
}

#[tokio::test]
async fn our_own_tokens_are_not_accepted_as_assertions() {
    let world = World::patient().await;
    let tokens = world.device().sign_in("alice").await;
    assert_opens_nothing(&world, &tokens.access, "an access token").await;
    assert_opens_nothing(&world, &tokens.refresh, "a refresh token").await;
}

#[tokio::test]
async fn two_issuers_never_share_a_user() {
    let (one, two) = (Provider::generate(), Provider::generate());
    let second = two.entry(json!({"issuer": "https://second.example", "user_prefix": "second|"}));
    let trusted = json!([one.entry(json!({"user_prefix": "first|"})), second]).to_string();
    let world = World::with(&[("LATCHKEY_TRUSTED_ISSUERS", &trusted)]).await;
    let first = world.device().login(&one.assertion(&world, "alice", json!({}))).await;
    assert_eq!(first.assert_status(201).body["user_id"], "first|alice");
    let claims = json!({"iss": "https://second.example"});
    let other = world.device().login(&two.assertion(&world, "alice", claims)).await;
    assert_eq!(other.assert_status(201).body["user_id"], "second|alice");
    assert_eq!(payload(&other.text("access_token"))["sub"], "second|alice");
    // The second issuer's key with the first issuer's name, and the other way round.
    assert_opens_nothing(&world, &two.assertion(&world, "alice", json!({"iss": PROVIDER})), "a name").await;
    let claims = json!({"iss": "https://second.example"});
    assert_opens_nothing(&world, &one.assertion(&world, "alice", claims), "a name").await;
    let (long, empty) = ("a".repeat(256), json!({"iss": "https://second.example", "sub": ""}));
    let claims = json!({"iss": "https://second.example"});
    let with_prefix = world.device().login(&two.assertion(&world, &long, claims)).await;
    with_prefix.assert_field("assertion").assert_no_cookie();
    assert_opens_nothing(&world, &two.assertion(&world, "", empty), "only a prefix").await;
}

#[tokio::test]
async fn a_numeric_date_may_have_a_fraction() {
    let world = World::new().await;
    let now = world.now().seconds() as f64;
    for changes in [
        json!({"iat": now - 10.5, "exp": now + 300.5, "nbf": now - 10.5, "auth_time": now - 60.5}),
        json!({"iat": now, "exp": now + 300.0, "nbf": now, "auth_time": now}),
        json!({"iat": now + 59.5, "nbf": now + 59.5}),
        json!({"exp": now + 1.9}),
    ] {
        let reply = world.device().login(&world.assertion_with("alice", changes.clone())).await;
        assert_eq!(reply.status, 201, "{changes}: {}", reply.body);
    }
    let sent = json!({"auth_time": now - 60.5});
    let tokens = Tokens::of(&world.device().login(&world.assertion_with("bob", sent)).await);
    assert_eq!(payload(&tokens.access)["auth_time"], json!(world.now().seconds() - 61), "rounded down");
    assert_eq!(world.live("alice").await.len(), 4);
}

#[tokio::test]
async fn keys_that_cannot_verify_assertions_are_skipped_in_an_inline_set() {
    let provider = Provider::generate();
    let own = provider.entry(json!({}))["jwks"]["keys"][0].clone();
    let mut for_encryption = own.clone();
    for_encryption["use"] = json!("enc");
    for_encryption["kid"] = json!("enc");
    let others = [
        for_encryption,
        json!({"kty": "RSA", "alg": "RSA-OAEP", "use": "enc", "kid": "rsa-enc", "n": "AQAB", "e": "AQAB"}),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "kid": "new", "pub": "AA"}),
        json!({"kty": "EC", "crv": "secp256k1", "kid": "k1", "x": "AA", "y": "AA"}),
        json!({"kty": "oct", "k": "AAAA"}),
        json!({"kid": "without a type"}),
        json!("no key"),
    ];
    let keys: Vec<Value> = others.iter().cloned().chain([own]).collect();
    let world = provider.world(json!({"jwks": {"keys": keys}}), &[]).await;
    let assertion = provider.assertion(&world, "alice", json!({}));
    world.device().login(&assertion).await.assert_status(201);
    for unusable in [others.to_vec(), vec![]] {
        let trusted = json!([provider.entry(json!({"jwks": {"keys": unusable}}))]).to_string();
        let own = "https://app.example.com/api/auth";
        let error = parse_trusted_issuers(&trusted, own, KeyUrls::Https);
        assert!(error.is_err_and(|error| error.to_string().contains("jwks")), "nothing usable is left");
    }
}
