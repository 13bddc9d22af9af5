//! Can a user get the rights of an administrator, or make an old sign-in look recent?

use latchkey_tests::world::{Device, Tokens, World, payload};
use serde_json::{Value, json};

/// All requests that need an administrator, with `victor` as the target.
fn requests(session: &str) -> Vec<(&'static str, String, Value)> {
    let revoke = || "/api/auth/revoke".to_owned();
    let one = json!({"strategy": "session", "user_id": "victor", "session_id": session, "reason": "x"});
    vec![
        ("GET", "/api/auth/sessions?user_id=victor".into(), Value::Null),
        ("GET", "/api/auth/sessions/events?user_id=victor".into(), Value::Null),
        ("GET", "/api/auth/revoke?user_id=victor".into(), Value::Null),
        ("POST", "/api/auth/sessions".into(), json!({"action": "cleanup"})),
        ("POST", revoke(), json!({"strategy": "user", "user_id": "victor", "reason": "x"})),
        ("POST", revoke(), one),
        ("POST", revoke(), json!({"strategy": "suspend", "user_id": "victor", "reason": "x"})),
        ("POST", revoke(), json!({"strategy": "resume", "user_id": "victor", "reason": "x"})),
        ("POST", revoke(), json!({"strategy": "everyone", "reason": "x"})),
    ]
}

async fn send(device: &Device, (method, path, body): &(&'static str, String, Value)) -> (u16, String) {
    let kind = (!body.is_null()).then_some("application/json");
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let reply = device.send(method, path, kind, text).await;
    (reply.status.as_u16(), reply.code().to_owned())
}

#[tokio::test]
async fn a_refusal_names_the_scope_that_is_missing() {
    let world = World::new().await;
    let device = world.device();
    let (alice, former) = (device.sign_in("alice").await, administrator(&world, "former").await);
    world.take_scope("former", &former.session).await;
    for token in [&alice.access, &former.access] {
        for (method, path, body) in requests(&alice.session) {
            let kind = (!body.is_null()).then_some("application/json");
            let caller = device.clone().bearer(token);
            let reply = caller.send(method, &path, kind, body.to_string()).await;
            let challenge = "Bearer error=\"insufficient_scope\", scope=\"latchkey:admin\"";
            assert_eq!(
                reply.assert_problem(403, "forbidden").header("www-authenticate"),
                challenge,
                "{path}"
            );
        }
    }
}

async fn administrator(world: &World, user: &str) -> Tokens {
    let assertion = world.assertion_with(user, json!({"scope": "latchkey:admin"}));
    Tokens::of(world.device().login(&assertion).await.assert_status(201))
}

#[tokio::test]
async fn every_administrator_endpoint_refuses_other_callers() {
    let world = World::new().await;
    let device = world.device();
    // A session to clean up, and a session to end.
    device.sign_in("long-gone").await;
    world.advance(8 * 86_400);
    let victor = device.sign_in("victor").await;
    let (user, former) = (device.sign_in("alice").await, administrator(&world, "former").await);
    let (ended, root) = (administrator(&world, "ended").await, administrator(&world, "root").await);
    world.take_scope("former", &former.session).await;
    device.revoke(&ended.access, json!({"strategy": "current"})).await.assert_status(200);
    let service = world.assertion_with("b", json!({"scope": "latchkey:attempts latchkey:introspect"}));
    let claims = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let callers: [(&str, Option<&str>, u16, &str); 8] = [
        ("nobody", None, 401, "token_missing"),
        ("a user", Some(&user.access), 403, "forbidden"),
        ("an administrator whose role was taken away", Some(&former.access), 403, "forbidden"),
        ("an administrator who signed out", Some(&ended.access), 401, "session_ended"),
        ("an administrator's refresh token", Some(&root.refresh), 401, "invalid_token"),
        ("an administrator's assertion", Some(&claims), 401, "invalid_token"),
        ("a backend", Some(&service), 401, "invalid_token"),
        ("a word", Some("latchkey:admin"), 401, "invalid_token"),
    ];
    let before = world.everything().await;
    for (who, token, status, code) in callers {
        for door in requests(&victor.session) {
            let caller = token.map_or_else(|| device.clone(), |token| device.clone().bearer(token));
            assert_eq!(send(&caller, &door).await, (status, code.to_owned()), "{who}: {door:?}");
        }
        world.assert_unchanged(&before, who).await;
    }
    // An administrator is not refused, so the caller was the reason of each refusal.
    for door in requests(&victor.session) {
        let (status, code) = send(&device.clone().bearer(&root.access), &door).await;
        // The sessions of this user have just been ended.
        assert!(status == 200 || code == "not_found", "{door:?}: {status} {code}");
    }
    assert!(world.live("victor").await.is_empty());
}

#[tokio::test]
async fn a_request_cannot_claim_the_administrator_scope_for_itself() {
    let world = World::new().await;
    let victor = world.device().sign_in("victor").await;
    let alice = world.device().sign_in("alice").await;
    let before = world.everything().await;
    let loud =
        world.device().bearer(&alice.access).header("x-user-id", "root").header("x-scope", "latchkey:admin");
    for (method, path, body) in requests(&victor.session) {
        let mut body = body;
        if let Some(members) = body.as_object_mut() {
            members.extend([("scope".into(), json!("latchkey:admin")), ("is_admin".into(), json!(true))]);
        }
        let path = match path.split_once('?') {
            Some(_) => format!("{path}&scope=latchkey:admin&is_admin=true"),
            None => path,
        };
        let (status, code) = send(&loud, &(method, path.clone(), body)).await;
        assert!([400, 403].contains(&status), "{method} {path}: {status} {code}");
    }
    world.assert_unchanged(&before, "a claimed scope must change nothing").await;
}

#[tokio::test]
async fn a_newer_sign_in_does_not_make_an_older_session_fresh() {
    let world = World::new().await;
    let device = world.device();
    let old = administrator(&world, "root").await;
    let signed_in = payload(&old.access)["auth_time"].clone();
    world.advance(3_000);
    let fresh = administrator(&world, "root").await;
    let old = Tokens::of(device.refresh(&old.refresh).await.assert_status(200));
    assert_eq!(payload(&old.access)["auth_time"], signed_in, "a refresh does not change auth_time");
    let before = world.everything().await;
    let everyone = json!({"strategy": "everyone", "reason": "x"});
    // A cookie of the fresh session in the same request does not help either.
    let both = device.clone().cookies(&format!("latchkey_access={}", fresh.access));
    for caller in [device.clone(), both] {
        let refused = caller.revoke(&old.access, everyone.clone()).await;
        refused.assert_problem(401, "reauthentication_required");
        assert!(refused.header("www-authenticate").contains("insufficient_user_authentication"));
    }
    world.assert_unchanged(&before, "an old sign-in must not start a global revocation").await;
    device.revoke(&fresh.access, everyone).await.assert_status(200);
}

#[tokio::test]
async fn a_scope_that_a_user_gains_later_is_not_in_older_sessions() {
    let world = World::new().await;
    let device = world.device();
    let old = device.sign_in("root").await;
    let promoted = administrator(&world, "root").await;
    let old = Tokens::of(device.refresh(&old.refresh).await.assert_status(200));
    assert_eq!(
        (&payload(&old.access)["scope"], &payload(&promoted.access)["scope"]),
        (&Value::Null, &json!("latchkey:admin"))
    );
    let reply =
        device.revoke(&old.access, json!({"strategy": "user", "user_id": "victor", "reason": "x"})).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (403, "forbidden"));
}
