//! The crate `latchkey-verifier` on the feed of a real server: it refuses the sessions that were revoked, and no other.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use latchkey::clock::Clock as _;
use latchkey_tests::world::{Tokens, World};
use latchkey_verifier::{
    Fetch, FetchFuture, FetchLimits, RevocationFeed, SessionCheck as _, SessionCheckError, Verifier,
    WhenStale,
};
use serde_json::json;
use tower::ServiceExt as _;

/// Sends requests to the router of a world.
struct InProcess(World);

impl Fetch for InProcess {
    fn fetch(&self, request: Request<Bytes>, _: FetchLimits) -> FetchFuture<'_> {
        let router = self.0.server.router.clone();
        Box::pin(async move {
            let path = request.uri().path_and_query().expect("a path").as_str().to_owned();
            let own = Request::get(path).body(Body::empty()).expect("a request");
            let (parts, body) = router.oneshot(own).await.expect("the router answers").into_parts();
            Ok(Response::from_parts(parts, body.collect().await.expect("a body in memory").to_bytes()))
        })
    }
}

/// A service that verifies offline, with the clock of the world.
struct Service {
    verifier: Verifier,
    feed: RevocationFeed,
    world: World,
}

impl Service {
    async fn of(world: &World) -> Self {
        let jwks = world.device().get("/api/auth/.well-known/jwks.json").await.body.to_string();
        let config = world.server.app.config();
        let verifier = Verifier::parse(&jwks, &config.issuer, &config.audience).expect("it has a key");
        let feed =
            RevocationFeed::new(verifier.clone(), Arc::new(InProcess(world.clone())), WhenStale::Refuse);
        let (wall, monotonic) = (world.server.clock.clone(), world.server.clock.clone());
        let since_1970 = move || Duration::from_millis(monotonic.now_millis().unsigned_abs());
        let feed = feed.expect("the issuer has a URL").clocks(move || wall.now().into(), since_1970);
        Self { verifier, feed, world: world.clone() }
    }

    /// Whether the service accepts the token now.
    async fn accepts(&self, tokens: &Tokens) -> bool {
        let now = self.world.now().into();
        let claims = self.verifier.verify(&tokens.access, now).expect("the token has not expired");
        match self.feed.check(&tokens.access, &claims, now).await {
            Ok(_) => true,
            Err(SessionCheckError::Ended) => false,
            Err(error) => panic!("the feed cannot be reached: {error}"),
        }
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_within_ten_seconds_and_no_other() {
    let world = World::new().await;
    let device = world.device();
    let mut services = vec![];
    // Services that fetch the feed at different times.
    for _ in 0..5 {
        services.push(Service::of(&world).await);
        world.advance(1);
        let honest = device.sign_in("honest").await;
        assert!(services[services.len() - 1].accepts(&honest).await);
    }
    for round in 0..6 {
        let (lost, kept) = (device.sign_in("alice").await, device.sign_in("bob").await);
        for service in &services {
            assert!(service.accepts(&lost).await && service.accepts(&kept).await, "round {round}");
        }
        device.revoke(&lost.access, json!({"strategy": "current"})).await.assert_status(200);
        let mut refused_after = [None; 5];
        for second in 1..=10 {
            world.advance(1);
            for (service, refused) in services.iter().zip(&mut refused_after) {
                assert!(service.accepts(&kept).await, "round {round}: an honest session is refused");
                let is_refused = !service.accepts(&lost).await;
                assert!(refused.is_none() || is_refused, "a refused token must stay refused");
                *refused = refused.or(is_refused.then_some(second));
            }
        }
        assert!(refused_after.iter().all(Option::is_some), "round {round}: {refused_after:?}");
        world.advance(300);
    }
}

#[tokio::test]
async fn a_revocation_of_everyone_reaches_verifiers_too() {
    let world = World::new().await;
    let device = world.device();
    let service = Service::of(&world).await;
    let tokens = device.sign_in("alice").await;
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(device.login(&root).await.assert_status(201));
    world.advance(60);
    let refreshed = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
    assert!(service.accepts(&refreshed).await);
    let before = world.now().before(Duration::from_secs(30)).to_rfc3339();
    let body = json!({"strategy": "everyone", "reason": "a drill", "before": before});
    device.revoke(&root.access, body).await.assert_status(200);
    world.advance(8);
    let later = device.sign_in("bob").await;
    assert!(!service.accepts(&refreshed).await, "its `iat` is later than the moment, its session is older");
    assert!(service.accepts(&later).await);
}
