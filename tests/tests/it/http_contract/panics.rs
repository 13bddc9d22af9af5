//! A panic is a bug of ours: the response reveals nothing, and the next request works.

use axum::Router;
use axum::routing::get;
use http::Request;
use http_body_util::BodyExt as _;
use latchkey_tests::world::World;
use serde_json::Value;
use tower::ServiceExt as _;

async fn call(router: &Router, path: &str) -> (u16, String, Value) {
    let request = Request::get(path).body(axum::body::Body::empty()).expect("a request");
    let reply = router.clone().oneshot(request).await.expect("the router answers");
    let status = reply.status().as_u16();
    let media = reply.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.to_owned();
    let bytes = reply.into_body().collect().await.expect("a body in memory").to_bytes();
    (status, media, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn a_panic_is_500_without_internals_and_the_next_request_works() {
    let app = World::new().await.server.app;
    let boom = get(|| async {
        if true {
            panic!("hush-hush internals")
        }
    });
    let routes = Router::new().route("/boom", boom).route("/fine", get(|| async { "{}" }));
    let router = latchkey::http::service(routes, app);
    let (status, media, body) = call(&router, "/boom").await;
    assert_eq!(
        (status, media.as_str(), &body["code"]),
        (500, "application/problem+json", &"internal".into())
    );
    assert!(body["request_id"].is_string() && !body.to_string().contains("hush"), "{body}");
    assert_eq!(call(&router, "/fine").await.0, 200);
}
