//! The vectors of proofs, which an independent library made, against the endpoints of the server. Those with an access token name a
//! route of another service, so that their proofs are signed again for a route and a token of ours, with the same faults.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey::domain::session::binding::BoundKey;
use latchkey::token::keys::{KeySet, generate_key_set};
use latchkey::token::refresh::{RefreshKey, open};
use latchkey_local::clock::MovableClock;
use latchkey_local::server::LocalServer;
use latchkey_tests::world::{Device, DeviceKey, Jar, Reply, World, payload};
use latchkey_verifier::dpop::Thumbprint;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Vectors {
    now: i64,
    vectors: Vec<Vector>,
}

#[derive(Clone, Deserialize)]
struct Vector {
    name: String,
    headers: Vec<String>,
    method: String,
    path: String,
    origins: Vec<String>,
    access_token: Option<String>,
    thumbprint: Option<String>,
    nonce: String,
    seen: Vec<String>,
    result: String,
}

impl Vector {
    /// A vector whose request is one of ours, and whose nonce does not have to be one of ours.
    fn applies(&self) -> bool {
        let is_ours = ["/api/auth/refresh", "/api/auth/login"].contains(&self.path.as_str());
        self.method == "POST" && is_ours && !(self.nonce == "required" && self.result == "accepted")
    }

    fn with_proofs(&self, device: Device) -> Device {
        self.headers.iter().fold(device, |device, proof| device.proof(proof))
    }

    fn assert(&self, reply: &Reply) {
        let (status, code) = match self.result.as_str() {
            "accepted" => return assert!(reply.status.is_success(), "{}: {}", self.name, reply.body),
            "missing" | "wrong_key" => (400, "device_proof_required"),
            "use_nonce" => (400, "use_dpop_nonce"),
            _ => (400, "invalid_dpop_proof"),
        };
        assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{}: {}", self.name, reply.body);
        assert!(reply.headers.get("set-cookie").is_none(), "{}", self.name);
    }
}

/// A deployment with these origins, and its refresh key.
struct Deployment {
    world: World,
    key: RefreshKey,
}

impl Deployment {
    async fn new(origins: &[String], now: i64) -> Self {
        let keys = generate_key_set();
        let issuer = format!("{}/api/auth", origins[0]);
        let settings = [
            ("LATCHKEY_KEYS", keys.as_str()),
            ("LATCHKEY_ISSUER", &issuer),
            ("LATCHKEY_ALLOWED_ORIGINS", &origins[1..].join(",")),
            ("COOKIE_NAME", "latchkey"),
        ];
        let server = LocalServer::builder().clock(MovableClock::at(now)).settings(&settings);
        let world = World { server: server.build().await.expect("the settings are valid") };
        let key = KeySet::parse(&keys).expect("the keys are valid").refresh()[0].clone();
        Self { world, key }
    }

    /// A session of `user` that is bound to the key of the vector, and its refresh token in a cookie.
    async fn bound(&self, user: &str, vector: &Vector) -> String {
        let jar = Jar::of(&self.world.device().login_in_browser(&self.world.assertion(user)).await);
        // A vector without a key is refused before its key is compared.
        let thumbprint =
            vector.thumbprint.as_deref().map(|text| Thumbprint::parse(text).expect("43 characters"));
        let bytes = thumbprint.map_or([0; 16], |thumbprint| thumbprint.truncated());
        let mut row = self.world.raw_row(user, &jar.session).await.expect("the session lives");
        row.insert("jk".into(), aws_sdk_dynamodb::types::AttributeValue::B(bytes.to_vec().into()));
        self.world.put_row(row).await;
        let mut token = open(&jar.refresh, std::slice::from_ref(&self.key)).expect("our own token");
        token.bound_key = Some(BoundKey::from_bytes(bytes));
        token.was_in_body = vector.nonce == "required";
        format!("latchkey_refresh={}", self.key.seal(&token).expose())
    }
}

#[tokio::test]
async fn the_endpoints_agree_with_the_vectors() {
    let text = include_str!("../../../../verifier/vectors/dpop.json");
    let Vectors { now, vectors } = serde_json::from_str(text).expect("the vectors are JSON");
    let mut deployments = BTreeMap::new();
    let mut count = 0;
    for (number, vector) in vectors.iter().filter(|vector| vector.applies()).enumerate() {
        if !deployments.contains_key(&vector.origins) {
            deployments.insert(vector.origins.clone(), Deployment::new(&vector.origins, now).await);
        }
        let deployment = &deployments[&vector.origins];
        let device = vector.with_proofs(deployment.world.device());
        let user = format!("user-{number}");
        if vector.path.ends_with("/login") {
            let reply = device.login_in_browser(&deployment.world.assertion(&user)).await;
            vector.assert(&reply);
            assert_eq!(reply.body["binding"], "dpop");
        } else {
            let cookie = deployment.bound(&user, vector).await;
            let mut reply = device.refresh_with_cookies(&cookie).await;
            if !vector.seen.is_empty() {
                // The first use of the proof makes it a proof that was seen.
                reply.assert_status(200);
                reply = device.refresh_with_cookies(&cookie).await;
            }
            vector.assert(&reply);
        }
        count += 1;
    }
    assert!(count > 90, "{count} of {} vectors were run", vectors.len());
    // Nothing of this depends on the time that the loop takes.
    deployments.values().for_each(|deployment| assert_eq!(deployment.world.now().seconds(), now));
}

