//! Runs `latchkey-local` as a process: starts it, sends requests, sends signals.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use latchkey_tests::binary::built;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::http_client::{Answer, Request};

/// Far longer than any operation here takes, but short enough for a failing test.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    /// The address on which it listens.
    pub(crate) address: SocketAddr,
    child: Child,
    stdout: BufReader<ChildStdout>,
}

/// The tokens of a sign-in or of a refresh.
pub(crate) struct Tokens {
    /// The access token.
    pub(crate) access: String,
    /// The refresh token.
    pub(crate) refresh: String,
    /// The id of the session.
    pub(crate) session: String,
}

/// The exit status and the output of a server that has ended.
pub(crate) struct Ended {
    /// The exit status.
    pub(crate) status: ExitStatus,
    /// The rest of standard output.
    pub(crate) stdout: String,
    /// All lines of the log.
    pub(crate) logs: Vec<String>,
}

/// A response that stays open: a stream of events.
pub(crate) struct Open(TcpStream);

impl Open {
    /// Reads until this text arrives.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut bytes = vec![];
        let read = async {
            while !bytes.ends_with(end.as_bytes()) {
                bytes.push(self.0.read_u8().await.expect("it stays open"));
            }
        };
        let in_time = timeout(PATIENCE, read).await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        in_time.unwrap_or_else(|_| panic!("the text did not arrive, only: {text}"));
        text
    }
}

/// The binary with an empty environment.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(built("latchkey-local"));
    command.args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs the binary until it exits.
pub(crate) async fn run(arguments: &[&str]) -> Output {
    let output = timeout(PATIENCE, command(arguments).output()).await;
    output.expect("it ends by itself").expect("it can be started")
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[]).await
    }

    /// Starts a server with these settings in its environment, and waits until it is ready.
    pub(crate) async fn start_with(arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = command(arguments);
        command.envs(settings.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        timeout(PATIENCE, stdout.read_line(&mut line))
            .await
            .expect("it is ready in time")
            .expect("it writes");
        let address = line.strip_prefix("listening on http://").and_then(|rest| rest.trim_end().parse().ok());
        let address = address.unwrap_or_else(|| panic!("the first line is not an address: {line:?}"));
        Self { address, child, stdout }
    }

    /// Starts a server in memory on a free port.
    pub(crate) async fn in_memory() -> Self {
        Self::start(&["--memory", "--port", "0"]).await
    }

    /// Starts a server on a directory and a port; 0 picks a free port.
    pub(crate) async fn on(directory: &Path, port: u16) -> Self {
        let directory = directory.to_str().expect("temporary paths are text");
        Self::start(&["--data", directory, "--port", &port.to_string()]).await
    }

    /// A request with the correct `Host`.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        Request::new(method, path).header("Host", &self.address.to_string())
    }

    /// Sends a `GET`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send(self.address).await
    }

    /// Sends a `POST` with a JSON body.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.request("POST", path).json(&body).send(self.address).await
    }

    /// Opens a stream that the server keeps open.
    pub(crate) async fn open(&self, path: &str) -> Open {
        let (header_part, _) = self.request("GET", path).parts();
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        stream.write_all(header_part.as_bytes()).await.expect("it reads");
        let mut open = Open(stream);
        let answer = open.until("\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        open
    }

    /// An assertion for `user`.
    pub(crate) async fn assertion(&self, user: &str) -> String {
        self.post("/dev/assertion", json!({"sub": user})).await.member("assertion")
    }

    /// Signs a user in with tokens in the body.
    pub(crate) async fn sign_in(&self, user: &str) -> Tokens {
        let body = json!({"assertion": self.assertion(user).await, "delivery": "body"});
        Tokens::of(&self.post("/api/auth/login", body).await)
    }

    /// Presents a refresh token.
    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.post("/api/auth/refresh", json!({"refresh_token": token})).await
    }

    /// Presents a refresh token from another network.
    pub(crate) async fn refresh_elsewhere(&self, token: &str) -> Answer {
        let request = self.request("POST", "/api/auth/refresh").header("X-Dev-Source-Ip", "203.0.113.222");
        request.json(&json!({"refresh_token": token})).send(self.address).await
    }

    /// Lists the sessions of an access token's user.
    pub(crate) async fn list(&self, access: &str) -> Answer {
        self.request("GET", "/api/auth/sessions").bearer(access).send(self.address).await
    }

    /// Sends SIGTERM and returns at once.
    pub(crate) async fn terminate(&self) {
        let pid = self.child.id().expect("it runs");
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status().await;
        assert!(sent.expect("there is a shell").success());
    }

    /// Sends SIGKILL and waits until the process has ended.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("our own child can be killed");
    }

    /// Waits until the process exits by itself.
    pub(crate) async fn ended(mut self) -> Ended {
        let status =
            timeout(PATIENCE, self.child.wait()).await.expect("it ends in time").expect("it is ours");
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).await.expect("text");
        let mut errors = self.child.stderr.take().expect("it is piped");
        errors.read_to_string(&mut stderr).await.expect("text");
        Ended { status, stdout, logs: stderr.lines().map(str::to_owned).collect() }
    }

    /// Sends SIGTERM and waits until the process exits.
    pub(crate) async fn stop(self) -> Ended {
        self.terminate().await;
        self.ended().await
    }
}

impl Tokens {
    /// Reads the tokens of a response.
    pub(crate) fn of(answer: &Answer) -> Self {
        Self {
            access: answer.member("access_token"),
            refresh: answer.member("refresh_token"),
            session: answer.member("session_id"),
        }
    }
}
