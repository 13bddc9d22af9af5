//! Tokens that the server bound to a key, at another service: only the holder of the key gets in, while its session lives.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use latchkey::clock::Clock as _;
use latchkey_tests::world::{DeviceKey, World};
use latchkey_verifier::dpop::BaseUrls;
use latchkey_verifier::{Fetch, HttpsFetch, Introspection, RemoteVerifier, RequireSignedIn};
use serde_json::json;
use tokio::net::TcpListener;

/// The origin in the proofs of a [`DeviceKey`].
const ORIGIN: &str = "http://127.0.0.1:9000";

/// The user that the check finds, or the code of the refusal.
async fn outcome(
    check: &RequireSignedIn,
    authorization: &str,
    proof: Option<&str>,
) -> Result<String, &'static str> {
    let value = |text: &str| HeaderValue::try_from(text).expect("tokens and proofs are ASCII");
    let mut headers = HeaderMap::from_iter([(header::AUTHORIZATION, value(authorization))]);
    headers.extend(proof.map(|proof| (HeaderName::from_static("dpop"), value(proof))));
    let signed_in = check.check(&Method::GET, "/orders", &headers).await;
    signed_in.map(|user| user.claims().sub.to_string()).map_err(|refusal| refusal.code().name())
}

#[tokio::test]
async fn another_service_accepts_a_bound_token_from_the_holder_of_its_key_only() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
    let issuer = format!("http://{}/api/auth", listener.local_addr().expect("it is bound"));
    let world = World::with(&[("LATCHKEY_ISSUER", &issuer)]).await;
    let router = world.server.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });

    let fetch: Arc<dyn Fetch> = Arc::new(HttpsFetch::new());
    let verifier = RemoteVerifier::new(&issuer, &world.server.audience, fetch.clone()).expect("loopback");
    let sessions = Introspection::new(&issuer, fetch).expect("loopback");
    let configured = |check: RequireSignedIn| {
        let (clock, urls) = (world.server.clock.clone(), BaseUrls::parse([ORIGIN]).expect("it is an origin"));
        check.public_urls(urls).clock(move || clock.now().into())
    };
    let offline = configured(RequireSignedIn::offline(verifier.clone()));
    let strict = configured(RequireSignedIn::strict(verifier, sessions));

    let (owner, thief) = (DeviceKey::generate(), DeviceKey::generate());
    let device = world.device().with_key(&owner);
    let reply = device.login(&world.assertion("alice")).await;
    let token = reply.assert_status(201).text("access_token");
    let proof = |key: &DeviceKey| key.proof_with("GET", "/orders", world.now(), &token);
    let (dpop, bearer) = (format!("DPoP {token}"), format!("Bearer {token}"));
    for check in [&offline, &strict] {
        assert_eq!(outcome(check, &dpop, Some(&proof(&owner))).await.as_deref(), Ok("alice"));
        assert_eq!(outcome(check, &dpop, Some(&proof(&thief))).await, Err("invalid_dpop_proof"));
        assert_eq!(outcome(check, &dpop, None).await, Err("device_proof_required"));
        assert_eq!(outcome(check, &bearer, None).await, Err("device_proof_required"));
        assert_eq!(outcome(check, &bearer, Some(&proof(&owner))).await, Err("device_proof_required"));
    }

    let path = "/api/auth/revoke";
    let ending = owner.proof_with("POST", path, world.now(), &token);
    let device = world.device().header("authorization", &dpop).proof(&ending);
    device.post(path, json!({"strategy": "current"})).await.assert_status(200);
    assert_eq!(outcome(&strict, &dpop, Some(&proof(&owner))).await, Err("token_expired"));
    assert_eq!(outcome(&offline, &dpop, Some(&proof(&owner))).await.as_deref(), Ok("alice"));
}
