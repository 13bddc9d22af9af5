//! Runs function binaries as Lambda does: with a cleared environment and one invocation at a time, through the runtime
//! API.
//!
//! One [`RuntimeApi`] serves one function, as on Lambda, where every sandbox has its own.
//!
//! ```text
//! spawn ──> exec ──> GET next (first poll) ──> invoke ──> POST response | error ──> GET next ..
//!             └──> POST init/error, an exit or 10 s: spawn fails
//! ```
//!
//! ```no_run
//! # use latchkey_tests::{event::{Event, Reply}, lambda::RuntimeApi};
//! # async fn example() -> Result<(), latchkey_tests::lambda::FunctionError> {
//! let mut refresh = RuntimeApi::start().await.spawn("target/release/refresh", [("LATCHKEY_AUDIENCE", "https://app.example.com")]).await?;
//! let reply = Reply::parse(refresh.invoke(Event::from_file("refresh-cookie").build()).await?);
//! assert_eq!(reply.status, 401);
//! # Ok(())
//! # }
//! ```

mod api;
mod failure;
mod logs;

pub use failure::{Diagnostic, Failure, FunctionError};

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, SystemTime},
};

use api::{Invocation, Post};
use logs::Logs;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

/// The time limit of a function, to start and for each event, unless [`RuntimeApi::timeout`] sets another one.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The memory in use by a function, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// All memory of the process that the kernel holds (`VmRSS`). The loaded pages of the program file are a part of it.
    pub resident: u64,
    /// The memory that the process itself has filled (`RssAnon`), without the pages of files.
    pub own: u64,
}

/// A Lambda runtime API that listens on its own loopback port.
#[derive(Debug)]
pub struct RuntimeApi {
    listener: TcpListener,
    timeout: Duration,
    has_past_deadlines: bool,
}

impl RuntimeApi {
    /// Opens a runtime API on a free loopback port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        Self { listener, timeout: TIMEOUT, has_past_deadlines: false }
    }

    /// Sets the time limit to start and the time limit for each event. The default is 10 s.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sends deadlines that have passed, as the emulator of `cargo lambda` does.
    pub fn past_deadlines(self) -> Self {
        Self { has_past_deadlines: true, ..self }
    }

    /// Starts a function and waits until it asks for its first event.
    ///
    /// Its environment has the variables that Lambda sets and those of `env`, which have priority, but none of this process.
    ///
    /// # Errors
    /// It cannot be started, reports an init error, exits, or does not poll in time.
    pub async fn spawn<K, V>(
        self,
        bootstrap: impl AsRef<Path>,
        env: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Function, FunctionError>
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        let bootstrap = bootstrap.as_ref();
        let cannot_start = |source| FunctionError::new(bootstrap, Failure::Start(source), Vec::new());

        let logs = Logs::new().map_err(cannot_start)?;
        let port = self.listener.local_addr().map_err(cannot_start)?.port();
        let mut command = command(bootstrap, port, env, &logs).map_err(cannot_start)?;
        let started = Instant::now();
        let child = command.spawn().map_err(cannot_start)?;

        let (invocations, to_function) = mpsc::unbounded_channel();
        let (from_function, posts) = mpsc::unbounded_channel();
        let name = function_name(bootstrap).to_owned();
        let mut function = Function {
            bootstrap: bootstrap.to_owned(),
            child,
            server: tokio::spawn(api::serve(self.listener, name, to_function, from_function)),
            invocations,
            posts,
            logs,
            timeout: self.timeout,
            has_past_deadlines: self.has_past_deadlines,
            later_by: Duration::ZERO,
            first_poll: Duration::ZERO,
            invoked: 0,
        };
        match function.started(started + self.timeout).await {
            Ok(polled) => function.first_poll = polled - started,
            Err(failure) => return Err(function.error(failure)),
        }
        Ok(function)
    }
}

/// A running function. Dropping it kills it.
#[derive(Debug)]
pub struct Function {
    bootstrap: PathBuf,
    child: Child,
    server: JoinHandle<()>,
    invocations: mpsc::UnboundedSender<Invocation>,
    posts: mpsc::UnboundedReceiver<Post>,
    logs: Logs,
    timeout: Duration,
    has_past_deadlines: bool,
    later_by: Duration,
    first_poll: Duration,
    invoked: u64,
}

impl Function {
    /// Sends the function one event and returns its response.
    ///
    /// # Errors
    /// The function reports an error, exits, returns something that is not JSON, or takes too long. As on Lambda, a function
    /// that takes too long is killed.
    pub async fn invoke(&mut self, event: Value) -> Result<Value, FunctionError> {
        let deadline = Instant::now() + self.timeout;
        self.invoked += 1;
        let now = SystemTime::now() + self.later_by;
        let promised = if self.has_past_deadlines { now - self.timeout } else { now + self.timeout };
        let invocation = Invocation::new(self.invoked, promised, &event);
        let id = invocation.id.clone();
        // A closed channel means that the server has ended, and the function with it. `answer` has the reason.
        let _ = self.invocations.send(invocation);
        let answer = match self.answer(&id, deadline).await {
            Ok(answer) => answer,
            Err(failure) => return Err(self.error(failure)),
        };
        serde_json::from_slice(&answer).map_err(|source| self.error(Failure::NotJson(source)))
    }

