//! The vectors of proofs, which an independent library made, against the endpoints of the server.

use std::collections::BTreeMap;

use latchkey::domain::session::binding::BoundKey;
use latchkey::token::keys::{KeySet, generate_key_set};
use latchkey::token::refresh::{RefreshKey, open};
use latchkey_local::clock::MovableClock;
use latchkey_local::server::LocalServer;
use latchkey_tests::world::{Device, Jar, Reply, World};
use latchkey_verifier::dpop::Thumbprint;
use serde::Deserialize;

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
