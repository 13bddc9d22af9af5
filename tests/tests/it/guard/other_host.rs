//! A running server, and a service on another host that checks its tokens.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use latchkey::clock::Clock as _;
use latchkey_tests::world::World;
use latchkey_verifier::{
    Fetch, HttpsFetch, Introspection, RemoteVerifier, RequireSignedIn, RevocationFeed, WhenStale,
};
use tokio::net::TcpListener;

use crate::guard::shop::Mode;

/// The server listens on a port, so that the service fetches its keys and asks it over HTTP.
pub(crate) struct OtherHost {
    pub(crate) world: World,
    verifier: RemoteVerifier,
    sessions: Introspection,
    fetch: Arc<dyn Fetch>,
}

impl OtherHost {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let issuer = format!("http://{}/api/auth", listener.local_addr().expect("it is bound"));
        let world = World::with(&[("LATCHKEY_ISSUER", &issuer)]).await;
        let router = world.server.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let fetch: Arc<dyn Fetch> = Arc::new(HttpsFetch::new());
        let verifier = RemoteVerifier::new(&issuer, &world.server.audience, fetch.clone()).expect("loopback");
        let sessions = Introspection::new(&issuer, fetch.clone()).expect("loopback");
        Self { world, verifier, sessions, fetch }
    }

    /// The check of the service, with the clock of the server.
    pub(crate) fn check(&self, mode: Mode) -> RequireSignedIn {
        let check = match mode {
            Mode::Offline => RequireSignedIn::offline(self.verifier.clone()),
            Mode::Strict => RequireSignedIn::strict(self.verifier.clone(), self.sessions.clone()),
        };
        let clock = self.world.server.clock.clone();
        check.clock(move || clock.now().into())
    }

    /// The check by the revocation feed, with the clock of the server as both clocks. Without a feed it refuses requests.
    pub(crate) fn check_by_feed(&self) -> RequireSignedIn {
        let [own, wall, monotonic] = [(); 3].map(|()| self.world.server.clock.clone());
        let feed = RevocationFeed::new(self.verifier.clone(), self.fetch.clone(), WhenStale::Refuse);
        let since_1970 = move || Duration::from_millis(monotonic.now_millis().unsigned_abs());
        let feed = feed.expect("loopback").clocks(move || wall.now().into(), since_1970);
        RequireSignedIn::strict(self.verifier.clone(), feed).clock(move || own.now().into())
    }
}

/// The user that the check of `GET /orders` finds, or the code of the refusal.
pub(crate) async fn outcome(
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