/// A session with its tokens in the body, and its key.
struct App {
    world: World,
    key: DeviceKey,
    access: String,
}

impl App {
    async fn new() -> Self {
        let (world, key) = (World::new().await, DeviceKey::generate());
        let reply = world.device().with_key(&key).login(&world.assertion("alice")).await;
        let access = reply.assert_status(201).text("access_token");
        Self { world, key, access }
    }

    /// Our route with the same method, and its path. Neither ends a session.
    fn route(vector: &Vector) -> (&'static str, &'static str) {
        match vector.method.as_str() {
            "GET" => ("/api/auth/sessions", "/api/auth/sessions"),
            "DELETE" => ("/api/auth/sessions?scope=others", "/api/auth/sessions"),
            other => panic!("{}: no route for {other}", vector.name),
        }
    }

    /// The proof of a vector for this app: by its own key, for its route, its time and its token.
    fn sign_again(&self, vector: &Vector, now: i64, proof: &str) -> String {
        let (mut header, mut claims) = (header(proof), payload(proof));
        let is_owner = thumbprint(&header["jwk"]) == vector.thumbprint;
        let key = if is_owner { self.key.clone() } else { DeviceKey::generate() };
        header["jwk"] = key.jwk();
        let fresh = DeviceKey::claims(&vector.method, Self::route(vector).1, self.world.now());
        let htu = format!("{}{}", vector.origins[0], vector.path);
        assert_eq!(
            (&claims["htm"], &claims["htu"], &claims["iat"]),
            (&json!(vector.method), &json!(htu), &json!(now))
        );
        claims["htu"] = fresh["htu"].clone();
        claims["iat"] = fresh["iat"].clone();
        let token = vector.access_token.as_deref().expect("the vector has a token");
        if claims["ath"] == hash(token) {
            claims["ath"] = hash(&self.access);
        } else if claims["ath"] == token {
            claims["ath"] = json!(self.access);
        }
        key.jws(&header, &claims)
    }

    async fn send(&self, vector: &Vector, scheme: &str, proofs: &[String]) -> Reply {
        let device = self.world.device().header("authorization", &format!("{scheme} {}", self.access));
        let device = proofs.iter().fold(device, |device, proof| device.proof(proof));
        match vector.method.as_str() {
            "GET" => device.get(Self::route(vector).0).await,
            _ => device.delete(Self::route(vector).0).await,
        }
    }
}

fn header(jws: &str) -> Value {
    let header = jws.split('.').next().expect("a JWS has a header");
    serde_json::from_slice(&BASE64URL.decode(header).expect("it is base64url")).expect("it is JSON")
}

fn hash(token: &str) -> Value {
    json!(BASE64URL.encode(digest(&SHA256, token.as_bytes())))
}

/// *Source*: RFC 7638.
fn thumbprint(jwk: &Value) -> Option<String> {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
    Some(BASE64URL.encode(digest(&SHA256, members.as_bytes())))
}

#[tokio::test]
async fn our_protected_routes_agree_with_the_vectors() {
    let text = include_str!("../../../../verifier/vectors/dpop.json");
    let Vectors { now, vectors } = serde_json::from_str(text).expect("the vectors are JSON");
    let with_token: Vec<_> = vectors.iter().filter(|vector| vector.access_token.is_some()).collect();
    assert!(with_token.len() >= 9, "{} vectors have a token", with_token.len());
    for vector in with_token {
        let app = App::new().await;
        let proofs: Vec<_> = vector.headers.iter().map(|proof| app.sign_again(vector, now, proof)).collect();
        let code = match vector.result.as_str() {
            "accepted" => None,
            "missing" => Some("device_proof_required"),
            _ => Some("invalid_dpop_proof"),
        };
        if !vector.seen.is_empty() {
            app.send(vector, "DPoP", &proofs).await.assert_status(200);
        }
        let reply = app.send(vector, "DPoP", &proofs).await;
        match code {
            None => reply.assert_status(200),
            Some(code) => reply.assert_problem(401, code),
        };
        // A bound token is refused as Bearer, whatever proof comes with it.
        app.send(vector, "Bearer", &proofs).await.assert_problem(401, "device_proof_required");
        assert_eq!(app.world.live("alice").await.len(), 1, "{}", vector.name);
    }
}
