//! A receiver of webhooks on loopback, which a test makes accept, refuse, redirect or hang.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use http::{HeaderMap, StatusCode, header};
use latchkey_local::tls::{Authority, TlsListener};
use serde_json::Value;
use standardwebhooks::Webhook;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::contract;

/// The receiver's answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Answer(u16),
    /// Answers with this status and this text in `Retry-After`.
    AnswerLater(u16, &'static str),
    Redirect(String),
    /// Answers 200 only after the behaviour has changed.
    Hang,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a webhook is JSON")
    }

    pub(crate) fn webhook_type(&self) -> String {
        self.json()["type"].as_str().unwrap_or_default().to_owned()
    }

    /// Checks the signature with the library of the specification. The library knows the system's clock only, so that it gets a
    /// signature of the same bytes at the time of the world.
    pub(crate) fn assert_signed_by(&self, secret: &str) {
        let webhook = Webhook::new(secret).expect("a secret");
        let at = self.header("webhook-timestamp").parse().expect("seconds");
        let expected = webhook.sign(self.header("webhook-id"), at, &self.body).expect("it signs");
        let found: Vec<&str> = self.header("webhook-signature").split(' ').collect();
        assert!(found.contains(&expected.as_str()), "{found:?}");
    }
}

#[derive(Default)]
struct Log {
    received: Vec<Received>,
    now: usize,
    most_at_once: usize,
}

#[derive(Clone)]
struct Inbox {
    log: Arc<Mutex<Log>>,
    behaviour: watch::Sender<Behaviour>,
    count: watch::Sender<usize>,
}

impl Inbox {
    fn with<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        change(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A receiver, which ends with the test.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    inbox: Inbox,
    task: Option<JoinHandle<()>>,
    _directory: Option<TempDir>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.iter().for_each(JoinHandle::abort);
    }
}

impl Receiver {
    /// A receiver over http that accepts everything.
    pub(crate) async fn start() -> Self {
        let mut receiver = Self::stopped().await;
        receiver.resume().await;
        receiver
    }

    /// A receiver whose port refuses connections.
    pub(crate) async fn stopped() -> Self {
        let port =
            TcpListener::bind("127.0.0.1:0").await.and_then(|it| it.local_addr()).expect("a port").port();
        Self { port, inbox: inbox(), task: None, _directory: None }
    }

    /// A receiver over https with a certificate for `localhost`, and the PEM file of its authority.
    pub(crate) async fn start_tls() -> (Self, Vec<u8>) {
        let directory = TempDir::new().expect("a folder");
        let authority = Authority::load_or_create(directory.path()).expect("a new authority");
        let pem = std::fs::read(authority.certificate_file()).expect("the certificate");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let port = listener.local_addr().expect("an address").port();
        let listener =
            TlsListener::new(listener, authority.acceptor().expect("a certificate")).expect("it listens");
        let inbox = inbox();
        let task = Some(serve(listener, inbox.clone()));
        (Self { port, inbox, task, _directory: Some(directory) }, pem)
    }

    /// Accepts connections again.
    pub(crate) async fn resume(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.expect("the port is still free");
        self.task = Some(serve(listener, self.inbox.clone()));
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.inbox.behaviour.send_replace(behaviour);
    }

    /// The webhooks that have arrived, each of which is what `openapi.yaml` describes.
    ///
    /// # Panics
    /// If one of them differs from the file.
    #[track_caller]
    pub(crate) fn received(&self) -> Vec<Received> {
        let received = self.inbox.with(|log| log.received.clone());
        for webhook in &received {
            let fault = contract::fault_of(&webhook.headers, &webhook.body);
            assert_eq!(fault, None, "{webhook:?}");
        }
        received
    }

    /// The number of requests of any kind that have arrived.
    pub(crate) fn count(&self) -> usize {
        self.inbox.with(|log| log.received.len())
    }

    /// The types of everything that has arrived.
    pub(crate) fn types(&self) -> Vec<String> {
        self.received().iter().map(Received::webhook_type).collect()
    }

    /// Waits until this many requests have arrived.
    pub(crate) async fn until(&self, count: usize) {
        self.inbox.count.subscribe().wait_for(|now| *now >= count).await.expect("the receiver runs");
    }

    /// The most requests that were open at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.inbox.with(|log| log.most_at_once)
    }
}

/// A request that is open. It ends also if the sender hangs up.
struct Open(Inbox);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.with(|log| log.now -= 1);
    }
}

fn inbox() -> Inbox {
    Inbox {
        log: Arc::default(),
        behaviour: watch::Sender::new(Behaviour::Answer(200)),
        count: watch::Sender::new(0),
    }
}

fn serve<L>(listener: L, inbox: Inbox) -> JoinHandle<()>
where
    L: Listener<Addr = std::net::SocketAddr>,
{
    let router = Router::new().fallback(receive).with_state(inbox);
    tokio::spawn(async move { axum::serve(listener, router).await.expect("axum serves until it is dropped") })
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> Response {
    let count = inbox.with(|log| {
        log.received.push(Received { headers, body });
        log.now += 1;
        log.most_at_once = log.most_at_once.max(log.now);
        log.received.len()
    });
    inbox.count.send_replace(count);
    let _open = Open(inbox.clone());
    let mut behaviour = inbox.behaviour.subscribe();
    let now = behaviour.wait_for(|now| *now != Behaviour::Hang).await.expect("the test runs").clone();
    match now {
        Behaviour::AnswerLater(status, time) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, [(header::RETRY_AFTER, time)]).into_response()
        }
        Behaviour::Answer(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Behaviour::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Behaviour::Hang => unreachable!("it waits until this has changed"),
    }
}
