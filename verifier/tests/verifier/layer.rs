//! The tower layer: which requests reach the service, and what the others are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use latchkey_verifier::{
    Claims, CookiePolicy, Introspection, Refusal, RefusalCode, RemoteVerifier, RequestId, RequireSignedIn,
    Scope, SessionCheck, SessionCheckError, SessionCheckFuture, SignedIn, Verifier,
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::published::Published;
use crate::signer::{AUDIENCE, ISSUER, Signer, at, session};

/// Answers every check alike.
#[derive(Clone, Copy)]
enum Sessions {
    Live,
    Ended,
    TokenExpired,
    Down,
    Malformed,
}

impl SessionCheck for Sessions {
    fn check<'c>(&'c self, _: &'c str, _: &'c Claims, _: std::time::SystemTime) -> SessionCheckFuture<'c> {
        let cause = || "the row has no owner".into();
        let outcome = match self {
            Self::Live => Ok(Scope::of(["orders:read"])),
            Self::Ended => Err(SessionCheckError::Ended),
            Self::TokenExpired => Err(SessionCheckError::TokenExpired),
            Self::Down => Err(SessionCheckError::Unavailable { retry_after: None, cause: cause() }),
            Self::Malformed => Err(SessionCheckError::Malformed(cause())),
        };
        Box::pin(std::future::ready(outcome))
    }
}

fn verifier() -> Verifier {
    Verifier::parse(&Signer::new("a").jwks(), ISSUER, AUDIENCE).unwrap()
}

fn offline() -> RequireSignedIn {
    RequireSignedIn::offline(verifier()).clock(|| at(0))
}

fn strict(sessions: Sessions) -> RequireSignedIn {
    RequireSignedIn::strict(verifier(), sessions).clock(|| at(0))
}

struct Reply {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
    served: usize,
}

/// Sends one request to a service behind the check: `/` needs a signed-in user, `/write` a scope word as well.
async fn call(check: RequireSignedIn, request: http::request::Builder) -> Reply {
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    let show = |user: SignedIn| async move {
        count.fetch_add(1, Ordering::Relaxed);
        json!(user.claims()).to_string()
    };
    let write = |user: SignedIn| async move { user.require_scope("orders:write").map(|()| "null") };
    let service = Router::new().route("/", any(show)).route("/write", any(write)).layer(check);
    let response = service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let body = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    Reply {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
        served: served.load(Ordering::Relaxed),
    }
}

fn get(path: &str) -> http::request::Builder {
    Request::get(path)
}

fn bearer(path: &str) -> http::request::Builder {
    get(path).header("authorization", format!("Bearer {}", Signer::new("a").token()))
}

impl Reply {
    /// Asserts the whole shape of a refusal.
    fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["type"], format!("https://latchkey.dev/problems/{}", code.replace('_', "-")));
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.headers["cache-control"], "no-store");
        assert_eq!(self.headers["x-content-type-options"], "nosniff");
        assert_eq!(self.headers["x-request-id"], self.body["request_id"].as_str().unwrap());
        assert_eq!(self.headers.contains_key("www-authenticate"), status == 401 || code == "forbidden");
        assert_eq!(self.served, 0, "{code}");
    }
}

#[tokio::test]
async fn a_signed_in_user_reaches_the_service_with_their_claims() {
    for check in [offline(), strict(Sessions::Live)] {
        let reply = call(check, bearer("/")).await;
        assert_eq!((reply.status, reply.served), (200, 1), "{}", reply.body);
        assert_eq!((&reply.body["sub"], &reply.body["sid"]), (&json!("alice"), &json!(session())));
    }
}

#[tokio::test]
async fn the_service_receives_the_request_unchanged() {
    let echo = |request: Request<Body>| async move {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        format!("{} {} {:?} {body:?}", head.method, head.uri, head.headers)
    };
    let send = async |routes: Router| {
        let request = bearer("/?a=b").method("PUT").header("x-test", "1").header("x-test", "2");
        let response = routes.oneshot(request.body(Body::from("text")).unwrap()).await.unwrap();
        response.into_body().collect().await.unwrap().to_bytes()
    };
    let routes = Router::new().route("/", any(echo));
    assert_eq!(send(routes.clone().layer(offline())).await, send(routes).await);
}

#[tokio::test]
async fn a_strict_check_grants_only_what_the_session_grants_too() {
    assert_eq!(call(offline(), bearer("/write")).await.status, 200);
    let reply = call(strict(Sessions::Live), bearer("/write")).await;
    reply.assert_refused(403, "forbidden");
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"orders:write\"";
    assert_eq!(reply.headers["www-authenticate"], challenge);
    assert_eq!(reply.body["detail"], "requires the scope orders:write");
}

