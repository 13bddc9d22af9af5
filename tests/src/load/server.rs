//! The local server as a process of its own, under pressure.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::api::{Api, Credential};

/// A crowd sends more requests per session than people do, and the rate limits are not under test. The names of the cookies
/// are those of a server without a port in them.
const SETTINGS: [(&str, &str); 4] = [
    ("COOKIE_NAME", "latchkey"),
    ("LIMIT_REFRESH", "1000000/5m/15m"),
    ("LIMIT_GENERAL", "1000000/15m"),
    ("LIMIT_LOGIN", "1000000/15m/30m"),
];

/// A running server, in memory. Dropping it kills it.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts the binary on a free port of loopback, with its tables in memory.
    ///
    /// # Errors
    /// The binary does not start, or its first line does not name the address on which it listens.
    pub async fn start(binary: &Path) -> io::Result<Self> {
        Self::start_with(binary, &["--memory"]).await
    }

    /// Starts the binary on tables that are somewhere else, so that its memory is its own.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub async fn start_on(binary: &Path, tables: &str) -> io::Result<Self> {
        Self::start_with(binary, &["--dynamodb", tables]).await
    }

    async fn start_with(binary: &Path, arguments: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(binary);
        command.args(arguments).args(["--port", "0"]).env_clear().envs(SETTINGS).kill_on_drop(true);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).await?;
        let address = line.strip_prefix("listening on http://").and_then(|rest| rest.trim_end().parse().ok());
        let address =
            address.ok_or_else(|| io::Error::other(format!("the first line is not an address: {line:?}")))?;
        Ok(Self { address, child })
    }

    /// Makes the next `count` calls to the store fail with this kind of fault. It replaces the faults still queued.
    ///
    /// # Errors
    /// The server does not answer, or refuses the request.
    pub async fn fault(&self, kind: &str, count: u32) -> io::Result<()> {
        self.post("/dev/fault", json!({"count": 0})).await?;
        if count > 0 {
            self.post("/dev/fault", json!({"kind": kind, "count": count})).await?;
        }
        Ok(())
    }

    async fn post(&self, path: &str, body: Value) -> io::Result<()> {
        let call = Api::at(self.address).call(http::Method::POST, path, Credential::None, Some(body)).await;
        match call {
            Some(answer) if answer.status == 200 => Ok(()),
            Some(answer) => Err(io::Error::other(answer.body.to_string())),
            None => Err(io::Error::other("the server does not answer")),
        }
    }

    /// Its resident memory in bytes (`VmRSS`); 0 where there is no `/proc`, or no process any more.
    pub fn resident(&self) -> u64 {
        let read = |pid| std::fs::read_to_string(format!("/proc/{pid}/status")).ok();
        let status = self.child.id().and_then(read).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        kib.unwrap_or_default() * 1_024
    }
}