    /// From now on deadlines are later by this time, as if it had passed between two events.
    pub fn pass(&mut self, time: Duration) {
        self.later_by += time;
    }

    /// The time from exec to the function's first poll: the duration of a cold start.
    pub fn first_poll(&self) -> Duration {
        self.first_poll
    }

    /// Every line the function has written so far, to standard output and standard error, in order.
    ///
    /// When [`Function::invoke`] returns, the log lines that the function wrote before its response are complete.
    pub fn logs(&self) -> Vec<String> {
        self.logs.lines()
    }

    /// The memory in use. None after the function has ended, or without `/proc`.
    pub fn memory(&self) -> Option<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1_024)
        };
        Some(Memory { resident: bytes("VmRSS:")?, own: bytes("RssAnon:")? })
    }

    /// The CPU time of all threads of the function, in user mode and in the kernel. None after the function has ended, or
    /// without `/proc`. The time of a thread that has ended is missing.
    pub fn cpu_time(&self) -> Option<Duration> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id()?)).ok()?;
        let nanoseconds = threads.map_while(Result::ok).map(|thread| {
            let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        nanoseconds.sum::<Option<u64>>().map(Duration::from_nanos)
    }

    /// Sends the function a signal by its name: `STOP` is how Lambda freezes a sandbox between two events, `CONT` how
    /// it thaws one.
    pub async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it runs");
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().await;
        assert!(sent.expect("there is a shell").success());
    }

    /// Kills the function and waits until it has ended. Dropping the function only kills it.
    pub async fn stop(mut self) {
        // The function may have ended by itself. Then there is nothing to kill.
        let _ = self.child.kill().await;
    }

    /// When the function first polled.
    async fn started(&mut self, deadline: Instant) -> Result<Instant, Failure> {
        loop {
            match self.post(deadline).await? {
                Post::Polled(at) => return Ok(at),
                Post::InitFailed(diagnostic) => return Err(Failure::Init(diagnostic)),
                Post::Answered { .. } => {}
            }
        }
    }

    /// The response to the invocation `id`. A response to another invocation is late and is ignored.
    async fn answer(&mut self, id: &str, deadline: Instant) -> Result<bytes::Bytes, Failure> {
        loop {
            match self.post(deadline).await? {
                Post::Answered { id: of, answer } if of == id => return answer.map_err(Failure::Reported),
                Post::InitFailed(diagnostic) => return Err(Failure::Init(diagnostic)),
                Post::Polled(_) | Post::Answered { .. } => {}
            }
        }
    }

    /// The next request of the function, unless it exits or reaches its time limit first.
    async fn post(&mut self, deadline: Instant) -> Result<Post, Failure> {
        let next = async {
            tokio::select! {
                biased;
                Some(post) = self.posts.recv() => Ok(post),
                status = self.child.wait() => match self.posts.try_recv() {
                    // The function sent this request just before it exited.
                    Ok(post) => Ok(post),
                    Err(_) => Err(Failure::Exited(status.expect("our own child can be waited for"))),
                },
            }
        };
        let Ok(post) = timeout_at(deadline, next).await else {
            // Lambda also ends the sandbox of an invocation that reaches the time limit.
            let _ = self.child.start_kill();
            return Err(Failure::TimedOut(self.timeout));
        };
        post
    }

    fn error(&self, failure: Failure) -> FunctionError {
        FunctionError::new(&self.bootstrap, failure, self.logs())
    }
}

impl Drop for Function {
    /// Stops the runtime API. `kill_on_drop` kills the child process.
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The name of the function on Lambda: the file's name, or that of the folder for `refresh/bootstrap`.
pub fn function_name(bootstrap: &Path) -> &str {
    let named = if bootstrap.ends_with("bootstrap") { bootstrap.parent() } else { Some(bootstrap) };
    named.and_then(Path::file_stem).and_then(OsStr::to_str).unwrap_or("function")
}

/// The function's process with only its own environment variables, as Lambda starts it.
fn command<K, V>(
    bootstrap: &Path,
    port: u16,
    env: impl IntoIterator<Item = (K, V)>,
    logs: &Logs,
) -> io::Result<Command>
where
    K: AsRef<OsStr>,
    V: AsRef<OsStr>,
{
    let name = function_name(bootstrap);
    let mut command = Command::new(bootstrap.canonicalize()?);
    command.kill_on_drop(true).stdin(Stdio::null()).stdout(logs.writer()?).stderr(logs.writer()?);
    command.env_clear().envs([
        ("AWS_LAMBDA_RUNTIME_API", format!("127.0.0.1:{port}").as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}").as_str()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_SESSION_TOKEN", "test"),
        ("_HANDLER", "bootstrap"),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
        ("TZ", ":UTC"),
    ]);
    command.envs(env);
    Ok(command)
}

#[cfg(test)]
mod tests;
