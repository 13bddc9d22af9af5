//! A shop: an example of a service that uses this library, behind the guard, with the clock and the tables of a world.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::State;
use axum::routing::{any, get};
use axum::{Json, Router};
use http::Request;
use latchkey::clock::Clock as _;
use latchkey::store::LiveSessions;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{Provider, Reply, Tokens, World, header, payload};
use latchkey_verifier::{Refusal, RequireSignedIn, SignedIn, Verifier};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// How the shop checks tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Only the token.
    Offline,
    /// The token and the row of the session.
    Strict,
}

/// Both modes.
pub(crate) const MODES: [Mode; 2] = [Mode::Offline, Mode::Strict];

/// The shop and the Latchkey deployment that it trusts.
pub(crate) struct Shop {
    pub(crate) world: World,
    /// Signs tokens of the tests with the deployment's own key.
    pub(crate) signer: Provider,
    served: Arc<AtomicUsize>,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// With these settings of the deployment.
    pub(crate) async fn open_with(settings: &[(&str, &str)]) -> Self {
        let signer = Provider::generate();
        let generated: Value = serde_json::from_str(&generate_key_set()).expect("a key set is JSON");
        let keys = json!({"keys": [signer.private_jwk(), generated["keys"][1]]}).to_string();
        let world = World::with(&[&[("LATCHKEY_KEYS", keys.as_str())], settings].concat()).await;
        Self { world, signer, served: Arc::default() }
    }

    /// The number of requests that reached the shop behind the guard.
    pub(crate) fn served(&self) -> usize {
        self.served.load(Ordering::Relaxed)
    }

    pub(crate) fn verifier(&self) -> Verifier {
        let config = self.world.server.app.config();
        let jwks = config.keys.public_jwks().to_string();
        Verifier::parse(&jwks, &config.issuer, &config.audience).expect("what is published verifies")
    }

    pub(crate) fn check(&self, mode: Mode) -> RequireSignedIn {
        let check = match mode {
            Mode::Offline => RequireSignedIn::offline(self.verifier()),
            Mode::Strict => {
                RequireSignedIn::strict(self.verifier(), LiveSessions::from(self.world.server.store.clone()))
            }
        };
        let cookies = self.world.server.app.config().cookies.policy.clone();
        let clock = self.world.server.clock.clone();
        check.cookies(cookies).clock(move || clock.now().into())
    }

    /// Calls `/orders`.
    pub(crate) async fn call(&self, mode: Mode, method: &str, headers: &[(&str, &str)]) -> Reply {
        self.call_at(mode, method, "/orders", headers).await
    }

    /// `GET /orders` with a token.
    pub(crate) async fn bearer(&self, mode: Mode, token: &str) -> Reply {
        self.bearer_at(mode, "GET", "/orders", token).await
    }

    pub(crate) async fn bearer_at(&self, mode: Mode, method: &str, path: &str, token: &str) -> Reply {
        self.call_at(mode, method, path, &[("authorization", &format!("Bearer {token}"))]).await
    }

    async fn call_at(&self, mode: Mode, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let counted = |State(served): State<Arc<AtomicUsize>>, caller: SignedIn| async move {
            served.fetch_add(1, Ordering::Relaxed);
            orders(caller).await
        };
        let routes = Router::new().route("/orders", any(counted)).route("/staff", get(staff));
        let service = routes.with_state(self.served.clone()).layer(self.check(mode));
        let request =
            headers.iter().fold(Request::builder().method(method).uri(path), |request, (name, value)| {
                request.header(*name, *value)
            });
        let request = request.body(Body::empty()).expect("a request");
        Reply::read(service.oneshot(request).await.expect("the service answers")).await
    }

    /// Signs in a user that is an administrator in the token and in the row.
    pub(crate) async fn admin(&self, user: &str) -> Tokens {
        let claims = json!({"scope": "latchkey:admin", "auth_time": self.world.now().seconds()});
        let assertion = self.world.assertion_with(user, claims);
        Tokens::of(self.world.device().login(&assertion).await.assert_status(201))
    }

    /// Signs a changed token: the changes replace members of the header and claims, and null removes one.
    pub(crate) fn resigned(&self, token: &str, header_changes: Value, claim_changes: Value) -> String {
        let header = changed(header(token), header_changes);
        self.signer.sign(&header, &changed(payload(token), claim_changes).to_string())
    }
}

fn changed(mut object: Value, changes: Value) -> Value {
    let members = object.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("changes are an object").clone());
    members.retain(|_, value| !value.is_null());
    object
}

/// Returns the claims that the guard passed on.
pub(crate) async fn orders(caller: SignedIn) -> Json<Value> {
    Json(json!(caller.claims()))
}

async fn staff(caller: SignedIn) -> Result<Json<Value>, Refusal> {
    caller.require_scope("latchkey:admin")?;
    Ok(orders(caller).await)
}
