//! Times of an order that have no effect: the provider believes that the sessions have ended, and sends no order again.

use serde_json::json;

use super::Scene;
use super::security_events::{ALL, RISC, assert_refused, push, user};

/// RFC 8417 gives neither `exp` nor `nbf` an effect on a security event.
#[tokio::test]
async fn exp_and_nbf_of_a_security_event_have_no_effect() {
    let scene = Scene::receiving(&ALL).await;
    let now = scene.world.now().seconds();
    for claims in [
        json!({"exp": now - 3_600}),
        json!({"exp": "tomorrow"}),
        json!({"exp": []}),
        json!({"nbf": now + 3_600}),
        json!({"nbf": "tomorrow", "exp": 0}),
    ] {
        let tokens = scene.sign_in_later("alice").await;
        let mut all = json!({"sub_id": user("alice"), "events": {format!("{RISC}/account-disabled"): {}}});
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        push(&scene.world, &scene.event_token(all)).await.assert_status(202);
        assert!(!scene.is_alive(&tokens).await, "{claims}");
    }
}

/// An order of the future would void sign-ins that are yet to come. `iat` is the time by which it counts.
#[tokio::test]
async fn iat_of_a_security_event_still_counts() {
    let scene = Scene::receiving(&ALL).await;
    let tokens = scene.sign_in("alice", json!({})).await;
    let events = json!({format!("{RISC}/account-disabled"): {}});
    for iat in [json!(scene.world.now().seconds() + 61), json!("now")] {
        let token = scene.event_token(json!({"sub_id": user("alice"), "events": events, "iat": iat}));
        assert_refused(&push(&scene.world, &token).await, "invalid_request");
    }
    assert!(scene.is_alive(&tokens).await);
}

/// The specification of logout tokens has no `nbf`. Their `exp` counts, and must be a number.
#[tokio::test]
async fn nbf_of_a_logout_token_has_no_effect() {
    let scene = Scene::new().await;
    for nbf in [json!(scene.world.now().seconds() + 3_600), json!("tomorrow")] {
        let tokens = scene.sign_in_later("alice").await;
        let order = json!({"sub": "alice", "nbf": nbf, "iat": scene.world.now().seconds()});
        scene.log_out(order).await.assert_status(200);
        assert!(!scene.is_alive(&tokens).await, "{nbf}");
    }
    let tokens = scene.sign_in_later("alice").await;
    super::assert_refused(&scene.log_out(json!({"sub": "alice", "exp": "tomorrow"})).await, "wrong type");
    assert!(scene.is_alive(&tokens).await);
}

/// A provider that does not know the time of an event sends 0. An order of that time would end nothing.
#[tokio::test]
async fn an_event_timestamp_that_cannot_be_right_counts_as_missing() {
    let scene = Scene::receiving(&ALL).await;
    for time in [json!(0), json!(-1), json!(0.5), json!(1_009_843_199), json!(i64::MIN), json!(null)] {
        let tokens = scene.sign_in_later("alice").await;
        let events = json!({format!("{RISC}/account-disabled"): {"event_timestamp": time}});
        let token = scene.event_token(json!({"sub_id": user("alice"), "events": events}));
        push(&scene.world, &token).await.assert_status(202);
        assert!(!scene.is_alive(&tokens).await, "{time}");
    }
}

#[tokio::test]
async fn an_order_of_a_time_before_all_sessions_is_refused() {
    for iat in [json!(0), json!(-1), json!(1_009_843_199)] {
        let scene = Scene::new().await;
        let tokens = scene.sign_in("alice", json!({})).await;
        super::assert_refused(&scene.log_out(json!({"sub": "alice", "iat": iat, "exp": null})).await, "iat");
        assert!(scene.is_alive(&tokens).await);
        let scene = Scene::receiving(&ALL).await;
        let events = json!({format!("{RISC}/account-disabled"): {}});
        let token = scene.event_token(json!({"sub_id": user("alice"), "events": events, "iat": iat}));
        assert_refused(&push(&scene.world, &token).await, "invalid_request");
    }
}
