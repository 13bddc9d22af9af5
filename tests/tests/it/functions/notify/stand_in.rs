//! A stand-in for SNS and SQS on loopback: it records every call, refuses messages as SQS does, and fails the calls of a queue or topic
//! on demand, or leaves them without an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A call: the operation, its parameters, and the service in the scope of its signature.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) operation: String,
    pub(super) parameters: Value,
    service: String,
}

#[derive(Default)]
struct Log {
    calls: Vec<Call>,
    failing: BTreeMap<String, &'static str>,
    /// The queues and topics that do not answer, with the number of calls so far.
    silent: BTreeMap<String, usize>,
    /// The queues whose next calls break off, with the number of these calls.
    breaking: BTreeMap<String, usize>,
}

type Shared = Arc<Mutex<Log>>;

/// The stand-in, which ends with the test.
pub(super) struct StandIn {
    port: u16,
    log: Shared,
    task: JoinHandle<()>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl StandIn {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let port = listener.local_addr().expect("an address").port();
        let log = Shared::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&log));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { port, log, task }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Lets every call of a queue or topic fail, or no longer.
    pub(super) fn fail(&self, resource: &str, fails: bool) {
        if fails {
            self.refuse(resource, "AccessDenied");
        } else {
            self.log.lock().unwrap_or_else(PoisonError::into_inner).failing.remove(resource);
        }
    }

    /// Refuses every call of a queue or topic with a code.
    pub(super) fn refuse(&self, resource: &str, code: &'static str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.failing.insert(resource.to_owned(), code);
    }

    /// Leaves every call of a queue or topic without an answer.
    pub(super) fn hang(&self, resource: &str) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).silent.insert(resource.to_owned(), 0);
    }

    /// Breaks off the connections of the next calls of a queue.
    pub(super) fn break_off(&self, resource: &str, calls: usize) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).breaking.insert(resource.to_owned(), calls);
    }

    /// The number of calls that got no answer.
    pub(super) fn hung(&self, resource: &str) -> usize {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).silent[resource]
    }

    /// The calls that were carried out.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).calls.clone()
    }

    /// The messages that were sent to a queue.
    pub(super) fn messages(&self, queue: &str) -> Vec<Value> {
        self.bodies("SendMessage", "QueueUrl", queue, "MessageBody")
    }

    /// The same as they were sent, also if they are no JSON.
    pub(super) fn raw_messages(&self, queue: &str) -> Vec<String> {
        self.texts("SendMessage", "QueueUrl", queue, "MessageBody")
    }

    /// The messages that were published to a topic.
    pub(super) fn alerts(&self, topic: &str) -> Vec<Value> {
        self.bodies("Publish", "TopicArn", topic, "Message")
    }

    fn bodies(&self, operation: &str, name: &str, resource: &str, member: &str) -> Vec<Value> {
        let texts = self.texts(operation, name, resource, member).into_iter();
        texts.map(|text| serde_json::from_str(&text).expect("JSON")).collect()
    }

    fn texts(&self, operation: &str, name: &str, resource: &str, member: &str) -> Vec<String> {
        let calls = self.calls().into_iter();
        let calls = calls.filter(|call| call.operation == operation && call.parameters[name] == resource);
        calls.map(|call| call.parameters[member].as_str().expect("text").to_owned()).collect()
    }

    /// Whether every call was signed for its own service.
    pub(super) fn all_signed(&self) -> bool {
        let expected = |call: &Call| if call.operation == "Publish" { "sns" } else { "sqs" };
        self.calls().iter().all(|call| call.service == expected(call))
    }
}

async fn answer(State(log): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // AWS4-HMAC-SHA256 Credential=<key>/<day>/<region>/<service>/aws4_request, ..
    let service = header("authorization").split('/').nth(3).unwrap_or_default().to_owned();
    let (operation, parameters) = match header("x-amz-target").strip_prefix("AmazonSQS.") {
        Some(operation) => (operation.to_owned(), serde_json::from_slice(&body).expect("JSON")),
        None => {
            let form: BTreeMap<String, String> = form(&body);
            (form["Action"].clone(), json!(form))
        }
    };
    let resource =
        parameters["QueueUrl"].as_str().or(parameters["TopicArn"].as_str()).unwrap_or_default().to_owned();
    let answer = {
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        let failing = log.failing.get(&resource).copied();
        if let Some(calls) = log.breaking.get_mut(&resource).filter(|calls| **calls > 0) {
            *calls -= 1;
            // The server drops the connection of a handler that panics.
            std::panic::resume_unwind(Box::new("it breaks off"));
        }
        if let Some(count) = log.silent.get_mut(&resource) {
            *count += 1;
            None
        } else if let Some(code) = failing.or_else(|| refusal(&operation, &parameters)) {
            Some((
                StatusCode::BAD_REQUEST,
                json!({"__type": format!("com.amazonaws.sqs#{code}")}).to_string(),
            ))
        } else {
            log.calls.push(Call { operation, parameters, service });
            Some((StatusCode::OK, "{}".to_owned()))
        }
    };
    match answer {
        Some(answer) => answer.into_response(),
        // Until the caller hangs up.
        None => std::future::pending().await,
    }
}

/// Why SQS refuses a message: it takes 256 KiB of the characters of XML 1.0.
fn refusal(operation: &str, parameters: &Value) -> Option<&'static str> {
    let text = parameters["MessageBody"].as_str().filter(|_| operation == "SendMessage")?;
    let is_taken =
        |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    match text {
        "" => Some("MissingParameter"),
        text if text.len() > 262_144 => Some("InvalidParameterValue"),
        text => (!text.chars().all(is_taken)).then_some("InvalidMessageContents"),
    }
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    let url = format!("http://localhost/?{}", String::from_utf8_lossy(body));
    let uri: axum::http::Uri = url.parse().expect("a form is a query");
    let query = axum::extract::Query::<BTreeMap<String, String>>::try_from_uri(&uri);
    query.expect("a form").0
}
