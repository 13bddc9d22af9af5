//! When the keys are fetched, and what callers get meanwhile. No test waits: time is an argument.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use latchkey_verifier::{AccessTokenError, KeysUnavailable, RemoteVerifier, VerifyError};

use crate::published::Published;
use crate::signer::{AUDIENCE, ISSUER, Signer, at};

fn verifier(published: &Published) -> RemoteVerifier {
    RemoteVerifier::new(ISSUER, AUDIENCE, published.fetch()).unwrap()
}

/// A verifier that has fetched the keys of `signer`.
async fn warm(signer: &Signer) -> (RemoteVerifier, Published) {
    let published = Published::new(200, signer.jwks());
    let verifier = verifier(&published);
    verifier.verify(&signer.token(), at(0)).await.unwrap();
    (verifier, published)
}

/// Polls a future once.
fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A token whose signature is right and whose `exp` is far ahead.
fn lasting(signer: &Signer) -> String {
    let mut claims = crate::signer::claims();
    claims["exp"] = serde_json::json!(9_999_999_999_i64);
    signer.sign("at+jwt", &claims.to_string())
}

#[tokio::test]
async fn keys_are_fetched_at_the_first_need_and_are_fresh_for_ten_minutes() {
    let signer = Signer::new("a");
    let published = Published::new(200, signer.jwks());
    let verifier = verifier(&published);
    assert_eq!(published.asked(), 0);
    for later in [0, 1, 599] {
        assert!(verifier.verify(&signer.token(), at(later)).await.is_ok());
    }
    assert_eq!(published.asked(), 1);
    let (request, limits) = published.last_request();
    assert_eq!(request.uri(), "https://app.example.com/api/auth/.well-known/jwks.json");
    assert_eq!((request.method().as_str(), request.headers().len()), ("GET", 0));
    assert_eq!((limits.timeout.as_secs(), limits.max_bytes), (2, 262_144));
    assert!(verifier.verify(&signer.token(), at(600)).await.is_ok());
    assert_eq!(published.asked(), 2);
}

#[tokio::test]
async fn an_unknown_key_is_looked_up_at_most_once_a_minute() {
    let (old, new) = (Signer::new("a"), Signer::new("b"));
    let (verifier, published) = warm(&old).await;
    published.answers(200, new.jwks());
    let early = verifier.verify(&new.token(), at(59)).await;
    assert!(matches!(early, Err(VerifyError::Token(AccessTokenError::Invalid))), "{early:?}");
    assert_eq!(published.asked(), 1);
    assert!(verifier.verify(&new.token(), at(60)).await.is_ok());
    for _ in 0..20 {
        assert!(verifier.verify(&Signer::new("made-up").token(), at(119)).await.is_err());
    }
    assert_eq!(published.asked(), 2);
}

#[tokio::test]
async fn the_last_good_keys_are_used_for_a_day_while_the_issuer_is_down() {
    let signer = Signer::new("a");
    let (verifier, published) = warm(&signer).await;
    let token = lasting(&signer);
    for down in [true, false] {
        if down {
            published.fails()
        } else {
            published.answers(500, signer.jwks())
        }
        let asked = published.asked();
        let later = if down { 600 } else { 86_399 - 60 };
        for _ in 0..5 {
            assert!(verifier.verify(&token, at(later)).await.is_ok());
        }
        assert_eq!(published.asked(), asked + 1, "an issuer that is down is asked once a minute");
    }
    let over = verifier.verify(&token, at(86_400)).await;
    assert!(matches!(over, Err(VerifyError::Keys(KeysUnavailable::Status(_)))), "{over:?}");
}

