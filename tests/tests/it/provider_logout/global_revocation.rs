//! A global token revocation ends all sessions of a user, and its credential serves this user only.

use latchkey_tests::world::{Logs, PROVIDER, Provider, Reply, World, flipped};
use serde_json::{Value, json};

use super::Scene;

const PATH: &str = "/api/auth/global-token-revocation";

/// The subject of a user of the provider.
fn subject(user: &str) -> Value {
    json!({"sub_id": {"format": "iss_sub", "iss": PROVIDER, "sub": user}})
}

impl Scene {
    async fn revoking() -> Self {
        Self::with(json!({"global_revocation": {}})).await
    }

    /// A credential with these changes.
    fn credential(&self, changes: Value) -> String {
        let claims = self.provider.claims(&self.world, "the provider", changes);
        let header = json!({"alg": "ES256", "kid": "p1", "typ": "global-token-revocation+jwt"});
        self.provider.sign(&header, &claims.to_string())
    }
}

async fn send(world: &World, credential: &str, body: Value) -> Reply {
    world.device().bearer(credential).post(PATH, body).await
}

#[tokio::test]
async fn a_global_revocation_ends_all_sessions_of_its_user() {
    let scene = Scene::revoking().await;
    let (one, two) =
        (scene.sign_in("alice", json!({})).await, scene.sign_in("alice", json!({"sid": "s"})).await);
    let bob = scene.sign_in("bob", json!({})).await;
    let unused = scene.provider.assertion(&scene.world, "alice", json!({}));
    let reply = send(&scene.world, &scene.credential(json!({})), subject("alice")).await;
    reply.assert_status(204).assert_no_cookie();
    assert_eq!((reply.header("cache-control"), &reply.body), ("no-store", &Value::Null));
    assert!(!scene.is_alive(&one).await && !scene.is_alive(&two).await);
    assert!(scene.is_alive(&bob).await);
    scene.world.device().login(&unused).await.assert_problem(401, "invalid_assertion");
    assert!(scene.is_alive(&scene.sign_in_later("alice").await).await);
}

/// The profile of Okta: the order is signed by the organization, for the URL of the endpoint, and names the user by the issuer
/// of the sign-ins.
#[tokio::test]
async fn an_order_in_the_form_that_okta_describes_is_carried_out() {
    let (org, url) =
        ("https://shop.okta.example", "https://app.example.com/api/auth/global-token-revocation");
    let scene = Scene::with(json!({"global_revocation": {"issuer": org, "audience": url}})).await;
    let tokens = scene.sign_in("00u1abcd", json!({})).await;
    let now = scene.world.now().seconds();
    let claims =
        json!({"iss": org, "sub": org, "aud": url, "iat": now, "nbf": now, "exp": now + 300, "jti": "R-1"});
    let reply = send(&scene.world, &scene.credential(claims), subject("00u1abcd")).await;
    reply.assert_status(204);
    assert!(!scene.is_alive(&tokens).await);
}

/// Okta's orders come from the organization, also if the sign-ins come from one of its custom authorization servers.
#[tokio::test]
async fn a_subject_may_name_the_issuer_of_the_orders() {
    let org = "https://shop.okta.example";
    let scene = Scene::with(json!({"global_revocation": {"issuer": org}})).await;
    let tokens = scene.sign_in("00u1abcd", json!({})).await;
    let body = json!({"sub_id": {"format": "iss_sub", "iss": org, "sub": "00u1abcd"}});
    send(&scene.world, &scene.credential(json!({"iss": org})), body).await.assert_status(204);
    assert!(!scene.is_alive(&tokens).await);
}

/// The users of that entry are meant, and their sessions live on: the provider must see that.
#[tokio::test]
async fn a_subject_with_the_issuer_of_another_entry_is_refused() {
    let (one, two) = (Provider::generate(), Provider::generate());
    let org = "https://shop.okta.example";
    let logout = json!({"global_revocation": {"issuer": org}});
    let trusted = json!([
        one.entry(json!({"user_prefix": "one|", "logout": logout})),
        two.entry(json!({"issuer": org, "user_prefix": "two|"})),
    ]);
    let world =
        World::with(&[("PROVIDER_ORDERS", "true"), ("LATCHKEY_TRUSTED_ISSUERS", &trusted.to_string())]).await;
    let header = json!({"alg": "ES256", "kid": "p1", "typ": "global-token-revocation+jwt"});
    let credential = one.sign(&header, &one.claims(&world, "x", json!({"iss": org})).to_string());
    let body = json!({"sub_id": {"format": "iss_sub", "iss": org, "sub": "alice"}});
    send(&world, &credential, body).await.assert_field("sub_id.iss");
    assert_eq!(world.everything().await, "");
}

