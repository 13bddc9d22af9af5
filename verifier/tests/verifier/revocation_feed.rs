//! When the feed is fetched, how long it counts, and what happens without one. No test waits: both clocks are the test's.

mod keys;
mod outage;

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_verifier::{
    Claims, RevocationFeed, Scope, SessionCheck, SessionCheckError, SessionCheckFuture, SessionId, Verifier,
    WhenStale,
};
use serde_json::{Value, json};

use crate::published::Published;
use crate::signer::{AUDIENCE, ISSUER, NOW, Signer};
use crate::virtual_clock::VirtualClock;

/// A verifier with a feed, and the issuer that publishes it.
struct Fixture {
    feed: RevocationFeed,
    published: Published,
    clock: VirtualClock,
    signer: Signer,
}

/// Answers every question with the same scope, or with the end.
struct Asked(bool);

impl SessionCheck for Asked {
    fn check<'c>(&'c self, _: &'c str, _: &'c Claims, _: SystemTime) -> SessionCheckFuture<'c> {
        let outcome = if self.0 { Ok(Scope::of(["orders:read"])) } else { Err(SessionCheckError::Ended) };
        Box::pin(std::future::ready(outcome))
    }
}

fn fixture(when_stale: WhenStale) -> Fixture {
    let (published, clock, signer) = (Published::new(503, ""), VirtualClock::default(), Signer::new("a"));
    let verifier = Verifier::parse(&signer.jwks(), ISSUER, AUDIENCE).unwrap();
    let feed = RevocationFeed::new(verifier, published.fetch(), when_stale).unwrap();
    Fixture { feed: clock.drives(feed), published, clock, signer }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

impl Fixture {
    /// Publishes a feed of this second with more members.
    fn publishes(&self, members: Value) {
        let iat = latchkey_verifier::epoch_seconds(self.clock.wall());
        let mut payload = json!({"iss": ISSUER, "iat": iat, "ended": ""});
        payload.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.published.answers(200, self.signer.sign("revocations+jwt", &payload.to_string()));
    }

    fn publishes_nothing_new(&self) {
        self.publishes(json!({}));
    }

    fn publishes_the_end(&self) {
        self.publishes(json!({"ended": "BwcHBwcHBwc"}));
    }

    async fn check(&self) -> Result<Scope, SessionCheckError> {
        let claims: Claims = serde_json::from_value(crate::signer::claims()).unwrap();
        self.feed.check("", &claims, self.clock.wall()).await
    }

    async fn is_live(&self) -> bool {
        self.check().await.is_ok()
    }

    /// `since` of the last request.
    fn asked_since(&self) -> Option<String> {
        self.published.last_request().0.uri().query().map(str::to_owned)
    }
}

#[tokio::test]
async fn the_first_request_fetches_the_feed_and_later_ones_use_it() {
    let it = fixture(WhenStale::Refuse);
    assert_eq!(it.published.asked(), 0);
    it.publishes_nothing_new();
    for _ in 0..3 {
        assert!(it.is_live().await);
    }
    it.clock.pass(3_999);
    assert!(it.is_live().await);
    assert_eq!(it.published.asked(), 1);
    let (request, limits) = it.published.last_request();
    assert_eq!(request.uri(), "https://app.example.com/api/auth/.well-known/revocations");
    assert_eq!((request.method().as_str(), request.headers().len()), ("GET", 0));
    assert_eq!((limits.timeout.as_secs(), limits.max_bytes), (2, 6 * 1024 * 1024));
}

#[tokio::test]
async fn a_copy_of_four_seconds_is_renewed_within_the_request() {
    let it = fixture(WhenStale::Refuse);
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    it.clock.pass(3_999);
    it.publishes_the_end();
    assert!(it.is_live().await);
    it.clock.pass(1);
    assert!(matches!(it.check().await, Err(SessionCheckError::Ended)));
    assert_eq!(it.asked_since(), Some(format!("since={}", NOW / 60 - 2)));
    it.published.fails();
    it.clock.pass(3_600_000);
    assert!(matches!(it.check().await, Err(SessionCheckError::Ended)), "an ended session stays ended");
}

#[tokio::test]
async fn a_fresh_copy_asks_no_server_about_a_session() {
    let it = fixture(WhenStale::ask(Asked(false)));
    it.publishes_nothing_new();
    assert!(it.is_live().await);
}

#[tokio::test]
async fn time_that_passes_in_a_frozen_function_makes_the_copy_old() {
    let it = fixture(WhenStale::Refuse);
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    it.clock.freeze(4_000);
    it.publishes_the_end();
    assert!(!it.is_live().await);
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_the_copy_old_and_not_fresh_for_longer() {
    let it = fixture(WhenStale::Refuse);
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    it.published.fails();
    it.clock.set(-60);
    assert!(!it.is_live().await);
}

#[tokio::test]
async fn the_whole_feed_is_fetched_every_fifteen_minutes() {
    let it = fixture(WhenStale::Refuse);
    let mut whole = vec![];
    for second in (0..=1_804).step_by(4) {
        it.publishes(if second % 900 == 0 { json!({}) } else { json!({"since": 0}) });
        assert!(it.is_live().await);
        if it.asked_since().is_none() {
            whole.push(second);
        }
        it.clock.pass(4_000);
    }
    assert_eq!(whole, [0, 900, 1_800]);
}

#[tokio::test]
async fn an_entry_is_dropped_by_the_second_whole_feed_without_it() {
    let it = fixture(WhenStale::Refuse);
    it.publishes_the_end();
    let mut refused = vec![];
    for second in (0..=1_804).step_by(4) {
        if !it.is_live().await {
            refused.push(second);
        }
        it.clock.pass(4_000);
        it.publishes(if (second + 4) % 900 == 0 { json!({}) } else { json!({"since": 0}) });
    }
    assert_eq!(refused.last(), Some(&1_796));
}

#[tokio::test]
async fn a_hundred_thousand_revocations_in_an_hour_are_all_refused() {
    const REVOCATIONS: u64 = 100_000;
    let it = fixture(WhenStale::Refuse);
    // Odd numbers spread the ids over the whole range; the second half of an id is its entry.
    let id = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let sessions = |millis: u64| millis * REVOCATIONS / 3_600_000;
    for second in (0..=3_600).step_by(20) {
        let since = NOW / 60 + second / 60 - 2;
        let is_whole = second % 900 == 0;
        let first = if is_whole { 0 } else { sessions(since.saturating_sub(NOW / 60) * 60_000) };
        let mut entries: Vec<u64> = (first..sessions(second * 1_000)).map(id).collect();
        entries.sort_unstable();
        let bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.to_be_bytes()).collect();
        let mut members = json!({"ended": BASE64URL.encode(bytes)});
        if !is_whole {
            members["since"] = json!(since);
        }
        it.publishes(members);
        assert!(it.is_live().await, "second {second}");
        it.clock.pass(20_000);
    }
    let mut claims: Claims = serde_json::from_value(crate::signer::claims()).unwrap();
    for number in 0..REVOCATIONS {
        claims.sid = SessionId::from_bytes(((7 << 64) | u128::from(id(number))).to_be_bytes());
        let ended = it.feed.check("", &claims, it.clock.wall()).await;
        assert!(matches!(ended, Err(SessionCheckError::Ended)), "{number}");
    }
}

#[tokio::test]
async fn a_since_that_the_server_refuses_is_followed_by_the_whole_feed() {
    let it = fixture(WhenStale::Refuse);
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    it.published.answers(400, "");
    it.clock.pass(4_000);
    assert!(it.is_live().await);
    assert!(it.asked_since().is_some());
    it.clock.pass(4_000);
    it.publishes_the_end();
    assert!(!it.is_live().await);
    assert_eq!(it.asked_since(), None);
}

#[tokio::test]
async fn one_fetch_runs_at_a_time_and_others_wait_only_with_an_old_copy() {
    let it = fixture(WhenStale::Refuse);
    it.publishes_nothing_new();
    it.published.holds_answers_back();
    let (mut first, mut second) = (Box::pin(it.check()), pin!(it.check()));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending(), "there is no copy");
    assert_eq!(it.published.asked(), 1);
    it.published.answers_one();
    // The first caller gives up: the second drives the fetch to its end.
    drop(first);
    assert!(matches!(poll(second.as_mut()), Poll::Ready(Ok(_))));

    it.clock.pass(4_000);
    let mut renewing = pin!(it.check());
    assert!(poll(renewing.as_mut()).is_pending());
    it.clock.pass(999);
    assert!(matches!(poll(pin!(it.check()).as_mut()), Poll::Ready(Ok(_))), "the copy is under 5 seconds old");
    it.clock.pass(1);
    let mut waiting = pin!(it.check());
    assert!(poll(waiting.as_mut()).is_pending(), "the copy is 5 seconds old");
    assert_eq!(it.published.asked(), 2);
    it.publishes_the_end();
    it.published.answers_one();
    assert!(matches!(poll(waiting.as_mut()), Poll::Ready(Err(SessionCheckError::Ended))));
    assert!(matches!(poll(renewing.as_mut()), Poll::Ready(Err(SessionCheckError::Ended))));
}

