//! An issuer's HTTP endpoint in memory: a `Fetch` whose answers a test chooses and whose requests it counts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use latchkey_verifier::{Fetch, FetchError, FetchFuture, FetchLimits};
use tokio::sync::Semaphore;

#[derive(Clone)]
pub(crate) struct Published(Arc<Inner>);

struct Inner {
    answer: Mutex<Result<(u16, String), FetchError>>,
    headers: Mutex<Vec<(&'static str, &'static str)>>,
    requests: Mutex<VecDeque<(Request<Bytes>, FetchLimits)>>,
    asked: Mutex<usize>,
    gate: Semaphore,
}

impl Published {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            answer: Mutex::new(Ok((status, body.into()))),
            headers: Mutex::default(),
            requests: Mutex::default(),
            asked: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        }))
    }

    pub(crate) fn answers(&self, status: u16, body: impl Into<String>) {
        *self.0.answer.lock().unwrap() = Ok((status, body.into()));
    }

    pub(crate) fn adds_header(&self, name: &'static str, value: &'static str) {
        *self.0.headers.lock().unwrap() = vec![(name, value)];
    }

    pub(crate) fn fails(&self) {
        *self.0.answer.lock().unwrap() = Err(FetchError::TimedOut);
    }

    /// How many requests have begun.
    pub(crate) fn asked(&self) -> usize {
        *self.0.asked.lock().unwrap()
    }

    pub(crate) fn last_request(&self) -> (Request<Bytes>, FetchLimits) {
        self.0.requests.lock().unwrap().pop_back().expect("a request was sent")
    }

    /// From now on requests wait for [`Published::answers_one`].
    pub(crate) fn holds_answers_back(&self) {
        self.0.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn answers_one(&self) {
        self.0.gate.add_permits(1);
    }

    pub(crate) fn fetch(&self) -> Arc<dyn Fetch> {
        Arc::new(self.clone())
    }
}

impl Fetch for Published {
    fn fetch(&self, request: Request<Bytes>, limits: FetchLimits) -> FetchFuture<'_> {
        *self.0.asked.lock().unwrap() += 1;
        self.0.requests.lock().unwrap().push_back((request, limits));
        Box::pin(async {
            self.0.gate.acquire().await.expect("it stays open").forget();
            let (status, body) = self.0.answer.lock().unwrap().clone()?;
            let mut answer = Response::builder().status(status);
            for (name, value) in self.0.headers.lock().unwrap().iter() {
                answer = answer.header(*name, *value);
            }
            Ok(answer.body(Bytes::from(body)).expect("a response"))
        })
    }
}
