//! A token without our seal costs no store call. A sealed token that we cannot have issued alerts.

use latchkey::token::refresh::open;
use latchkey_tests::world::{Device, Tokens, World, flipped, header, payload};
use serde_json::json;

async fn assert_made_up(world: &World, device: &Device, token: &str, what: &str) {
    let before = world.server.stats.total();
    let reply = device.refresh(token).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_token"), "{what}: {}", reply.body);
    reply.assert_problem(401, "invalid_token").assert_no_cookie();
    let members = ["code", "detail", "request_id", "status", "title", "type"];
    assert_eq!(reply.members(), members, "{what} gets other members");
    assert_eq!(world.server.stats.total(), before, "{what} caused a store call");
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn a_made_up_token_is_refused_without_a_call() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let parts: Vec<&str> = tokens.refresh.split('.').collect();
    let with = |head: &str, body: &str, seal: &str| format!("{head}.{body}.{seal}");
    let mut richer = payload(&tokens.refresh);
    richer["exp"] = json!(9_999_999_999_u64);
    let kid = header(&tokens.refresh)["kid"].clone();
    let heads = [
        json!({"alg": "none", "kid": kid, "typ": "refresh+jwt"}),
        json!({"alg": "HS512", "kid": kid, "typ": "refresh+jwt"}),
        json!({"alg": "HS256", "kid": "other", "typ": "refresh+jwt"}),
        json!({"alg": "HS256", "kid": kid, "typ": "at+jwt"}),
        json!({"alg": "HS256", "kid": kid}),
    ];
    for head in heads {
        assert_made_up(&world, &device, &with(&encoded(&head.to_string()), parts[1], parts[2]), "head").await;
        assert_made_up(&world, &device, &with(&encoded(&head.to_string()), parts[1], ""), "head").await;
    }
    let cases = [
        ("nothing", String::new()),
        ("a word", "token".to_owned()),
        ("dots", "..".to_owned()),
        ("a flipped bit", flipped(&tokens.refresh)),
        ("another payload", with(parts[0], &encoded(&richer.to_string()), parts[2])),
        ("no seal", with(parts[0], parts[1], "")),
        ("a seal of zeros", with(parts[0], parts[1], &encoded(&"\0".repeat(32)))),
        ("a longer seal", format!("{}AAAA", tokens.refresh)),
        ("a blank behind", format!("{} ", tokens.refresh)),
        ("a line behind", format!("{}\n", tokens.refresh)),
        ("padding", format!("{}=", tokens.refresh)),
        ("a fourth part", format!("{}.x", tokens.refresh)),
        ("12 KB", "a.".repeat(6_000)),
    ];
    for (what, token) in &cases {
        assert_made_up(&world, &device, token, what).await;
    }
    for length in [1, 2, 16, 31].map(|bytes| (bytes * 8_usize).div_ceil(6)) {
        let cut = &parts[2][..length];
        assert_made_up(&world, &device, &with(parts[0], parts[1], cut), "a cut seal").await;
    }
    assert_eq!(device.refresh(&tokens.refresh).await.status, 200, "the genuine token is still accepted");
}

#[tokio::test]
async fn another_kind_of_token_is_refused_without_an_alert() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    assert_made_up(&world, &device, &tokens.access, "an access token").await;
    assert_made_up(&world, &device, &world.assertion("alice"), "an assertion").await;
    let cookie = format!("latchkey_refresh={}", tokens.access);
    let reply = device.refresh_with_cookies(&cookie).await;
    reply.assert_problem(401, "invalid_token");
    for path in ["/api/auth/sessions", "/api/auth/sessions/x"] {
        let reply = device.clone().bearer(&tokens.refresh).get(path).await;
        reply.assert_problem(401, "invalid_token");
    }
    let reply = device.list(&world.assertion("alice")).await;
    reply.assert_problem(401, "invalid_token");
    assert_eq!(world.events("alice").await.len(), 1, "there is no alert");
    assert_eq!(device.refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_of_another_deployment_is_refused() {
    let (here, there) = (World::new().await, World::new().await);
    let tokens = there.device().sign_in("alice").await;
    here.device().sign_in("alice").await;
    assert_made_up(&here, &here.device(), &tokens.refresh, "another deployment's").await;
    here.device().list(&tokens.access).await.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn a_sealed_token_with_another_nonce_alerts_and_changes_nothing() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let key = &world.server.app.config().keys.refresh()[0];
    let before = world.raw_row("alice", &tokens.session).await;
    for generation in [0, 1, 7] {
        let mut token = open(&tokens.refresh, std::slice::from_ref(key)).unwrap();
        token.nonce = key.nonce("what a thief of the key can think of");
        token.generation = generation;
        let forged = key.seal(&token);
        let reply = device.refresh(forged.expose()).await;
        reply.assert_problem(401, "invalid_token").assert_no_cookie();
        let cookies = format!("latchkey_refresh={}", forged.expose());
        device.refresh_with_cookies(&cookies).await.assert_problem(401, "invalid_token").assert_no_cookie();
        // It signs no user out at any endpoint either.
        let body = json!({"strategy": "current", "refresh_token": forged.expose()});
        device.post("/api/auth/revoke", body).await.assert_problem(401, "invalid_token");
        let login = device.clone().cookies(&cookies).login_in_browser(&world.assertion("mallory")).await;
        assert_eq!(login.assert_status(201).body["ended"], json!([]));
        let status = device.status(&cookies).await;
        assert_eq!(status.body["state"], "none", "{}", status.body);
    }
    assert_eq!(world.raw_row("alice", &tokens.session).await, before);
    let alarms = world.raw_events("alice", "token_forged").await;
    assert_eq!(alarms.len(), 12, "one event per attempt, at every endpoint that writes");
    assert!(alarms.iter().all(|event| event["severity"].as_s().unwrap() == "critical"));
    let good = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
    assert_eq!(good.session, tokens.session);
}

#[tokio::test]
async fn a_sealed_token_with_a_forged_session_or_user_ends_no_session() {
    let world = World::new().await;
    let device = world.device();
    let alice = device.sign_in("alice").await;
    let victor = device.sign_in("victor").await;
    let key = &world.server.app.config().keys.refresh()[0];
    let mut token = open(&alice.refresh, std::slice::from_ref(key)).unwrap();
    token.user = "victor".parse().unwrap();
    device.refresh(key.seal(&token).expose()).await.assert_ended("expired");
    token.session = victor.session.parse().unwrap();
    device.refresh(key.seal(&token).expose()).await.assert_problem(401, "invalid_token");
    assert_eq!(world.live("victor").await, [victor.session]);
    assert_eq!(world.live("alice").await, [alice.session]);
}
