//! A service on another host that reads the revocation feed over a real connection.

use latchkey_local::dev_controls::faults::FaultKind;
use serde_json::json;

use crate::guard::other_host::{OtherHost, outcome};
use crate::guard::shop::Mode;

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn a_service_with_the_feed_refuses_a_revoked_token_within_ten_seconds() {
    let host = OtherHost::open().await;
    let (world, check) = (&host.world, host.check_by_feed());
    let (lost, kept) = (world.device().sign_in("alice").await, world.device().sign_in("alice").await);
    for tokens in [&lost, &kept] {
        assert_eq!(outcome(&check, &bearer(&tokens.access), None).await.as_deref(), Ok("alice"));
    }
    world.device().revoke(&kept.access, json!({"strategy": "others"})).await.assert_status(200);
    let mut refused_after = None;
    for second in 1..=10 {
        world.advance(1);
        assert_eq!(outcome(&check, &bearer(&kept.access), None).await.as_deref(), Ok("alice"), "{second}");
        match outcome(&check, &bearer(&lost.access), None).await.as_deref() {
            Ok(_) => assert_eq!(refused_after, None, "a refused token stays refused"),
            Err(code) => {
                assert_eq!(*code, "session_ended");
                refused_after.get_or_insert(second);
            }
        }
    }
    assert!(refused_after.is_some(), "it is accepted 10 seconds after its revocation");
}

#[tokio::test]
async fn an_outage_of_the_feed_signs_no_user_out() {
    let host = OtherHost::open().await;
    let (world, check) = (&host.world, host.check_by_feed());
    let tokens = world.device().sign_in("alice").await;
    assert_eq!(outcome(&check, &bearer(&tokens.access), None).await.as_deref(), Ok("alice"));
    world.server.faults.queue(Some("Query"), FaultKind::Error500, 10_000);
    for second in (4..60).step_by(4) {
        world.advance(4);
        let found = outcome(&check, &bearer(&tokens.access), None).await;
        let expected = if second < 30 { Ok("alice") } else { Err("store_unavailable") };
        assert_eq!(found.as_deref().map_err(|code| *code), expected, "second {second}");
    }
    world.server.faults.clear(None);
    world.advance(4);
    assert_eq!(
        outcome(&check, &bearer(&tokens.access), None).await.as_deref(),
        Ok("alice"),
        "the feed is back"
    );
}

#[tokio::test]
async fn a_feed_is_no_access_token_at_any_endpoint_and_no_service() {
    let host = OtherHost::open().await;
    let world = &host.world;
    let tokens = world.device().sign_in("alice").await;
    let feed = world.device().get("/api/auth/.well-known/revocations").await.body;
    let feed = feed.as_str().expect("a JWS");
    for check in [host.check(Mode::Offline), host.check(Mode::Strict), host.check_by_feed()] {
        assert_eq!(outcome(&check, &bearer(feed), None).await, Err("invalid_token"));
        assert_eq!(outcome(&check, &bearer(&tokens.access), None).await.as_deref(), Ok("alice"));
    }
    let as_token = world.device().bearer(feed);
    as_token.get("/api/auth/sessions").await.assert_problem(401, "invalid_token");
    let all = json!({"strategy": "all"});
    as_token.post("/api/auth/revoke", all).await.assert_problem(401, "invalid_token");
}
