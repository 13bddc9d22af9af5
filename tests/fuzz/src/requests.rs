//! Whole requests: the router refuses any input with a documented response, without a panic and without a store call.

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};

use crate::door::{Asker, ask};
use crate::genuine::ACCESS;

/// The calls with a body.
const POSTS: [&str; 6] = ["/login", "/login/attempts", "/refresh", "/sessions", "/revoke", "/introspect"];

/// A request as it is written on the wire; the user's token goes with it when its first byte is `+`.
///
/// ```text
/// GET /api/auth/sessions?user_id=bob
/// if-none-match: "x"
///
/// a body
/// ```
pub fn request(bytes: &[u8]) {
    let Some((asker, mut request)) = read(bytes) else { return };
    if asker == Asker::User {
        sign_in(&mut request);
    }
    ask(asker, request);
}

fn read(bytes: &[u8]) -> Option<(Asker, Request<Body>)> {
    let (asker, bytes) = match bytes.strip_prefix(b"+") {
        Some(rest) => (Asker::User, rest),
        None => (Asker::Nobody, bytes),
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
    Some((asker, request.body(body.into()).ok()?))
}

/// A body, after one byte that selects the path, the sender and the content type.
pub fn body(bytes: &[u8]) {
    let Some((how, body)) = bytes.split_first() else { return };
    let how = usize::from(*how);
    let media = ["application/json", "application/x-www-form-urlencoded"][how / 6 % 2];
    let asker = [Asker::Nobody, Asker::User][how / 12 % 2];
    let request = Request::post(format!("/api/auth{}", POSTS[how % 6])).header(header::CONTENT_TYPE, media);
    let mut request = request.body(Body::from(body.to_vec())).expect("a legal request");
    if asker == Asker::User {
        sign_in(&mut request);
    }
    ask(asker, request);
}

fn sign_in(request: &mut Request<Body>) {
    let token = format!("Bearer {}", *ACCESS).parse().expect("a legal header");
    request.headers_mut().insert(header::AUTHORIZATION, token);
}
