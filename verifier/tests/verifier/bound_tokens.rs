//! Tokens that are bound to a key, through the layer: a token without its key is worth nothing.

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::BodyExt as _;
use latchkey_verifier::dpop::BaseUrls;
use latchkey_verifier::{RequireSignedIn, SignedIn, Verifier};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::prover::{Prover, proof_claims};
use crate::signer::{AUDIENCE, ISSUER, NOW, Signer, at, claims};

const URL: &str = "https://api.example.com/orders";

/// A client with a key, and the access token that is bound to it.
struct Client {
    prover: Prover,
    token: String,
}

struct Reply {
    status: u16,
    code: String,
    detail: String,
    challenge: String,
}

impl Client {
    fn new() -> Self {
        let prover = Prover::new();
        let token = bound_token(&json!({"jkt": prover.thumbprint()}));
        Self { prover, token }
    }

    fn proof(&self, method: &str) -> HeaderValue {
        self.prover.proof(method, URL, &self.token)
    }

    /// A request of this client with its token and this proof.
    fn request(&self, method: &str, proof: HeaderValue) -> http::request::Builder {
        dpop(method, &self.token).header("dpop", proof)
    }

    /// A request whose proof has another value of a claim; `null` removes the claim.
    fn changed(&self, name: &str, value: Value) -> http::request::Builder {
        let mut claims = proof_claims("GET", URL);
        claims["ath"] = json!(latchkey_verifier::dpop::access_token_hash(&self.token));
        claims[name] = value;
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.request("GET", self.prover.sign(&claims))
    }
}

fn bound_token(cnf: &Value) -> String {
    let mut claims = claims();
    claims["cnf"] = cnf.clone();
    Signer::new("a").sign("at+jwt", &claims.to_string())
}

fn dpop(method: &str, token: &str) -> http::request::Builder {
    Request::builder().method(method).uri("/orders?page=2").header("authorization", format!("DPoP {token}"))
}

fn unconfigured() -> RequireSignedIn {
    let verifier = Verifier::parse(&Signer::new("a").jwks(), ISSUER, AUDIENCE).unwrap();
    RequireSignedIn::offline(verifier).clock(|| at(0))
}

fn check() -> RequireSignedIn {
    unconfigured().public_urls(BaseUrls::parse(["https://api.example.com"]).unwrap())
}

async fn call(check: &RequireSignedIn, request: http::request::Builder) -> Reply {
    let user = |user: SignedIn| async move { json!({"code": user.claims().sub, "detail": ""}).to_string() };
    let service = Router::new().route("/orders", any(user)).layer(check.clone());
    let response = service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let body: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let challenges: Vec<_> = head.headers.get_all("www-authenticate").iter().collect();
    assert!(challenges.len() <= 1, "{challenges:?}");
    let challenge = challenges.first().map_or("", |value| value.to_str().unwrap()).to_owned();
    Reply {
        status: head.status.as_u16(),
        code: text(&body["code"]),
        detail: text(&body["detail"]),
        challenge,
    }
}

/// Asserts that a request is refused, and that the challenge names the scheme to use.
async fn assert_refused(request: http::request::Builder, code: &str, text: &str) {
    let Reply { status, code: found, detail, challenge } = call(&check(), request).await;
    assert_eq!((status, found.as_str()), (401, code), "{text}: {detail}");
    assert!(detail.contains(text), "{text}: {detail}");
    assert!(challenge.contains("algs=\"ES256\""), "{challenge}");
}

#[tokio::test]
async fn a_bound_token_passes_with_its_proof() {
    let client = Client::new();
    for method in ["GET", "POST", "DELETE"] {
        let reply = call(&check(), client.request(method, client.proof(method))).await;
        assert_eq!((reply.status, reply.code.as_str()), (200, "alice"), "{method}: {}", reply.detail);
    }
    let beside_a_cookie = client.request("GET", client.proof("GET")).header("cookie", "other=1");
    assert_eq!(call(&check(), beside_a_cookie).await.status, 200);
}

