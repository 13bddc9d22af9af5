//! The search by the exact name of a user, a session or a network.

use serde_json::{Value, json};

use super::{SEARCH, administrator, generous};

#[tokio::test]
async fn a_search_finds_exactly_one_user_session_or_network() {
    let world = generous(&[]).await;
    let device = world.device().at("203.0.113.7");
    let (ended, live) = (device.sign_in("alice").await, device.sign_in("alice").await);
    device.revoke(&ended.access, json!({"strategy": "current"})).await.assert_status(200);
    let admin = administrator(&world).await;
    let search = async |name: &str| {
        let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        admin.get(&format!("{SEARCH}?q={name}")).await.assert_status(200).body.clone()
    };
    let nothing = json!({"user": null, "session": null, "network": null});
    let with = |member: &str, value: Value| {
        let mut found = nothing.clone();
        found[member] = value;
        found
    };
    let alice = json!({"user_id": "alice", "live_sessions": 1, "suspended": false});
    assert_eq!(search("alice").await, with("user", alice));
    for unknown in ["alic", "alice2", "Alice", "01930b5e-3c00-7abc-8def-0123456789ab", "192.0.2.1"] {
        assert_eq!(search(unknown).await, nothing, "{unknown}");
    }
    let now = world.now().to_rfc3339();
    let of = |session: &str, live: bool, reason: Value, ended_at: Value| json!({"session_id": session, "user_id": "alice", "live": live, "reason": reason, "ended_at": ended_at});
    assert_eq!(
        search(&live.session).await,
        with("session", of(&live.session, true, Value::Null, Value::Null))
    );
    let gone = of(&ended.session, false, json!("signed_out"), json!(now));
    assert_eq!(search(&ended.session.to_uppercase()).await, with("session", gone));
    let network = json!({"network": "203.0.113.0/24", "last_sign_in": now});
    for name in ["203.0.113.200", "203.0.113.0/24"] {
        assert_eq!(search(name).await, with("network", network.clone()), "{name}");
    }
    let body = json!({"strategy": "suspend", "user_id": "alice", "reason": "a test"});
    admin.post("/api/auth/revoke", body).await.assert_status(200);
    assert_eq!(
        search("alice").await["user"],
        json!({"user_id": "alice", "live_sessions": 0, "suspended": true})
    );
}

#[tokio::test]
async fn a_user_whose_id_is_a_uuid_is_found_as_a_user() {
    let world = generous(&[]).await;
    let id = "3f0c2f0e-7a52-4f3c-9a53-0123456789ab";
    world.device().sign_in(id).await;
    let admin = administrator(&world).await;
    let found = admin.get(&format!("{SEARCH}?q={id}")).await.assert_status(200).body.clone();
    assert_eq!((&found["user"]["user_id"], &found["session"]), (&json!(id), &Value::Null));
}

#[tokio::test]
async fn a_search_needs_a_name() {
    let world = generous(&[]).await;
    let admin = administrator(&world).await;
    for query in ["", "?q=", "?q=%00", "?q=a&q=b"] {
        let reply = admin.get(&format!("{SEARCH}{query}")).await;
        reply.assert_problem(400, "invalid_request");
        assert_eq!(reply.body["field"], "q", "{query}");
    }
}
