//! Can the administrators of one identity provider see or sign out the users of another one?

use latchkey_tests::world::{Device, Provider, Reply, Tokens, World};
use serde_json::{Value, json};

const EVENTS: &str = "/api/auth/sessions/events";

/// A deployment with two customers, `acme|` and `shop|`, whose providers may grant the administrator's scope.
pub(crate) struct Customers {
    pub(crate) world: World,
    acme: Provider,
    shop: Provider,
}

impl Customers {
    /// The deployment; `changes` are further members of the entry of acme.
    pub(crate) async fn with(changes: Value) -> Self {
        let (acme, shop) = (Provider::generate(), Provider::generate());
        let entry = |provider: &Provider, name: &str, changes: Value| {
            let mut entry = provider.entry(json!({
                "issuer": format!("https://{name}.example"), "user_prefix": format!("{name}|"), "scopes": ["latchkey:admin"],
            }));
            entry.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
            entry
        };
        let trusted = json!([entry(&acme, "acme", changes), entry(&shop, "shop", json!({}))]).to_string();
        Self { world: World::with(&[("LATCHKEY_TRUSTED_ISSUERS", &trusted)]).await, acme, shop }
    }

    pub(crate) async fn sign_in(&self, provider: &str, user: &str, scope: Option<&str>) -> Tokens {
        let signer = if provider == "acme" { &self.acme } else { &self.shop };
        let claims = json!({
            "iss": format!("https://{provider}.example"), "auth_time": self.world.now().seconds(), "scope": scope,
        });
        let assertion = signer.assertion(&self.world, user, claims);
        Tokens::of(self.world.device().login(&assertion).await.assert_status(201))
    }

    pub(crate) async fn administrator(&self, provider: &str) -> Device {
        let tokens = self.sign_in(provider, "root", Some("latchkey:admin")).await;
        self.world.device().bearer(&tokens.access)
    }
}

/// The calls that name a user, with a session of that user.
fn calls(user: &str, session: &str) -> Vec<(&'static str, String, Value)> {
    let revoke = || "/api/auth/revoke".to_owned();
    let one = json!({"strategy": "session", "user_id": user, "session_id": session, "reason": "x"});
    let (plain, user) = (user, user.replace('|', "%7C"));
    vec![
        ("GET", format!("/api/auth/sessions?user_id={user}"), Value::Null),
        ("GET", format!("/api/auth/sessions?user_id={user}&include=analytics"), Value::Null),
        ("GET", format!("/api/auth/sessions/{session}?user_id={user}"), Value::Null),
        ("GET", format!("{EVENTS}?user_id={user}"), Value::Null),
        ("GET", format!("/api/auth/revoke?user_id={user}"), Value::Null),
        ("POST", revoke(), one),
        ("POST", revoke(), json!({"strategy": "user", "user_id": plain, "reason": "x"})),
        ("POST", revoke(), json!({"strategy": "suspend", "user_id": plain, "reason": "x"})),
        ("POST", revoke(), json!({"strategy": "resume", "user_id": plain, "reason": "x"})),
    ]
}

async fn send(device: &Device, (method, path, body): &(&'static str, String, Value)) -> Reply {
    let kind = (!body.is_null()).then_some("application/json");
    let text = if body.is_null() { String::new() } else { body.to_string() };
    device.send(method, path, kind, text).await
}

#[tokio::test]
async fn an_administrator_reaches_no_user_of_another_issuer() {
    let customers = Customers::with(json!({})).await;
    let victim = customers.sign_in("shop", "victor", None).await;
    let admin = customers.administrator("acme").await;
    let before = customers.world.everything().await;
    for call in calls("shop|victor", &victim.session) {
        let reply = send(&admin, &call).await;
        let detail = reply.assert_problem(403, "forbidden").text("detail");
        assert!(detail.starts_with("user_id: "), "{call:?}: {detail}");
    }
    let everyone = admin.post("/api/auth/revoke", json!({"strategy": "everyone", "reason": "x"})).await;
    everyone.assert_problem(403, "forbidden");
    customers.world.assert_unchanged(&before, "a foreign administrator must change nothing").await;
    assert_eq!(customers.world.live("shop|victor").await, [victim.session]);
}

#[tokio::test]
async fn a_look_up_of_another_issuers_user_is_like_an_unknown_id() {
    let customers = Customers::with(json!({})).await;
    let world = &customers.world;
    let device = world.device();
    let victim = customers.sign_in("shop", "victor", None).await;
    let stolen = customers.sign_in("shop", "victor", None).await;
    device.refresh(&stolen.refresh).await.assert_status(200);
    world.advance(61);
    let mut alerts = world.server.alerts.listen();
    device.elsewhere().refresh(&stolen.refresh).await.assert_ended("security");
    let alert = alerts.try_recv().expect("an alert");
    let event = alert["event_id"].as_str().expect("an id");
    let (acme, shop) = (customers.administrator("acme").await, customers.administrator("shop").await);
    let unknown = "01920000-0000-7000-8000-000000000000";
    for (path, id) in [
        (format!("{EVENTS}?event_id="), event),
        (format!("{EVENTS}?session_id="), &victim.session),
        (format!("{EVENTS}?session_id="), &stolen.session),
        ("/api/auth/revoke?session_id=".to_owned(), &stolen.session),
    ] {
        let (known, none) =
            (acme.get(&format!("{path}{id}")).await, acme.get(&format!("{path}{unknown}")).await);
        known.assert_problem(404, "not_found");
        assert_eq!(known.body["detail"], none.body["detail"], "{path}");
        let own = shop.get(&format!("{path}{id}")).await;
        assert_eq!(own.assert_status(200).body["user_id"], "shop|victor", "{path}");
    }
}

#[tokio::test]
async fn an_administrator_reaches_the_users_of_the_own_issuer() {
    let customers = Customers::with(json!({})).await;
    let victim = customers.sign_in("shop", "victor", None).await;
    let admin = customers.administrator("shop").await;
    for call in calls("shop|victor", &victim.session) {
        send(&admin, &call).await.assert_status(200);
    }
    assert!(customers.world.live("shop|victor").await.is_empty());
}

#[tokio::test]
async fn an_issuer_with_admin_of_all_reaches_the_users_of_all_issuers() {
    let customers = Customers::with(json!({"admin_of": "all"})).await;
    let victim = customers.sign_in("shop", "victor", None).await;
    let admin = customers.administrator("acme").await;
    for call in calls("shop|victor", &victim.session) {
        send(&admin, &call).await.assert_status(200);
    }
    let shop = customers.administrator("shop").await;
    send(&shop, &calls("acme|root", &victim.session)[0]).await.assert_problem(403, "forbidden");
    let body = json!({"strategy": "everyone", "reason": "a key leaked"});
    admin.post("/api/auth/revoke", body).await.assert_status(200);
}
