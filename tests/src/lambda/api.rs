//! The runtime API: four calls, as [AWS documents them](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    time::Instant,
};

use super::Diagnostic;

/// The longest response that Lambda accepts from a function, in bytes.
const ANSWER_LIMIT: usize = 6 * 1024 * 1024;

/// An event that is sent to the function.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) id: String,
    deadline_ms: u128,
    event: Vec<u8>,
}

impl Invocation {
    /// The `number`th invocation of a function, with this deadline.
    pub(super) fn new(number: u64, deadline: SystemTime, event: &Value) -> Self {
        Self {
            id: format!("00000000-0000-4000-8000-{number:012}"),
            deadline_ms: deadline.duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_millis(),
            event: event.to_string().into_bytes(),
        }
    }
}

/// The requests of a function to its runtime API.
#[derive(Debug)]
pub(super) enum Post {
    /// The function requested an event, at this time.
    Polled(Instant),
    /// The function sent a response or an error for the invocation `id`.
    Answered { id: String, answer: Result<Bytes, Diagnostic> },
    /// The function reports that it cannot start.
    InitFailed(Diagnostic),
}

struct Wire {
    function: String,
    invocations: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    posts: mpsc::UnboundedSender<Post>,
}

impl Wire {
    fn report(&self, post: Post) -> StatusCode {
        match self.posts.send(post) {
            Ok(()) => StatusCode::ACCEPTED,
            Err(_) => StatusCode::GONE,
        }
    }
}

/// Serves the runtime API until the task is aborted.
pub(super) async fn serve(
    listener: TcpListener,
    function: String,
    invocations: mpsc::UnboundedReceiver<Invocation>,
    posts: mpsc::UnboundedSender<Post>,
) {
    let wire = Arc::new(Wire { function, invocations: Mutex::new(invocations), posts });
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(ANSWER_LIMIT))
        .with_state(wire);
    axum::serve(listener, router).await.expect("axum serves until it is dropped");
}

/// Waits with the response until there is an event, as Lambda does.
async fn next(State(wire): State<Arc<Wire>>) -> Response {
    wire.report(Post::Polled(Instant::now()));
    let Some(invocation) = wire.invocations.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        (CONTENT_TYPE.as_str(), "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.id),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            format!("arn:aws:lambda:eu-central-1:123456789012:function:{}", wire.function),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-6b056020-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0".to_owned(),
        ),
    ];
    (headers, invocation.event).into_response()
}

async fn response(State(wire): State<Arc<Wire>>, Path(id): Path<String>, answer: Bytes) -> StatusCode {
    wire.report(Post::Answered { id, answer: Ok(answer) })
}

async fn error(State(wire): State<Arc<Wire>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    wire.report(Post::Answered { id, answer: Err(Diagnostic::parse(&body)) })
}

async fn init_error(State(wire): State<Arc<Wire>>, body: Bytes) -> StatusCode {
    wire.report(Post::InitFailed(Diagnostic::parse(&body)))
}
