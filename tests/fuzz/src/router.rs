//! The real router of all functions over a store that is down.
//!
//! A request without a genuine token must never reach the store, and a request with one fails there. So every response is a
//! refusal, or one of the few successes that reveal nothing.

use std::cell::Cell;
use std::sync::Arc;

use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use axum::Router;
use axum::body::Body;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use latchkey::api;
use latchkey::app::App;
use latchkey::config::Config;
use latchkey::store::{Store, connect};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::genuine::{AUDIENCE, FixedClock, ISSUER, ISSUERS_TEXT, KEYS_TEXT};

/// More bytes than any refusal has.
const MAX_BODY_BYTES: usize = 4_096;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static SERVER: Server = Server::new();
}

#[derive(Debug)]
struct StoreDown;

impl HttpConnector for StoreDown {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        CALLS.with(|calls| calls.set(calls.get() + 1));
        // Without a kind, so that the SDK does not repeat the call, which would take time.
        HttpConnectorFuture::ready(Err(ConnectorError::other("the store is down".into(), None)))
    }
}

struct Server {
    router: Router,
    runtime: tokio::runtime::Runtime,
}

/// The sender of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A client without a genuine token.
    Anonymous,
    /// The user with a genuine access token.
    User,
}

impl Server {
    fn new() -> Self {
        let connector = SharedHttpConnector::new(StoreDown);
        let http = http_client_fn(move |_, _| connector.clone());
        let credentials = Credentials::new("fuzz", "fuzz", None, None, "fuzz");
        let client = connect::client(http, "eu-central-1", Some("http://127.0.0.1:1"), credentials);
        let config = Config::parse(|name| match name {
            "LATCHKEY_KEYS" => Some(KEYS_TEXT.clone()),
            "LATCHKEY_ISSUER" => Some(ISSUER.to_owned()),
            "LATCHKEY_AUDIENCE" => Some(AUDIENCE.to_owned()),
            "LATCHKEY_TRUSTED_ISSUERS" => Some(ISSUERS_TEXT.clone()),
            // Refused assertions would be counted in the store.
            "LIMIT_LOGIN" => Some("5/15m:off".to_owned()),
            _ => None,
        });
        let config = config.expect("the settings are valid");
        let store = Store::new(client, &config);
        let app = App::new(config, store, Arc::new(FixedClock));
        let routes = Router::new()
            .merge(api::login::routes())
            .merge(api::refresh::routes())
            .merge(api::sessions::routes())
            .merge(api::revoke::routes());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        Self { router: latchkey::http::service(routes, app), runtime: runtime.expect("the runtime starts") }
    }

    fn respond(&self, request: Request<Body>) -> (Response<()>, Vec<u8>) {
        let (router, runtime) = (self.router.clone(), &self.runtime);
        runtime.block_on(async {
            let Ok(response) = router.oneshot(request).await;
            let (parts, body) = response.into_parts();
            let body = body.collect().await.expect("a body in memory can always be read").to_bytes().to_vec();
            (Response::from_parts(parts, ()), body)
        })
    }
}

/// Sends a request and checks its response.
pub fn check_response(caller: Caller, request: Request<Body>) {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    CALLS.with(|calls| calls.set(0));
    let (response, body) = SERVER.with(|server| server.respond(request));
    let calls = CALLS.with(Cell::get);
    assert!(
        caller == Caller::User || calls == 0,
        "{method} {path}: {calls} calls to the store without a token"
    );
    let status = response.status();
    assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}");
    assert!(body.len() <= MAX_BODY_BYTES, "{method} {path}: {} bytes", body.len());
    for header in ["x-request-id", "x-content-type-options", "content-security-policy", "cache-control"] {
        assert!(response.headers().contains_key(header), "{method} {path}: {header}");
    }
    if status.is_success() {
        assert!(
            reveals_nothing(&method, &path, &body),
            "{method} {path}: {}",
            String::from_utf8_lossy(&body)
        );
    } else if response.headers().get("content-type").is_some_and(|media| media == "text/html; charset=utf-8")
    {
        let page = std::str::from_utf8(&body).expect("a page is UTF-8");
        assert!(page.is_empty() || page.starts_with("<!DOCTYPE html><html lang="), "{page}");
        assert!(!page.contains("<script"), "{page}");
    } else if method != Method::HEAD {
        let problem: Value = serde_json::from_slice(&body).expect("a refusal is JSON");
        assert!(problem["code"].is_string() && problem["request_id"].is_string(), "{problem}");
        assert!(problem.get("status").is_none_or(|own| *own == status.as_u16()), "{problem}");
    }
}

/// Whether a success reveals nothing: it is a public document, or it reports no session, no end and no active token.
fn reveals_nothing(method: &Method, path: &str, body: &[u8]) -> bool {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    if path == "/.well-known/oauth-authorization-server/api/auth" {
        return method != Method::POST;
    }
    match path.strip_prefix("/api/auth") {
        Some("/.well-known/jwks.json" | "/.well-known/revocations" | "/.well-known/openid-configuration") => {
            method != Method::POST
        }
        Some("/refresh") => method == Method::HEAD || value["state"] == "none",
        Some("/revoke") => body == b"{}" || value["ended"] == 0,
        Some("/introspect") => value == json!({"active": false}),
        _ => false,
    }
}
