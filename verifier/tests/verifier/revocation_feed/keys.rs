//! The keys that verify the feed: they are fetched when they are needed, and a rotation of keys stops no verifier.

use latchkey_verifier::{RemoteVerifier, RevocationFeed, SessionCheckError, WhenStale};
use serde_json::{Value, json};

use super::{Fixture, fixture};
use crate::published::Published;
use crate::signer::{AUDIENCE, ISSUER, Signer};

#[tokio::test]
async fn keys_that_cannot_be_fetched_leave_the_feed_unread() {
    let (it, keys) = with_keys(Published::new(500, ""));
    it.publishes_nothing_new();
    assert!(matches!(it.check().await, Err(SessionCheckError::Unavailable { .. })));
    keys.answers(200, it.signer.jwks());
    it.clock.pass(5_000);
    it.publishes_nothing_new();
    assert!(it.is_live().await);
}

/// A verifier that fetches the keys from there.
fn with_keys(keys: Published) -> (Fixture, Published) {
    let it = fixture(WhenStale::Refuse);
    let verifier = RemoteVerifier::new(ISSUER, AUDIENCE, keys.fetch()).unwrap();
    let feed = RevocationFeed::new(verifier, it.published.fetch(), WhenStale::Refuse).unwrap();
    (Fixture { feed: it.clock.drives(feed), ..it }, keys)
}

/// The set with the keys of both.
fn jwks_of(signers: [&Signer; 2]) -> String {
    let key = |signer: &Signer| serde_json::from_str::<Value>(&signer.jwks()).unwrap()["keys"][0].clone();
    json!({"keys": signers.map(key)}).to_string()
}

#[tokio::test]
async fn a_feed_by_a_new_key_is_read_at_the_next_poll() {
    let (it, keys) = with_keys(Published::new(200, Signer::new("a").jwks()));
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    // Keys are fetched for an unknown one at most once a minute.
    it.clock.pass(60_000);
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    assert_eq!(keys.asked(), 1);
    let next = Signer::new("b");
    keys.answers(200, jwks_of([&it.signer, &next]));
    it.clock.pass(4_000);
    let it = Fixture { signer: next, ..it };
    it.publishes_the_end();
    assert!(matches!(it.check().await, Err(SessionCheckError::Ended)));
    assert_eq!(keys.asked(), 2);
}

#[tokio::test]
async fn a_feed_by_a_retired_key_renews_nothing_once_the_keys_were_fetched_again() {
    let (old, next) = (Signer::new("a"), Signer::new("b"));
    let (it, keys) = with_keys(Published::new(200, jwks_of([&old, &next])));
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    keys.answers(200, next.jwks());
    it.clock.pass(600_000);
    let it = Fixture { signer: next, ..it };
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    let it = Fixture { signer: old, ..it };
    it.clock.pass(4_000);
    it.publishes_the_end();
    assert!(it.is_live().await, "its entries do not count");
    it.clock.pass(26_000);
    it.publishes_nothing_new();
    assert!(matches!(it.check().await, Err(SessionCheckError::Unavailable { .. })));
    assert_eq!(keys.asked(), 2);
}
