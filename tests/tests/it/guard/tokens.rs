//! Forged and malformed tokens: the guard refuses each before the service gets the request, without a store call.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_tests::world::{Provider, flipped, header, payload};
use serde_json::json;

use super::shop::{MODES, Mode, Shop};

#[tokio::test]
async fn a_forged_token_is_refused_without_a_store_call() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    let token = tokens.access.as_str();
    let claims = payload(token).to_string();
    let forgeries = [
        ("one bit of the signature", flipped(token)),
        ("no signature", format!("{}.", token.rsplit_once('.').expect("three parts").0)),
        ("alg none", unsigned(&json!({"alg": "none", "typ": "at+jwt"}), &claims)),
        ("HS256 with the public key", hmac_with_the_public_key(&shop, token, &claims)),
        ("a stranger's key", Provider::generate().sign(&header(token), &claims)),
        ("an ID token's typ", shop.resigned(token, json!({"typ": "JWT"}), json!({}))),
        ("no typ", shop.resigned(token, json!({"typ": null}), json!({}))),
        ("a refresh token's typ", shop.resigned(token, json!({"typ": "refresh+jwt"}), json!({}))),
        ("the refresh token", tokens.refresh.clone()),
        ("another audience", shop.resigned(token, json!({}), json!({"aud": "other"}))),
        (
            "a list of audiences",
            shop.resigned(token, json!({}), json!({"aud": [shop.world.server.audience]})),
        ),
        ("another issuer", shop.resigned(token, json!({}), json!({"iss": "https://evil.example/api/auth"}))),
        ("no exp", shop.resigned(token, json!({}), json!({"exp": null}))),
        ("exp as text", shop.resigned(token, json!({}), json!({"exp": "9999999999"}))),
        ("no session", shop.resigned(token, json!({}), json!({"sid": null}))),
        ("an assertion", shop.world.assertion("alice")),
        ("nothing", String::new()),
        ("two tokens", format!("{token},{token}")),
        ("two tokens", format!("{token} {token}")),
    ];
    shop.world.server.stats.reset();
    for mode in MODES {
        for (what, forgery) in &forgeries {
            let reply = shop.bearer(mode, forgery).await;
            assert_eq!(reply.code(), "invalid_token", "{mode:?}: {what}: {}", reply.body);
            reply.assert_problem(401, "invalid_token");
        }
    }
    assert_eq!((shop.served(), shop.world.server.stats.total().calls), (0, 0));
    // The same signer makes valid tokens, so the change is the reason of each refusal.
    let good = shop.resigned(token, json!({}), json!({}));
    shop.bearer(Mode::Strict, &good).await.assert_status(200);
}

fn unsigned(header: &serde_json::Value, claims: &str) -> String {
    format!("{}.{}.", BASE64URL.encode(header.to_string()), BASE64URL.encode(claims))
}

/// The attack of RFC 8725 section 2.1: the verifier uses the public key as an HMAC secret.
fn hmac_with_the_public_key(shop: &Shop, token: &str, claims: &str) -> String {
    let jwks = shop.world.server.app.config().keys.public_jwks().to_string();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, jwks.as_bytes());
    let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": header(token)["kid"]});
    let input = unsigned(&header, claims);
    let tag = aws_lc_rs::hmac::sign(&key, input.trim_end_matches('.').as_bytes());
    format!("{input}{}", BASE64URL.encode(tag.as_ref()))
}

#[tokio::test]
async fn a_token_is_valid_until_the_second_of_its_expiry() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    shop.world.advance(3_599);
    for mode in MODES {
        shop.bearer(mode, &tokens.access).await.assert_status(200);
    }
    shop.world.advance(1);
    for mode in MODES {
        shop.bearer(mode, &tokens.access).await.assert_problem(401, "token_expired");
    }
    assert_eq!(shop.served(), 2);
}

#[tokio::test]
async fn a_malformed_bearer_token_is_never_ignored() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    let cookie = format!("latchkey_access={}", tokens.access);
    for authorization in ["", "Bearer", "Bearer ", "DPoP x", &tokens.access, "Bearer x.y.z"] {
        for mode in MODES {
            // A valid cookie in the same request must not replace the header.
            let reply =
                shop.call(mode, "GET", &[("authorization", authorization), ("cookie", &cookie)]).await;
            reply.assert_problem(401, "invalid_token");
        }
    }
    let bearer = format!("Bearer {}", tokens.access);
    let twice = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    shop.call(Mode::Offline, "GET", &twice).await.assert_problem(401, "invalid_token");
    shop.call(Mode::Offline, "GET", &[]).await.assert_problem(401, "token_missing");
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn another_scheme_leaves_the_cookie_in_force() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    let cookie = format!("latchkey_access={}", tokens.access);
    for mode in MODES {
        for authorization in ["Basic YTpi", "basic YTpi", "Negotiate YIIZ", "Digest username=\"a, Bearer b\""]
        {
            let reply =
                shop.call(mode, "GET", &[("authorization", authorization), ("cookie", &cookie)]).await;
            reply.assert_status(200);
            shop.call(mode, "GET", &[("authorization", authorization)])
                .await
                .assert_problem(401, "token_missing");
        }
    }
}