#[tokio::test]
async fn a_proof_for_a_nested_route_names_the_whole_path() {
    let client = Client::new();
    let user = |_: SignedIn| async { "" };
    let routes = Router::new().route("/", any(user)).route("/{id}", any(user)).layer(check());
    let service = Router::new().nest("/shop", Router::new().nest("/orders", routes));
    let send = async |path: &str, url: &str| {
        let proof = client.prover.proof("GET", url, &client.token);
        let request = client.request("GET", proof).uri(path).body(Body::empty()).unwrap();
        service.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(send("/shop/orders/7?a=b", "https://api.example.com/shop/orders/7").await, 200);
    assert_eq!(send("/shop/orders/7", "https://api.example.com/7").await, 401, "another URL of the service");
}

#[tokio::test]
async fn a_copied_bound_token_passes_nowhere() {
    let client = Client::new();
    let token = &client.token;
    let bearer = || Request::get("/orders").header("authorization", format!("Bearer {token}"));
    let code = "device_proof_required";
    assert_refused(dpop("GET", token), code, "DPoP").await;
    assert_refused(bearer(), code, "bound to a key").await;
    // The proof does not help: a Bearer token is never tied to it, so that a downgrade would go unnoticed.
    assert_refused(bearer().header("dpop", client.proof("GET")), code, "bound to a key").await;
    let cookie = Request::get("/orders").header("cookie", format!("__Host-latchkey_access={token}"));
    assert_refused(cookie, code, "bound to a key").await;

    let thief = Prover::new();
    let request = client.request("GET", thief.proof("GET", URL, token));
    assert_refused(request, "invalid_dpop_proof", "another key").await;
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": client.prover.jwk()});
    let forged = thief.sign_with(&header, &proof_claims("GET", URL));
    assert_refused(client.request("GET", forged), "invalid_dpop_proof", "signature").await;
}

#[tokio::test]
async fn a_proof_is_good_for_one_request_only() {
    let client = Client::new();
    for (name, value, text) in [
        ("htm", json!("POST"), "htm"),
        ("htu", json!("https://api.example.com/settings"), "htu"),
        ("htu", json!("https://evil.example/orders"), "htu"),
        ("ath", json!(latchkey_verifier::dpop::access_token_hash("another.access.token")), "ath"),
        ("ath", Value::Null, "ath"),
        ("iat", json!(NOW - 61), "iat"),
        ("iat", json!(NOW + 61), "iat"),
        ("jti", json!(""), "jti"),
    ] {
        assert_refused(client.changed(name, value), "invalid_dpop_proof", text).await;
    }
    assert_eq!(call(&check(), client.changed("iat", json!(NOW - 60))).await.status, 200);
}

#[tokio::test]
async fn a_host_header_does_not_make_a_proof_for_another_server_fit() {
    let client = Client::new();
    let proof = client.prover.proof("GET", "https://evil.example/orders", &client.token);
    let request = client.request("GET", proof).header("host", "evil.example");
    assert_refused(request, "invalid_dpop_proof", "htu").await;
}

#[tokio::test]
async fn a_repeated_proof_changes_nothing_and_may_read() {
    let (client, check) = (Client::new(), check());
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let proof = client.proof(method);
        assert_eq!(call(&check, client.request(method, proof.clone())).await.status, 200, "{method}");
        let repeated = call(&check.clone(), client.request(method, proof)).await;
        assert_eq!((repeated.status, repeated.code.as_str()), (401, "invalid_dpop_proof"), "{method}");
    }
    let proof = client.proof("GET");
    for _ in 0..2 {
        assert_eq!(call(&check, client.request("GET", proof.clone())).await.status, 200);
    }
}

#[tokio::test]
async fn a_token_without_a_key_is_no_dpop_token() {
    let (prover, token) = (Prover::new(), Signer::new("a").token());
    let request = dpop("GET", &token).header("dpop", prover.proof("GET", URL, &token));
    assert_refused(request, "invalid_token", "bound to no key").await;
    // As Bearer it is good, and a proof that comes with it proves nothing and is ignored.
    let bearer = Request::get("/orders").header("authorization", format!("Bearer {token}"));
    assert_eq!(call(&check(), bearer.header("dpop", "x")).await.status, 200);
}

#[tokio::test]
async fn a_binding_that_cannot_be_checked_is_refused() {
    let thumbprint = Prover::new().thumbprint();
    for cnf in [
        json!({}),
        json!({"jkt": ""}),
        json!({"jkt": 7}),
        json!({"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}),
        json!({"jkt": thumbprint, "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}),
        json!("jkt"),
    ] {
        let token = bound_token(&cnf);
        let bearer = Request::get("/orders").header("authorization", format!("Bearer {token}"));
        assert_refused(bearer, "invalid_token", "Invalid token").await;
    }
}

#[tokio::test]
async fn a_service_without_public_urls_refuses_bound_tokens() {
    let client = Client::new();
    let reply = call(&unconfigured(), client.request("GET", client.proof("GET"))).await;
    assert_eq!((reply.status, reply.code.as_str()), (401, "invalid_token"));
    assert!(reply.detail.contains("public URLs are not configured"), "{}", reply.detail);
    assert_eq!(reply.challenge, "Bearer error=\"invalid_token\"");
    let headers = HeaderMap::from_iter([
        (http::header::AUTHORIZATION, HeaderValue::try_from(format!("DPoP {}", client.token)).unwrap()),
        (http::HeaderName::from_static("dpop"), client.proof("GET")),
    ]);
    let refusal = unconfigured().check(&http::Method::GET, "/orders", &headers).await.unwrap_err();
    assert!(refusal.cause().unwrap().contains("RequireSignedIn::public_urls"));
}

#[tokio::test]
async fn each_challenge_names_the_schemes_that_the_service_accepts() {
    let (client, dpop_only) = (Client::new(), "DPoP error=\"invalid_token\", algs=\"ES256\"");
    let challenge = async |request| call(&check(), request).await.challenge;
    assert_eq!(challenge(Request::get("/orders")).await, "Bearer, DPoP algs=\"ES256\"");
    let bearer = Request::get("/orders").header("authorization", "Bearer x");
    assert_eq!(challenge(bearer).await, "Bearer error=\"invalid_token\", DPoP algs=\"ES256\"");
    assert_eq!(challenge(dpop("GET", "x")).await, dpop_only);
    assert_eq!(challenge(dpop("GET", &client.token)).await, dpop_only);
    let wrong = client.request("GET", client.proof("POST"));
    assert_eq!(challenge(wrong).await, "DPoP error=\"invalid_dpop_proof\", algs=\"ES256\"");
    assert_eq!(call(&unconfigured(), Request::get("/orders")).await.challenge, "Bearer");
}

#[tokio::test]
async fn a_base_url_has_the_path_that_a_gateway_removes() {
    let client = Client::new();
    let user = |user: SignedIn| async move { user.claims().sub.to_string() };
    let check = unconfigured().public_urls(BaseUrls::parse(["https://api.example.com/shop"]).unwrap());
    let service = Router::new().route("/orders", any(user)).layer(check);
    let proof = client.prover.proof("GET", "https://api.example.com/shop/orders", &client.token);
    let request = client.request("GET", proof).body(Body::empty()).unwrap();
    assert_eq!(service.oneshot(request).await.unwrap().status(), 200);
}
