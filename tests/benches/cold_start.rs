//! The cost of a cold start of each function, compared with the targets.
//!
//! ```text
//! cargo build --release && cargo bench -p latchkey-tests --bench cold_start [-- path/to/bootstrap ..]
//! ```
//!
//! - *exec to first poll*: the time from just before exec to the first `GET /invocation/next`, for 40 starts of each
//!   function after 3 starts that warm the page cache. The functions take turns, so that noise affects all of them. The time
//!   of the call that opens the connection to DynamoDB is subtracted.
//! - *memory*: all that the kernel holds for the process (`VmRSS`), and the part that the process itself has filled
//!   (`RssAnon`), after 1,000 events without a valid token, over a store that answers `{}` to every request. The status of the
//!   last response shows the path that was taken.
//! - *size*: the size of the file, and of the file after `gzip -9`. A zip has some 150 bytes more.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use latchkey_tests::{
    event::{Event, Reply},
    lambda::{FunctionError, Memory, RuntimeApi, function_name},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

const FUNCTIONS: [&str; 5] = ["login", "refresh", "sessions", "revoke", "authorizer"];
const WARM_UPS: usize = 3;
const RUNS: usize = 40;
const INVOCATIONS: usize = 1_000;

/// The targets for every function.
mod target {
    pub(super) const FIRST_POLL_MS: f64 = 2.5;
    pub(super) const RESIDENT_MB: f64 = 8.0;
    pub(super) const OWN_MB: f64 = 2.0;
    pub(super) const ZIPPED_MB: f64 = 3.5;
}

/// The measured cost of one function.
struct Row {
    name: String,
    /// In ascending order.
    first_polls: Vec<Duration>,
    memory: Option<Memory>,
    last_answer: String,
    file_bytes: u64,
    deflated_bytes: Option<u64>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` runs this in the folder of the crate, but paths are relative to the workspace.
    let paths: Vec<PathBuf> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .map(|path| workspace().join(path))
        .collect();
    if paths.is_empty() && !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test --benches` runs this without `--bench`: there is nothing to test here.
        return ExitCode::SUCCESS;
    }
    let paths = if paths.is_empty() { release_binaries() } else { paths };
    // One thread, so that the other core belongs to the function.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
    match runtime.block_on(measure(&paths)) {
        Ok(rows) => {
            print(&rows);
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}\nThe functions may not be built: cargo build --release");
            ExitCode::FAILURE
        }
    }
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in a workspace")
}

fn release_binaries() -> Vec<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    FUNCTIONS.iter().map(|name| workspace().join(&target).join("release").join(name)).collect()
}

async fn measure(paths: &[PathBuf]) -> Result<Vec<Row>, FunctionError> {
    let settings = settings();
    let store = Store::start().await;
    let over_store = with_store(&settings, store.port);
    let mut starts: Vec<Vec<Duration>> = paths.iter().map(|_| Vec::new()).collect();
    for run in 0..WARM_UPS + RUNS {
        for (path, starts) in paths.iter().zip(&mut starts) {
            let function = RuntimeApi::start().await.spawn(path, over_store.clone()).await?;
            let warming = store.first_call();
            if run >= WARM_UPS {
                starts.push(function.first_poll().saturating_sub(warming));
            }
            // Otherwise the next function would start while this one ends.
            function.stop().await;
        }
    }

    let mut rows = Vec::new();
    for (path, mut first_polls) in paths.iter().zip(starts) {
        first_polls.sort_unstable();
        let (memory, last_answer) = work(path, over_store.clone()).await?;
        rows.push(Row {
            name: function_name(path).to_owned(),
            first_polls,
            memory,
            last_answer,
            file_bytes: std::fs::metadata(path).map_or(0, |file| file.len()),
            deflated_bytes: deflated_bytes(path),
        });
    }
    Ok(rows)
}

/// The memory after 1,000 events, and the status of the last response. For the authorizer it is yes or no.
async fn work(
    path: &Path,
    settings: Vec<(String, String)>,
) -> Result<(Option<Memory>, String), FunctionError> {
    let sample = match function_name(path) {
        "login" => "login-body",
        "refresh" => "refresh-body",
        "revoke" => "revoke-all",
        "authorizer" => "authorizer-bearer",
        _ => "sessions-list",
    };
    let tokens = ["assertion", "access_token", "refresh_token", "session_id"];
    let event =
        tokens.iter().fold(Event::from_file(sample), |event, name| event.fill(name, "made.up.token")).build();
    let mut function = RuntimeApi::start().await.spawn(path, settings).await?;
    let mut answer = Value::Null;
    for _ in 0..INVOCATIONS {
        answer = function.invoke(event.clone()).await?;
    }
    let status = match answer["isAuthorized"].as_bool() {
        Some(is_authorized) => if is_authorized { "yes" } else { "no" }.to_owned(),
        None => Reply::parse(answer).status.as_u16().to_string(),
    };
    Ok((function.memory(), status))
}

