//! An identity provider ends sessions. Tokens here are made by hand or with the crate jsonwebtoken; `client/interop` has the tests
//! with a real provider.

mod backchannel;
mod costs;
mod event_subjects;
mod forged_orders;
mod global_revocation;
mod order_times;
mod races;
mod security_events;
mod store_faults;
mod upstream_sessions;

use latchkey::telemetry::metrics::Counter;
use latchkey_tests::world::{PROVIDER, PROVIDER_AUDIENCE, Provider, Reply, Tokens, World};
use serde_json::{Value, json};

/// The event of a logout token.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A provider that may end sessions, and a world that trusts it.
struct Scene {
    provider: Provider,
    world: World,
}

impl Scene {
    /// The provider may send logout tokens.
    async fn new() -> Self {
        Self::with(json!({"backchannel": {}})).await
    }

    /// The provider has this member `logout`.
    async fn with(logout: Value) -> Self {
        let provider = Provider::generate();
        let world = provider.world(json!({"logout": logout}), &[]).await;
        Self { provider, world }
    }

    /// The provider may send logout tokens and grant the scope of administrators.
    async fn of_administrators() -> Self {
        let provider = Provider::generate();
        let changes = json!({"logout": {"backchannel": {}}, "scopes": ["latchkey:admin"]});
        let world = provider.world(changes, &[]).await;
        Self { provider, world }
    }

    /// Signs an administrator in.
    async fn administrator(&self) -> Tokens {
        let now = self.world.now().seconds();
        self.sign_in("root", json!({"scope": "latchkey:admin", "auth_time": now})).await
    }

    /// Signs a user in with a new assertion.
    async fn sign_in(&self, user: &str, claims: Value) -> Tokens {
        let assertion = self.provider.assertion(&self.world, user, claims);
        Tokens::of(self.world.device().login(&assertion).await.assert_status(201))
    }

    /// The claims of a logout token. `changes` replace claims, and `null` removes one.
    fn logout_claims(&self, changes: Value) -> Value {
        let now = self.world.now().seconds();
        let mut claims = json!({
            "iss": PROVIDER, "aud": PROVIDER_AUDIENCE, "iat": now, "exp": now + 120, "jti": "order-1",
            "events": {LOGOUT_EVENT: {}},
        });
        let members = claims.as_object_mut().expect("an object");
        members.extend(changes.as_object().expect("changes are an object").clone());
        members.retain(|_, value| !value.is_null());
        claims
    }

    /// A logout token with these changes.
    fn logout_token(&self, changes: Value) -> String {
        let header = json!({"alg": "ES256", "kid": "p1", "typ": "logout+jwt"});
        self.provider.sign(&header, &self.logout_claims(changes).to_string())
    }

    /// Sends a logout token with these changes.
    async fn log_out(&self, changes: Value) -> Reply {
        send(&self.world, &self.logout_token(changes)).await
    }

    /// Whether the session lives, as the refresh endpoint and the list answer.
    async fn is_alive(&self, tokens: &Tokens) -> bool {
        let device = self.world.device();
        let listed = device.list(&tokens.access).await;
        match listed.status.as_u16() {
            200 => true,
            401 => {
                listed.assert_ended("provider");
                device.refresh(&tokens.refresh).await.assert_ended("provider");
                false
            }
            _ => panic!("{} {}", listed.status, listed.body),
        }
    }

    fn failed_orders(&self) -> u64 {
        self.world.server.app.metrics().value(Counter::ProviderOrdersFailed)
    }
}

/// Sends a logout token as providers do.
async fn send(world: &World, token: &str) -> Reply {
    let form = Some("application/x-www-form-urlencoded");
    world.device().send("POST", "/api/auth/backchannel-logout", form, format!("logout_token={token}")).await
}

/// Succeeds only for 400 whose description has this word.
#[track_caller]
fn assert_refused(reply: &Reply, word: &str) {
    assert_eq!(
        (reply.status.as_u16(), &reply.body["error"]),
        (400, &json!("invalid_request")),
        "{}",
        reply.body
    );
    let description = reply.text("error_description");
    assert!(description.contains(word), "{description}");
    reply.assert_no_cookie();
}
