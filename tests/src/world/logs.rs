//! Every line that any code of this thread logs, at every level.

use std::cell::RefCell;
use std::io::Write;
use std::marker::PhantomData;
use std::sync::Once;

use serde_json::Value;

thread_local! {
    static WRITTEN: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// The lines that this thread has logged since [`Logs::listen`]. Such a test must run on one thread.
#[derive(Debug)]
pub struct Logs {
    _stays_on_its_thread: PhantomData<*const ()>,
}

impl Logs {
    /// Collects the lines of this thread from now on, at TRACE.
    pub fn listen() -> Self {
        static SUBSCRIBE: Once = Once::new();
        // One subscriber for the whole process, because tracing caches the interest in each call site globally.
        SUBSCRIBE.call_once(|| {
            tracing_subscriber::fmt()
                .json()
                .flatten_event(true)
                .with_max_level(tracing::Level::TRACE)
                .with_writer(|| Buffer)
                .init();
        });
        WRITTEN.set(Some(vec![]));
        Self { _stays_on_its_thread: PhantomData }
    }

    /// All lines.
    pub fn text(&self) -> String {
        WRITTEN
            .with_borrow(|bytes| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned())
    }

    /// The lines of our own crates.
    ///
    /// # Panics
    /// If a line is not a JSON object.
    pub fn ours(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line is a JSON object"));
        let ours =
            |line: &Value| line["target"].as_str().is_some_and(|target| target.starts_with("latchkey::"));
        lines.filter(ours).collect()
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        WRITTEN.set(None);
    }
}

/// Writes to the collector of this thread.
struct Buffer;

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        WRITTEN.with_borrow_mut(|written| written.iter_mut().for_each(|written| written.extend(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
