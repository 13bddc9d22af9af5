//! `latchkey-local`: the local server, and commands for deployments.

mod cli;

use std::error::Error;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use axum::Router;
use axum::serve::ListenerExt;
use clap::Parser;
use latchkey::app::cleanup::{Budget, CleanupMode};
use latchkey_local::engine::SWEEP_PERIOD;
use latchkey_local::notify::Notifier;
use latchkey_local::server::{LocalServer, Storage, clean_every, count_every, origin, serve};
use latchkey_local::tls::{Authority, TlsListener, without_hsts};
use latchkey_local::{doctor, keys, progress_bar, secret};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use cli::{Cli, Command, Table};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn Error + Send + Sync>;

/// The time between two cleanups of expired sessions.
const CLEANUP_PERIOD: Duration = Duration::from_secs(3_600);

/// The time between two counts for the overview. A deployment counts every five minutes.
const COUNT_PERIOD: Duration = Duration::from_secs(60);

/// A cleanup at the command line has no time limit, because its user can stop it.
const NO_END: Duration = Duration::from_secs(86_400);

/// The time for the last write to a file after everything else has stopped.
const LAST_WRITE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let cli = Cli::parse();
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("latchkey-local: {}", with_causes(&*failure));
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(run(cli));
    // Drops the running tasks, and with them the last handles of the engine.
    runtime.shutdown_timeout(LAST_WRITE);
    done
}

async fn run(cli: Cli) -> Result<(), Failure> {
    match &cli.command {
        None => serve_until_stopped(&cli).await,
        Some(Command::Doctor { endpoint }) => examine(endpoint.as_deref()).await,
        Some(Command::Cleanup { dry_run }) => clean(&cli, *dry_run).await,
        Some(Command::Keygen) => print(&keys::generate()),
        Some(Command::Secret { keys }) => print(&secret::secret(&std::fs::read_to_string(keys)?)?),
        Some(Command::Table { command: Table::Create { endpoint } }) => create_tables(endpoint).await,
    }
}

async fn serve_until_stopped(cli: &Cli) -> Result<(), Failure> {
    latchkey::telemetry::log::init(std::env::var("SESSION_DEBUG").is_ok_and(|value| value == "true"));
    // Before the line "listening on", because a signal may follow it at once.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, cli.port)).await?;
    let port = listener.local_addr()?.port();
    let server = LocalServer::builder()
        .storage(cli.storage())
        .port(port)
        .tls(cli.tls)
        .pages(cli.pages.clone())
        .environment()
        .build()
        .await?;
    let authority = cli.tls.then(|| Authority::load_or_create(&cli.data)).transpose()?;
    let cleanups = clean_every(server.clone(), CLEANUP_PERIOD);
    let counts = count_every(server.clone(), COUNT_PERIOD);
    let sweeps = server.engine.as_ref().map(|engine| engine.sweep_every(SWEEP_PERIOD));
    let webhooks = server.notifier.as_ref().map(Notifier::start).unwrap_or_default();
    let url = origin(cli.tls, port);
    tracing::info!(url, "listening");
    print(&format!("listening on {url}"))?;
    let alerts = server.alerts.clone();
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        alerts.close();
    };
    match authority {
        Some(authority) => serve_tls(authority, listener, server.router, stop).await?,
        None => serve(listener.tap_io(|stream| _ = stream.set_nodelay(true)), server.router, stop).await?,
    }
    cleanups.abort();
    counts.abort();
    webhooks.iter().for_each(JoinHandle::abort);
    if let Some(sweeps) = sweeps {
        sweeps.abort();
    }
    Ok(())
}

/// Serves https. The second line on standard output names the certificate that a browser must trust.
async fn serve_tls(
    authority: Authority,
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    print(&format!("trust {} in your browser: see docs/laptop.md", authority.certificate_file().display()))?;
    let listener = TlsListener::new(listener, authority.acceptor()?)?;
    Ok(serve(listener, without_hsts(router), stop).await?)
}

/// Cleans up once, without a time limit, and prints the report.
async fn clean(cli: &Cli, dry_run: bool) -> Result<(), Failure> {
    let server = LocalServer::builder().storage(cli.storage()).environment().build().await?;
    let mode = if dry_run { CleanupMode::DryRun } else { CleanupMode::Clean };
    let budget = Budget::new(Instant::now() + NO_END, u64::MAX);
    let report = progress_bar::beside(budget.progress(), server.clean_within(budget, mode)).await?;
    print(&serde_json::to_string(&report)?)
}

/// Prints the checks, and fails if one of them failed.
async fn examine(endpoint: Option<&str>) -> Result<(), Failure> {
    let checks = doctor::examine(|name| std::env::var(name).ok(), endpoint).await;
    checks.iter().try_for_each(|check| print(&check.to_string()))?;
    match checks.iter().filter(|check| check.is_failed()).count() {
        0 => Ok(()),
        1 => Err("1 check failed".into()),
        count => Err(format!("{count} checks failed").into()),
    }
}

async fn create_tables(endpoint: &str) -> Result<(), Failure> {
    let storage = Storage::Endpoint(endpoint.to_owned());
    let tables = LocalServer::builder().storage(storage).environment().create_tables().await?;
    print(&format!("{}\n{}\n{}", tables.sessions, tables.rate_limits, tables.security_events))
}

/// Writes to standard output, which is for programs that started this one. Logs go to standard error.
fn print(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// The failure with its causes. A cause that an error text already contains is left out.
fn with_causes(failure: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(failure.source(), |cause| (*cause).source());
    causes.map(ToString::to_string).fold(failure.to_string(), |text, cause| {
        if text.ends_with(&cause) { text } else { format!("{text}: {cause}") }
    })
}
