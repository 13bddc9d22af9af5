//! Runs futures in virtual time: whenever none of them can go on, the time moves to the next timer.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use crate::signer::NOW;

/// The virtual time, in milliseconds since the start.
#[derive(Clone, Default)]
pub(super) struct Time(Arc<Inner>);

#[derive(Default)]
struct Inner {
    millis: AtomicU64,
    /// The wakers by their time, in the order of their registration.
    timers: Mutex<BTreeMap<u64, Vec<Waker>>>,
}

impl Time {
    pub(super) fn millis(&self) -> u64 {
        self.0.millis.load(Ordering::Relaxed)
    }

    pub(super) fn monotonic(&self) -> Duration {
        Duration::from_millis(self.millis())
    }

    /// The wall clock of a system whose clock is off by so many seconds.
    pub(super) fn wall(&self, off_by: i64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.saturating_add_signed(off_by)) + self.monotonic()
    }

    pub(super) fn sleep(&self, pause: Duration) -> impl Future<Output = ()> + Send + use<> {
        let time = self.clone();
        let until = self.millis() + u64::try_from(pause.as_millis()).unwrap();
        std::future::poll_fn(move |context| {
            if time.millis() >= until {
                return Poll::Ready(());
            }
            let mut timers = time.0.timers.lock().unwrap();
            timers.entry(until).or_default().push(context.waker().clone());
            Poll::Pending
        })
    }

    /// Moves to the next timer and wakes its tasks. Returns whether there was one up to `until`.
    fn advance(&self, until: u64) -> bool {
        let Some((at, wakers)) = self.0.timers.lock().unwrap().pop_first() else { return false };
        self.0.millis.store(at, Ordering::Relaxed);
        wakers.into_iter().for_each(Waker::wake);
        at <= until
    }
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The tasks that can go on.
type Ready = Arc<Mutex<VecDeque<usize>>>;

pub(super) struct Executor {
    time: Time,
    tasks: Vec<Option<Task>>,
    ready: Ready,
}

struct TaskWaker(usize, Ready);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().push_back(self.0);
    }
}

impl Executor {
    pub(super) fn new(time: &Time) -> Self {
        Self { time: time.clone(), tasks: vec![], ready: Ready::default() }
    }

    /// Adds a task. Its result is in the returned cell once it has ended.
    pub(super) fn spawn<T: 'static>(
        &mut self,
        task: impl Future<Output = T> + 'static,
    ) -> Arc<Mutex<Option<T>>> {
        let result = Arc::new(Mutex::new(None));
        let cell = result.clone();
        self.ready.lock().unwrap().push_back(self.tasks.len());
        self.tasks.push(Some(Box::pin(async move {
            let result = task.await;
            *cell.lock().unwrap() = Some(result);
        })));
        result
    }

    pub(super) fn run_until(&mut self, until: u64) {
        loop {
            while let Some(number) = self.next_ready() {
                self.poll(number);
            }
            if !self.time.advance(until) {
                return;
            }
        }
    }

    fn next_ready(&self) -> Option<usize> {
        self.ready.lock().unwrap().pop_front()
    }

    fn poll(&mut self, number: usize) {
        let waker = Waker::from(Arc::new(TaskWaker(number, self.ready.clone())));
        let Some(task) = &mut self.tasks[number] else { return };
        if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.tasks[number] = None;
        }
    }
}