#[tokio::test]
async fn without_keys_the_next_attempt_is_five_seconds_later() {
    let signer = Signer::new("a");
    let published = Published::new(200, "{}");
    let verifier = verifier(&published);
    let outcome = async |later| verifier.verify(&signer.token(), at(later)).await;
    assert!(matches!(outcome(0).await, Err(VerifyError::Keys(KeysUnavailable::Answer(_)))));
    published.answers(200, signer.jwks());
    assert!(matches!(outcome(4).await, Err(VerifyError::Keys(KeysUnavailable::TriedRecently))));
    assert_eq!(published.asked(), 1);
    assert!(outcome(5).await.is_ok());
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_keys_old_and_not_fresh_for_longer() {
    let signer = Signer::new("a");
    let published = Published::new(200, signer.jwks());
    let verifier = verifier(&published);
    let token = lasting(&signer);
    assert!(verifier.verify(&token, at(10_000)).await.is_ok());
    assert!(verifier.verify(&token, at(9_000)).await.is_ok());
    assert_eq!(published.asked(), 2);
}

#[test]
fn many_callers_without_keys_share_one_fetch() {
    let signer = Signer::new("a");
    let published = Published::new(200, signer.jwks());
    let verifier = verifier(&published);
    let token = signer.token();
    published.holds_answers_back();
    let mut callers: Vec<_> = (0..20).map(|_| Box::pin(verifier.verify(&token, at(0)))).collect();
    for caller in &mut callers {
        assert!(poll(caller.as_mut()).is_pending());
    }
    published.answers_one();
    for caller in &mut callers {
        assert!(matches!(poll(caller.as_mut()), Poll::Ready(Ok(_))));
    }
    assert_eq!(published.asked(), 1);
}

#[test]
fn a_fetch_ends_although_the_caller_that_began_it_gave_up() {
    let signer = Signer::new("a");
    let published = Published::new(200, signer.jwks());
    let verifier = verifier(&published);
    let token = signer.token();
    published.holds_answers_back();
    let mut first = Box::pin(verifier.verify(&token, at(0)));
    let mut second = pin!(verifier.verify(&token, at(1)));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    drop(first);
    published.answers_one();
    assert!(matches!(poll(second.as_mut()), Poll::Ready(Ok(_))));
    assert_eq!(published.asked(), 1);
}

#[test]
fn a_fetch_that_no_caller_waits_for_is_replaced() {
    let signer = Signer::new("a");
    let published = Published::new(200, signer.jwks());
    let verifier = verifier(&published);
    let token = signer.token();
    published.holds_answers_back();
    let mut first = Box::pin(verifier.verify(&token, at(0)));
    assert!(poll(first.as_mut()).is_pending());
    drop(first);
    let mut second = pin!(verifier.verify(&token, at(5)));
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!(published.asked(), 2);
    published.answers_one();
    assert!(matches!(poll(second.as_mut()), Poll::Ready(Ok(_))));
}

#[test]
fn a_caller_with_a_known_key_does_not_wait_for_a_fetch() {
    let (old, new) = (Signer::new("a"), Signer::new("b"));
    let published = Published::new(200, old.jwks());
    let verifier = verifier(&published);
    let (known, unknown) = (old.token(), new.token());
    assert!(matches!(poll(pin!(verifier.verify(&known, at(0)))), Poll::Ready(Ok(_))));
    published.holds_answers_back();
    published.answers(200, new.jwks());
    let mut first = pin!(verifier.verify(&unknown, at(60)));
    let mut second = pin!(verifier.verify(&unknown, at(60)));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    assert!(matches!(poll(pin!(verifier.verify(&known, at(60)))), Poll::Ready(Ok(_))));
    published.answers_one();
    assert!(matches!(poll(first.as_mut()), Poll::Ready(Ok(_))));
    assert!(matches!(poll(second.as_mut()), Poll::Ready(Ok(_))), "its key is in the set that it waited for");
    assert_eq!(published.asked(), 2);
}

#[test]
fn an_issuer_without_encryption_is_refused() {
    let fetch = || Published::new(200, "").fetch();
    assert!(RemoteVerifier::new("http://app.example.com/api/auth", AUDIENCE, fetch()).is_err());
    assert!(RemoteVerifier::new("http://127.0.0.1:9000/api/auth", AUDIENCE, fetch()).is_ok());
}
