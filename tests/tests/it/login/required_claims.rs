//! Claims that an assertion must have, and settings that name nested claims.

use latchkey_tests::world::{Logs, Provider, Reply, Tokens, World, payload};
use serde_json::{Value, json};

async fn sign_in(provider: &Provider, world: &World, user: &str, claims: Value) -> Reply {
    world.device().login(&provider.assertion(world, user, claims)).await
}

#[tokio::test]
async fn an_assertion_without_a_required_claim_opens_no_session() {
    let provider = Provider::generate();
    let world = provider.world(json!({"require": {"is_anonymous": false}}), &[]).await;
    for (number, claims) in [
        json!({"is_anonymous": true}),
        json!({"is_anonymous": "false"}),
        json!({"is_anonymous": 0}),
        json!({}),
    ]
    .into_iter()
    .enumerate()
    {
        let user = format!("anonymous-{number}");
        let reply = sign_in(&provider, &world, &user, claims.clone()).await;
        reply.assert_problem(403, "claim_not_accepted").assert_no_cookie();
        assert_eq!(reply.body["claim"], "is_anonymous", "{claims}");
        assert!(world.live(&user).await.is_empty());
        let events = world.raw_events(&user, "sign_in_refused").await;
        assert_eq!(events.len(), 1, "{claims}");
        assert_eq!(events[0]["details"].as_m().unwrap()["claim"].as_s().unwrap(), "is_anonymous");
    }
    assert_eq!(sign_in(&provider, &world, "alice", json!({"is_anonymous": false})).await.status, 201);
}

#[tokio::test]
async fn every_required_claim_needs_one_of_its_accepted_values() {
    let provider = Provider::generate();
    let require = json!({"app_metadata.plan": ["team", "enterprise"], "amr": "otp", "level": 2});
    let world = provider.world(json!({"require": require}), &[]).await;
    let complete = json!({"app_metadata": {"plan": "team"}, "amr": ["pwd", "otp"], "level": 2});
    assert_eq!(sign_in(&provider, &world, "alice", complete.clone()).await.status, 201);
    for (claim, value) in [
        ("app_metadata", json!({"plan": "free"})),
        ("app_metadata", json!({})),
        ("app_metadata", json!("team")),
        ("amr", json!(["pwd"])),
        ("level", json!("2")),
        ("level", json!(1)),
    ] {
        let mut claims = complete.clone();
        claims[claim] = value;
        let reply = sign_in(&provider, &world, "bob", claims.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (403, "claim_not_accepted"), "{claims}");
    }
    assert!(world.live("bob").await.is_empty());
}

#[tokio::test]
async fn refusals_for_a_claim_are_limited_and_lock_no_other_user_out() {
    let provider = Provider::generate();
    let world =
        provider.world(json!({"require": {"is_anonymous": false}}), &[("LIMIT_LOGIN", "3/15m/30m")]).await;
    let refuse = async || sign_in(&provider, &world, "visitor", json!({"is_anonymous": true})).await;
    for _ in 0..3 {
        refuse().await.assert_problem(403, "claim_not_accepted");
    }
    for _ in 0..3 {
        refuse().await.assert_problem(429, "rate_limited");
    }
    assert_eq!(world.count_events("visitor", "sign_in_refused").await, 3, "the limit bounds the events");
    assert_eq!(sign_in(&provider, &world, "alice", json!({"is_anonymous": false})).await.status, 201);
}

#[tokio::test]
async fn only_a_genuine_assertion_reaches_the_required_claims() {
    let provider = Provider::generate();
    let world = provider.world(json!({"require": {"is_anonymous": false}}), &[]).await;
    let forged = Provider::generate().assertion(&world, "alice", json!({"is_anonymous": true}));
    world.device().login(&forged).await.assert_problem(401, "invalid_assertion");
    let old = world.now().seconds() - 3_600;
    let expired = json!({"is_anonymous": true, "iat": old, "exp": old + 60});
    sign_in(&provider, &world, "alice", expired).await.assert_problem(401, "invalid_assertion");
    assert_eq!(world.count_events("alice", "sign_in_refused").await, 0);
}

