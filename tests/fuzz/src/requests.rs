//! Whole requests: the router refuses every one with a documented response, does not panic, and does not call the store
//! for a request without a genuine token.

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};

use crate::genuine::ACCESS;
use crate::router::{Caller, check_response};

/// The endpoints that read a body.
const POSTS: [&str; 10] = [
    "/login",
    "/login/attempts",
    "/refresh",
    "/sessions",
    "/revoke",
    "/introspect",
    "/backchannel-logout",
    "/global-token-revocation",
    "/ssf/events",
    "/sign-in-review",
];

/// A request in the form of HTTP/1.1. If its first byte is `+`, it gets the user's token.
///
/// ```text
/// GET /api/auth/sessions?user_id=bob
/// if-none-match: "x"
///
/// a body
/// ```
pub fn request(bytes: &[u8]) {
    let Some((caller, mut request)) = read(bytes) else { return };
    if caller == Caller::User {
        sign_in(&mut request);
    }
    check_response(caller, request);
}

fn read(bytes: &[u8]) -> Option<(Caller, Request<Body>)> {
    let (caller, bytes) = match bytes.strip_prefix(b"+") {
        Some(rest) => (Caller::User, rest),
        None => (Caller::Anonymous, bytes),
    };
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let mut first = lines.next()?.splitn(2, |byte| *byte == b' ');
    let method = Method::from_bytes(first.next()?).ok()?;
    let mut request = Request::builder().method(method).uri(Uri::try_from(first.next()?).ok()?);
    for line in lines.by_ref().take_while(|line| !line.is_empty()) {
        let end = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..end]).ok()?;
        request = request.header(name, HeaderValue::from_bytes(line[end + 1..].trim_ascii()).ok()?);
    }
    let body = lines.collect::<Vec<_>>().join(&b'\n');
    Some((caller, request.body(body.into()).ok()?))
}

/// A body, after one byte that selects the endpoint, the caller and the media type.
pub fn body(bytes: &[u8]) {
    let Some((selector, body)) = bytes.split_first() else { return };
    let selector = usize::from(*selector);
    let media = ["application/json", "application/x-www-form-urlencoded"][selector / POSTS.len() % 2];
    let caller = [Caller::Anonymous, Caller::User][selector / POSTS.len() / 2 % 2];
    let request = Request::post(format!("/api/auth{}", POSTS[selector % POSTS.len()]))
        .header(header::CONTENT_TYPE, media);
    let mut request = request.body(Body::from(body.to_vec())).expect("the request is valid");
    if caller == Caller::User {
        sign_in(&mut request);
    }
    check_response(caller, request);
}

fn sign_in(request: &mut Request<Body>) {
    let token = format!("Bearer {}", *ACCESS).parse().expect("the header is valid");
    request.headers_mut().insert(header::AUTHORIZATION, token);
}
