//! The list of a user's sessions, one session with its events, and the end of a session.

mod access_tokens;
mod end_by_id;
mod etags;
mod session_ids;

use latchkey_tests::world::{Device, FIREFOX, Jar, Tokens, World};
use serde_json::{Value, json};

fn ids(list: &Value) -> Vec<&str> {
    let sessions = list["sessions"].as_array().into_iter().flatten();
    sessions.filter_map(|one| one["session_id"].as_str()).collect()
}

async fn get_session(device: &Device, access: &str, id: &str) -> latchkey_tests::world::Reply {
    device.clone().bearer(access).get(&format!("/api/auth/sessions/{id}")).await
}

async fn end_session(device: &Device, access: &str, id: &str) -> latchkey_tests::world::Reply {
    device.clone().bearer(access).delete(&format!("/api/auth/sessions/{id}")).await
}

#[tokio::test]
async fn a_list_describes_each_session_for_its_owner() {
    let world = World::new().await;
    let device = world.device().at("198.51.100.7");
    let reply = device.login(&world.assertion_with("alice", json!({"scope": "latchkey:admin"}))).await;
    let tokens = Tokens::of(&reply);
    let list = device.list(&tokens.access).await;
    list.assert_status(200).assert_no_cookie();
    let mut shown = list.body.clone();
    // A later version may add members. These stay.
    shown["sessions"][0].as_object_mut().unwrap().remove("risk");
    let expected = json!({
        "user_id": "alice", "server_time": "2026-09-21T14:13:20Z", "session_limit": 5, "sessions": [{
            "session_id": tokens.session, "is_current": true, "device_type": "desktop", "device": "Windows PC",
            "browser": "Chrome", "browser_version": "140", "os": "Windows", "os_version": null,
            "ip_address": "198.51.100.7", "location": null, "created_at": "2026-09-21T14:13:20Z",
            "last_activity": "2026-09-21T14:13:20Z", "expires_at": "2026-09-28T14:13:20Z",
            "absolute_expires_at": "2026-10-21T14:13:20Z", "auth_time": "2026-09-21T14:13:20Z",
            "scope": "latchkey:admin", "binding": "none",
        }],
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn a_client_without_an_agent_header_is_listed_as_unknown() {
    let world = World::new().await;
    let device = world.device().no_agent();
    let tokens = device.sign_in("alice").await;
    let session = device.list(&tokens.access).await.body["sessions"][0].clone();
    assert_eq!(session["device_type"], "unknown");
    for member in ["device", "browser", "browser_version", "os", "os_version"] {
        assert_eq!(session.get(member), Some(&Value::Null), "{member} is null, not missing");
    }
}

#[tokio::test]
async fn a_hostile_agent_is_shortened_and_without_control_characters() {
    let world = World::new().await;
    let agent = format!("My<script>alert(1)</script>\u{202e}App/{} \u{85}x", "9".repeat(900));
    let device = world.device().agent(&agent);
    let tokens = device.sign_in("alice").await;
    let reply = device.list(&tokens.access).await;
    let text = reply.assert_status(200).body.to_string();
    assert!(!text.contains('\u{202e}') && !text.contains('\u{85}') && text.len() < 1_500, "{text}");
}

#[tokio::test]
async fn the_calling_session_comes_first_and_then_the_latest_active() {
    let world = World::new().await;
    let mut all = vec![];
    for agent in [FIREFOX, "curl/8.5.0", "MyApp/1"] {
        let device = world.device().agent(agent);
        all.push((device.clone(), device.sign_in("alice").await));
        world.advance(10);
    }
    let [(_, a), (device, b), (_, c)] = &all[..] else { unreachable!() };
    assert_eq!(ids(&device.list(&b.access).await.body), [&b.session, &c.session, &a.session]);
    all[0].0.refresh(&a.refresh).await.assert_status(200);
    let list = device.list(&b.access).await;
    assert_eq!(ids(&list.body), [&b.session, &a.session, &c.session]);
    let current: Vec<_> =
        list.body["sessions"].as_array().unwrap().iter().map(|one| &one["is_current"]).collect();
    assert_eq!(current, [&json!(true), &json!(false), &json!(false)]);
}

#[tokio::test]
async fn a_list_has_no_secret_and_no_session_of_another_user() {
    let world = World::new().await;
    let device = world.device();
    let (alice, victor) = (device.sign_in("alice").await, device.sign_in("victor").await);
    let row = world.raw_row("alice", &alice.session).await.unwrap();
    let hash: &[u8] = row["n"].as_b().unwrap().as_ref();
    let nonce = latchkey_tests::world::payload(&alice.refresh)["nonce"].as_str().unwrap().to_owned();
    for reply in [device.list(&alice.access).await, get_session(&device, &alice.access, &alice.session).await]
    {
        let text = reply.assert_status(200).body.to_string();
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        for secret in [&nonce, &alice.refresh, &alice.access, &hex, &victor.session, "victor"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(!text.contains("nonce") && !text.contains("hash"), "{text}");
    }
}

#[tokio::test]
async fn one_session_is_shown_with_its_own_events() {
    let world = World::new().await;
    let device = world.device();
    let (mine, other) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let reply = get_session(&device, &mine.access, &other.session).await;
    assert_eq!(reply.assert_status(200).body["session_id"], other.session);
    assert_eq!(reply.body["is_current"], false);
    let events = reply.body["events"].as_array().unwrap();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(
        (&events[0]["event_type"], &events[0]["session_id"]),
        (&json!("login"), &json!(other.session))
    );
    for member in ["event_id", "severity", "created_at", "details"] {
        assert!(!events[0][member].is_null(), "{member}");
    }
}

#[tokio::test]
async fn unknown_foreign_and_ended_ids_get_the_same_404() {
    let world = World::new().await;
    let device = world.device();
    let (mine, dead) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let victor = device.sign_in("victor").await;
    end_session(&device, &mine.access, &dead.session).await.assert_status(200);
    let before = world.everything().await;
    let ids = [
        &*victor.session,
        &*dead.session,
        "0193aaaa-0000-7000-8000-000000000000",
        "00000000-0000-0000-0000-000000000000",
        "x",
        "HEAD",
        "S%23x",
        "%2e%2e",
        "%00",
        "%89",
    ];
    let mut bodies = vec![];
    for id in ids {
        let revoke = device.revoke(&mine.access, json!({"strategy": "session", "session_id": id})).await;
        for reply in [
            get_session(&device, &mine.access, id).await,
            end_session(&device, &mine.access, id).await,
            revoke,
        ] {
            reply.assert_problem(404, "not_found").assert_no_cookie();
            let mut body = reply.body.clone();
            body.as_object_mut().unwrap().remove("request_id");
            bodies.push(body);
        }
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:#?}");
    world.assert_unchanged(&before, "a refused id must change nothing").await;
    assert_eq!(device.list(&victor.access).await.status, 200, "the other user's session lives");
}

#[tokio::test]
async fn each_wrong_credential_gets_its_own_error_code() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let path = "/api/auth/sessions";
    let missing = device.get(path).await;
    assert_eq!(missing.assert_problem(401, "token_missing").header("www-authenticate"), "Bearer");
    for authorization in
        ["DPoP x", "Bearer", "Bearer ", "Bearer a b", &format!("Bearer {0}, Bearer {0}", jar.access)]
    {
        // A header has priority, and an invalid one does not fall back to the valid cookie.
        let reply =
            device.clone().cookies(&jar.line()).header("authorization", authorization).get(path).await;
        reply.assert_problem(401, "invalid_token");
        assert_eq!(reply.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    }
    let asleep = device.clone().cookies(&jar.refresh_line()).get(path).await;
    asleep.assert_problem(401, "token_expired");
    assert_eq!(
        device.clone().header("authorization", &format!("bEaReR {}", jar.access)).get(path).await.status,
        200
    );
    world.advance(3_600);
    device.list(&jar.access).await.assert_problem(401, "token_expired");
    device.clone().cookies(&jar.line()).get(path).await.assert_problem(401, "token_expired");
}
