//! Sends an event to the router of the local server, too, and compares the two responses.

use std::collections::BTreeSet;

use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use latchkey_tests::event::{Event, Reply};
use latchkey_tests::world::World;
use serde_json::Value;
use tower::ServiceExt as _;

/// The response of the local server to an event.
pub(crate) async fn at_local_server(world: &World, event: Event) -> Reply {
    let response = world.server.router.clone().oneshot(request(&event.build())).await;
    let (parts, body) = response.expect("a router answers").into_parts();
    let body = body.collect().await.expect("a body in memory does not break").to_bytes();
    let cookies = parts.headers.get_all(header::SET_COOKIE).iter();
    let cookies = cookies.map(|line| line.to_str().expect("a cookie is text").to_owned()).collect();
    let mut headers = parts.headers;
    headers.remove(header::SET_COOKIE);
    let is_text = |media: &http::HeaderValue| {
        ["application/jwt", "text/html; charset=utf-8"].iter().any(|text| media == text)
    };
    let text = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(is_text)
        .then(|| String::from_utf8_lossy(&body).into_owned().into());
    let body = text.unwrap_or_else(|| serde_json::from_slice(&body).unwrap_or_default());
    Reply { status: parts.status, headers, cookies, body }
}

/// The request that a client of the local server would send.
fn request(event: &Value) -> Request<Body> {
    let (path, query) = (event["rawPath"].as_str(), event["rawQueryString"].as_str());
    let (path, query) = (path.expect("a path"), query.unwrap_or_default());
    let method = event["requestContext"]["http"]["method"].as_str().expect("a method");
    let mut request = Request::builder().method(method).uri(format!("{path}?{query}"));
    for (name, value) in event["headers"].as_object().expect("headers") {
        // The local server accepts only its own host names.
        let value = if name == "host" { "127.0.0.1:9000" } else { value.as_str().expect("a header is text") };
        request = request.header(name, value);
    }
    for cookie in event["cookies"].as_array().into_iter().flatten() {
        request = request.header(header::COOKIE, cookie.as_str().expect("a cookie is text"));
    }
    let address = event["requestContext"]["http"]["sourceIp"].as_str().expect("an address");
    let body = event["body"].as_str().unwrap_or_default();
    let body = match event["isBase64Encoded"].as_bool() {
        Some(true) => STANDARD.decode(body).expect("a body that says base64 is base64"),
        _ => body.into(),
    };
    request.header("x-dev-source-ip", address).body(Body::from(body)).expect("an event is a request")
}

/// Compares two responses, with all that differs from call to call masked: ids, times and tokens.
///
/// # Panics
/// When they differ. The message contains `what`.
pub(crate) fn assert_same(function: &Reply, local: &Reply, what: &str) {
    assert_eq!(function.status, local.status, "{what}: {} or {}", function.body, local.body);
    assert_eq!(headers(&function.headers), headers(&local.headers), "{what}");
    assert_eq!(cookies(&function.cookies), cookies(&local.cookies), "{what}");
    assert_eq!(masked("", &function.body), masked("", &local.body), "{what}");
}

fn headers(headers: &HeaderMap) -> BTreeSet<(String, String)> {
    // API Gateway sets the length, and the ETag is a hash of ids and times.
    let of_the_call = ["x-request-id", "etag", "ratelimit", "secure-session-registration"];
    let shown = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = if of_the_call.contains(&name.as_str()) {
            "<of the call>"
        } else {
            value.to_str().unwrap_or_default()
        };
        (name.to_string(), value.to_owned())
    };
    // API Gateway sets the date and the headers of CORS, and the local server does it in its place.
    let is_of_the_gateway = |name: &http::HeaderName| {
        [header::CONTENT_LENGTH, header::DATE, header::VARY].contains(name)
            || name.as_str().starts_with("access-control-")
    };
    headers.iter().filter(|(name, _)| !is_of_the_gateway(name)).map(shown).collect()
}

/// The name and the attributes of each cookie, and whether it has a value.
fn cookies(lines: &[String]) -> Vec<String> {
    let mask = |line: &String| {
        let (pair, attributes) = line.split_once(';').expect("our cookies have attributes");
        let (name, value) = pair.split_once('=').expect("a cookie has a name");
        let attributes: Vec<&str> = attributes
            .split(';')
            .map(str::trim)
            .map(|attribute| if attribute.starts_with("Max-Age=6") { "Max-Age=<a week>" } else { attribute })
            .collect();
        format!("{name}={} {attributes:?}", if value.is_empty() { "" } else { "<token>" })
    };
    lines.iter().map(mask).collect()
}

/// Replaces the values that change from call to call by their types.
fn masked(name: &str, value: &Value) -> Value {
    let changes =
        ["_token", "_id", "_ids", "_at", "_in", "_by", "_time"].iter().any(|end| name.ends_with(end))
            || ["sub", "sid", "jti", "iat", "exp", "session_identifier"].contains(&name);
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), masked(name, value))).collect()
        }
        Value::Array(values) => values.iter().map(|value| masked(name, value)).collect(),
        Value::String(_) if changes || name == "last_activity" => "<text>".into(),
        // A JWS as the body: the header stays, and the rest has the time and a random signature.
        Value::String(jws) if name.is_empty() && jws.starts_with("eyJ") => jws.split('.').next().into(),
        Value::Number(_) if changes => "<number>".into(),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => value.clone(),
    }
}
