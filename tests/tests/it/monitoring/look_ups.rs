//! An administrator gets from an alert, a log line or a session id to the user in one call.

use std::future::Future;

use latchkey_local::dev_controls::stats::Usage;
use latchkey_tests::world::{BERLIN, Device, LISBON, Tokens, World};
use serde_json::{Value, json};

const EVENTS: &str = "/api/auth/sessions/events";
const REVOCATIONS: &str = "/api/auth/revoke";

/// An administrator that has just signed in.
async fn root(world: &World) -> Device {
    let reply = world.device().login(&world.assertion_with("root", json!({"scope": "latchkey:admin"}))).await;
    world.device().bearer(&Tokens::of(reply.assert_status(201)).access)
}

/// A session whose old refresh token comes back after grace, and the alert.
async fn theft(world: &World) -> (Tokens, Value) {
    let mut alerts = world.server.alerts.listen();
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(61);
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
    (first, alerts.try_recv().expect("an alert"))
}

fn ids(body: &Value) -> Vec<&str> {
    body["events"].as_array().expect("a list").iter().filter_map(|event| event["event_id"].as_str()).collect()
}

/// The cost of `work`, without the read of the global revocation.
async fn cost<T>(world: &World, work: impl Future<Output = T>) -> (T, Usage) {
    world.server.store.global_revocation(world.now()).await.expect("the engine answers");
    world.server.stats.reset();
    let result = work.await;
    (result, world.server.stats.total())
}

#[tokio::test]
async fn an_alert_leads_to_its_user_by_event_and_by_session() {
    let world = World::new().await;
    let (stolen, alert) = theft(&world).await;
    let admin = root(&world).await;
    let event = alert["event_id"].as_str().expect("an id");
    for id in [event.to_owned(), event.to_uppercase()] {
        let reply = admin.get(&format!("{EVENTS}?event_id={id}")).await;
        let body = &reply.assert_status(200).body;
        assert_eq!(
            (&body["user_id"], ids(body), &body["next_cursor"]),
            (&json!("alice"), vec![event], &Value::Null)
        );
        assert_eq!(body["events"][0]["details"]["presented"], 0, "administrators see the internals");
    }
    for id in [stolen.session.clone(), stolen.session.to_uppercase()] {
        let reply = admin.get(&format!("{EVENTS}?session_id={id}")).await;
        let body = &reply.assert_status(200).body;
        assert_eq!(body["user_id"], "alice");
        assert!(ids(body).contains(&event) && ids(body).len() == 3, "the session's events: {body}");
        let reply = admin.get(&format!("{REVOCATIONS}?session_id={id}")).await;
        let body = &reply.assert_status(200).body;
        assert_eq!(
            (&body["user_id"], &body["revocations"][0]["reason"]),
            (&json!("alice"), &json!("reuse_detected"))
        );
    }
    let severe = admin.get(&format!("{EVENTS}?session_id={}&severity=critical", stolen.session)).await;
    assert_eq!(ids(&severe.assert_status(200).body), [event]);
}

