//! The requests of users, services and administrators, until each function has made all of its calls.

use latchkey::domain::sign_in_review::SignInReview;
use latchkey::token::keys::ReviewKeys;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::event::Event;
use latchkey_tests::world::{FIREFOX, Tokens, World};
use serde_json::{Value, json};
use uuid::Uuid;

use super::deployment::Deployment;

const DAY: u64 = 86_400;

/// Makes every call that any function can make.
pub(crate) async fn play(deployment: &mut Deployment) {
    let world = deployment.world.clone();
    sign_in(&world).await;
    refresh(&world).await;
    look(&world).await;
    revoke(&world).await;
    survey(&world).await;
    review(deployment).await;
    authorize(deployment).await;
    on_demand(&world).await;
    scheduled(deployment).await;
}

async fn administrator(world: &World, user: &str) -> Tokens {
    let assertion = world.assertion_with(user, json!({"scope": "latchkey:admin"}));
    Tokens::of(world.device().login(&assertion).await.assert_status(201))
}

/// Sign-ins beyond the session limit, failed sign-ins up to the rate limit, and login attempts that a backend reports.
async fn sign_in(world: &World) {
    for _ in 0..6 {
        world.device().sign_in("anna").await;
    }
    world.device().agent(FIREFOX).at("203.0.113.9").sign_in("anna").await;
    let (stranger, stale) = (world.device(), world.assertion("ben"));
    world.advance(660);
    for _ in 0..7 {
        assert!(stranger.login(&stale).await.status.is_client_error());
    }
    // A login that meets several conflicts, then one that is repeated.
    let assertion = world.assertion("anna");
    let device = world.device();
    device.login(&assertion).await.assert_status(201);
    device.login(&assertion).await.assert_status(201);
    let service = world.assertion_with("backend", json!({"scope": "latchkey:attempts"}));
    let backend = world.device().bearer(&service);
    for outcome in [Value::Null, Value::Null, json!("success")] {
        let mut body = json!({"policy": "login", "subject": "carl@example.com", "ip": "198.51.100.7"});
        if !outcome.is_null() {
            body["outcome"] = outcome;
        }
        backend.post("/api/auth/login/attempts", body).await.assert_status(200);
    }
    for _ in 0..7 {
        let body = json!({"policy": "password_reset", "subject": "dora@example.com", "ip": "198.51.100.8"});
        assert!([200, 429].contains(&backend.post("/api/auth/login/attempts", body).await.status.as_u16()));
    }
}

/// Refreshes: a rotation, another network, a reuse, the rate limit, conflicts that delay the end, and the status.
async fn refresh(world: &World) {
    let device = world.device();
    let first = device.sign_in("emil").await;
    let second = Tokens::of(device.refresh(&first.refresh).await.assert_status(200));
    device.clone().at("203.0.113.77").agent(FIREFOX).refresh(&second.refresh).await.assert_status(200);
    device.get("/api/auth/.well-known/jwks.json").await.assert_status(200);
    device.get("/api/auth/.well-known/revocations").await.assert_status(200);
    status(world, &second).await;
    world.advance(120);
    device.refresh(&first.refresh).await.assert_ended("security");
    device.refresh(&second.refresh).await.assert_ended("security");
    status(world, &second).await;
    let mut tokens = device.sign_in("fred").await;
    loop {
        let reply = device.refresh(&tokens.refresh).await;
        if reply.status == 429 {
            break;
        }
        tokens = Tokens::of(reply.assert_status(200));
    }
    starved(world, "gerd").await;
}

async fn status(world: &World, tokens: &Tokens) {
    let cookies = format!("__Host-latchkey_refresh={}", tokens.refresh);
    world.device().cookies(&cookies).get("/api/auth/refresh").await.assert_status(200);
}

/// A reuse whose transaction meets conflicts until the row has a pending end only.
async fn starved(world: &World, user: &str) {
    let device = world.device();
    let old = device.sign_in(user).await;
    device.refresh(&old.refresh).await.assert_status(200);
    world.advance(120);
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1_000);
    device.elsewhere().refresh(&old.refresh).await.assert_problem(503, "store_unavailable");
    world.server.faults.clear(None);
}

/// Reads the list, one session and the events, ends one session and the others, and exceeds the rate limit.
async fn look(world: &World) {
    let device = world.device();
    let (one, two, own) =
        (device.sign_in("hans").await, device.sign_in("hans").await, device.sign_in("hans").await);
    let signed_in = device.clone().bearer(&own.access);
    signed_in.get("/api/auth/sessions?include=analytics").await.assert_status(200);
    signed_in.get(&format!("/api/auth/sessions/{}", one.session)).await.assert_status(200);
    signed_in.get("/api/auth/sessions/events").await.assert_status(200);
    signed_in.clone().at("192.0.2.200").get("/api/auth/sessions").await.assert_status(200);
    signed_in.delete(&format!("/api/auth/sessions/{}", one.session)).await.assert_status(200);
    signed_in.delete("/api/auth/sessions?scope=others").await.assert_status(200);
    device.list(&two.access).await.assert_ended("signed_out");
    world.advance(301);
    signed_in.delete("/api/auth/sessions?scope=others").await.assert_status(200);
    for _ in 0..101 {
        assert!([200, 429].contains(&device.list(&own.access).await.status.as_u16()));
    }
    for path in ["/api/auth/sessions?scope=others", "one"] {
        let (tokens, other) = (device.sign_in("ida").await, device.sign_in("ida").await);
        let path =
            if path == "one" { format!("/api/auth/sessions/{}", other.session) } else { path.to_owned() };
        world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1_000);
        assert_eq!(device.clone().bearer(&tokens.access).delete(&path).await.status, 503);
        world.server.faults.clear(None);
    }
}

