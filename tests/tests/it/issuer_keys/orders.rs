//! Orders to end sessions, which most providers send once: a fault of the provider's keys must not lose them, and forged orders must
//! neither start the alarm of lost ones nor load the provider.

use std::time::{Duration, Instant};

use latchkey::telemetry::metrics::Counter;
use latchkey_local::issuer::Issuer;
use latchkey_tests::world::{Logs, Reply, Tokens};
use serde_json::json;

use super::provider::{Answer, entry};
use super::{DAY, Deployment, IDP};

/// A provider that may end sessions.
async fn deployment() -> Deployment {
    let mut entry = entry(IDP, "");
    entry["logout"] =
        json!({"backchannel": {}, "events": {"types": ["session-revoked"]}, "global_revocation": {}});
    Deployment::with(&json!([entry])).await
}

impl Deployment {
    async fn sign_in(&self, user: &str) -> Tokens {
        let now = self.world.now().seconds();
        let claims = json!({"iss": IDP, "aud": "shop", "sub": user, "iat": now, "exp": now + 300});
        let assertion = self.issuer.sign(&claims).expect("it signs");
        Tokens::of(self.login(&assertion).await.assert_status(201))
    }

    /// Sends a logout token that `signer` made.
    async fn log_out(&self, signer: &Issuer, user: &str) -> Reply {
        let now = self.world.now().seconds();
        let claims = json!({
            "iss": IDP, "aud": "shop", "sub": user, "iat": now, "exp": now + 120, "jti": "1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        let body = format!("logout_token={}", signer.sign(&claims).expect("it signs"));
        let form = Some("application/x-www-form-urlencoded");
        self.world.device().send("POST", "/api/auth/backchannel-logout", form, body).await
    }

    async fn is_alive(&self, tokens: &Tokens) -> bool {
        self.world.device().list(&tokens.access).await.status == 200
    }

    /// Lost orders, orders without keys, and refused orders.
    fn counted(&self) -> [u64; 3] {
        let counters =
            [Counter::ProviderOrdersFailed, Counter::ProviderKeysUnavailable, Counter::ProviderOrdersRefused];
        counters.map(|counter| self.world.server.app.metrics().value(counter))
    }
}

fn forger() -> Issuer {
    Issuer::generate().expect("a key")
}

/// The provider has a new key after an incident, and a forged order came first.
#[tokio::test]
async fn an_order_with_a_new_key_is_never_refused_for_good() {
    let deployment = deployment().await;
    let tokens = deployment.sign_in("alice").await;
    deployment.world.advance(10);
    assert_eq!(
        deployment.log_out(&forger(), "alice").await.status,
        400,
        "the set was fetched for this order"
    );
    let next = forger();
    deployment.provider.publishes(&next);
    deployment.world.advance(9);
    let reply = deployment.log_out(&next, "alice").await;
    assert_eq!((reply.status.as_u16(), reply.code()), (503, "store_unavailable"), "{}", reply.body);
    assert!(deployment.is_alive(&tokens).await);
    deployment.world.advance(1);
    deployment.log_out(&next, "alice").await.assert_status(200);
    assert!(!deployment.is_alive(&tokens).await);
    assert_eq!(deployment.counted(), [0, 0, 2]);
}

#[tokio::test]
async fn an_order_with_a_key_that_is_not_known_yet_fetches_it() {
    let deployment = deployment().await;
    deployment.sign_in("alice").await;
    let next = forger();
    deployment.provider.publishes(&next);
    deployment.world.advance(10);
    deployment.log_out(&next, "alice").await.assert_status(200);
    assert_eq!(deployment.provider.requests(), 2);
}

/// A fault of some hundred milliseconds, for example a restart of the provider.
#[tokio::test]
async fn a_short_fault_of_the_keys_is_outlasted() {
    for fault in [Answer::Body(500, "down".into()), Answer::Body(200, "{}".into()), Answer::HangUp] {
        let deployment = deployment().await;
        let tokens = deployment.sign_in("alice").await;
        let (provider, issuer, next) = (deployment.provider.clone(), deployment.issuer.clone(), forger());
        deployment.world.advance(DAY);
        let own = deployment.sign_in("alice").await;
        for (signer, seconds) in [(&issuer, DAY), (&next, 12)] {
            provider.answers(fault.clone());
            deployment.world.advance(seconds);
            let repaired = async {
                tokio::time::sleep(Duration::from_millis(600)).await;
                provider.publishes(signer);
            };
            let (reply, ()) = tokio::join!(deployment.log_out(signer, "alice"), repaired);
            reply.assert_status(200);
            assert_eq!(deployment.counted(), [0, 0, 0], "{fault:?}");
        }
        for tokens in [tokens, own] {
            deployment.world.device().refresh(&tokens.refresh).await.assert_ended("provider");
        }
    }
}

/// Without keys, and with a key that the last set lacks.
#[tokio::test]
async fn keys_that_cannot_be_fetched_are_503_in_time_and_have_a_counter_of_their_own() {
    for (fault, wait, requests) in [
        (Answer::Body(500, "down".into()), 2_000, 3),
        (Answer::Body(200, "{\"keys\":[]}".into()), 2_000, 3),
        (Answer::HangUp, 2_000, 3),
        (Answer::Silence, 2_000, 1),
        (Answer::Stall, 2_000, 1),
    ] {
        let deployment = deployment().await;
        deployment.sign_in("alice").await;
        for (signer, age) in [(forger(), 10), (deployment.issuer.clone(), DAY)] {
            deployment.provider.answers(fault.clone());
            deployment.world.advance(age);
            let (before, asked, counted) =
                (deployment.provider.requests(), Instant::now(), deployment.counted());
            let reply = deployment.log_out(&signer, "alice").await;
            let waited = asked.elapsed().as_millis();
            assert_eq!(
                (reply.status.as_u16(), reply.code()),
                (503, "store_unavailable"),
                "{fault:?}: {}",
                reply.body
            );
            assert_eq!(reply.header("retry-after"), "2");
            assert!((wait..2_900).contains(&waited), "{fault:?}: {waited} ms");
            let asked = deployment.provider.requests() - before;
            assert!((1..=requests).contains(&asked), "{fault:?}: {asked} requests");
            assert!(requests == 1 || asked > 1, "{fault:?}: it is tried again");
            assert_eq!(deployment.counted(), [0, counted[1] + 1, 0], "{fault:?}");
        }
    }
}

/// The provider gets no request for each of them, and no alarm starts.
#[tokio::test]
async fn forged_orders_cost_the_provider_one_request_in_ten_seconds() {
    let deployment = deployment().await;
    deployment.sign_in("alice").await;
    for (round, requests) in [(1, 2), (2, 3), (3, 4)] {
        deployment.world.advance(10);
        for number in 0..50 {
            let reply = deployment.log_out(&forger(), "alice").await;
            let status = reply.status.as_u16();
            assert_eq!(status, if number == 0 { 400 } else { 503 }, "{round} {number}");
            if number > 0 {
                assert!(reply.text("error_description").contains("has the kid of this token yet"));
            }
        }
        assert_eq!(deployment.provider.requests(), requests);
        assert_eq!(deployment.counted(), [0, 0, 50 * round]);
    }
    let metrics = deployment.world.server.app.metrics();
    let faults = [Counter::Failed, Counter::StoreUnavailable].map(|counter| metrics.value(counter));
    assert_eq!(faults, [0, 0], "strangers must not start the alarms of real faults");
    deployment.log_out(&deployment.issuer, "alice").await.assert_status(200);
}

#[tokio::test]
async fn each_endpoint_logs_ten_refused_orders_of_a_minute() {
    let deployment = deployment().await;
    deployment.sign_in("alice").await;
    let logs = Logs::listen();
    let device = deployment.world.device();
    let secevent = Some("application/secevent+jwt");
    let lines = |texts: &[&str]| {
        let lines = logs.ours();
        lines.iter().filter(|line| texts.iter().any(|text| line["message"] == *text)).count()
    };
    let refusals = || lines(&["request refused", "request failed"]);
    for _ in 0..14 {
        device.send("POST", "/api/auth/ssf/events", secevent, "a.b.c").await.assert_status(400);
    }
    assert_eq!(refusals(), 10);
    assert_eq!(lines(&["further refused orders of this minute are not logged"]), 1);
    // The flood at one endpoint hides no fault at the others.
    deployment.log_out(&forger(), "alice").await;
    device.post("/api/auth/global-token-revocation", json!({})).await.assert_problem(401, "token_missing");
    assert_eq!(refusals(), 12);
    assert_eq!(deployment.counted(), [0, 0, 16]);
    deployment.world.advance(60);
    device.send("POST", "/api/auth/ssf/events", secevent, "a.b.c").await.assert_status(400);
    assert_eq!(refusals(), 13);
    let left_out = logs.ours().into_iter().find(|line| line["not_logged"] == 4);
    assert_eq!(left_out.expect("a line")["way"], "events");
}