/// The response is the same in all of these cases, so that the log is the only place that shows what an order did.
#[tokio::test]
async fn a_line_of_the_log_shows_whether_an_order_ended_sessions() {
    let scene = Scene::revoking().await;
    scene.sign_in("alice", json!({})).await;
    let logs = Logs::listen();
    for user in ["alice", "alice", "unknown"] {
        send(&scene.world, &scene.credential(json!({"jti": user})), subject(user)).await.assert_status(204);
    }
    let lines = logs.ours().into_iter();
    let orders = lines.filter(|line| line["message"] == "order of the identity provider carried out");
    let shown: Vec<_> =
        orders.map(|line| json!([line["issuer"], line["way"], line["ended"], line["known"]])).collect();
    let line = |ended: usize, known: bool| json!([PROVIDER, "global_revocation", ended, known]);
    assert_eq!(shown, [line(1, true), line(0, false), line(0, false)]);
    assert!(!logs.text().contains("alice"), "a subject is personal data");
}

#[tokio::test]
async fn a_repeated_revocation_gets_the_same_answer_and_ends_nothing_new() {
    let scene = Scene::revoking().await;
    scene.sign_in("alice", json!({})).await;
    let credential = scene.credential(json!({}));
    send(&scene.world, &credential, subject("alice")).await.assert_status(204);
    let later = scene.sign_in_later("alice").await;
    let before = scene.world.everything().await;
    send(&scene.world, &credential, subject("alice")).await.assert_status(204);
    scene.world.assert_unchanged(&before, "a repeated order").await;
    assert!(scene.is_alive(&later).await);
}

/// The body is not signed: a thief of the credential could end the sessions of any other user.
#[tokio::test]
async fn a_copied_credential_serves_no_other_subject() {
    let scene = Scene::revoking().await;
    let bob = scene.sign_in("bob", json!({})).await;
    let credential = scene.credential(json!({"jti": "one"}));
    send(&scene.world, &credential, subject("alice")).await.assert_status(204);
    let before = scene.world.everything().await;
    let stolen = send(&scene.world, &credential, subject("bob")).await;
    stolen.assert_problem(401, "invalid_token");
    scene.world.assert_unchanged(&before, "a copied credential").await;
    assert!(scene.is_alive(&bob).await);
    send(&scene.world, &scene.credential(json!({"jti": "two"})), subject("bob")).await.assert_status(204);
    assert!(!scene.is_alive(&bob).await);
}

/// The row of a credential is kept until no instance accepts the credential any more, and not for longer.
#[tokio::test]
async fn a_credential_is_remembered_until_it_expires() {
    let scene = Scene::revoking().await;
    let now = scene.world.now().seconds();
    let credential = scene.credential(json!({"exp": now + 3_600}));
    send(&scene.world, &credential, subject("alice")).await.assert_status(204);
    scene.world.advance(3_599);
    let engine = scene.world.server.engine.as_ref().expect("the engine is in this process");
    engine.sweep().expect("the engine deletes");
    send(&scene.world, &credential, subject("bob")).await.assert_problem(401, "invalid_token");
    scene.world.advance(62);
    engine.sweep().expect("the engine deletes");
    assert!(!scene.world.everything().await.contains("J#"));
}

#[tokio::test]
async fn a_credential_with_any_fault_ends_nothing() {
    let scene = Scene::revoking().await;
    scene.sign_in("alice", json!({})).await;
    let now = scene.world.now().seconds();
    let sign = |header: Value| {
        let claims = scene.provider.claims(&scene.world, "alice", json!({})).to_string();
        scene.provider.sign(&header, &claims)
    };
    let typ = "global-token-revocation+jwt";
    let mut wrong = vec![
        ("nothing", String::new(), ""),
        ("text", "x".to_owned(), "not a JWT"),
        ("no type", sign(json!({"alg": "ES256", "kid": "p1"})), "typ is not global"),
        ("an ID token", sign(json!({"alg": "ES256", "kid": "p1", "typ": "JWT"})), "typ is not global"),
        (
            "a logout token",
            sign(json!({"alg": "ES256", "kid": "p1", "typ": "logout+jwt"})),
            "typ is not global",
        ),
        ("no algorithm", sign(json!({"alg": "none", "kid": "p1", "typ": typ})), "signature"),
        ("a shared secret", sign(json!({"alg": "HS256", "kid": "p1", "typ": typ})), "signature"),
        ("a tampered one", flipped(&scene.credential(json!({}))), "signature"),
    ];
    for (claim, value, word) in [
        ("iss", json!("https://evil.example"), "no entry in the settings"),
        ("aud", json!("another"), "aud does not contain"),
        ("aud", Value::Null, "aud, iat, exp or jti is missing"),
        ("iat", Value::Null, "is missing"),
        ("iat", json!(now + 61), "iat is in the future"),
        ("nbf", json!(now + 61), "nbf is in the future"),
        ("exp", Value::Null, "is missing"),
        ("exp", json!(now), "expired"),
        ("exp", json!(now + 3_601), "more than 3600 seconds"),
        ("jti", Value::Null, "is missing"),
        ("jti", json!(""), "is missing"),
        ("jti", json!(7), "wrong type"),
    ] {
        wrong.push((claim, scene.credential(json!({claim: value})), word));
    }
    let before = scene.world.everything().await;
    for (what, credential, word) in wrong {
        let reply = send(&scene.world, &credential, subject("alice")).await;
        assert_eq!(reply.status, 401, "{what}: {}", reply.body);
        let detail = reply.body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(word), "{what}: {detail}");
    }
    scene.world.device().post(PATH, subject("alice")).await.assert_problem(401, "token_missing");
    scene.world.assert_unchanged(&before, "a wrong credential").await;
    assert_eq!(scene.failed_orders(), 0);
}

