//! A browser with Device Bound Session Credentials, as Chromium implements them.

use serde_json::{Value, json};

use super::{Device, DeviceKey, Reply, World};

/// The setting of a world with `Secure` cookies, which bound sessions need.
pub const SECURE: [(&str, &str); 1] = [("COOKIE_SECURE", "true")];

const ACCESS: &str = "__Host-latchkey_access";
const REFRESH: &str = "__Host-latchkey_refresh";

/// A browser that is signed in with cookies, and what it keeps about its session.
#[derive(Clone)]
pub struct BoundBrowser {
    /// The client.
    pub device: Device,
    /// The key in the user's device.
    pub key: DeviceKey,
    /// The access cookie's value.
    pub access: String,
    /// The refresh cookie's value.
    pub refresh: String,
    /// The session.
    pub session: String,
    /// The challenge of the last offer.
    pub offer: String,
    /// The challenge for the next refresh.
    pub challenge: String,
}

impl BoundBrowser {
    /// Signs in with cookies. The browser has not registered its key yet.
    ///
    /// # Panics
    /// If the sign-in is refused.
    pub async fn sign_in(world: &World, user: &str, device: Device) -> Self {
        let reply = device.login_in_browser(&world.assertion(user)).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        let mut browser = Self {
            device,
            key: DeviceKey::generate(),
            access: String::new(),
            refresh: String::new(),
            session: reply.text("session_id"),
            offer: String::new(),
            challenge: String::new(),
        };
        browser.take(&reply);
        browser
    }

    /// Signs in, registers the key and proves it once.
    pub async fn bound(world: &World, user: &str, device: Device) -> Self {
        let mut browser = Self::sign_in(world, user, device).await;
        assert_eq!(browser.register().await.status, 200);
        assert_eq!(browser.renew().await.status, 200);
        browser
    }

    /// Keeps what a response sets.
    pub fn take(&mut self, reply: &Reply) {
        let keep = |member: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *member = value;
            }
        };
        keep(&mut self.access, reply.cookie(ACCESS));
        keep(&mut self.refresh, reply.cookie(REFRESH));
        keep(&mut self.offer, quoted(reply.header("secure-session-registration"), "challenge="));
        keep(&mut self.challenge, quoted(reply.header("secure-session-challenge"), ""));
    }

    /// Both cookies, as the browser sends them.
    pub fn cookies(&self) -> String {
        format!("{ACCESS}={}; {REFRESH}={}", self.access, self.refresh)
    }

    /// The client of the browser's own requests.
    pub fn own_requests(&self) -> Device {
        let cookies = self.device.clone().cookies(&format!("{REFRESH}={}", self.refresh));
        cookies.header("sec-fetch-mode", "no-cors").header("sec-fetch-dest", "empty")
    }

    /// The proof of a registration.
    pub fn registration_proof(&self) -> String {
        let header = json!({"typ": "dbsc+jwt", "alg": "ES256", "jwk": self.key.jwk()});
        self.key.jws(&header, &json!({"jti": self.offer}))
    }

    /// The proof of a refresh.
    pub fn refresh_proof(&self) -> String {
        let header = json!({"typ": "dbsc+jwt", "alg": "ES256"});
        self.key.jws(&header, &json!({"jti": self.challenge}))
    }

    /// Registers the key.
    pub async fn register(&mut self) -> Reply {
        let reply = self.register_with(&self.registration_proof()).await;
        self.take(&reply);
        reply
    }

    /// Sends a registration and ignores what the response sets, as if it was lost.
    pub async fn register_with(&self, proof: &str) -> Reply {
        let device = self.own_requests().header("secure-session-response", proof);
        device.send("POST", "/api/auth/dbsc/registration", None, "").await
    }

    /// Fetches the next access cookie.
    pub async fn renew(&mut self) -> Reply {
        let reply = self.renew_with(&self.refresh_proof()).await;
        self.take(&reply);
        reply
    }

    /// Sends a refresh and ignores what the response sets, as if it was lost.
    pub async fn renew_with(&self, proof: &str) -> Reply {
        let device = self.own_requests().header("secure-session-response", proof);
        device
            .header("sec-secure-session-id", &self.session)
            .send("POST", "/api/auth/dbsc/refresh", None, "")
            .await
    }

    /// Sends a refresh without a proof.
    pub async fn renew_without_proof(&self) -> Reply {
        let device = self.own_requests().header("sec-secure-session-id", &self.session);
        device.send("POST", "/api/auth/dbsc/refresh", None, "").await
    }

    /// The client's own refresh with the cookie.
    pub async fn refresh_by_script(&mut self) -> Reply {
        let cookies = format!("{REFRESH}={}", self.refresh);
        let reply = self.device.refresh_with_cookies(&cookies).await;
        self.take(&reply);
        reply
    }
}

/// Whether a response ends the browser's session.
pub fn ends_device_session(reply: &Reply) -> bool {
    reply.status == 200 && reply.body["continue"] == Value::Bool(false)
}

/// The text in quotation marks after `name`.
fn quoted(header: &str, name: &str) -> Option<String> {
    let (_, rest) = header.split_once(&format!("{name}\""))?;
    rest.split('"').next().map(str::to_owned)
}
