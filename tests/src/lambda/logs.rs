//! The log of a function. It is a file rather than a pipe, because lines in a file are readable as soon as they are
//! written. A test that has the response can read the log lines before it without waiting.

use std::{fs::File, io, os::unix::fs::FileExt, process::Stdio};

/// A function's standard output and standard error, in the order written.
#[derive(Debug)]
pub(super) struct Logs(File);

impl Logs {
    /// An empty log in an unnamed temporary file.
    pub(super) fn new() -> io::Result<Self> {
        tempfile::tempfile().map(Self)
    }

    /// A writer for a child process. All writers share one position, so that they do not overwrite lines.
    pub(super) fn writer(&self) -> io::Result<Stdio> {
        self.0.try_clone().map(Stdio::from)
    }

    /// All lines so far.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut written = Vec::new();
        let mut chunk = [0; 8192];
        // Reads at an offset, because the shared position belongs to the writers.
        while let Ok(read @ 1..) = self.0.read_at(&mut chunk, written.len() as u64) {
            written.extend_from_slice(&chunk[..read]);
        }
        String::from_utf8_lossy(&written).lines().map(str::to_owned).collect()
    }
}
