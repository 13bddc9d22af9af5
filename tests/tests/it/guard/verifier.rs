//! The offline check without the guard, with the keys that the server publishes.

use latchkey_tests::world::flipped;
use latchkey_verifier::{AccessTokenError, NoKeys, Verifier};

use super::shop::Shop;

#[tokio::test]
async fn a_key_set_an_issuer_and_an_audience_are_enough() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    let jwks = shop.world.device().get("/api/auth/.well-known/jwks.json").await.body.to_string();
    let config = shop.world.server.app.config();
    let verify = |token: &str, jwks: &str, issuer: &str, audience: &str, later: u64| {
        let now = shop.world.now() + std::time::Duration::from_secs(later);
        let verifier = Verifier::parse(jwks, issuer, audience).expect("it has a key");
        verifier.verify(token, now.into()).map(|claims| claims.sid.to_string())
    };
    let (issuer, audience) = (config.issuer.as_str(), config.audience.as_str());
    assert_eq!(verify(&tokens.access, &jwks, issuer, audience, 3_599), Ok(tokens.session.clone()));
    assert_eq!(verify(&tokens.access, &jwks, issuer, audience, 3_600), Err(AccessTokenError::Expired));
    assert_eq!(verify(&tokens.access, &jwks, issuer, "other", 0), Err(AccessTokenError::Invalid));
    assert_eq!(verify(&tokens.access, &jwks, "other", audience, 0), Err(AccessTokenError::Invalid));
    assert_eq!(verify(&flipped(&tokens.access), &jwks, issuer, audience, 0), Err(AccessTokenError::Invalid));
    assert_eq!(verify(&tokens.refresh, &jwks, issuer, audience, 0), Err(AccessTokenError::Invalid));
    for no_keys in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#] {
        assert_eq!(Verifier::parse(no_keys, issuer, audience).err(), Some(NoKeys));
    }
}