#[tokio::test]
async fn each_reason_has_its_code_and_status() {
    call(offline(), get("/")).await.assert_refused(401, "token_missing");
    let other = get("/").header("authorization", format!("Bearer {}", Signer::new("b").token()));
    call(offline(), other).await.assert_refused(401, "invalid_token");
    call(offline().clock(|| at(3_600)), bearer("/")).await.assert_refused(401, "token_expired");
    for (sessions, status, code) in [
        (Sessions::Ended, 401, "session_ended"),
        (Sessions::TokenExpired, 401, "token_expired"),
        (Sessions::Down, 503, "store_unavailable"),
        (Sessions::Malformed, 500, "internal"),
    ] {
        let reply = call(strict(sessions), bearer("/")).await;
        reply.assert_refused(status, code);
        assert!(!reply.body.to_string().contains("owner"), "a cause is for the log: {}", reply.body);
    }
    let down = call(strict(Sessions::Down), bearer("/")).await;
    assert_eq!((&down.headers["retry-after"], &down.body["retry_after"]), (&"2".parse().unwrap(), &json!(2)));
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_503_and_sign_no_user_out() {
    let published = Published::new(500, "");
    let remote = RemoteVerifier::new(ISSUER, AUDIENCE, published.fetch()).unwrap();
    let check = RequireSignedIn::offline(remote).clock(|| at(0));
    call(check.clone(), bearer("/")).await.assert_refused(503, "store_unavailable");
    published.answers(200, Signer::new("a").jwks());
    assert_eq!(call(check.clock(|| at(5)), bearer("/")).await.status, 200);
}

#[tokio::test]
async fn a_remote_strict_check_asks_for_the_keys_once_and_for_the_session_each_time() {
    let keys = Published::new(200, Signer::new("a").jwks());
    let sessions = Published::new(200, r#"{"active":false}"#);
    let remote = RemoteVerifier::new(ISSUER, AUDIENCE, keys.fetch()).unwrap();
    let introspection = Introspection::new(ISSUER, sessions.fetch()).unwrap();
    let check = RequireSignedIn::strict(remote, introspection).clock(|| at(0));
    for _ in 0..2 {
        call(check.clone(), bearer("/")).await.assert_refused(401, "token_expired");
    }
    assert_eq!((keys.asked(), sessions.asked()), (1, 2));
    let forged = get("/").header("authorization", format!("Bearer {}.", Signer::new("b").token()));
    call(check, forged).await.assert_refused(401, "invalid_token");
    assert_eq!(sessions.asked(), 2, "a token that is not verified is sent nowhere");
}

#[tokio::test]
async fn a_cookie_needs_a_page_of_this_origin_for_an_unsafe_method() {
    let cookie = format!("__Host-latchkey_access={}", Signer::new("a").token());
    let app = "https://app.example.com";
    let policy = CookiePolicy { allowed_origins: vec![app.to_owned()], ..CookiePolicy::default() };
    let request = |method: &str| Request::builder().method(method).uri("/").header("cookie", &cookie);
    let check = offline().cookies(policy);
    assert_eq!(call(check.clone(), request("GET")).await.status, 200);
    call(check.clone(), request("POST")).await.assert_refused(403, "csrf_rejected");
    let elsewhere = request("POST").header("origin", "https://evil.example");
    call(check.clone(), elsewhere).await.assert_refused(403, "csrf_rejected");
    assert_eq!(call(check.clone(), request("POST").header("origin", app)).await.status, 200);
    assert_eq!(call(check, request("POST").header("sec-fetch-site", "same-origin")).await.status, 200);
}

#[tokio::test]
async fn a_malformed_bearer_token_is_refused_beside_a_valid_cookie() {
    let token = Signer::new("a").token();
    for authorization in ["", "Bearer", "Bearer ", "DPoP x", &token, "Bearer x.y.z"] {
        let request = get("/").header("cookie", format!("__Host-latchkey_access={token}"));
        let reply = call(offline(), request.header("authorization", authorization)).await;
        reply.assert_refused(401, "invalid_token");
    }
    let twice = bearer("/").header("authorization", format!("Bearer {token}"));
    call(offline(), twice).await.assert_refused(401, "invalid_token");
    let joined = get("/").header("authorization", format!("Bearer {token},Bearer {token}"));
    call(offline(), joined).await.assert_refused(401, "invalid_token");
}

#[tokio::test]
async fn another_scheme_leaves_the_cookie_in_force() {
    let cookie = format!("__Host-latchkey_access={}", Signer::new("a").token());
    for authorization in ["Basic YTpi", "Negotiate YIIZ", "Digest username=\"a, Bearer b\""] {
        let request = get("/").header("authorization", authorization);
        call(offline(), request).await.assert_refused(401, "token_missing");
        let request = get("/").header("authorization", authorization).header("cookie", &cookie);
        assert_eq!(call(offline(), request).await.status, 200, "{authorization}");
    }
}

#[tokio::test]
async fn a_page_of_the_requests_own_host_may_send_cookies() {
    let cookie = format!("__Host-latchkey_access={}", Signer::new("a").token());
    let post = |uri: &str| Request::builder().method("POST").uri(uri).header("cookie", &cookie);
    let on_host = |host: &str, origin: &str| post("/").header("host", host).header("origin", origin);
    for (host, origin) in [
        ("app.example.com", "https://app.example.com"),
        ("app.example.com:443", "https://app.example.com"),
        ("App.Example.com", "https://app.example.com"),
        ("app.example.com:8443", "https://app.example.com:8443"),
    ] {
        assert_eq!(call(offline(), on_host(host, origin)).await.status, 200, "{host} {origin}");
        let sibling = on_host(host, origin).header("sec-fetch-site", "same-site");
        call(offline(), sibling).await.assert_refused(403, "csrf_rejected");
    }
    for (host, origin) in [
        ("app.example.com", "http://app.example.com"),
        ("app.example.com", "https://app.example.com:8443"),
        ("app.example.com", "https://evil.example"),
        ("app.example.com", "null"),
        ("app.example.com, evil.example", "https://evil.example"),
        ("", "https://"),
    ] {
        call(offline(), on_host(host, origin)).await.assert_refused(403, "csrf_rejected");
    }
    let two = on_host("app.example.com", "https://evil.example").header("host", "evil.example");
    call(offline(), two).await.assert_refused(403, "csrf_rejected");
    // HTTP/2 has the host in the URI.
    let http2 = post("https://app.example.com/").header("origin", "https://app.example.com");
    assert_eq!(call(offline(), http2).await.status, 200);
}

#[tokio::test]
async fn two_cookies_or_a_refresh_cookie_alone_are_refused() {
    let token = Signer::new("a").token();
    let twice = format!("__Host-latchkey_access={token}; __Host-latchkey_access={token}");
    let reply = call(offline(), get("/").header("cookie", twice)).await;
    reply.assert_refused(400, "invalid_request");
    assert_eq!(reply.body["field"], "cookie");
    let refresh = call(offline(), get("/").header("cookie", "__Host-latchkey_refresh=x")).await;
    refresh.assert_refused(401, "token_expired");
    let insecure = CookiePolicy { secure: false, ..CookiePolicy::default() };
    let plain = get("/").header("cookie", format!("latchkey_access={token}"));
    assert_eq!(call(offline().cookies(insecure), plain).await.status, 200);
}

#[tokio::test]
async fn the_request_id_of_a_server_in_front_is_kept() {
    let id = RequestId::parse("gateway-1=").unwrap();
    for path in ["/", "/write"] {
        let request = if path == "/" { get(path) } else { bearer(path) };
        let reply = call(strict(Sessions::Live), request.extension(id.clone())).await;
        assert_eq!((reply.body["request_id"].as_str(), reply.headers.len() > 3), (Some("gateway-1="), true));
    }
    assert!(RequestId::parse("").is_none() && RequestId::parse("a b").is_none());
    assert!(RequestId::parse(&"a".repeat(65)).is_none());
    assert_ne!(RequestId::generate(), RequestId::generate());
}

#[tokio::test]
async fn a_route_without_the_layer_answers_every_request_with_500() {
    let routes: Router = Router::new().route("/", any(|_: SignedIn| async {}));
    let response = routes.oneshot(bearer("/").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_service_without_axum_can_write_refusals_too() {
    let service = tower::service_fn(|_: Request<()>| async {
        let refusal = Refusal::of(RefusalCode::Forbidden);
        Ok::<_, std::convert::Infallible>(refusal.to_response::<String>(&RequestId::generate()))
    });
    let service = tower::Layer::layer(&offline(), service);
    let response: Response<String> = service.oneshot(bearer("/").body(()).unwrap()).await.unwrap();
    let body: Value = serde_json::from_str(response.body()).unwrap();
    assert_eq!(response.headers()["x-request-id"], body["request_id"].as_str().unwrap());
    assert_eq!((response.status().as_u16(), body["code"].as_str()), (403, Some("forbidden")));
}
