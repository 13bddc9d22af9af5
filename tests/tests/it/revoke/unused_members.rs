//! A member that a strategy does not use is refused instead of ignored, so that no call ends other sessions than intended.

use latchkey_tests::world::World;
use serde_json::{Value, json};

use super::admin::admin;

#[tokio::test]
async fn a_member_that_the_strategy_does_not_use_is_named_and_nothing_ends() {
    let world = World::patient().await;
    let device = world.device();
    let (root, paul) = (admin(&world).await, device.sign_in("paul").await);
    let values = json!({
        "session_id": paul.session, "user_id": "paul", "refresh_token": paul.refresh, "token": paul.refresh,
        "reason": "a test", "before": "2026-01-01T00:00:00Z", "befor": "2026-01-01T00:00:00Z",
        "until": "2030-01-01T00:00:00Z",
    });
    let strategies: [(Value, &[&str]); 10] = [
        (json!({"strategy": "current"}), &["refresh_token"]),
        (json!({"strategy": "session", "session_id": root.session}), &["session_id", "user_id"]),
        (
            json!({"strategy": "session", "session_id": paul.session, "user_id": "paul", "reason": "a test"}),
            &["session_id", "user_id", "reason"],
        ),
        (json!({"strategy": "others"}), &[]),
        (json!({"strategy": "all"}), &[]),
        (json!({"strategy": "token", "token": paul.refresh}), &["token"]),
        (json!({"strategy": "user", "user_id": "paul", "reason": "a test"}), &["user_id", "reason"]),
        (
            json!({"strategy": "suspend", "user_id": "paul", "reason": "a test"}),
            &["user_id", "reason", "until"],
        ),
        (json!({"strategy": "resume", "user_id": "paul", "reason": "a test"}), &["user_id", "reason"]),
        (json!({"strategy": "everyone", "reason": "a test"}), &["before", "reason"]),
    ];
    let before = world.everything().await;
    for (body, used) in strategies {
        for (name, value) in values.as_object().unwrap() {
            if used.contains(&name.as_str()) {
                continue;
            }
            let mut body = body.clone();
            body[name] = value.clone();
            let reply = device.revoke(&root.access, body.clone()).await;
            assert_eq!((reply.status.as_u16(), &reply.body["field"]), (400, &json!(name)), "{body}");
        }
    }
    world.assert_unchanged(&before, "unused members").await;
}

#[tokio::test]
async fn a_reason_for_ones_own_session_is_refused_valid_or_not() {
    let world = World::new().await;
    let device = world.device();
    let alice = device.sign_in("alice").await;
    for reason in [json!("lost my phone"), json!(""), json!("a\nb"), json!("x".repeat(201)), json!(7)] {
        let body = json!({"strategy": "session", "session_id": alice.session, "reason": reason});
        device.revoke(&alice.access, body).await.assert_field("reason");
    }
    device.list(&alice.access).await.assert_status(200);
    let body = json!({"strategy": "session", "session_id": alice.session, "reason": null, "user_id": null});
    device.revoke(&alice.access, body).await.assert_status(200);
}
