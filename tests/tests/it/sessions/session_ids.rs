//! A session id is a UUID: it is read in any case and returned in lower case, because Swift prints UUIDs in capitals.

use latchkey_tests::world::{Tokens, World};
use serde_json::json;

#[tokio::test]
async fn an_id_in_capitals_names_its_session_wherever_an_id_enters() {
    let world = World::new().await;
    let device = world.device();
    let own = device.sign_in("alice").await;
    let caller = device.clone().bearer(&own.access);
    let capitals = own.session.to_uppercase();
    assert_ne!(capitals, own.session);
    let detail = caller.get(&format!("/api/auth/sessions/{capitals}")).await;
    assert_eq!(detail.assert_status(200).body["session_id"], own.session);
    let events = caller.get(&format!("/api/auth/sessions/events?session_id={capitals}")).await;
    assert_eq!(events.assert_status(200).body["events"][0]["session_id"], own.session);
    let path = |tokens: &Tokens| format!("/api/auth/sessions/{}", tokens.session.to_uppercase());
    let other = device.sign_in("alice").await;
    let ended = caller.delete(&path(&other)).await;
    assert_eq!(ended.assert_status(200).body["session_ids"], json!([other.session]));
    let history = caller.get(&format!("/api/auth/revoke?session_id={}", other.session.to_uppercase())).await;
    assert_eq!(history.assert_status(200).body["revocations"][0]["session_id"], other.session);
    let other = device.sign_in("alice").await;
    let body = json!({"strategy": "session", "session_id": other.session.to_uppercase()});
    let ended = caller.post("/api/auth/revoke", body).await;
    assert_eq!(ended.assert_status(200).body["session_ids"], json!([other.session]));
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(device.login(&root).await.assert_status(201));
    let other = device.sign_in("alice").await;
    let id = other.session.to_uppercase();
    let body = json!({"strategy": "session", "session_id": id, "user_id": "alice", "reason": "lost"});
    let ended = device.revoke(&root.access, body).await;
    assert_eq!(ended.assert_status(200).body["session_ids"], json!([other.session]));
    let mixed = format!("{}{}", &own.session[..18].to_uppercase(), &own.session[18..]);
    assert_eq!(
        caller.delete(&format!("/api/auth/sessions/{mixed}")).await.assert_status(200).body["ended"],
        1
    );
    assert!(world.live("alice").await.is_empty());
}

#[tokio::test]
async fn another_spelling_of_a_uuid_is_no_session_id() {
    let world = World::new().await;
    let device = world.device();
    let own = device.sign_in("alice").await;
    let caller = device.clone().bearer(&own.access);
    for id in
        [own.session.replace('-', ""), format!("%7B{}%7D", own.session), format!("urn:uuid:{}", own.session)]
    {
        caller.delete(&format!("/api/auth/sessions/{id}")).await.assert_problem(404, "not_found");
    }
    assert_eq!(world.live("alice").await, [own.session]);
}
