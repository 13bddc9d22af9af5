use axum::body::Body;
use axum::routing::get;
use http::StatusCode;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

/// Returns the data that a handler receives: source address, browser, Cookie, X-Twice, and whether the stand-in headers are
/// still present.
async fn echo(request: Request) -> String {
    let RequestContext::ApiGatewayV2(context) = &request.extensions().get::<RequestContext>().unwrap() else {
        panic!("not an HTTP API context");
    };
    assert!(context.request_id.as_ref().is_some_and(|id| id.len() == 22));
    let header = |name: &str| {
        let lines: Vec<_> = request.headers().get_all(name).iter().collect();
        assert!(lines.len() < 2, "{name} in two lines");
        lines.first().map_or("-", |line| line.to_str().unwrap()).to_owned()
    };
    assert_eq!(context.http.user_agent.as_deref().unwrap_or("-"), header("user-agent"));
    [
        context.http.source_ip.clone().unwrap(),
        header("user-agent"),
        header("cookie"),
        header("x-twice"),
        header("x-dev-source-ip"),
        header("x-dev-user-agent"),
    ]
    .join("|")
}

async fn send(headers: &[(&str, &str)]) -> (StatusCode, String) {
    let mut request = http::Request::get("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let routes = in_front_of(Router::new().route("/", get(echo)), CookiePolicy::default());
    let response = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_handler_receives_the_request_of_api_gateway() {
    let (status, seen) = send(&[
        ("host", "localhost:9000"),
        ("x-dev-source-ip", "203.0.113.9"),
        ("user-agent", "of the page"),
        ("x-dev-user-agent", "of the second browser"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("x-twice", "one"),
        ("x-twice", "two"),
    ])
    .await;
    assert_eq!(
        (status, seen.as_str()),
        (StatusCode::OK, "203.0.113.9|of the second browser|a=1; b=2|one,two|-|-")
    );
}

#[tokio::test]
async fn without_the_headers_address_and_browser_are_the_peers() {
    let (_, seen) = send(&[("host", "127.0.0.1"), ("user-agent", "curl/8")]).await;
    assert_eq!(seen, "127.0.0.1|curl/8|-|-|-|-");
}

#[tokio::test]
async fn a_foreign_host_reaches_no_handler() {
    let (status, body) = send(&[("host", "evil.example")]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body.contains(r#""code":"forbidden""#), "{body}");
}

#[tokio::test]
async fn a_source_that_is_no_address_is_refused_by_name() {
    let (status, body) = send(&[("x-dev-source-ip", "1.2.3.4, 5.6.7.8")]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains(r#""field":"x-dev-source-ip""#), "{body}");
}
