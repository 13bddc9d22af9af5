//! A browser, phone or program with its address, and its requests.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use http::{HeaderValue, Method, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{DeviceKey, Reply, World};
use crate::openapi::{self, Spec};

/// Chrome on Windows.
pub const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
/// Firefox on Linux.
pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";

static NEXT_ADDRESS: AtomicU32 = AtomicU32::new(1);

/// A client of the API.
#[derive(Clone)]
pub struct Device {
    world: World,
    agent: Option<String>,
    address: String,
    headers: Vec<(String, HeaderValue)>,
    device_key: Option<DeviceKey>,
}

/// The tokens of a sign-in or of a refresh.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// The id of the session.
    pub session: String,
}

impl Device {
    pub(super) fn new(world: World) -> Self {
        let number = NEXT_ADDRESS.fetch_add(1, Ordering::Relaxed);
        let address = format!("198.18.{}.{}", (number >> 8) & 255, number & 255);
        Self { world, agent: Some(CHROME.to_owned()), address, headers: vec![], device_key: None }
    }

    /// Sends its requests to another deployment.
    pub fn in_world(mut self, world: &World) -> Self {
        self.world = world.clone();
        self
    }

    /// Sets another user agent.
    pub fn agent(mut self, agent: &str) -> Self {
        self.agent = Some(agent.to_owned());
        self
    }

    /// Removes the user agent.
    pub fn no_agent(mut self) -> Self {
        self.agent = None;
        self
    }

    /// Sets another address.
    pub fn at(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// Moves to another network, from which an older refresh token is reuse once grace is over.
    pub fn elsewhere(self) -> Self {
        self.at("203.0.113.222")
    }

    /// Shows this idempotency key in every request.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Signs a new proof for every request, without a nonce.
    pub fn with_key(mut self, key: &DeviceKey) -> Self {
        self.device_key = Some(key.clone());
        self
    }

    /// Sends this proof with every request.
    pub fn proof(self, proof: &str) -> Self {
        self.header("dpop", proof)
    }

    /// Adds a header to every request.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.raw_header(name, HeaderValue::from_str(value).expect("a header value"))
    }

    /// Adds a header with any bytes to every request.
    pub fn raw_header(mut self, name: &str, value: HeaderValue) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }

    /// Adds an access token to every request.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sends these cookies, from a page of our own site.
    pub fn cookies(self, cookies: &str) -> Self {
        self.header("cookie", cookies).header("sec-fetch-site", "same-origin")
    }

    /// Sends any request. The path is absolute and has the query.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<Body>,
    ) -> Reply {
        let method_name = method;
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:9000");
        request = request.header("x-dev-source-ip", &self.address);
        if let Some(agent) = &self.agent {
            request = request.header("user-agent", agent);
        }
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(key) = &self.device_key {
            let path = path.split('?').next().unwrap_or(path);
            request = request.header("dpop", key.proof(method_name, path, self.world.now()));
        }
        let request = request.body(body.into()).expect("a request");
        let (method, path) = (request.method().to_string(), request.uri().to_string());
        let response = self.world.server.router.clone().oneshot(request).await.expect("the router answers");
        let reply = Reply::read(response).await;
        if path.starts_with(openapi::BASE) || path.starts_with("/.well-known/") {
            let known = Spec::get().check(&method, &path, reply.status.as_u16(), &reply.headers, &reply.body);
            known.unwrap_or_else(|fault| panic!("openapi.yaml: {fault}"));
        }
        reply
    }

    /// Sends a `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None, "").await
    }

    /// Sends a `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some("application/json"), body.to_string()).await
    }

    /// Sends a `DELETE`.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None, "").await
    }

    /// Signs in with an assertion and tokens in the body.
    pub async fn login(&self, assertion: &str) -> Reply {
        self.post("/api/auth/login", json!({"assertion": assertion, "delivery": "body"})).await
    }

    /// Signs a user in with a new assertion.
    ///
    /// # Panics
    /// If the sign-in is refused.
    pub async fn sign_in(&self, user: &str) -> Tokens {
        let reply = self.login(&self.world.assertion(user)).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        Tokens::of(&reply)
    }

    /// Refreshes with a token in the body.
    pub async fn refresh(&self, token: &str) -> Reply {
        self.post("/api/auth/refresh", json!({"refresh_token": token})).await
    }

    /// Lists the sessions of an access token's user.
    pub async fn list(&self, access: &str) -> Reply {
        self.clone().bearer(access).get("/api/auth/sessions").await
    }

    /// Revokes with an access token.
    pub async fn revoke(&self, access: &str, body: Value) -> Reply {
        self.clone().bearer(access).post("/api/auth/revoke", body).await
    }
}

impl Tokens {
    /// Reads the tokens of a response.
    ///
    /// # Panics
    /// If the response has none.
    pub fn of(reply: &Reply) -> Self {
        Self {
            access: reply.text("access_token"),
            refresh: reply.text("refresh_token"),
            session: reply.text("session_id"),
        }
    }
}
