//! The check without store and HTTP, and how it follows a key rotation.

use latchkey::token::access::AccessTokenError;
use latchkey::token::keys::{KeySet, generate_key_set};
use latchkey::token::verifier::{NoKeys, NotVerified, Verifier, verify_access_token};
use latchkey_tests::world::flipped;

use super::shop::Shop;

#[tokio::test]
async fn a_jwks_an_issuer_and_an_audience_are_enough() {
    let shop = Shop::open().await;
    let held = shop.world.device().sign_in("alice").await;
    let jwks = shop.world.device().get("/api/auth/.well-known/jwks.json").await.body.to_string();
    let config = shop.world.laptop.app.config();
    let verify = |token: &str, jwks: &str, issuer: &str, audience: &str, later: u64| {
        let now = shop.world.now() + std::time::Duration::from_secs(later);
        verify_access_token(token, jwks, issuer, audience, now).map(|claims| claims.sid.to_string())
    };
    let (issuer, audience) = (config.issuer.as_str(), config.audience.as_str());
    assert_eq!(verify(&held.access, &jwks, issuer, audience, 3_599), Ok(held.session.clone()));
    let token = |error| Err(NotVerified::Token(error));
    assert_eq!(verify(&held.access, &jwks, issuer, audience, 3_600), token(AccessTokenError::Expired));
    assert_eq!(verify(&held.access, &jwks, issuer, "other", 0), token(AccessTokenError::Invalid));
    assert_eq!(verify(&held.access, &jwks, "other", audience, 0), token(AccessTokenError::Invalid));
    assert_eq!(verify(&flipped(&held.access), &jwks, issuer, audience, 0), token(AccessTokenError::Invalid));
    assert_eq!(verify(&held.refresh, &jwks, issuer, audience, 0), token(AccessTokenError::Invalid));
    for no_keys in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#] {
        assert_eq!(verify(&held.access, no_keys, issuer, audience, 0), Err(NotVerified::Keys(NoKeys)));
    }
}

#[tokio::test]
async fn a_running_verifier_follows_a_key_rotation() {
    let shop = Shop::open().await;
    let held = shop.world.device().sign_in("alice").await;
    let config = shop.world.laptop.app.config();
    let published = config.keys.public_jwks().to_string();
    let other = KeySet::parse(&generate_key_set()).expect("a good set").public_jwks().to_string();
    let verifier = Verifier::parse(&other, &config.issuer, &config.audience).expect("it has a key");
    let clone = verifier.clone();
    let now = shop.world.now();
    assert_eq!(clone.verify(&held.access, now).err(), Some(AccessTokenError::Invalid));
    assert_eq!(verifier.replace_keys(&published), Ok(()));
    assert!(clone.verify(&held.access, now).is_ok());
    assert_eq!(verifier.replace_keys("{}"), Err(NoKeys));
    assert!(clone.verify(&held.access, now).is_ok(), "a bad answer changes nothing");
    assert_eq!(verifier.replace_keys(&other), Ok(()));
    assert!(clone.verify(&held.access, now).is_err(), "a key that was removed is not taken");
}
