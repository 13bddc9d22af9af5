//! Can an attacker find out which users and sessions exist? Responses and store calls are the same in both cases.

use std::collections::BTreeMap;

use latchkey_tests::world::{Device, Reply, Tokens, World};
use serde_json::{Value, json};

const NEVER: &str = "01930b5e-0000-7000-8000-000000000000";

/// The response and the store calls: everything that an attacker can read or measure.
async fn observe(
    world: &World,
    device: &Device,
    method: &str,
    path: &str,
    body: &Value,
) -> (u16, Value, String) {
    world.server.stats.reset();
    let kind = (!body.is_null()).then_some("application/json");
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let reply: Reply = device.send(method, path, kind, text).await;
    let mut shown = reply.body.clone();
    if let Some(members) = shown.as_object_mut() {
        members.remove("request_id");
    }
    let work: BTreeMap<String, String> = world
        .server
        .stats
        .snapshot()
        .dynamodb
        .into_iter()
        .map(|(operation, usage)| (operation.to_string(), format!("{} {}", usage.calls, usage.read_units)))
        .collect();
    (reply.status.as_u16(), shown, format!("{work:?}"))
}

#[tokio::test]
async fn unknown_foreign_and_ended_sessions_get_the_same_response_and_cost() {
    let world = World::new().await;
    let device = world.device();
    let (mine, dead) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let victor = device.sign_in("victor").await;
    device.revoke(&dead.access, json!({"strategy": "current"})).await.assert_status(200);
    let own = device.clone().bearer(&mine.access);
    let before = world.everything().await;
    for door in ["GET", "DELETE", "POST"] {
        let mut all = vec![];
        for id in [NEVER, &victor.session, &dead.session] {
            let (path, body) = match door {
                "POST" => ("/api/auth/revoke".to_owned(), json!({"strategy": "session", "session_id": id})),
                _ => (format!("/api/auth/sessions/{id}"), Value::Null),
            };
            all.push(observe(&world, &own, door, &path, &body).await);
        }
        assert_eq!(all[0].0, 404, "{all:?}");
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{door}: {all:#?}");
    }
    world.assert_unchanged(&before, "a guessed id must change nothing").await;
    assert_eq!(world.live("victor").await, [victor.session]);
}

#[tokio::test]
async fn administrator_endpoints_reveal_no_user_to_other_callers() {
    let world = World::new().await;
    let device = world.device();
    let alice = device.clone().bearer(&device.sign_in("alice").await.access);
    let victor = device.sign_in("victor").await;
    let doors = |user: &str, session: &str| {
        [
            ("GET", format!("/api/auth/sessions?user_id={user}"), Value::Null),
            ("GET", format!("/api/auth/sessions/events?user_id={user}"), Value::Null),
            ("GET", format!("/api/auth/revoke?user_id={user}"), Value::Null),
            ("POST", "/api/auth/revoke".into(), json!({"strategy": "user", "user_id": user, "reason": "x"})),
            (
                "POST",
                "/api/auth/revoke".into(),
                json!({"strategy": "session", "user_id": user, "session_id": session, "reason": "x"}),
            ),
        ]
    };
    let (known, unknown) = (doors("victor", &victor.session), doors("nobody", NEVER));
    for ((method, there, one), (_, nowhere, other)) in known.iter().zip(&unknown) {
        let told = observe(&world, &alice, method, there, one).await;
        assert_eq!((told.0, &told.1["code"]), (403, &json!("forbidden")), "{there}");
        assert_eq!(told, observe(&world, &alice, method, nowhere, other).await, "{there}");
    }
    assert_eq!(world.live("victor").await, [victor.session]);
}

#[tokio::test]
async fn an_unknown_account_is_counted_like_an_existing_one() {
    let world = World::new().await;
    world.device().sign_in("bob").await;
    let backend = world.device().bearer(&world.assertion_with("b", json!({"scope": "latchkey:attempts"})));
    for outcome in [json!(null), json!("failure"), json!("success")] {
        for policy in ["login", "password_reset"] {
            let ask = |subject: &str| {
                let mut body = json!({"policy": policy, "subject": subject, "ip": "203.0.113.9"});
                if !outcome.is_null() {
                    body["outcome"] = outcome.clone();
                }
                body
            };
            let path = "/api/auth/login/attempts";
            let (known, unknown) = (ask("bob"), ask("nobody"));
            let told = observe(&world, &backend, "POST", path, &known).await;
            assert_eq!(told.0, 200);
            assert_eq!(told, observe(&world, &backend, "POST", path, &unknown).await, "{policy} {outcome}");
        }
    }
}

#[tokio::test]
async fn a_refused_assertion_reveals_nothing_about_its_user() {
    let world = World::patient().await;
    let device = world.device();
    let tokens = device.sign_in("bob").await;
    let bad = |user: &str| json!({"assertion": world.assertion_with(user, json!({"aud": "x"})), "delivery": "body"});
    // The first attempt of a network creates the row of its count.
    device.login("made.up.assertion").await;
    let told = observe(&world, &device, "POST", "/api/auth/login", &bad("bob")).await;
    assert_eq!((told.0, &told.1["code"]), (401, &json!("invalid_assertion")));
    assert_eq!(told, observe(&world, &device, "POST", "/api/auth/login", &bad("nobody")).await);
    Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
}
