//! Events of AWS, in which a client controls the path, the headers and the body.

use std::cell::LazyCell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use http::Request;
use lambda_http::lambda_runtime::{Context as Invocation, LambdaEvent};
use lambda_http::request::LambdaRequest;
use latchkey::clock::Clock as _;
use latchkey::config::OnInvalid;
use latchkey::lambda::authorizer::Authorizer;
use latchkey::lambda::cleanup::is_cleanup_event;
use latchkey::lambda::http_event;
use latchkey_verifier::{RequireSignedIn, Verifier};
use serde_json::{Value, json};

use crate::genuine::{AUDIENCE, FixedClock, ISSUER, KEYS};
use crate::router::{Caller, check_response};

/// An API Gateway event: it becomes a request for every input, the host does not change the path, and the router refuses
/// the request.
pub fn lambda_event(bytes: &[u8]) {
    let read = || serde_json::from_slice::<LambdaRequest>(bytes);
    let (Ok(payload), Ok(mut without_host)) = (read(), read()) else { return };
    let request = request_of(payload);
    if let LambdaRequest::ApiGatewayV2(event) = &mut without_host {
        event.headers.remove("host");
        event.request_context.domain_name = None;
    }
    let path = request_of(without_host).uri().path().to_owned();
    assert_eq!(request.uri().path(), path, "the host must not change the path");
    assert!(path.starts_with('/'), "{path}");
    check_response(Caller::Anonymous, request.map(|body| Body::from(body.to_vec())));
}

fn request_of(payload: LambdaRequest) -> Request<lambda_http::Body> {
    http_event::readable(LambdaEvent::new(payload, Invocation::default())).payload.into()
}

thread_local! {
    static AUTHORIZERS: LazyCell<[Authorizer; 2]> = LazyCell::new(|| {
        let verifier = Verifier::new(KEYS.verifying().to_vec(), ISSUER, AUDIENCE);
        let check = || RequireSignedIn::offline(verifier.clone()).clock(|| FixedClock.now().into());
        [OnInvalid::Deny, OnInvalid::Pass].map(|on_invalid| Authorizer::new(check()).on_invalid(on_invalid))
    });
}

/// An authorizer event: without a genuine token the request is not authorized, or it passes with an error.
pub fn authorizer_event(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else { return };
    let [deny, pass] = [0, 1].map(|index| AUTHORIZERS.with(|both| authorize(&both[index], &event)));
    assert_eq!(deny.is_none(), pass.is_none());
    let (Some(deny), Some(pass)) = (deny, pass) else { return };
    assert_eq!(deny, json!({"isAuthorized": false}));
    assert_eq!(pass["isAuthorized"], true);
    let context = pass["context"].as_object().expect("a context");
    assert!(context.len() == 1 && context["error"].is_string(), "{pass}");
}

/// The response of an offline authorizer, or `None` if the event is malformed.
fn authorize(authorizer: &Authorizer, event: &Value) -> Option<Value> {
    let mut response = pin!(authorizer.authorize(event));
    match response.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response.ok().map(|response| serde_json::to_value(response).expect("JSON")),
        Poll::Pending => panic!("an offline check must not wait"),
    }
}

/// A cleanup event: only a scheduled event or `{"action": "cleanup"}` starts a cleanup.
pub fn cleanup_event(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else { return };
    if is_cleanup_event(&event) {
        let scheduled = event.get("detail-type").and_then(Value::as_str) == Some("Scheduled Event");
        assert!(
            scheduled || (event["action"] == "cleanup" && event.as_object().is_some_and(|e| e.len() == 1)),
            "{event}"
        );
    }
}