/// Revokes with every strategy, reads the history, and introspects a token.
async fn revoke(world: &World) {
    let device = world.device();
    let admin = administrator(world, "root").await;
    let signed_in = |tokens: &Tokens| device.clone().bearer(&tokens.access);
    let reason = "a lost laptop";
    for strategy in ["current", "others", "all"] {
        let (_, own) = (device.sign_in("jana").await, device.sign_in("jana").await);
        device.revoke(&own.access, json!({"strategy": strategy})).await.assert_status(200);
    }
    let (one, own) = (device.sign_in("jana").await, device.sign_in("jana").await);
    let body = json!({"strategy": "session", "session_id": one.session});
    device.revoke(&own.access, body).await.assert_status(200);
    let history = format!("/api/auth/revoke?session_id={}", one.session);
    signed_in(&own).get(&history).await.assert_status(200);
    signed_in(&admin).get("/api/auth/revoke?user_id=jana").await.assert_status(200);
    let form = Some("application/x-www-form-urlencoded");
    let own_token = format!("token={}", own.access);
    signed_in(&own).send("POST", "/api/auth/introspect", form, own_token).await.assert_status(200);
    let body = json!({"strategy": "token", "token": own.refresh});
    device.post("/api/auth/revoke", body).await.assert_status(200);
    device.revoke(&own.access, json!({"strategy": "others"})).await.assert_ended("signed_out");
    device.sign_in("kurt").await;
    let body = json!({"strategy": "user", "user_id": "kurt", "reason": reason});
    device.revoke(&admin.access, body).await.assert_status(200);
    for strategy in ["suspend", "resume"] {
        let body = json!({"strategy": strategy, "user_id": "kurt", "reason": reason});
        device.revoke(&admin.access, body).await.assert_status(200);
    }
    for _ in 0..101 {
        let reply = signed_in(&admin).get("/api/auth/revoke?user_id=jana").await;
        assert!([200, 429].contains(&reply.status.as_u16()), "{}", reply.status);
    }
    let lost = device.sign_in("lena").await;
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1_000);
    let body = json!({"strategy": "current"});
    device.revoke(&lost.access, body).await.assert_problem(503, "store_unavailable");
    world.server.faults.clear(None);
}

/// An administrator reads the lists of all users, and ends the sessions of a network.
async fn survey(world: &World) {
    let attacker = world.device().at("192.0.2.66");
    attacker.sign_in("kurt").await;
    let admin = world.device().bearer(&administrator(world, "chief").await.access);
    for path in ["events", "sign-ins?network=192.0.2.66", "overview", "search?q=192.0.2.66", "search?q=kurt"]
    {
        admin.get(&format!("/api/auth/fleet/{path}")).await.assert_status(200);
    }
    let as_of = world.now().to_rfc3339();
    for preview in [true, false] {
        let body = json!({
            "strategy": "network", "network": "192.0.2.66", "preview": preview, "as_of": as_of, "reason": "a drill",
        });
        let reply = admin.post("/api/auth/revoke", body).await;
        assert_eq!(reply.assert_status(200).body["sessions"], 1, "{}", reply.body);
    }
}

async fn authorize(deployment: &mut Deployment) {
    let tokens = deployment.world.device().sign_in("mona").await;
    let event = Event::from_file("authorizer-bearer").fill("access_token", &tokens.access).build();
    assert_eq!(deployment.authorize(&event).await["isAuthorized"], true);
}

/// An administrator starts a cleanup. It finds pending ends and the sessions that a global revocation ended.
async fn on_demand(world: &World) {
    let admin = administrator(world, "root2").await;
    let body = json!({"strategy": "everyone", "reason": "a drill"});
    world.device().revoke(&admin.access, body).await.assert_status(200);
    world.advance(8 * DAY);
    let admin = administrator(world, "root3").await;
    let reply =
        world.device().bearer(&admin.access).post("/api/auth/sessions", json!({"action": "cleanup"})).await;
    assert!(reply.assert_status(200).body["ended"].as_u64() > Some(5), "{}", reply.body);
}

/// The schedules start a count for the overview and a cleanup. It finds an expired session and a pending end.
async fn scheduled(deployment: &mut Deployment) {
    let world = deployment.world.clone();
    world.device().sign_in("nora").await;
    starved(&world, "otto").await;
    world.advance(8 * DAY);
    deployment.count_hours().await;
    let report = deployment.clean().await;
    assert!(report.ended >= 2 && report.failed == 0, "{report:?}");
}

/// The page of a sign-in review and both answers, over the limit, too.
async fn review(deployment: &Deployment) {
    let device = deployment.world.device();
    let tokens = device.sign_in("olga").await;
    let settings = deployment.stack().environment("RevokeFunction");
    let keys = ReviewKeys::parse(&settings["SIGN_IN_REVIEW_KEYS"]).expect("the function has the keys");
    let (user, session) = ("olga".parse().expect("an id"), tokens.session.parse().expect("an id"));
    let review = SignInReview::of_event(user, session, Uuid::from_bytes([7; 16]), deployment.world.now());
    let token = keys.newest().expect("a key").seal(&review, &settings["LATCHKEY_ISSUER"]);
    device.open_review(token.expose()).await.assert_status(200);
    device.answer_review(token.expose(), "was_me").await.assert_status(200);
    for _ in 0..101 {
        let reply = device.answer_review(token.expose(), "was_not_me").await;
        assert!([200, 429].contains(&reply.status.as_u16()), "{}", reply.body);
    }
}
