mod checker;

use std::collections::VecDeque;
use std::sync::Mutex;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::http::StatusCode;

use super::*;
use crate::store::connect::{Connection, connection};

const SECRET: &str = "not-a-secret";
const SESSION_TOKEN: &str = "a-session-token";
const DONE: (u16, &str) = (200, "{}");
const THROTTLED: (u16, &str) = (400, r#"{"__type":"x#ProvisionedThroughputExceededException"}"#);
const FAILED: (u16, &str) = (500, r#"{"__type":"x#InternalServerError"}"#);
const REJECTED: (u16, &str) =
    (400, r#"{"__type":"x#ConditionalCheckFailedException","Item":{"g":{"N":"7"}}}"#);

/// A store that sends these answers, and then `DONE`. It notes whether each request came directly.
#[derive(Clone, Debug, Default)]
struct Wire {
    answers: Arc<Mutex<VecDeque<(u16, &'static str)>>>,
    were_direct: Arc<Mutex<Vec<bool>>>,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_direct = request.headers().get("amz-sdk-invocation-id").is_none();
        assert!(checker::is_genuine(&request, "store.test", SECRET), "every request is signed");
        self.were_direct.lock().unwrap().push(is_direct);
        let (status, body) = self.answers.lock().unwrap().pop_front().unwrap_or(DONE);
        let status = StatusCode::try_from(status).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

impl Wire {
    /// A connection over this wire, after the first call, which is the SDK's.
    async fn connection(&self) -> Connection {
        let wire = SharedHttpConnector::new(self.clone());
        let http = http_client_fn(move |_, _| wire.clone());
        let credentials = Credentials::new("AKIDEXAMPLE", SECRET, Some(SESSION_TOKEN.into()), None, "tests");
        let connection = connection(http, "eu-central-1", Some("http://store.test"), credentials);
        direct(&connection).send(update(&connection)).await.unwrap();
        assert_eq!(self.requests(), [false]);
        connection
    }

    fn answer(&self, answers: impl IntoIterator<Item = (u16, &'static str)>) {
        self.answers.lock().unwrap().extend(answers);
    }

    /// Whether each request since the last call of this function came directly.
    fn requests(&self) -> Vec<bool> {
        std::mem::take(&mut *self.were_direct.lock().unwrap())
    }
}

fn direct(connection: &Connection) -> &Direct {
    connection.direct.as_ref().unwrap()
}

fn update(connection: &Connection) -> UpdateItemFluentBuilder {
    connection.client().update_item().table_name("sessions").key("pk", AttributeValue::S("a".into()))
}

#[tokio::test]
async fn a_call_is_direct_once_the_sdk_has_made_the_first() {
    let wire = Wire::default();
    let connection = wire.connection().await;
    direct(&connection).send(update(&connection)).await.unwrap();
    direct(&connection).send_once(update(&connection)).await.unwrap();
    assert_eq!(wire.requests(), [true, true]);
}

#[tokio::test]
async fn a_failed_condition_is_an_answer_and_has_the_row() {
    let wire = Wire::default();
    let connection = wire.connection().await;
    wire.answer([REJECTED]);
    let error = direct(&connection).send(update(&connection)).await.unwrap_err();
    let UpdateItemFailed(row) = UpdateItemFailed::of(&error);
    assert_eq!(row, AttributeValue::N("7".into()));
    direct(&connection).send(update(&connection)).await.unwrap();
    assert_eq!(wire.requests(), [true, true]);
}

/// The attribute `g` of the row behind a failed condition.
struct UpdateItemFailed(AttributeValue);

impl UpdateItemFailed {
    fn of(error: &SdkError<<UpdateItemFluentBuilder as Call>::Error, HttpResponse>) -> Self {
        use aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException;
        match error.as_service_error() {
            Some(ConditionalCheckFailedException(failed)) => Self(failed.item().unwrap()["g"].clone()),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_failed_call_is_repeated_by_the_sdk_with_the_attempts_that_are_left() {
    for fault in [THROTTLED, FAILED, (200, "not JSON")] {
        let wire = Wire::default();
        let connection = wire.connection().await;
        wire.answer([fault]);
        direct(&connection).send(update(&connection)).await.unwrap();
        direct(&connection).send(update(&connection)).await.unwrap();
        assert_eq!(wire.requests(), [true, false, true], "{fault:?}");
        wire.answer([FAILED; 3]);
        direct(&connection).send(update(&connection)).await.unwrap_err();
        assert_eq!(wire.requests(), [true, false, false], "{fault:?}");
    }
}

#[tokio::test]
async fn a_count_is_never_sent_twice() {
    let wire = Wire::default();
    let connection = wire.connection().await;
    for fault in [THROTTLED, FAILED, (200, "not JSON")] {
        wire.answer([fault]);
        direct(&connection).send_once(update(&connection)).await.unwrap_err();
        assert_eq!(wire.requests().len(), 1, "{fault:?}");
    }
}

/// Otherwise each call to a store that is down would add one attempt to those that the SDK permits.
#[tokio::test]
async fn direct_calls_pause_while_the_store_is_unreachable() {
    let wire = Wire::default();
    let connection = wire.connection().await;
    wire.answer([(200, "not JSON"); 3]);
    direct(&connection).send_once(update(&connection)).await.unwrap_err();
    direct(&connection).send_once(update(&connection)).await.unwrap_err();
    assert_eq!(wire.requests(), [true, false]);
    direct(&connection).send(update(&connection)).await.unwrap_err();
    direct(&connection).send(update(&connection)).await.unwrap();
    direct(&connection).send(update(&connection)).await.unwrap();
    assert_eq!(wire.requests(), [false, false, true]);
}

#[test]
fn a_signer_shows_no_secret() {
    let credentials = Credentials::new("AKIDEXAMPLE", SECRET, Some(SESSION_TOKEN.into()), None, "tests");
    let shown = format!("{:?}", Direct::new("eu-central-1", &credentials));
    assert!(!shown.contains(SECRET) && !shown.contains(SESSION_TOKEN), "{shown}");
}