#[tokio::test]
async fn an_abandoned_fetch_is_replaced() {
    let it = fixture(WhenStale::Refuse);
    it.publishes_nothing_new();
    it.published.holds_answers_back();
    {
        let mut given_up = pin!(it.check());
        assert!(poll(given_up.as_mut()).is_pending());
    }
    it.clock.freeze(5_000);
    it.publishes_nothing_new();
    it.published.answers_one();
    assert!(matches!(poll(pin!(it.check()).as_mut()), Poll::Ready(Ok(_))));
    assert_eq!(it.published.asked(), 2);
}

#[test]
fn the_feed_is_fetched_from_https_only() {
    let (published, signer) = (Published::new(200, ""), Signer::new("a"));
    let of = |issuer: &str| {
        let verifier = Verifier::parse(&signer.jwks(), issuer, AUDIENCE).unwrap();
        RevocationFeed::new(verifier, published.fetch(), WhenStale::Accept).is_ok()
    };
    assert!(of(ISSUER) && of("http://127.0.0.1:9000/api/auth"));
    assert!(!of("http://app.example.com/api/auth"));
}

#[test]
fn debug_shows_no_token_and_no_entry() {
    let it = fixture(WhenStale::Accept);
    assert_eq!(format!("{:?}", it.feed), "RevocationFeed { when_stale: Accept, .. }");
}
