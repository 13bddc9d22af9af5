//! The session behind the token: a strict check refuses an ended session immediately, an offline check by design does
//! not.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_local::dev_controls::faults::FaultKind;
use serde_json::json;

use super::shop::{MODES, Mode, Shop};

#[tokio::test]
async fn an_ended_session_fails_strict_checks_at_once_and_offline_ones_on_expiry() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    shop.world.device().revoke(&tokens.access, json!({"strategy": "current"})).await.assert_status(200);
    assert!(shop.world.row("alice", &tokens.session).await.is_none());
    shop.bearer(Mode::Strict, &tokens.access).await.assert_problem(401, "session_ended");
    shop.bearer(Mode::Offline, &tokens.access).await.assert_status(200);
    shop.world.advance(3_600);
    shop.bearer(Mode::Offline, &tokens.access).await.assert_problem(401, "token_expired");
    assert_eq!(shop.served(), 1);
}

#[tokio::test]
async fn a_pending_end_fails_a_strict_check() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    shop.world.set_pending_end("alice", &tokens.session, "signed_out").await;
    assert!(shop.world.row("alice", &tokens.session).await.is_some());
    shop.bearer(Mode::Strict, &tokens.access).await.assert_problem(401, "session_ended");
}

#[tokio::test]
async fn an_expired_row_is_refused_before_it_is_deleted() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    let mut row = shop.world.raw_row("alice", &tokens.session).await.expect("it is there");
    let now = shop.world.now().seconds();
    for (expires_at, status) in [(now + 1, 200), (now, 401)] {
        row.insert("e".to_owned(), AttributeValue::N(expires_at.to_string()));
        shop.world.put_row(row.clone()).await;
        shop.bearer(Mode::Strict, &tokens.access).await.assert_status(status);
    }
}

#[tokio::test]
async fn a_token_that_names_another_users_session_is_refused() {
    let shop = Shop::open().await;
    let alice = shop.world.device().sign_in("alice").await;
    let bob = shop.world.device().sign_in("bob").await;
    let mixed = shop.resigned(&alice.access, json!({}), json!({"sid": bob.session}));
    shop.bearer(Mode::Strict, &mixed).await.assert_problem(401, "session_ended");
}

#[tokio::test]
async fn a_required_scope_must_be_in_the_token() {
    let shop = Shop::open().await;
    let (admin, user) = (shop.admin("root").await, shop.world.device().sign_in("alice").await);
    for mode in MODES {
        shop.bearer_at(mode, "GET", "/staff", &admin.access).await.assert_status(200);
        let refused = shop.bearer_at(mode, "GET", "/staff", &user.access).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "forbidden"), "{}", refused.body);
        let challenge = "Bearer error=\"insufficient_scope\", scope=\"latchkey:admin\"";
        assert_eq!(refused.header("www-authenticate"), challenge);
        assert_eq!(refused.text("request_id"), refused.header("x-request-id"));
    }
}

#[tokio::test]
async fn a_strict_check_uses_the_scope_of_the_row() {
    let shop = Shop::open().await;
    let admin = shop.admin("root").await;
    shop.world.take_scope("root", &admin.session).await;
    let refused = shop.bearer_at(Mode::Strict, "GET", "/staff", &admin.access).await;
    assert_eq!(refused.code(), "forbidden");
    assert_eq!(shop.bearer(Mode::Strict, &admin.access).await.body.get("scope"), None);
    shop.bearer_at(Mode::Offline, "GET", "/staff", &admin.access).await.assert_status(200);
    // A scope that only the row has is not granted either.
    let less = shop.admin("ruth").await;
    let less = shop.resigned(&less.access, json!({}), json!({"scope": ""}));
    assert_eq!(shop.bearer_at(Mode::Strict, "GET", "/staff", &less).await.code(), "forbidden");
}

#[tokio::test]
async fn a_strict_check_is_503_while_the_store_is_down() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    let before = shop.world.everything().await;
    shop.world.server.faults.queue(Some("GetItem"), FaultKind::Error500, 3);
    let reply = shop.bearer(Mode::Strict, &tokens.access).await;
    reply.assert_problem(503, "store_unavailable");
    assert_eq!((reply.header("retry-after"), shop.served()), ("2", 0));
    shop.world.server.faults.clear(None);
    shop.world.server.faults.queue(None, FaultKind::Error500, 3);
    shop.bearer(Mode::Offline, &tokens.access).await.assert_status(200);
    shop.world.server.faults.clear(None);
    shop.bearer(Mode::Strict, &tokens.access).await.assert_status(200);
    shop.world.assert_unchanged(&before, "a check must write nothing").await;
}

#[tokio::test]
async fn a_malformed_row_is_an_internal_error_and_not_an_ended_session() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    let mut row = shop.world.raw_row("alice", &tokens.session).await.expect("it is there");
    row.remove("x");
    shop.world.put_row(row).await;
    shop.bearer(Mode::Strict, &tokens.access).await.assert_problem(500, "internal");
    assert_eq!(shop.served(), 0);
}
