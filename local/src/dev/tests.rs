use axum::body::Body;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

struct Api(DevControls);

impl Api {
    fn new() -> Self {
        let clock = MovableClock::at(1_732_442_400);
        Self(DevControls {
            faults: Faults::new(),
            stats: Stats::new(clock.clone()),
            issuer: Issuer::generate().unwrap(),
            audience: "here".into(),
            clock,
            alerts: super::alerts::Alerts::new(),
        })
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (StatusCode, Value) {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = routes(self.0.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let json = [("content-type", "application/json"), ("host", "127.0.0.1:9000")];
        self.send(Method::POST, path, &json, &body.to_string()).await
    }

    async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, &[], "").await.1
    }
}

#[tokio::test]
async fn the_clock_moves_both_ways() {
    let api = Api::new();
    let (_, moved) = api.post("/dev/clock", json!({"advance_seconds": 60})).await;
    assert_eq!(moved, json!({"now": "2024-11-24T10:01:00Z", "offset_seconds": 60}));
    api.post("/dev/clock", json!({"advance_seconds": -90})).await;
    let now = json!({"now": "2024-11-24T09:59:30Z", "offset_seconds": -30});
    assert_eq!(api.get("/dev/clock").await, now);
}

#[tokio::test]
async fn faults_are_queued_and_cleared() {
    let api = Api::new();
    let fault = json!({"operation": "UpdateItem", "kind": "throttle", "count": 3});
    assert_eq!(api.post("/dev/fault", fault).await.1, json!({"pending": 3}));
    let any = json!({"kind": "error_500", "count": 1});
    assert_eq!(api.post("/dev/fault", any).await.1, json!({"pending": 4}));
    let one = json!({"operation": "UpdateItem", "kind": "throttle", "count": 0});
    assert_eq!(api.post("/dev/fault", one).await.1, json!({"pending": 1}));
    assert_eq!(api.post("/dev/fault", json!({"count": 0})).await.1, json!({"pending": 0}));
}

#[tokio::test]
async fn an_assertion_is_a_jwt_and_stats_start_empty() {
    let api = Api::new();
    let (status, body) = api.post("/dev/assertion", json!({"sub": "alice"})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["assertion"].as_str().unwrap().split('.').count(), 3);
    let empty = json!({"dynamodb": {}, "since": "2024-11-24T10:00:00Z"});
    assert_eq!(api.get("/dev/stats").await, empty);
    assert_eq!(api.post("/dev/stats", json!({"reset": true})).await.1, empty);
}

#[tokio::test]
async fn an_error_names_the_wrong_member() {
    let api = Api::new();
    for (path, body, field) in [
        ("/dev/assertion", json!({}), "sub"),
        ("/dev/assertion", json!({"sub": 7}), "sub"),
        ("/dev/assertion", json!({"sub": "a", "expires_in": 0}), "expires_in"),
        ("/dev/assertion", json!({"sub": "a", "auth_time": "x"}), "auth_time"),
        ("/dev/clock", json!({"advance_seconds": 1.5}), "advance_seconds"),
        ("/dev/clock", json!({"advance_seconds": 1, "advance": 2}), "advance"),
        ("/dev/clock", json!([]), "body"),
        ("/dev/fault", json!({"kind": "throttle"}), "count"),
        ("/dev/fault", json!({"kind": "flood", "count": 1}), "kind"),
        ("/dev/fault", json!({"count": 1}), "kind"),
        ("/dev/fault", json!({"operation": "GetItem", "kind": "conflict", "count": 1}), "kind"),
        ("/dev/fault", json!({"operation": "GetItem", "kind": "left_over", "count": 1}), "kind"),
        ("/dev/fault", json!({"operation": "Update", "kind": "throttle", "count": 1}), "operation"),
        ("/dev/stats", json!({"reset": false}), "reset"),
    ] {
        let (status, problem) = api.post(path, body).await;
        assert_eq!((status, &problem["field"]), (StatusCode::BAD_REQUEST, &json!(field)), "{path}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_use_the_dev_controls() {
    let api = Api::new();
    let kind = ("content-type", "application/json");
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("host", "evil.example"),
    ] {
        let body = r#"{"advance_seconds":60}"#;
        let (status, problem) = api.send(Method::POST, "/dev/clock", &[kind, header], body).await;
        assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")), "{header:?}");
        let (status, _) = api.send(Method::GET, "/dev/clock", &[header], "").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{header:?}");
    }
    let text = [("content-type", "text/plain")];
    let (status, _) = api.send(Method::POST, "/dev/clock", &text, r#"{"advance_seconds":60}"#).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(api.0.clock.offset_seconds(), 0);
}
