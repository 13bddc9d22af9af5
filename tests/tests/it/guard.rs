//! The guard in front of other services, in both modes: which requests pass, and how it refuses the others.

mod bound_tokens;
mod cookies;
mod feed;
mod other_host;
mod remote;
mod sessions;
mod shop;
mod tokens;
#[expect(dead_code, reason = "its main is not what is called here")]
#[path = "../../../verifier/examples/tower_service.rs"]
mod tower_service;
mod verifier;

use http::{Method, Request};
use latchkey_tests::world::Reply;
use serde_json::json;
use shop::{MODES, Mode, Shop};
use tower::ServiceExt as _;

#[tokio::test]
async fn a_signed_in_caller_reaches_the_service_with_its_claims() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    for mode in MODES {
        for method in ["GET", "POST", "DELETE"] {
            let reply =
                shop.call(mode, method, &[("authorization", &format!("bearer {}", tokens.access))]).await;
            reply.assert_status(200);
            assert_eq!((&reply.body["sub"], &reply.body["sid"]), (&json!("alice"), &json!(tokens.session)));
        }
    }
    assert_eq!(shop.served(), 6);
}

#[tokio::test]
async fn an_offline_check_makes_no_call_and_a_strict_one_reads_one_unit() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    for (mode, cost) in [(Mode::Offline, (0, 0.0, 0.0)), (Mode::Strict, (1, 1.0, 0.0))] {
        shop.world.server.stats.reset();
        shop.bearer(mode, &tokens.access).await.assert_status(200);
        let usage = shop.world.server.stats.total();
        assert_eq!((usage.calls, usage.read_units, usage.write_units), cost, "{mode:?}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_format_of_our_own_endpoints() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    shop.world.device().revoke(&tokens.access, json!({"strategy": "current"})).await.assert_status(200);
    let own = shop.world.device();
    let cases = [
        ("token_missing", "Bearer", vec![]),
        ("invalid_token", "Bearer error=\"invalid_token\"", vec![("authorization", "Bearer x".to_owned())]),
        (
            "session_ended",
            "Bearer error=\"invalid_token\"",
            vec![("authorization", format!("Bearer {}", tokens.access))],
        ),
    ];
    for (code, challenge, headers) in cases {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = shop.call(Mode::Strict, "GET", &headers).await;
        reply.assert_problem(401, code);
        assert_eq!(reply.header("www-authenticate"), challenge, "{code}");
        assert_eq!(reply.header("cache-control"), "no-store", "{code}");
        let ours = headers.iter().fold(own.clone(), |own, (name, value)| own.header(name, value));
        let ours = ours.get("/api/auth/sessions").await;
        assert_eq!((ours.code(), ours.header("www-authenticate")), (code, challenge));
    }
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn responses_of_the_guarded_service_are_unchanged() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    let reply = shop.bearer_at(Mode::Offline, "GET", "/nowhere", &tokens.access).await;
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (404, ""));
}

#[tokio::test]
async fn a_handler_without_the_guard_layer_returns_500() {
    let unguarded = axum::Router::new().route("/orders", axum::routing::get(shop::orders));
    let request = Request::get("/orders").body(axum::body::Body::empty()).expect("a request");
    let reply = Reply::read(unguarded.oneshot(request).await.expect("it answers")).await;
    assert_eq!(reply.status, 500);
}

#[tokio::test]
async fn the_example_service_guards_its_routes() {
    let shop = Shop::open().await;
    let tokens = shop.world.device().sign_in("alice").await;
    let service = tower_service::service(shop.check(Mode::Offline));
    let call = async |method: Method, path: &str, token: Option<&str>| {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(axum::body::Body::empty()).expect("a request");
        Reply::read(service.clone().oneshot(request).await.expect("it answers")).await
    };
    call(Method::GET, "/health", None).await.assert_status(200);
    call(Method::GET, "/orders", None).await.assert_problem(401, "token_missing");
    call(Method::GET, "/orders", Some(&tokens.access)).await.assert_status(200);
    let forbidden = call(Method::DELETE, "/orders", Some(&tokens.access)).await;
    assert_eq!((forbidden.status.as_u16(), forbidden.code()), (403, "forbidden"));
}
