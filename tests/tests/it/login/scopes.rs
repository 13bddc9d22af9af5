//! The scopes that an assertion may grant, and the time of its sign-in (`auth_time`).

use latchkey_tests::world::{Provider, Tokens, payload};
use serde_json::{Value, json};

/// The scope of the access token; null if it has none.
async fn granted(mut entry: Value, claims: Value) -> Value {
    let provider = Provider::generate();
    entry["auth_time"] = json!("iat");
    let world = provider.world(entry, &[]).await;
    let reply = world.device().login(&provider.assertion(&world, "alice", claims)).await;
    payload(&Tokens::of(&reply).access)["scope"].clone()
}

#[tokio::test]
async fn an_issuer_grants_only_the_scopes_that_it_may_grant() {
    let admin = json!({"scope": "latchkey:admin orders:read"});
    assert_eq!(granted(json!({}), admin.clone()).await, Value::Null);
    assert_eq!(granted(json!({"scopes": ["orders:read"]}), admin.clone()).await, "orders:read");
    let both = json!({"scopes": ["orders:read", "latchkey:admin", "never:claimed"]});
    assert_eq!(granted(both.clone(), admin).await, "latchkey:admin orders:read");
    assert_eq!(granted(both.clone(), json!({"scope": ["orders:read"]})).await, "orders:read");
    assert_eq!(granted(both.clone(), json!({"scope": "LATCHKEY:ADMIN latchkey:admin2"})).await, Value::Null);
    assert_eq!(granted(both.clone(), json!({"scope": {"latchkey:admin": true}})).await, Value::Null);
    assert_eq!(granted(both, json!({"roles": "latchkey:admin"})).await, Value::Null);
    let mapped = json!({"scopes": ["latchkey:admin"], "scope_claim": "roles"});
    assert_eq!(granted(mapped.clone(), json!({"roles": ["latchkey:admin"]})).await, "latchkey:admin");
    assert_eq!(granted(mapped, json!({"scope": "latchkey:admin"})).await, Value::Null);
}

#[tokio::test]
async fn a_scope_over_160_bytes_is_named_in_the_error() {
    let provider = Provider::generate();
    let words: Vec<String> = (0..17).map(|number| format!("scope:{number:03}")).collect();
    let world = provider.world(json!({"scopes": words}), &[]).await;
    let most = format!("{} {}", words[..16].join(" "), "").trim_end().to_owned();
    assert_eq!(most.len(), 159);
    let fits = provider.assertion(&world, "alice", json!({"scope": most}));
    assert_eq!(world.device().login(&fits).await.status, 201);
    let long = provider.assertion(&world, "bob", json!({"scope": words.join(" ")}));
    world.device().login(&long).await.assert_field("assertion");
    assert!(world.live("bob").await.is_empty());
    // Scopes that the issuer may not grant do not count towards the limit.
    let claimed = json!({"scope": format!("scope:001 {}", "x".repeat(500))});
    let ignored = provider.assertion(&world, "carol", claimed);
    assert_eq!(world.device().login(&ignored).await.status, 201);
}

#[tokio::test]
async fn a_backends_assertion_never_opens_a_session() {
    let scopes = json!({"scopes": ["latchkey:attempts", "latchkey:introspect", "latchkey:admin"]});
    for entry in [scopes, json!({})] {
        let provider = Provider::generate();
        let world = provider.world(entry, &[]).await;
        for scope in [
            json!("latchkey:attempts"),
            json!("latchkey:admin latchkey:introspect"),
            json!(["latchkey:introspect"]),
        ] {
            let assertion = provider.assertion(&world, "alice", json!({"scope": scope}));
            world.device().login(&assertion).await.assert_problem(401, "invalid_assertion");
        }
        assert!(world.live("alice").await.is_empty());
    }
}

#[tokio::test]
async fn auth_time_is_never_later_than_the_assertion_or_the_clock() {
    let provider = Provider::generate();
    let world = provider.world(json!({}), &[]).await;
    let fresh = provider.world(json!({"auth_time": "iat"}), &[]).await;
    let now = world.now().seconds();
    let cases = [
        (&world, json!({"auth_time": now - 7_200}), now - 7_200),
        (&world, json!({"auth_time": now + 5_000}), now),
        (&world, json!({"auth_time": now, "iat": now - 30}), now - 30),
        (&world, json!({"auth_time": now + 30, "iat": now + 50}), now),
        (&fresh, json!({}), now),
        (&fresh, json!({"iat": now + 50}), now),
        (&fresh, json!({"iat": now - 50}), now - 50),
        (&fresh, json!({"auth_time": now - 7_200}), now - 7_200),
    ];
    for (number, (world, claims, expected)) in cases.into_iter().enumerate() {
        let user = format!("user {number}");
        let reply = world.device().login(&provider.assertion(world, &user, claims.clone())).await;
        let tokens = Tokens::of(reply.assert_status(201));
        assert_eq!(payload(&tokens.access)["auth_time"], expected, "{claims}");
        assert_eq!(
            world.row(&user, &tokens.session).await.unwrap().auth_time.map(|at| at.seconds()),
            Some(expected)
        );
    }
}

#[tokio::test]
async fn new_access_tokens_lose_the_admin_scope_12_hours_after_the_sign_in() {
    let provider = Provider::generate();
    let world = provider.world(json!({"scopes": ["latchkey:admin", "orders:read"]}), &[]).await;
    let now = world.now().seconds();
    let claims = json!({"scope": "latchkey:admin orders:read", "auth_time": now - 10});
    let device = world.device();
    let mut tokens = Tokens::of(&device.login(&provider.assertion(&world, "root", claims)).await);
    world.advance(12 * 3_600 - 10);
    tokens = Tokens::of(&device.refresh(&tokens.refresh).await);
    assert_eq!(payload(&tokens.access)["scope"], "latchkey:admin orders:read");
    world.advance(1);
    tokens = Tokens::of(&device.refresh(&tokens.refresh).await);
    assert_eq!(payload(&tokens.access)["scope"], "orders:read");
    // An assertion without `auth_time` is never fresh.
    let claims = json!({"scope": "latchkey:admin"});
    let reply = device.login(&provider.assertion(&world, "eve", claims)).await;
    assert_eq!(payload(&Tokens::of(&reply).access).get("scope"), None);
}
