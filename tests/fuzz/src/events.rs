//! Events of AWS, whose path, headers and body a client wrote.

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

use crate::door::{Asker, ask};
use crate::genuine::{AUDIENCE, ISSUER, KEYS, Standing};

/// API Gateway's event becomes a request, whatever a client wrote, and the router refuses it.
pub fn lambda_event(bytes: &[u8]) {
    let read = || serde_json::from_slice::<LambdaRequest>(bytes);
    let (Ok(payload), Ok(mut nowhere)) = (read(), read()) else { return };
    let request = request_of(payload);
    if let LambdaRequest::ApiGatewayV2(event) = &mut nowhere {
        event.headers.remove("host");
        event.request_context.domain_name = None;
    }
    let path = request_of(nowhere).uri().path().to_owned();
    assert_eq!(request.uri().path(), path, "the host has no say in where a request goes");
    assert!(path.starts_with('/'), "{path}");
    ask(Asker::Nobody, request.map(|body| Body::from(body.to_vec())));
}

fn request_of(payload: LambdaRequest) -> Request<lambda_http::Body> {
    http_event::readable(LambdaEvent::new(payload, Invocation::default())).payload.into()
}

thread_local! {
    static AUTHORIZERS: LazyCell<[Authorizer; 2]> = LazyCell::new(|| {
        let verifier = Verifier::new(KEYS.verifying().to_vec(), ISSUER, AUDIENCE);
        let check = || RequireSignedIn::offline(verifier.clone()).clock(|| Standing.now().into());
        [OnInvalid::Deny, OnInvalid::Pass].map(|on_invalid| Authorizer::new(check()).on_invalid(on_invalid))
    });
}

/// The authorizer's event: without a genuine token there is no caller, whatever is in it.
pub fn authorizer_event(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else { return };
    let [deny, pass] = [0, 1].map(|which| AUTHORIZERS.with(|both| answer(&both[which], &event)));
    assert_eq!(deny.is_none(), pass.is_none());
    let (Some(deny), Some(pass)) = (deny, pass) else { return };
    assert_eq!(deny, json!({"isAuthorized": false}));
    assert_eq!(pass["isAuthorized"], true);
    let context = pass["context"].as_object().expect("a context");
    assert!(context.len() == 1 && context["error"].is_string(), "{pass}");
}

/// The immediate response of an offline check, or none if the value is not an event.
fn answer(authorizer: &Authorizer, event: &Value) -> Option<Value> {
    let mut answer = pin!(authorizer.answer(event));
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.ok().map(|answer| serde_json::to_value(answer).expect("JSON")),
        Poll::Pending => panic!("an offline check waits for nobody"),
    }
}

/// Cleanup's event: only a schedule's, or the one order that there is.
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
