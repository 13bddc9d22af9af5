//! The log of a function. A file rather than a pipe: a line is readable the moment it is written,
//! so a test that has the answer has the log lines before it, without waiting for a reader.

use std::{fs::File, io, os::unix::fs::FileExt, process::Stdio};

/// A function's standard output and standard error, in the order written.
#[derive(Debug)]
pub(super) struct Logs(File);

impl Logs {
    /// An empty log in an unnamed temporary file.
    pub(super) fn new() -> io::Result<Self> {
        tempfile::tempfile().map(Self)
    }

    /// Something for a child to write to. All writers share one position, so nothing is overwritten.
    pub(super) fn writer(&self) -> io::Result<Stdio> {
        self.0.try_clone().map(Stdio::from)
    }

    /// All lines so far.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut written = Vec::new();
        let mut chunk = [0; 8192];
        // Reading at a place, not from the position: that one belongs to the writers.
        while let Ok(read @ 1..) = self.0.read_at(&mut chunk, written.len() as u64) {
            written.extend_from_slice(&chunk[..read]);
        }
        String::from_utf8_lossy(&written).lines().map(str::to_owned).collect()
    }
}