#[tokio::test]
async fn a_subject_of_another_form_or_issuer_is_refused() {
    let scene = Scene::revoking().await;
    scene.sign_in("alice", json!({})).await;
    let before = scene.world.everything().await;
    for (sub_id, field) in [
        (json!({"format": "email", "email": "alice@example.com"}), "sub_id.format"),
        (json!({"format": "opaque", "id": "alice"}), "sub_id.format"),
        (json!({"format": "iss_sub", "iss": "https://second.example", "sub": "alice"}), "sub_id.iss"),
        (json!({"format": "iss_sub", "iss": PROVIDER, "sub": ""}), "sub_id.sub"),
        (json!({"format": "iss_sub", "iss": PROVIDER, "sub": "a".repeat(256)}), "sub_id.sub"),
        (json!({"format": "iss_sub", "iss": PROVIDER}), "sub"),
        (json!({"format": "iss_sub", "sub": "alice"}), "iss"),
        (json!("alice"), "sub_id"),
    ] {
        let reply = send(&scene.world, &scene.credential(json!({})), json!({"sub_id": sub_id})).await;
        reply.assert_field(field);
    }
    send(&scene.world, &scene.credential(json!({})), json!({})).await.assert_field("sub_id");
    let long =
        json!({"sub_id": {"format": "iss_sub", "iss": PROVIDER, "sub": "alice"}, "x": "x".repeat(8_192)});
    send(&scene.world, &scene.credential(json!({})), long).await.assert_problem(413, "body_too_large");
    scene.world.assert_unchanged(&before, "a wrong subject").await;
}

#[tokio::test]
async fn a_revocation_of_one_issuer_never_reaches_the_users_of_another() {
    let (one, two) = (Provider::generate(), Provider::generate());
    let second = "https://second.example";
    let logout = json!({"global_revocation": {}});
    let trusted = json!([
        one.entry(json!({"user_prefix": "one|", "logout": logout})),
        two.entry(json!({"issuer": second, "user_prefix": "two|", "logout": logout})),
    ]);
    let world =
        World::with(&[("PROVIDER_ORDERS", "true"), ("LATCHKEY_TRUSTED_ISSUERS", &trusted.to_string())]).await;
    let header = json!({"alg": "ES256", "kid": "p1", "typ": "global-token-revocation+jwt"});
    let credential = two.sign(&header, &two.claims(&world, "x", json!({"iss": second})).to_string());
    send(&world, &credential, subject("alice")).await.assert_field("sub_id.iss");
    assert_eq!(world.everything().await, "");
}

#[tokio::test]
async fn a_revocation_outlasts_faults_of_the_store() {
    use latchkey_local::dev_controls::faults::FaultKind;
    for (operation, kind) in [
        ("UpdateItem", FaultKind::Error500),
        ("UpdateItem", FaultKind::TimeoutAfterCommit),
        ("Query", FaultKind::Throttle),
    ] {
        let scene = Scene::revoking().await;
        let tokens = scene.sign_in("alice", json!({})).await;
        scene.world.server.faults.queue(Some(operation), kind, 7);
        send(&scene.world, &scene.credential(json!({})), subject("alice")).await.assert_status(204);
        assert!(!scene.is_alive(&tokens).await, "{operation} {kind:?}");
    }
    let scene = Scene::revoking().await;
    scene.world.server.faults.queue(None, FaultKind::Error500, 100_000);
    let reply = send(&scene.world, &scene.credential(json!({})), subject("alice")).await;
    reply.assert_problem(503, "store_unavailable");
    assert_eq!(scene.failed_orders(), 1);
}