/// The settings of a deployment, with keys generated for this run.
fn settings() -> Vec<(String, String)> {
    let trusted = json!([{ "issuer": "https://idp.example.com", "audience": "latchkey", "jwks": public_keys(&key_set()) }]);
    let settings = [
        ("LATCHKEY_KEYS", key_set()),
        ("LATCHKEY_ISSUER", "https://app.example.com/api/auth".to_owned()),
        ("LATCHKEY_AUDIENCE", "https://app.example.com".to_owned()),
        ("LATCHKEY_TRUSTED_ISSUERS", trusted.to_string()),
    ];
    settings.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn key_set() -> String {
    latchkey::token::keys::generate_key_set().to_string()
}

/// The public half of a key set's EC keys.
fn public_keys(key_set: &str) -> Value {
    let mut set: Value = serde_json::from_str(key_set).expect("a key set is JSON");
    let keys = set["keys"].as_array_mut().expect("a key set has keys");
    keys.retain(|key| key["kty"] == "EC");
    for key in keys {
        key.as_object_mut().expect("a key is an object").remove("d");
    }
    set
}

fn with_store(settings: &[(String, String)], port: u16) -> Vec<(String, String)> {
    let store = ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), format!("http://127.0.0.1:{port}"));
    settings.iter().cloned().chain([store]).collect()
}

/// A DynamoDB that accepts every request and has no data. It measures the time of the first response of a connection.
struct Store {
    port: u16,
    first_call: Arc<Mutex<Duration>>,
}

impl Store {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let port = listener.local_addr().expect("the listener is bound").port();
        let first_call = Arc::<Mutex<Duration>>::default();
        let measured = first_call.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accept_everything(stream, Instant::now(), measured.clone()));
            }
        });
        Self { port, first_call }
    }

    /// The time from connection to response, or zero without a call since the last reading.
    fn first_call(&self) -> Duration {
        std::mem::take(&mut *self.first_call.lock().expect("no thread panics with the lock"))
    }
}

/// Answers `{}` to every request of a connection, until the function closes it.
async fn accept_everything(
    stream: TcpStream,
    connected: Instant,
    first_call: Arc<Mutex<Duration>>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut first = true;
    loop {
        let (mut length, mut line) = (0, String::new());
        while stream.read_line(&mut line).await? > 2 {
            let value =
                line.to_ascii_lowercase().strip_prefix("content-length:").map(|value| value.trim().parse());
            length = value.and_then(Result::ok).unwrap_or(length);
            line.clear();
        }
        if line.is_empty() {
            return Ok(());
        }
        stream.read_exact(&mut vec![0; length]).await?;
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(answer.as_bytes()).await?;
        if std::mem::take(&mut first) {
            *first_call.lock().expect("no thread panics with the lock") = connected.elapsed();
        }
    }
}

/// The size of a file after `gzip -9`, or `None` without gzip.
fn deflated_bytes(path: &Path) -> Option<u64> {
    let output = Command::new("gzip").args(["-9", "-c"]).arg(path).output().ok()?;
    output.status.success().then_some(output.stdout.len() as u64)
}

fn print(rows: &[Row]) {
    println!(
        "               exec to first poll, ms         memory after 1,000 events, MB           size, MB"
    );
    println!(
        "               median   p90   min  target         resident  target     own  target      file  gzip -9  target"
    );
    for row in rows {
        let ms =
            |quantile: usize| row.first_polls[row.first_polls.len() * quantile / 100].as_secs_f64() * 1e3;
        let resident = row.memory.map(|memory| mb(memory.resident));
        let own = row.memory.map(|memory| mb(memory.own));
        println!(
            "{:<14} {:>6.2} {:>5.2} {:>5.2}  < {:<4.1} {}  {:>6} ({})  < {:<3.0} {} {:>5}  < {:<2.0} {}  {:>4.1} {:>8}  < {:<3.1} {}",
            row.name,
            ms(50),
            ms(90),
            ms(0),
            target::FIRST_POLL_MS,
            verdict(Some(ms(50)), target::FIRST_POLL_MS),
            figure(resident),
            row.last_answer,
            target::RESIDENT_MB,
            verdict(resident, target::RESIDENT_MB),
            figure(own),
            target::OWN_MB,
            verdict(own, target::OWN_MB),
            mb(row.file_bytes),
            figure(row.deflated_bytes.map(mb)),
            target::ZIPPED_MB,
            verdict(row.deflated_bytes.map(mb), target::ZIPPED_MB),
        );
    }
    println!(
        "{RUNS} starts each; 1 MB is 10^6 bytes; in brackets the status of the last of the {INVOCATIONS} answers"
    );
}

fn figure(value: Option<f64>) -> String {
    value.map_or("?".to_owned(), |value| format!("{value:.2}"))
}

fn verdict(value: Option<f64>, target: f64) -> &'static str {
    match value {
        Some(value) if value < target => "ok  ",
        Some(_) => "OVER",
        None => "?   ",
    }
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