#[tokio::test]
async fn a_dotted_scope_claim_names_a_nested_claim() {
    let provider = Provider::generate();
    for (name, claims) in [
        ("app_metadata.roles", json!({"app_metadata": {"roles": ["orders:read"]}})),
        ("app_metadata.roles", json!({"app_metadata": {"roles": "orders:read other"}})),
        ("realm_access.roles", json!({"realm_access": {"roles": ["offline_access", "orders:read"]}})),
        (
            "resource_access.shop.example.roles",
            json!({"resource_access": {"shop.example": {"roles": ["orders:read"]}}}),
        ),
        ("https://shop.example.com/roles", json!({"https://shop.example.com/roles": ["orders:read"]})),
        (
            "https://shop.example.com/app.roles",
            json!({"https://shop.example.com/app": {"roles": ["orders:read"]}}),
        ),
    ] {
        let world = provider.world(json!({"scopes": ["orders:read"], "scope_claim": name}), &[]).await;
        let tokens = Tokens::of(sign_in(&provider, &world, "alice", claims).await.assert_status(201));
        assert_eq!(payload(&tokens.access)["scope"], "orders:read", "{name}");
        // A claim of the user's own choice with a similar name grants nothing.
        let other = json!({"user_metadata": {"roles": ["orders:read"]}, "roles": ["orders:read"]});
        let tokens = Tokens::of(sign_in(&provider, &world, "bob", other).await.assert_status(201));
        assert_eq!(payload(&tokens.access)["scope"], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn a_nested_scope_word_for_backends_opens_no_session() {
    let provider = Provider::generate();
    let entry = json!({"scopes": ["latchkey:attempts"], "scope_claim": "app_metadata.roles"});
    let world = provider.world(entry, &[]).await;
    let claims = json!({"app_metadata": {"roles": ["latchkey:attempts"]}});
    sign_in(&provider, &world, "backend", claims).await.assert_problem(401, "invalid_assertion");
}

#[tokio::test]
async fn an_unknown_time_of_the_sign_in_is_shown_as_unknown() {
    let provider = Provider::generate();
    let world = provider.world(json!({"scopes": ["latchkey:admin"]}), &[]).await;
    for (user, claims) in
        [("alice", json!({})), ("bob", json!({"auth_time": 0})), ("eve", json!({"auth_time": -5}))]
    {
        let tokens = Tokens::of(sign_in(&provider, &world, user, claims).await.assert_status(201));
        assert_eq!(payload(&tokens.access)["auth_time"], Value::Null, "{user}: the token has no such claim");
        let device = world.device().bearer(&tokens.access);
        let list = device.get("/api/auth/sessions").await;
        let session = &list.assert_status(200).body["sessions"][0];
        assert_eq!(session.get("auth_time"), Some(&Value::Null), "{user}");
        let detail = device.get(&format!("/api/auth/sessions/{}", tokens.session)).await;
        assert_eq!(detail.assert_status(200).body.get("auth_time"), Some(&Value::Null));
        let form = format!("token={}", tokens.access);
        let form_type = Some("application/x-www-form-urlencoded");
        let reply = device.send("POST", "/api/auth/introspect", form_type, form).await;
        assert_eq!((&reply.body["active"], reply.body.get("auth_time")), (&json!(true), None));
        let tokens = Tokens::of(world.device().refresh(&tokens.refresh).await.assert_status(200));
        assert_eq!(payload(&tokens.access)["auth_time"], Value::Null);
    }
    // Rows of earlier versions have 0 for an unknown time.
    let tokens = Tokens::of(sign_in(&provider, &world, "dave", json!({})).await.assert_status(201));
    let mut row = world.raw_row("dave", &tokens.session).await.unwrap();
    assert!(!row.contains_key("t"));
    row.insert("t".into(), aws_sdk_dynamodb::types::AttributeValue::N("0".into()));
    world.put_row(row).await;
    let list = world.device().list(&tokens.access).await;
    assert_eq!(list.assert_status(200).body["sessions"][0].get("auth_time"), Some(&Value::Null));
}

#[tokio::test]
async fn a_setting_without_effect_is_logged_at_start() {
    let logs = Logs::listen();
    Provider::generate().world(json!({"scope_claim": "app_metadata.roles"}), &[]).await;
    let lines = logs.ours();
    let line = lines.iter().find(|line| line["message"] == "a setting has no effect").unwrap();
    assert_eq!((&line["level"], &line["setting"]), (&json!("WARN"), &json!("LATCHKEY_TRUSTED_ISSUERS")));
    assert!(line["reason"].as_str().unwrap().contains("[0].scope_claim"), "{line}");
}

#[tokio::test]
async fn an_unknown_time_of_the_sign_in_is_never_recent() {
    let provider = Provider::generate();
    let world = provider.world(json!({"scopes": ["latchkey:admin"]}), &[]).await;
    let scope = json!({"scope": "latchkey:admin"});
    let tokens = Tokens::of(sign_in(&provider, &world, "root", scope).await.assert_status(201));
    assert_eq!(payload(&tokens.access)["scope"], Value::Null);
}
