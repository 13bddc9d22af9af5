//! A service on another host: it fetches the keys and checks sessions over a real connection.

use latchkey_local::dev_controls::faults::FaultKind;
use serde_json::json;

use crate::guard::other_host::{OtherHost, outcome};
use crate::guard::shop::Mode;

#[tokio::test]
async fn a_service_on_another_host_checks_tokens_with_a_running_server() {
    let host = OtherHost::open().await;
    let (world, offline, strict) = (&host.world, host.check(Mode::Offline), host.check(Mode::Strict));

    let tokens = world.device().sign_in("alice").await;
    for check in [&offline, &strict] {
        assert_eq!(outcome(check, &bearer(&tokens.access), None).await.as_deref(), Ok("alice"));
        assert_eq!(outcome(check, &bearer(&tokens.refresh), None).await, Err("invalid_token"));
    }
    world.device().revoke(&tokens.access, json!({"strategy": "current"})).await.assert_status(200);
    assert_eq!(outcome(&strict, &bearer(&tokens.access), None).await, Err("token_expired"));
    assert_eq!(
        outcome(&offline, &bearer(&tokens.access), None).await.as_deref(),
        Ok("alice"),
        "an offline check accepts the token until it expires"
    );

    let bob = world.device().sign_in("bob").await;
    world.server.faults.queue(Some("GetItem"), FaultKind::Error500, 3);
    assert_eq!(
        outcome(&strict, &bearer(&bob.access), None).await,
        Err("store_unavailable"),
        "an outage does not sign the user out"
    );
    world.server.faults.clear(None);
    assert_eq!(outcome(&strict, &bearer(&bob.access), None).await.as_deref(), Ok("bob"));
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}
