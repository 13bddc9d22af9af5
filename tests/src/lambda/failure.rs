//! Why a function returned no response, with the end of its log.

use std::{
    error::Error,
    fmt::{self, Debug, Display, Formatter},
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use serde_json::Value;

/// How many log lines an error contains.
const TAIL: usize = 30;

/// A function that returned no response, with the reason and its last log lines.
///
/// `Debug` is `Display`, so that `unwrap` in a test shows the function's log lines as it wrote them.
pub struct FunctionError {
    /// The function's binary.
    pub bootstrap: PathBuf,
    /// The cause.
    pub failure: Failure,
    /// All log lines of the function until then.
    pub logs: Vec<String>,
}

/// The failures between an event and its response.
#[derive(Debug)]
pub enum Failure {
    /// The binary does not exist or cannot be run.
    Start(io::Error),
    /// The function reported that it cannot start (`/runtime/init/error`).
    Init(Diagnostic),
    /// The function reported an error (`/error`).
    Reported(Diagnostic),
    /// The function exited before it responded.
    Exited(ExitStatus),
    /// The function took longer than this and was killed.
    TimedOut(Duration),
    /// The function's response is not JSON.
    NotJson(serde_json::Error),
}

/// The error document of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `errorType`; empty if it is missing.
    pub error_type: String,
    /// `errorMessage`; empty if it is missing.
    pub error_message: String,
}

impl FunctionError {
    pub(super) fn new(bootstrap: &Path, failure: Failure, logs: Vec<String>) -> Self {
        Self { bootstrap: bootstrap.to_owned(), failure, logs }
    }
}

impl Diagnostic {
    /// Reads the error document of a function. Any other body counts as an empty document.
    pub(super) fn parse(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self { error_type: text("errorType"), error_message: text("errorMessage") }
    }
}

impl Error for FunctionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.failure {
            Failure::Start(source) => Some(source),
            Failure::NotJson(source) => Some(source),
            Failure::Init(_) | Failure::Reported(_) | Failure::Exited(_) | Failure::TimedOut(_) => None,
        }
    }
}

impl Display for FunctionError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.bootstrap.display(), self.failure)?;
        let skipped = self.logs.len().saturating_sub(TAIL);
        if !self.logs.is_empty() {
            write!(
                f,
                "\nit wrote{}:",
                if skipped > 0 { format!(" (after {skipped} other lines)") } else { String::new() }
            )?;
        }
        self.logs[skipped..].iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl Debug for FunctionError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Start(source) => write!(f, "cannot be started: {source}"),
            Failure::Init(diagnostic) => write!(f, "init error: {diagnostic}"),
            Failure::Reported(diagnostic) => write!(f, "answered with an error: {diagnostic}"),
            Failure::Exited(status) => write!(f, "ended without an answer ({status})"),
            Failure::TimedOut(after) => write!(f, "no answer within {after:?}"),
            Failure::NotJson(source) => write!(f, "its answer is not JSON: {source}"),
        }
    }
}

impl Display for Diagnostic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.error_message)
    }
}
