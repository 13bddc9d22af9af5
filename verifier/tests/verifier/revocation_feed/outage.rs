//! While the feed is down: how long a copy counts, which requests wait, and what happens without a fresh copy.

use std::pin::pin;
use std::task::Poll;

use latchkey_verifier::{Introspection, RevocationFeed, SessionCheckError, Verifier, WhenStale};
use serde_json::json;

use super::{Asked, Fixture, fixture, poll};
use crate::signer::{AUDIENCE, ISSUER, NOW};

#[tokio::test]
async fn a_copy_counts_for_thirty_seconds_while_the_feed_is_down() {
    let it = fixture(WhenStale::Refuse);
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    it.published.fails();
    for _ in 0..14 {
        it.clock.pass(2_000);
        assert!(it.is_live().await);
    }
    assert_eq!(it.published.asked(), 8, "a feed that is down is asked every 4 seconds");
    it.clock.pass(1_999);
    assert!(it.is_live().await);
    it.clock.pass(1);
    let error = it.check().await.unwrap_err();
    assert!(matches!(error, SessionCheckError::Unavailable { .. }), "{error:?}");
    assert_eq!(latchkey_verifier::Refusal::from(error).code().name(), "store_unavailable");
    it.clock.pass(4_000);
    it.publishes_nothing_new();
    assert!(it.is_live().await, "the feed is back");
}

#[tokio::test]
async fn without_a_fresh_copy_the_setting_decides() {
    let stale = [
        (WhenStale::Accept, "accepted"),
        (WhenStale::ask(Asked(true)), "asked"),
        (WhenStale::ask(Asked(false)), "ended"),
        (WhenStale::Refuse, "unavailable"),
    ];
    for (when_stale, expected) in stale {
        for was_warm in [false, true] {
            let it = fixture(when_stale.clone());
            if was_warm {
                it.publishes_nothing_new();
                assert!(it.is_live().await);
            }
            it.published.fails();
            it.clock.pass(30_000);
            let found = match it.check().await {
                Ok(scope) if scope.has("orders:write") => "accepted",
                Ok(_) => "asked",
                Err(SessionCheckError::Ended) => "ended",
                Err(SessionCheckError::Unavailable { .. }) => "unavailable",
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(found, expected, "{when_stale:?} {was_warm}");
        }
    }
}

#[tokio::test]
async fn an_outage_of_feed_and_introspection_signs_no_user_out() {
    let it = fixture(WhenStale::Refuse);
    let introspection = Introspection::new(ISSUER, it.published.fetch()).unwrap();
    let feed = RevocationFeed::new(
        Verifier::parse(&it.signer.jwks(), ISSUER, AUDIENCE).unwrap(),
        it.published.fetch(),
        WhenStale::ask(introspection),
    );
    let it = Fixture { feed: it.clock.drives(feed.unwrap()), ..it };
    assert!(matches!(it.check().await, Err(SessionCheckError::Unavailable { .. })));
}

#[tokio::test]
async fn every_answer_that_is_no_feed_is_unavailable_and_never_an_end() {
    for status in [201, 204, 304, 400, 401, 403, 404, 429, 500, 503] {
        let it = fixture(WhenStale::Refuse);
        it.publishes_nothing_new();
        let feed =
            it.signer.sign("revocations+jwt", &json!({"iss": ISSUER, "iat": NOW, "ended": ""}).to_string());
        it.published.answers(status, feed);
        assert!(matches!(it.check().await, Err(SessionCheckError::Unavailable { .. })), "{status}");
    }
}

#[tokio::test]
async fn while_the_feed_hangs_only_the_request_that_fetches_it_waits() {
    for when_stale in [WhenStale::Accept, WhenStale::ask(Asked(true)), WhenStale::Refuse] {
        let it = fixture(when_stale.clone());
        it.publishes_nothing_new();
        assert!(it.is_live().await);
        it.published.fails();
        it.published.holds_answers_back();
        it.clock.pass(4_000);
        let mut first = pin!(it.check());
        assert!(poll(first.as_mut()).is_pending());
        it.clock.pass(1_000);
        let mut second = pin!(it.check());
        assert!(poll(second.as_mut()).is_pending(), "it is not known yet that the feed hangs");
        it.clock.pass(1_000);
        it.published.answers_one();
        assert!(poll(first.as_mut()).is_ready() && poll(second.as_mut()).is_ready());
        let mut age = 6_000;
        for round in 1..10 {
            it.clock.pass(2_000);
            age += 2_000;
            let mut fetching = pin!(it.check());
            assert!(poll(fetching.as_mut()).is_pending(), "{round}");
            for _ in 0..20 {
                it.clock.pass(100);
                age += 100;
                let other = poll(pin!(it.check()).as_mut());
                let is_stale = age >= 30_000;
                match (&when_stale, other) {
                    (_, Poll::Pending) => panic!("round {round}: it waits for a feed that hangs"),
                    (WhenStale::Refuse, Poll::Ready(outcome)) if is_stale => assert!(outcome.is_err()),
                    (_, Poll::Ready(outcome)) => assert!(is_stale || outcome.is_ok(), "round {round}"),
                }
            }
            it.published.answers_one();
            assert!(poll(fetching.as_mut()).is_ready());
        }
        assert_eq!(it.published.asked(), 11, "once every 4 seconds");
    }
}

/// A copy of any age may be used without waiting only because the feed could not be reached within the last 10 seconds.
#[tokio::test]
async fn a_failure_of_ten_seconds_ago_stops_no_request_from_waiting() {
    for (millis, waits) in [(9_999, false), (10_000, true)] {
        let it = fixture(WhenStale::Refuse);
        it.publishes_nothing_new();
        assert!(it.is_live().await);
        it.published.fails();
        it.clock.pass(4_000);
        assert!(it.is_live().await);
        it.publishes_the_end();
        it.published.holds_answers_back();
        it.clock.pass(millis);
        let (mut first, mut second) = (pin!(it.check()), pin!(it.check()));
        assert!(poll(first.as_mut()).is_pending());
        assert_eq!(poll(second.as_mut()).is_pending(), waits, "{millis}");
    }
}
