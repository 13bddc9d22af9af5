//! A strict check by `POST /introspect`: what is sent, and how each answer is read.

use latchkey_verifier::{
    Introspection, Refusal, Scope, SessionCheck as _, SessionCheckError, SessionId, Verifier,
};
use serde_json::{Value, json};

use crate::published::Published;
use crate::signer::{AUDIENCE, ISSUER, Signer, at, session};

async fn check(published: &Published, later: u64) -> Result<Scope, SessionCheckError> {
    let signer = Signer::new("a");
    let verifier = Verifier::parse(&signer.jwks(), ISSUER, AUDIENCE).unwrap();
    let token = signer.token();
    let claims = verifier.verify(&token, at(later)).unwrap();
    Introspection::new(ISSUER, published.fetch()).unwrap().check(&token, &claims, at(later)).await
}

fn active() -> Value {
    json!({"active": true, "sub": "alice", "sid": session(), "scope": "orders:read", "token_type": "access_token"})
}

#[tokio::test]
async fn the_token_is_sent_as_bearer_and_in_the_form() {
    let published = Published::new(200, active().to_string());
    assert_eq!(check(&published, 0).await.unwrap().as_str(), "orders:read");
    let (request, limits) = published.last_request();
    let token = Signer::new("a").token();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/api/auth/introspect"));
    assert_eq!(request.headers()["authorization"], format!("Bearer {token}"));
    assert!(request.headers()["authorization"].is_sensitive());
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(request.body(), &format!("token={token}"));
    assert_eq!((limits.timeout.as_secs(), limits.max_bytes), (3, 16_384));
}

#[tokio::test]
async fn an_active_session_without_a_scope_has_an_empty_one() {
    let mut answer = active();
    answer.as_object_mut().unwrap().remove("scope");
    assert_eq!(check(&Published::new(200, answer.to_string()), 0).await.unwrap().as_str(), "");
}

#[tokio::test]
async fn an_inactive_token_is_expired_because_its_session_may_be_live() {
    let published = Published::new(200, r#"{"active":false}"#);
    for later in [0, 3_539, 3_540, 3_599] {
        assert!(matches!(check(&published, later).await, Err(SessionCheckError::TokenExpired)));
    }
}

#[tokio::test]
async fn an_answer_that_does_not_decide_signs_no_user_out() {
    let mut answers: Vec<(u16, String)> = [201, 204, 302, 400, 401, 403, 404, 429, 500, 503]
        .map(|status| (status, active().to_string()))
        .into();
    let other = json!(SessionId::from_bytes([8; 16]));
    let changes = [("active", json!("true")), ("sub", json!("bob")), ("sid", other), ("scope", Value::Null)];
    for (name, value) in changes {
        let mut answer = active();
        answer[name] = value;
        answers.push((200, answer.to_string()));
    }
    answers
        .extend(["", "null", "[]", "{}", "<html>", "{\"active\":null}"].map(|body| (200, body.to_owned())));
    for (status, body) in answers {
        let outcome = check(&Published::new(status, body.clone()), 0).await;
        assert!(
            matches!(outcome, Err(SessionCheckError::Unavailable { .. })),
            "{status} {body}: {outcome:?}"
        );
    }
    let published = Published::new(200, "");
    published.fails();
    assert!(matches!(check(&published, 0).await, Err(SessionCheckError::Unavailable { .. })));
}

#[tokio::test]
async fn the_issuers_retry_after_is_passed_on() {
    for (header, seconds) in [("17", 17), ("soon", 2), ("-1", 2), ("1234567", 2)] {
        let published = Published::new(429, "");
        published.adds_header("retry-after", header);
        let refusal = Refusal::from(check(&published, 0).await.unwrap_err());
        assert_eq!(refusal.code().name(), "store_unavailable");
        assert_eq!(refusal.headers()["retry-after"], seconds.to_string(), "{header}");
        assert_eq!(refusal.members()["retry_after"], seconds);
    }
}
