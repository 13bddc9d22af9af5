//! Every operation and status of the file was seen in a response.

use std::collections::BTreeSet;

use latchkey::store::Consumed;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::openapi::Spec;
use latchkey_tests::world::{BoundBrowser, Device, Jar, PROVIDER, Provider, Reply, SECURE, Tokens, World};
use serde_json::{Value, json};

/// Statuses that a test cannot provoke, with the reason.
const NEVER_SEEN: [(&str, u16, &str); 0] = [];

/// Only a bug causes it. The test of panics covers its response.
const INTERNAL_ERROR: u16 = 500;

const FORM: &str = "application/x-www-form-urlencoded";

/// The operations and statuses that were seen.
#[derive(Default)]
struct Seen(BTreeSet<(&'static str, u16)>);

impl Seen {
    async fn call(
        &mut self,
        device: &Device,
        method: &str,
        path: &str,
        media: Option<&str>,
        body: String,
    ) -> Reply {
        let is_at_root = path.starts_with("/.well-known/oauth-authorization-server");
        let path = if is_at_root { path.to_owned() } else { format!("/api/auth{path}") };
        // In a box, so that the futures of all requests of a test fit on its stack.
        let reply = Box::pin(device.send(method, &path, media, body)).await;
        let (spec, status) = (Spec::get(), reply.status.as_u16());
        let known = spec.check(method, &path, status, &reply.headers, &reply.body);
        if let Some(operation) = known.unwrap_or_else(|fault| panic!("{fault}")) {
            self.0.insert((operation.id, status));
        }
        reply
    }

    async fn get(&mut self, device: &Device, path: &str) -> Reply {
        self.call(device, "GET", path, None, String::new()).await
    }

    async fn delete(&mut self, device: &Device, path: &str) -> Reply {
        self.call(device, "DELETE", path, None, String::new()).await
    }

    async fn post(&mut self, device: &Device, path: &str, body: Value) -> Reply {
        self.call(device, "POST", path, Some("application/json"), body.to_string()).await
    }

    async fn form(&mut self, device: &Device, path: &str, body: &str) -> Reply {
        self.call(device, "POST", path, Some(FORM), body.to_owned()).await
    }
}

const POSTS: [&str; 10] = [
    "/login",
    "/login/attempts",
    "/refresh",
    "/sessions",
    "/revoke",
    "/introspect",
    "/backchannel-logout",
    "/global-token-revocation",
    "/ssf/events",
    "/sign-in-review",
];

/// Requests over all users.
const FLEET: [&str; 4] = [
    "/fleet/events",
    "/fleet/sign-ins?network=192.0.2.1",
    "/fleet/overview?hours=2",
    "/fleet/search?q=alice",
];

fn service(world: &World, scope: &str) -> Device {
    world.device().bearer(&world.assertion_with("backend", json!({"scope": scope})))
}

async fn admin(world: &World) -> Device {
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    world.device().bearer(&Tokens::of(world.device().login(&root).await.assert_status(201)).access)
}

/// Requests that succeed.
async fn successes(seen: &mut Seen) {
    let world = World::new().await;
    let device = world.device();
    let login = json!({"assertion": world.assertion("alice"), "delivery": "body"});
    let tokens = Tokens::of(&seen.post(&device, "/login", login).await);
    let jar = Jar::of(&seen.post(&device, "/login", json!({"assertion": world.assertion("alice")})).await);
    let tokens = Tokens::of(&seen.post(&device, "/refresh", json!({"refresh_token": tokens.refresh})).await);
    let cookies = device.clone().cookies(&jar.line());
    seen.call(&cookies, "POST", "/refresh", None, String::new()).await;
    let form = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    seen.form(&device, "/refresh", &form).await;
    seen.get(&cookies, "/refresh").await;
    let own = device.clone().bearer(&tokens.access);
    let list = seen.get(&own, "/sessions?include=analytics").await;
    let known = own.clone().header("if-none-match", list.header("etag"));
    seen.get(&known, "/sessions?include=analytics").await;
    seen.get(&own, &format!("/sessions/{}", tokens.session)).await;
    seen.get(&own, "/sessions/events").await;
    seen.delete(&own, &format!("/sessions/{}", jar.session)).await;
    seen.delete(&own, "/sessions?scope=others").await;
    seen.get(&own, "/revoke").await;
    seen.form(&own, "/introspect", &format!("token={}", tokens.access)).await;
    let attempt = json!({"policy": "login", "subject": "bob", "ip": "203.0.113.9"});
    seen.post(&service(&world, "latchkey:attempts"), "/login/attempts", attempt).await;
    seen.post(&own, "/revoke", json!({"strategy": "current"})).await;
    seen.get(&device, "/.well-known/jwks.json").await;
    seen.get(&device, "/.well-known/revocations").await;
    seen.get(&device, "/.well-known/openid-configuration").await;
    seen.get(&device, "/.well-known/oauth-authorization-server/api/auth").await;
    let admin = admin(&world).await;
    for path in FLEET {
        seen.get(&admin, path).await;
    }
    seen.post(&admin, "/sessions", json!({"action": "cleanup"})).await;
    seen.post(&admin, "/revoke", json!({"strategy": "everyone", "reason": "a drill"})).await;
}

/// Requests that are refused, one kind after the other.
async fn refusals(seen: &mut Seen) {
    let world = World::with(&[("LIMIT_LOGIN", "1/15m/30m"), ("LIMIT_REFRESH", "1/5m/15m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let own = device.clone().bearer(&tokens.access);
    let gets = ["/sessions", "/sessions/events", "/sessions/x", "/revoke"];
    for path in POSTS {
        let attempts = service(&world, "latchkey:attempts");
        let caller = if path == "/login/attempts" { attempts } else { own.clone() };
        seen.call(&caller, "POST", path, Some("application/json"), "x".repeat(17_000)).await;
        seen.call(&caller, "POST", path, Some("text/plain"), "x".to_owned()).await;
        seen.post(&caller, path, json!({"delivery": 1, "refresh_token": 1, "action": 1, "strategy": 1}))
            .await;
    }
    seen.form(&service(&world, "latchkey:introspect"), "/introspect", "").await;
    seen.get(&device, "/.well-known/revocations?since=x").await;
    let twice = device.clone().header("cookie", "latchkey_access=a; latchkey_access=b");
    seen.get(&twice, "/refresh").await;
    for path in gets {
        seen.get(&device, path).await;
        seen.get(&own, &format!("{path}?user_id=")).await;
        seen.get(&own, &format!("{path}?user_id=bob")).await;
    }
    let unknown = "01930b5e-0000-7000-8000-000000000000";
    let admin = admin(&world).await;
    for path in FLEET {
        seen.get(&device, path).await;
        seen.get(&own, path).await;
    }
    for path in ["/fleet/events?limit=0", "/fleet/sign-ins", "/fleet/overview?hours=0", "/fleet/search"] {
        seen.get(&admin, path).await;
    }
    seen.get(&admin, &format!("/sessions/events?event_id={unknown}")).await;
    seen.get(&admin, &format!("/revoke?session_id={unknown}")).await;
    seen.get(&own, "/sessions/x").await;
    seen.delete(&own, "/sessions/x").await;
    seen.delete(&device, "/sessions/x").await;
    seen.delete(&twice.clone(), "/sessions/x").await;
    seen.delete(&device, "/sessions?scope=others").await;
    seen.delete(&own, "/sessions").await;
    let foreign = device.clone().header("cookie", &format!("latchkey_access={}", tokens.access));
    let foreign = foreign.header("sec-fetch-site", "cross-site");
    seen.delete(&foreign, "/sessions/x").await;
    seen.delete(&foreign, "/sessions?scope=others").await;
    seen.post(&foreign, "/revoke", json!({"strategy": "all"})).await;
    seen.post(&foreign, "/login", json!({"assertion": world.assertion("alice")})).await;
    let lured = device.clone().header("cookie", &format!("latchkey_refresh={}", tokens.refresh));
    seen.call(&lured, "POST", "/refresh", None, String::new()).await;
    seen.post(&own, "/sessions", json!({"action": "cleanup"})).await;
    seen.post(&device, "/sessions", json!({"action": "cleanup"})).await;
    let session = json!({"strategy": "session", "session_id": "x"});
    seen.post(&own, "/revoke", session).await;
    seen.post(&device, "/revoke", json!({"strategy": "all"})).await;
    seen.post(&service(&world, ""), "/login/attempts", json!({})).await;
    seen.post(&device, "/login/attempts", json!({})).await;
    seen.form(&device, "/introspect", "token=x").await;
    seen.form(&service(&world, ""), "/introspect", "token=x").await;
    for _ in 0..2 {
        seen.post(&device, "/login", json!({"assertion": "x", "delivery": "body"})).await;
        let attempt = json!({"policy": "login", "subject": "bob"});
        seen.post(&service(&world, "latchkey:attempts"), "/login/attempts", attempt).await;
    }
    seen.post(&device, "/refresh", json!({"refresh_token": "x"})).await;
    seen.form(&device, "/refresh", "grant_type=refresh_token&refresh_token=x").await;
    seen.form(&device, "/refresh", "grant_type=password").await;
    let next = Tokens::of(&device.refresh(&tokens.refresh).await);
    let keyed = device.clone().key("key-of-the-sign-in-01").sign_in("alice").await;
    device.clone().key("key-of-the-refresh-01").refresh(&keyed.refresh).await.assert_status(200);
    let slow = device.clone().key("key-of-the-sign-in-01");
    seen.post(&slow, "/refresh", json!({"refresh_token": keyed.refresh})).await;
    seen.post(&device, "/refresh", json!({"refresh_token": next.refresh})).await;
    let form = format!("grant_type=refresh_token&refresh_token={}", next.refresh);
    seen.form(&device, "/refresh", &form).await;
}

/// Requests over a limit, during a cleanup, and during an outage.
async fn limits_and_outages(seen: &mut Seen) {
    let full = World::with(&[("SESSION_LIMIT", "1"), ("SESSION_LIMIT_POLICY", "reject")]).await;
    full.device().sign_in("alice").await;
    let second = json!({"assertion": full.assertion("alice"), "delivery": "body"});
    seen.post(&full.device(), "/login", second).await;
    let tight = World::with(&[("LIMIT_GENERAL", "1/15m")]).await;
    let tokens = tight.device().sign_in("alice").await;
    let own = tight.device().bearer(&tokens.access);
    for path in ["/sessions", "/sessions/events", "/sessions/x", "/revoke"] {
        seen.get(&own, path).await;
        seen.get(&own, path).await;
    }
    let assertion = tight.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let chief = Tokens::of(tight.device().login(&assertion).await.assert_status(201));
    let chief = tight.device().bearer(&chief.access);
    for path in FLEET {
        seen.get(&chief, path).await;
        seen.get(&chief, path).await;
    }
    let bulk = json!({"strategy": "network", "network": "192.0.2.1", "preview": true, "reason": "a drill"});
    seen.post(&chief, "/revoke", bulk).await;
    let world = World::new().await;
    let admin = admin(&world).await;
    let now = world.now();
    let until = now + std::time::Duration::from_secs(60);
    let taken = world.server.store.take_lease("another", until, now, &Consumed::default()).await;
    assert!(taken.expect("the engine answers"));
    seen.post(&admin, "/sessions", json!({"action": "cleanup"})).await;
    let (device, tokens) = (world.device(), world.device().sign_in("alice").await);
    let own = device.clone().bearer(&tokens.access);
    world.server.faults.queue(None, FaultKind::Error500, 100_000);
    let login = json!({"assertion": world.assertion("alice"), "delivery": "body"});
    seen.post(&device, "/login", login).await;
    let attempt = json!({"policy": "login", "subject": "bob"});
    seen.post(&service(&world, "latchkey:attempts"), "/login/attempts", attempt).await;
    seen.post(&device, "/refresh", json!({"refresh_token": tokens.refresh})).await;
    let form = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    seen.form(&device, "/refresh", &form).await;
    let feed = "/.well-known/revocations";
    for path in ["/refresh", "/sessions", "/sessions/events", "/sessions/x", "/revoke", feed] {
        seen.get(&own, path).await;
    }
    for path in FLEET {
        seen.get(&admin, path).await;
    }
    seen.delete(&own, "/sessions/x").await;
    seen.delete(&own, "/sessions?scope=others").await;
    seen.post(&admin, "/sessions", json!({"action": "cleanup"})).await;
    seen.post(&own, "/revoke", json!({"strategy": "all"})).await;
    seen.form(&own, "/introspect", &format!("token={}", tokens.access)).await;
    let fronted = World::behind_cloudfront(&[]).await.device();
    for path in [
        "/refresh",
        "/.well-known/jwks.json",
        "/.well-known/revocations",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/api/auth",
    ] {
        seen.get(&fronted, path).await;
    }
}

/// The requests that a browser makes for a device key.
async fn device_keys(seen: &mut Seen) {
    const REGISTRATION: &str = "/dbsc/registration";
    const REFRESH: &str = "/dbsc/refresh";
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::sign_in(&world, "alice", world.device()).await;
    let own = browser.own_requests().header("sec-secure-session-id", &browser.session);
    for path in [REGISTRATION, REFRESH] {
        seen.call(&world.device(), "POST", path, None, String::new()).await;
        seen.call(&browser.own_requests(), "POST", path, None, String::new()).await;
    }
    let signed_out = BoundBrowser { refresh: String::new(), ..browser.clone() };
    seen.call(&signed_out.own_requests(), "POST", REGISTRATION, None, String::new()).await;
    let proof = |proof: &str| own.clone().header("secure-session-response", proof);
    let registration = proof(&browser.registration_proof());
    world.server.faults.queue(None, FaultKind::Error500, 3);
    seen.call(&registration, "POST", REGISTRATION, None, String::new()).await;
    let reply = seen.call(&registration, "POST", REGISTRATION, None, String::new()).await;
    browser.take(&reply);
    let refresh = browser.own_requests().header("sec-secure-session-id", &browser.session);
    let refresh = refresh.header("secure-session-response", &browser.refresh_proof());
    world.server.faults.queue(None, FaultKind::Error500, 3);
    seen.call(&refresh, "POST", REFRESH, None, String::new()).await;
    seen.call(&refresh, "POST", REFRESH, None, String::new()).await;
}

/// Orders of an identity provider.
async fn provider_orders(seen: &mut Seen) {
    const LOGOUT: &str = "/backchannel-logout";
    let provider = Provider::generate();
    let logout =
        json!({"backchannel": {}, "global_revocation": {}, "events": {"types": ["session-revoked"]}});
    let world = provider.world(json!({"logout": logout}), &[]).await;
    let device = world.device();
    let fronted = World::behind_cloudfront(&[]).await.device();
    let signed = |typ: &str, claims: Value| {
        let claims = provider.claims(&world, "alice", claims).to_string();
        provider.sign(&json!({"alg": "ES256", "kid": "p1", "typ": typ}), &claims)
    };
    let credential = device.clone().bearer(&signed("global-token-revocation+jwt", json!({})));
    let subject = json!({"sub_id": {"format": "iss_sub", "iss": PROVIDER, "sub": "alice"}});
    let verification = json!({"https://schemas.openid.net/secevent/ssf/event-type/verification": {}});
    let verification = signed("secevent+jwt", json!({"events": verification}));
    let revoked = json!({"https://schemas.openid.net/secevent/caep/event-type/session-revoked": {}});
    let revoked = signed("secevent+jwt", json!({"events": revoked, "sub_id": subject["sub_id"]}));
    const REVOCATION: &str = "/global-token-revocation";
    const EVENTS: &str = "/ssf/events";
    const SET: Option<&str> = Some("application/secevent+jwt");
    seen.post(&credential, REVOCATION, subject.clone()).await;
    seen.post(&device, REVOCATION, subject.clone()).await;
    seen.post(&fronted, REVOCATION, subject.clone()).await;
    seen.call(&device, "POST", EVENTS, SET, verification).await;
    seen.call(&device, "POST", EVENTS, SET, "x".to_owned()).await;
    seen.call(&fronted, "POST", EVENTS, SET, "x".to_owned()).await;
    let events = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let order = provider.assertion(&world, "alice", json!({"events": events}));
    seen.form(&device, LOGOUT, &format!("logout_token={order}")).await;
    seen.form(&device, LOGOUT, "logout_token=x").await;
    seen.form(&fronted, LOGOUT, "logout_token=x").await;
    world.server.faults.queue(None, FaultKind::Error500, 100_000);
    seen.form(&device, LOGOUT, &format!("logout_token={order}")).await;
    seen.post(&credential, REVOCATION, subject).await;
    seen.call(&device, "POST", EVENTS, SET, revoked).await;
}

/// A link about a sign-in, its page and its answers.
async fn sign_in_reviews(seen: &mut Seen) {
    const PAGE: &str = "/sign-in-review";
    let world = World::with(&[("LIMIT_GENERAL", "1/15m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let token = world.review_token_without_event("alice", &tokens.session);
    let form = format!("token={token}&answer=was_not_me");
    seen.get(&device, &format!("{PAGE}?token={token}")).await;
    seen.get(&device, PAGE).await;
    for _ in 0..2 {
        seen.form(&device, PAGE, &form).await;
    }
    seen.form(&device, PAGE, "token=x").await;
    let fronted = World::behind_cloudfront(&[]).await.device();
    seen.get(&fronted, PAGE).await;
    seen.form(&fronted, PAGE, &form).await;
    world.server.faults.queue(None, FaultKind::Error500, 100_000);
    seen.get(&device, &format!("{PAGE}?token={token}")).await;
    seen.form(&world.device().elsewhere(), PAGE, &form).await;
}

#[tokio::test]
async fn every_operation_and_status_of_the_file_occurs() {
    let mut seen = Seen::default();
    successes(&mut seen).await;
    refusals(&mut seen).await;
    limits_and_outages(&mut seen).await;
    device_keys(&mut seen).await;
    provider_orders(&mut seen).await;
    sign_in_reviews(&mut seen).await;
    let documented = Spec::get().operations().into_iter();
    let documented =
        documented.flat_map(|operation| operation.statuses().map(move |status| (operation.id, status)));
    let excused = |(id, status): &(&str, u16)| {
        *status == INTERNAL_ERROR || NEVER_SEEN.iter().any(|(own, known, _)| (own, known) == (id, status))
    };
    let unseen: Vec<_> =
        documented.filter(|pair| !seen.0.contains(pair)).filter(|pair| !excused(pair)).collect();
    assert!(unseen.is_empty(), "in the file, but in no response: {unseen:?}");
}