#[tokio::test]
async fn an_alert_about_a_live_session_leads_to_its_user() {
    let world = World::behind_cloudfront(&[]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    let mut alerts = world.server.alerts.listen();
    let tokens = Tokens::of(world.device().in_city(LISBON).refresh(&tokens.refresh).await.assert_status(200));
    let alert = alerts.try_recv().expect("impossible travel");
    let admin = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let admin = Tokens::of(world.device().in_city(BERLIN).login(&admin).await.assert_status(201));
    let admin = world.device().in_city(BERLIN).bearer(&admin.access);
    let event = alert["event_id"].as_str().expect("an id");
    for query in
        [format!("event_id={event}"), format!("session_id={}&type=impossible_travel", tokens.session)]
    {
        let reply = admin.get(&format!("{EVENTS}?{query}")).await;
        let body = &reply.assert_status(200).body;
        assert_eq!((&body["user_id"], ids(body)), (&json!("alice"), vec![event]), "{query}");
    }
    world.advance(20 * 86_400);
    let again = root_in_berlin(&world).await;
    let reply = again.get(&format!("{EVENTS}?event_id={event}")).await;
    assert_eq!(reply.assert_status(200).body["user_id"], "alice", "after the session has expired, too");
}

async fn root_in_berlin(world: &World) -> Device {
    let device = world.device().in_city(BERLIN);
    let reply = device.login(&world.assertion_with("root", json!({"scope": "latchkey:admin"}))).await;
    device.bearer(&Tokens::of(reply.assert_status(201)).access)
}

#[tokio::test]
async fn an_event_about_all_users_is_found_without_a_user() {
    let world = World::new().await;
    let mut alerts = world.server.alerts.listen();
    let body = json!({"strategy": "everyone", "reason": "a key leaked"});
    root(&world).await.post("/api/auth/revoke", body).await.assert_status(200);
    let alert = alerts.try_recv().expect("an alert");
    world.advance(20);
    let path = format!("{EVENTS}?event_id={}", alert["event_id"].as_str().expect("an id"));
    let reply = root(&world).await.get(&path).await;
    let body = &reply.assert_status(200).body;
    assert_eq!(
        (&body["user_id"], &body["events"][0]["event_type"]),
        (&Value::Null, &json!("emergency_revocation"))
    );
}

#[tokio::test]
async fn a_session_leads_to_its_user_on_every_day_of_its_life() {
    let world = World::new().await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    for day in 0..9 {
        let admin = root(&world).await;
        let reply = admin.get(&format!("{EVENTS}?session_id={}", tokens.session)).await;
        assert_eq!(reply.assert_status(200).body["user_id"], "alice", "day {day}");
        world.advance(86_399);
        if day % 3 == 2 {
            tokens = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
        }
    }
    // Revoked by an administrator, and then by everyone's revocation, which leaves the row for a later request.
    let admin = root(&world).await;
    let other = device.sign_in("bob").await;
    let body = json!({"strategy": "user", "user_id": "alice", "reason": "a test"});
    admin.post("/api/auth/revoke", body).await.assert_status(200);
    admin
        .post("/api/auth/revoke", json!({"strategy": "everyone", "reason": "a test"}))
        .await
        .assert_status(200);
    world.advance(20);
    let admin = root(&world).await;
    for (session, user) in [(&tokens.session, "alice"), (&other.session, "bob")] {
        let reply = admin.get(&format!("{EVENTS}?session_id={session}")).await;
        assert_eq!(reply.assert_status(200).body["user_id"], user);
    }
}

#[tokio::test]
async fn an_unknown_event_or_session_is_404_and_no_empty_list() {
    let world = World::new().await;
    let admin = root(&world).await;
    let unknown = "01930b5e-0000-7000-8000-000000000000";
    for path in [
        format!("{EVENTS}?event_id={unknown}"),
        format!("{EVENTS}?event_id={unknown}&user_id=alice"),
        format!("{EVENTS}?session_id={unknown}"),
        format!("{REVOCATIONS}?session_id={unknown}"),
    ] {
        admin.get(&path).await.assert_problem(404, "not_found");
    }
    for query in ["event_id=x", "event_id=", "event_id=01930b5e000070008000000000000000"] {
        admin.get(&format!("{EVENTS}?{query}")).await.assert_field("event_id");
    }
    for other in ["limit=1", "type=login", "severity=low", &format!("session_id={unknown}"), "cursor=x"] {
        let reply = admin.get(&format!("{EVENTS}?event_id={unknown}&{other}")).await;
        assert_eq!(reply.status, 400, "{other}");
    }
}

#[tokio::test]
async fn an_administrator_must_name_the_user_of_a_filtered_list() {
    let world = World::new().await;
    theft(&world).await;
    let admin = root(&world).await;
    for query in ["severity=critical", "type=token_reused", "severity=low&type=login&limit=5"] {
        admin.get(&format!("{EVENTS}?{query}")).await.assert_field("user_id");
        for (user, more) in [("alice", true), ("root", false)] {
            let reply = admin.get(&format!("{EVENTS}?{query}&user_id={user}")).await;
            assert_eq!(reply.assert_status(200).body["user_id"], user);
            assert!(more || !reply.body.to_string().contains("token_reused"), "{query}");
        }
    }
    // The own trail of an administrator, as the account page reads it, needs no name. It has the sign-in and one record of the readings.
    let own = admin.get(EVENTS).await;
    assert_eq!((&own.assert_status(200).body["user_id"], ids(&own.body).len()), (&json!("root"), 2));
    let alice = world.device().sign_in("alice").await;
    let own = world.device().bearer(&alice.access).get(&format!("{EVENTS}?severity=critical")).await;
    assert_eq!((&own.assert_status(200).body["user_id"], ids(&own.body).len()), (&json!("alice"), 1));
}

#[tokio::test]
async fn only_administrators_look_up_the_users_of_others() {
    let world = World::new().await;
    let (stolen, alert) = theft(&world).await;
    let event = alert["event_id"].as_str().expect("an id");
    let (alice, bob) = (world.device().sign_in("alice").await, world.device().sign_in("bob").await);
    let device = |tokens: &Tokens| world.device().bearer(&tokens.access);
    device(&bob).get(&format!("{EVENTS}?event_id={event}")).await.assert_problem(404, "not_found");
    let own = device(&alice).get(&format!("{EVENTS}?event_id={event}")).await;
    assert_eq!(ids(&own.assert_status(200).body), [event]);
    assert!(own.body["events"][0]["details"]["presented"].is_null(), "users do not see the internals");
    for path in [
        format!("{EVENTS}?session_id={}", stolen.session),
        format!("{REVOCATIONS}?session_id={}", stolen.session),
    ] {
        let reply = device(&bob).get(&path).await;
        assert_eq!(reply.assert_status(200).body["user_id"], "bob");
        assert!(!reply.body.to_string().contains("alice"), "{}", reply.body);
    }
    // A former administrator, whose access token still has the scope.
    let assertion = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let former = Tokens::of(world.device().login(&assertion).await.assert_status(201));
    world.take_scope("root", &former.session).await;
    for query in [format!("event_id={event}"), format!("session_id={}", stolen.session)] {
        let reply = device(&former).get(&format!("{EVENTS}?{query}")).await;
        reply.assert_problem(403, "forbidden");
        assert!(!reply.body.to_string().contains("alice"));
    }
    let reply = device(&former).get(&format!("{REVOCATIONS}?session_id={}", stolen.session)).await;
    reply.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn the_pages_of_a_looked_up_session_continue() {
    let world = World::new().await;
    let (stolen, _) = theft(&world).await;
    let admin = root(&world).await;
    let (mut found, mut query) = (0, format!("session_id={}&limit=1", stolen.session));
    loop {
        let reply = admin.get(&format!("{EVENTS}?{query}")).await;
        found += ids(&reply.assert_status(200).body).len();
        let Some(cursor) = reply.body["next_cursor"].as_str() else { break };
        query = format!("session_id={}&limit=1&cursor={cursor}", stolen.session);
    }
    assert_eq!(found, 3);
}

#[tokio::test]
async fn a_look_up_costs_few_read_units_and_ordinary_calls_pay_nothing() {
    let world = World::new().await;
    let device = world.device();
    // A user with a long history.
    for _ in 0..60 {
        let other = device.sign_in("alice").await;
        device.revoke(&other.access, json!({"strategy": "current"})).await.assert_status(200);
        world.advance(60);
    }
    let (stolen, alert) = theft(&world).await;
    let live = device.sign_in("alice").await;
    let admin = root(&world).await;
    let event = alert["event_id"].as_str().expect("an id");
    // The caller's own row, the pointer and the event; the count of the general limit; and the record of the reading with its index entry.
    let (reply, usage) = cost(&world, admin.get(&format!("{EVENTS}?event_id={event}"))).await;
    assert_eq!((reply.status.as_u16(), usage.calls, usage.read_units, usage.write_units), (200, 5, 3.0, 3.0));
    for (session, most) in [(&stolen.session, 4.0), (&live.session, 8.0)] {
        let (reply, usage) = cost(&world, admin.get(&format!("{EVENTS}?session_id={session}"))).await;
        assert_eq!(reply.assert_status(200).body["user_id"], "alice");
        assert!(usage.read_units <= most, "{usage:?}");
    }
    let unknown = "01930b5e-0000-7000-8000-000000000000";
    let (reply, usage) = cost(&world, admin.get(&format!("{EVENTS}?session_id={unknown}"))).await;
    reply.assert_problem(404, "not_found");
    assert!(usage.read_units <= 8.0, "{usage:?}");
    // An alert costs one more item.
    assert_eq!(world.raw_events("alice", "token_reused").await.len(), 1);
    let pointers = world.everything().await.lines().filter(|row| row.contains("E#")).count();
    assert_eq!(pointers, 1, "only the alert has a pointer");
}
