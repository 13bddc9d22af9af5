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

/// A verifier whose feed hung at its first renewal: the fetch failed after `millis`. The copy is 4 seconds older than that.
async fn after_a_fetch_that_failed_late(millis: u64) -> Fixture {
    let it = fixture(WhenStale::Refuse);
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    it.published.fails();
    it.published.holds_answers_back();
    it.clock.pass(4_000);
    {
        let mut fetching = pin!(it.check());
        assert!(poll(fetching.as_mut()).is_pending());
        it.clock.pass(millis);
        it.published.answers_one();
        assert!(matches!(poll(fetching.as_mut()), Poll::Ready(Ok(_))));
    }
    it
}

/// A copy of any age may be used without waiting only because a fetch of the last 10 seconds has hung.
#[tokio::test]
async fn a_hang_of_ten_seconds_ago_stops_no_request_from_waiting() {
    for (millis, waits) in [(9_999, false), (10_000, true)] {
        let it = after_a_fetch_that_failed_late(2_000).await;
        it.publishes_the_end();
        it.clock.pass(millis - 2_000);
        let (mut first, mut second) = (pin!(it.check()), pin!(it.check()));
        assert!(poll(first.as_mut()).is_pending());
        assert_eq!(poll(second.as_mut()).is_pending(), waits, "{millis}");
    }
}

/// For example one 502: a copy of 20 seconds must not be used while the next fetch, which succeeds, is under way.
#[tokio::test]
async fn after_a_quick_failure_requests_wait_for_the_next_fetch() {
    for (millis, waits) in [(0, true), (999, true), (1_000, false)] {
        let it = after_a_fetch_that_failed_late(millis).await;
        it.publishes_the_end();
        it.clock.pass(5_000);
        let (mut first, mut second) = (pin!(it.check()), pin!(it.check()));
        assert!(poll(first.as_mut()).is_pending());
        let outcome = poll(second.as_mut());
        assert_eq!(outcome.is_pending(), waits, "{millis}");
        it.published.answers_one();
        assert!(matches!(poll(first.as_mut()), Poll::Ready(Err(SessionCheckError::Ended))));
        if waits {
            assert!(matches!(poll(second.as_mut()), Poll::Ready(Err(SessionCheckError::Ended))));
        }
    }
}

#[tokio::test]
async fn a_quick_failure_does_not_end_a_hang_and_a_success_does() {
    let it = after_a_fetch_that_failed_late(2_000).await;
    it.clock.pass(2_000);
    it.published.answers_one();
    assert!(it.is_live().await, "a quick failure");
    it.clock.pass(4_000);
    let mut fetching = pin!(it.check());
    assert!(poll(fetching.as_mut()).is_pending());
    assert!(matches!(poll(pin!(it.check()).as_mut()), Poll::Ready(Ok(_))), "it hung 8 seconds ago");

    let it = after_a_fetch_that_failed_late(2_000).await;
    it.clock.pass(2_000);
    it.publishes_nothing_new();
    it.published.answers_one();
    assert!(it.is_live().await);
    it.clock.pass(5_000);
    it.publishes_the_end();
    let (mut first, mut second) = (pin!(it.check()), pin!(it.check()));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
}

#[tokio::test]
async fn while_the_feed_hangs_an_answer_counts_although_its_request_gave_up() {
    let it = after_a_fetch_that_failed_late(2_000).await;
    it.publishes_the_end();
    it.clock.pass(2_000);
    {
        let mut given_up = pin!(it.check());
        assert!(poll(given_up.as_mut()).is_pending());
    }
    assert!(matches!(poll(pin!(it.check()).as_mut()), Poll::Ready(Ok(_))), "no answer has arrived");
    it.published.answers_one();
    assert!(matches!(poll(pin!(it.check()).as_mut()), Poll::Ready(Err(SessionCheckError::Ended))));
    assert_eq!(it.published.asked(), 3);
}

#[tokio::test]
async fn without_a_copy_no_request_waits_for_a_feed_that_hangs() {
    let it = fixture(WhenStale::Accept);
    it.published.fails();
    it.published.holds_answers_back();
    let (mut first, mut second) = (pin!(it.check()), pin!(it.check()));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    it.clock.pass(2_000);
    it.published.answers_one();
    assert!(poll(first.as_mut()).is_ready() && poll(second.as_mut()).is_ready());
    it.clock.pass(2_000);
    let mut fetching = pin!(it.check());
    assert!(poll(fetching.as_mut()).is_pending());
    assert!(matches!(poll(pin!(it.check()).as_mut()), Poll::Ready(Ok(_))));
}

#[tokio::test]
async fn a_copy_becomes_too_old_while_a_request_waits() {
    let it = fixture(WhenStale::Refuse);
    it.publishes_nothing_new();
    assert!(it.is_live().await);
    it.published.fails();
    it.published.holds_answers_back();
    it.clock.pass(28_000);
    let mut fetching = pin!(it.check());
    assert!(poll(fetching.as_mut()).is_pending());
    it.clock.pass(2_000);
    it.published.answers_one();
    assert!(matches!(poll(fetching.as_mut()), Poll::Ready(Err(SessionCheckError::Unavailable { .. }))));
}
