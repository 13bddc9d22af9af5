//! Does the server ever fetch a key from an address in a token? A listener at that address expects no connection.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_tests::world::{Device, Provider, World, payload};
use serde_json::{Value, json};

/// A listener at the address of an attacker's keys.
struct Listener(TcpListener);

impl Listener {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.set_nonblocking(true).expect("it can be asked without waiting");
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}/jwks.json", self.0.local_addr().expect("it is bound"))
    }

    /// Whether a client has connected.
    fn was_called(&self) -> bool {
        match self.0.accept() {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                false
            }
        }
    }
}

/// Headers with the address of a key or with a key.
fn headers_with_keys(listener: &Listener, jwk: &Value) -> Vec<Value> {
    let url = listener.url();
    vec![
        json!({"jku": url}),
        json!({"x5u": url}),
        json!({"jku": url, "jwk": jwk}),
        json!({"jku": url, "x5u": url, "kid": url}),
        json!({"jku": url, "kid": "unknown"}),
        json!({"kid": url}),
    ]
}

/// A deployment that signs its own tokens with this key and trusts a provider with the same key.
async fn world_of(key: &Provider) -> World {
    let secret = json!({"kty": "oct", "alg": "HS256", "kid": "rt", "k": BASE64URL.encode([7; 32])});
    let keys = json!({"keys": [key.private_jwk(), secret]}).to_string();
    let scopes = json!({"scopes": ["latchkey:attempts", "latchkey:introspect"]});
    key.world(scopes, &[("LATCHKEY_KEYS", &keys)]).await
}

fn header_with(typ: &str, pointer: &Value) -> Value {
    let mut head = json!({"alg": "ES256", "kid": "p1", "typ": typ});
    head.as_object_mut().expect("an object").extend(pointer.as_object().expect("an object").clone());
    head
}

/// Presents a token to every endpoint that reads one.
async fn present(device: &Device, token: &str) -> Vec<u16> {
    let form = "application/x-www-form-urlencoded";
    let bearer = device.clone().bearer(token);
    let mut statuses = vec![];
    for path in ["/api/auth/sessions", "/api/auth/revoke", "/api/auth/sessions/events"] {
        statuses.push(bearer.get(path).await.status.as_u16());
    }
    let attempts = json!({"policy": "login", "subject": "bob"});
    statuses.push(bearer.post("/api/auth/login/attempts", attempts).await.status.as_u16());
    statuses.push(bearer.send("POST", "/api/auth/introspect", Some(form), "token=x").await.status.as_u16());
    statuses.push(device.login(token).await.status.as_u16());
    statuses.push(device.refresh(token).await.status.as_u16());
    let current = json!({"strategy": "current", "refresh_token": token});
    statuses.push(device.post("/api/auth/revoke", current).await.status.as_u16());
    statuses
}

#[tokio::test]
async fn a_key_that_a_token_points_to_is_never_fetched() {
    let (key, mallory, listener) = (Provider::generate(), Provider::generate(), Listener::start());
    let world = world_of(&key).await;
    let device = world.device();
    let own = device.login(&key.assertion(&world, "alice", json!({}))).await;
    let (access, own_claims) = (own.text("access_token"), key.claims(&world, "alice", json!({})));
    let before = world.everything().await;
    let jwk = mallory.entry(json!({}))["jwks"]["keys"][0].clone();
    let service = key.claims(&world, "b", json!({"scope": "latchkey:attempts latchkey:introspect"}));
    for pointer in headers_with_keys(&listener, &jwk) {
        for (typ, claims) in
            [("at+jwt", payload(&access)), ("JWT", own_claims.clone()), ("JWT", service.clone())]
        {
            let forged = mallory.sign(&header_with(typ, &pointer), &claims.to_string());
            let statuses = present(&device, &forged).await;
            assert!(statuses.iter().all(|status| *status == 401), "{pointer} {typ}: {statuses:?}");
            assert!(!listener.was_called(), "{pointer} {typ}");
        }
    }
    world.assert_unchanged(&before, "a token with its own key must change nothing").await;
    // With a valid signature the address is ignored, and there is still no connection.
    let pointer = json!({"jku": listener.url(), "x5u": listener.url()});
    let signed = key.sign(&header_with("at+jwt", &pointer), &payload(&access).to_string());
    device.list(&signed).await.assert_status(200);
    assert!(!listener.was_called());
    // Shows that the listener notices a connection.
    drop(TcpStream::connect(listener.0.local_addr().unwrap()).unwrap());
    assert!(listener.was_called());
}
