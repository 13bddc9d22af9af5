use axum::body::Body;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

async fn post(server: &LocalServer, path: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::post(path)
        .header("host", "127.0.0.1:9000")
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    read(server.router.clone().oneshot(request).await.unwrap()).await
}

async fn read(response: Response<Body>) -> (StatusCode, Value) {
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn an_assertion_of_the_stand_in_issuer_opens_a_session() {
    let server = LocalServer::memory(&[]).await.unwrap();
    let (_, body) = post(&server, "/dev/assertion", json!({"sub": "alice"})).await;
    let login = json!({"assertion": body["assertion"], "delivery": "body"});
    let (status, session) = post(&server, "/api/auth/login", login).await;
    assert_eq!(status, StatusCode::CREATED, "{session}");
    assert_eq!(session["user_id"], "alice");
    assert!(server.stats.of("TransactWriteItems").calls > 0);
}

#[tokio::test]
async fn a_foreign_host_reaches_neither_the_api_nor_the_dev_controls() {
    let server = LocalServer::memory(&[]).await.unwrap();
    for path in ["/api/auth/refresh", "/dev/clock", "/"] {
        let request = Request::get(path).header("host", "evil.example").body(Body::empty()).unwrap();
        let (status, problem) = read(server.router.clone().oneshot(request).await.unwrap()).await;
        assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_by_name() {
    let Err(LocalServerError::Config(error)) = LocalServer::memory(&[("SESSION_LIMIT", "many")]).await else {
        panic!("started");
    };
    assert_eq!(error.name, "SESSION_LIMIT");
}

#[tokio::test]
async fn another_dynamodb_can_hold_the_tables() {
    let other = Engine::memory().unwrap().serve_tcp().await.unwrap();
    let at_other = || LocalServer::builder().storage(Storage::Endpoint(other.endpoint()));
    let tables = at_other().create_tables().await.unwrap();
    assert_eq!(tables.sessions, "latchkey-sessions");
    let server = at_other().build().await.unwrap();
    assert!(server.engine.is_none());
    let (_, body) = post(&server, "/dev/assertion", json!({"sub": "alice"})).await;
    let login = json!({"assertion": body["assertion"], "delivery": "body"});
    assert_eq!(post(&server, "/api/auth/login", login).await.0, StatusCode::CREATED);
}
