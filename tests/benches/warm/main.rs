//! The CPU time of a warm refresh in the function as it is deployed. The target is less than 250 us.
//!
//! ```text
//! cargo build --release -p latchkey-refresh && cargo bench -p latchkey-tests --bench warm [-- path/to/refresh ..]
//! ```
//!
//! The function gets the event of a browser's refresh from a runtime API, calls the store over a kept connection, and
//! responds. The figure contains everything that the process does: HTTP, the SDK, the signature and the system calls, but
//! not TLS. It is CPU time, because a function with 256 MB has a seventh of a core, so that the CPU time decides both the
//! latency and the bill. Several binaries take turns, so that noise affects all of them.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

mod store;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use latchkey_local::server::LocalServer;
use latchkey_tests::event::{Event, Reply};
use latchkey_tests::lambda::{Function, FunctionError, RuntimeApi};
use latchkey_tests::world::{Device, World};
use serde_json::Value;

const APP: &str = "https://app.example.com";
/// The invocations of a function before the first measured one.
const WARM_UPS: usize = 300;
/// How often the binaries take turns.
const ROUNDS: usize = 30;
/// The invocations of a binary in each round.
const INVOCATIONS: u32 = 200;
const TARGET_US: f64 = 250.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = arguments.iter().filter(|argument| !argument.starts_with('-'));
    // `cargo bench` runs this in the folder of the crate, but paths are relative to the workspace.
    let mut paths: Vec<PathBuf> = given.map(|path| workspace().join(path)).collect();
    if paths.is_empty() && !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test --benches` runs this without `--bench`: there is nothing to test here.
        return ExitCode::SUCCESS;
    }
    if paths.is_empty() {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        paths.push(workspace().join(target).join("release/refresh"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.expect("the runtime starts").block_on(measure(&paths)) {
        Ok(rounds) => {
            print(&paths, rounds);
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}\nThe function may not be built: cargo build --release -p latchkey-refresh");
            ExitCode::FAILURE
        }
    }
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in a workspace")
}

/// For each binary the microseconds of CPU per invocation of each round.
async fn measure(paths: &[PathBuf]) -> Result<Vec<Vec<f64>>, FunctionError> {
    let mut functions = Vec::new();
    for path in paths {
        functions.push(start(path).await?);
    }
    let mut rounds: Vec<Vec<f64>> = vec![Vec::new(); paths.len()];
    for _ in 0..ROUNDS {
        for ((function, event), rounds) in functions.iter_mut().zip(&mut rounds) {
            let before = cpu_time(function);
            for _ in 0..INVOCATIONS {
                refresh(function, event).await?;
            }
            let spent = cpu_time(function).saturating_sub(before);
            rounds.push(spent.as_secs_f64() * 1e6 / f64::from(INVOCATIONS));
        }
    }
    Ok(rounds)
}

/// A warm function with a session of its own, and the event that refreshes the session.
async fn start(path: &Path) -> Result<(Function, Value), FunctionError> {
    let keys = latchkey::token::keys::generate_key_set();
    let settings = [
        ("LATCHKEY_KEYS", keys.as_str()),
        ("LATCHKEY_ISSUER", "https://app.example.com/api/auth"),
        ("LATCHKEY_AUDIENCE", APP),
        ("LATCHKEY_ALLOWED_ORIGINS", APP),
        ("COOKIE_SECURE", "true"),
    ];
    let server = LocalServer::builder().settings(&settings).build().await.expect("the settings are valid");
    let trusted = server.issuer.trusted_issuers(&server.audience);
    let world = World { server };
    let event = Event::from_file("refresh-cookie");
    let tokens = device(&world, &event).sign_in("9c2f6f0e-7f0e-4b8e-9a43-0c6a7b5f9d10").await;
    let engine = world.server.engine.as_ref().expect("the server has an engine of its own");
    let tables = engine.serve_tcp().await.expect("loopback has a free port");
    let store: SocketAddr = store::start(tables.address()).await.expect("loopback has a free port");
    let store = format!("http://{store}");
    let deployed =
        [("LATCHKEY_TRUSTED_ISSUERS", trusted.as_str()), ("AWS_ENDPOINT_URL_DYNAMODB", store.as_str())];
    let mut function = RuntimeApi::start().await.spawn(path, settings.into_iter().chain(deployed)).await?;
    let event = event
        .fill("access_token", &tokens.access)
        .fill("refresh_token", &tokens.refresh)
        .header("idempotency-key", "9f86d081-884c-4d63-a0c2-5a3f1e0b7c11")
        .build();
    for _ in 0..WARM_UPS {
        refresh(&mut function, &event).await?;
    }
    Ok((function, event))
}

/// The device that sends the event. Another one would be a finding, which costs a second write.
fn device(world: &World, event: &Event) -> Device {
    let event = event.clone().build();
    let text = |pointer| event.pointer(pointer).and_then(Value::as_str).expect("sample events have it");
    world.device().agent(text("/headers/user-agent")).at(text("/requestContext/http/sourceIp"))
}

/// # Panics
/// The response is not 200, because then the figure would be that of something else.
async fn refresh(function: &mut Function, event: &Value) -> Result<(), FunctionError> {
    let reply = Reply::parse(function.invoke(event.clone()).await?);
    assert_eq!(reply.status, 200, "{}", reply.body);
    Ok(())
}

fn cpu_time(function: &Function) -> Duration {
    function.cpu_time().expect("a running function has a CPU time in /proc")
}

fn print(paths: &[PathBuf], rounds: Vec<Vec<f64>>) {
    println!("us of CPU per warm refresh: median    min    p90   target");
    for (path, mut rounds) in paths.iter().zip(rounds) {
        rounds.sort_unstable_by(f64::total_cmp);
        let at = |percent: usize| rounds[(rounds.len() - 1) * percent / 100];
        let verdict = if at(50) < TARGET_US { "ok" } else { "OVER" };
        println!(
            "{:>33.1} {:>6.1} {:>6.1}   < {TARGET_US} {verdict:<4}  {}",
            at(50),
            at(0),
            at(90),
            path.strip_prefix(workspace()).unwrap_or(path).display(),
        );
    }
    println!("{ROUNDS} rounds of {INVOCATIONS} invocations each");
}
