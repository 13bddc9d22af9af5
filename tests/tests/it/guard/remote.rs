//! A service on another host: it fetches the keys and checks sessions over a real connection.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, header};
use latchkey::clock::Clock as _;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::World;
use latchkey_verifier::{Fetch, HttpsFetch, Introspection, RemoteVerifier, RequireSignedIn};
use serde_json::json;
use tokio::net::TcpListener;

/// The user that the check finds, or the code of the refusal.
async fn outcome(check: &RequireSignedIn, token: &str) -> Result<String, &'static str> {
    let bearer = HeaderValue::try_from(format!("Bearer {token}")).expect("a token is ASCII");
    let headers = HeaderMap::from_iter([(header::AUTHORIZATION, bearer)]);
    let signed_in = check.check(&Method::GET, "/", &headers).await;
    signed_in.map(|user| user.claims().sub.to_string()).map_err(|refusal| refusal.code().name())
}

#[tokio::test]
async fn a_service_on_another_host_checks_tokens_with_a_running_server() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
    let issuer = format!("http://{}/api/auth", listener.local_addr().expect("it is bound"));
    let world = World::with(&[("LATCHKEY_ISSUER", &issuer)]).await;
    let router = world.server.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });

    let fetch: Arc<dyn Fetch> = Arc::new(HttpsFetch::new());
    let verifier = RemoteVerifier::new(&issuer, &world.server.audience, fetch.clone()).expect("loopback");
    let sessions = Introspection::new(&issuer, fetch).expect("loopback");
    let clock = world.server.clock.clone();
    let offline = RequireSignedIn::offline(verifier.clone()).clock(move || clock.now().into());
    let clock = world.server.clock.clone();
    let strict = RequireSignedIn::strict(verifier, sessions).clock(move || clock.now().into());

    let tokens = world.device().sign_in("alice").await;
    for check in [&offline, &strict] {
        assert_eq!(outcome(check, &tokens.access).await.as_deref(), Ok("alice"));
        assert_eq!(outcome(check, &tokens.refresh).await, Err("invalid_token"));
    }
    world.device().revoke(&tokens.access, json!({"strategy": "current"})).await.assert_status(200);
    assert_eq!(outcome(&strict, &tokens.access).await, Err("token_expired"));
    assert_eq!(
        outcome(&offline, &tokens.access).await.as_deref(),
        Ok("alice"),
        "an offline check accepts the token until it expires"
    );

    let bob = world.device().sign_in("bob").await;
    world.server.faults.queue(Some("GetItem"), FaultKind::Error500, 3);
    assert_eq!(
        outcome(&strict, &bob.access).await,
        Err("store_unavailable"),
        "an outage does not sign the user out"
    );
    world.server.faults.clear(None);
    assert_eq!(outcome(&strict, &bob.access).await.as_deref(), Ok("bob"));
}
