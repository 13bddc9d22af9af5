//! Lambda: the entry points of the functions. Each `main.rs` in `functions/` calls one of them.
//!
//! The settings are parsed and the connection to DynamoDB is opened before the first request, so that the request does not
//! wait for them.

pub mod authorizer;
pub mod cleanup;
pub mod http_event;
pub mod notify;
mod text_response;

use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use latchkey_verifier::IssuerUrlError;
use rustls::RootCertStore;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use tower::util::MapResponse;

use self::text_response::TextResponse;
use crate::app::{App, AppOptions};
use crate::clock::SystemClock;
use crate::config::{Config, ConfigError};
use crate::http::service;
use crate::https;
use crate::store::connect::Connection;
use crate::store::{Store, connect};
use crate::telemetry::log;
use crate::token::keys::KeySetError;

/// The keys that a function needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// The function issues tokens, so that it needs a private signing key and a refresh key.
    Signing,
    /// The function only verifies tokens, so that it needs public keys and a refresh key.
    Verifying,
}

/// The reason why a function does not start. It is logged once, and the process exits with an error.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is missing or invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The key set lacks a key that this function needs.
    #[error("LATCHKEY_KEYS: {0}")]
    Keys(#[from] KeySetError),
    /// The revocation feed cannot be read from the issuer's URL.
    #[error("LATCHKEY_ISSUER: {0}")]
    Issuer(#[from] IssuerUrlError),
    /// A variable that Lambda sets is missing.
    #[error("{0}: is required and not set")]
    Environment(&'static str),
    /// The additional root certificates cannot be read.
    #[error("AWS_CA_BUNDLE: {0}")]
    CaBundle(#[source] std::io::Error),
    /// The Lambda runtime failed.
    #[error("the Lambda runtime failed: {0}")]
    Runtime(String),
}

/// Serves `routes` until Lambda ends the process.
pub fn serve(routes: Router<App>, keys: Keys) -> ExitCode {
    exit(run(routes, keys))
}

fn exit(outcome: Result<(), StartError>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::init(false);
            tracing::error!(%error, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

fn run(routes: Router<App>, keys: Keys) -> Result<(), StartError> {
    let config = Config::from_env()?;
    if keys == Keys::Signing {
        config.keys.signer()?;
    }
    log::init(config.debug);
    one_thread()?.block_on(async {
        let app = app(config)?;
        app.store().warm(app.now()).await;
        let adapter = lambda_http::Adapter::from(MapResponse::new(service(routes, app), TextResponse));
        let served = lambda_http::lambda_runtime::run(adapter.map_request(http_event::readable)).await;
        served.map_err(|error| StartError::Runtime(error.to_string()))
    })
}

/// A runtime with one thread, because Lambda sends a process one request at a time.
fn one_thread() -> Result<Runtime, StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| StartError::Runtime(error.to_string()))
}

fn app(config: Config) -> Result<App, StartError> {
    let store = Store::new(dynamodb()?, &config);
    let function = get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "latchkey".to_owned());
    let options = AppOptions { function: Some(function), ..AppOptions::default() };
    Ok(App::with(config, store, Arc::new(SystemClock), options))
}

/// The client of DynamoDB, from the variables that Lambda sets.
fn dynamodb() -> Result<Connection, StartError> {
    let credentials = connect::credentials_from_env().map_err(StartError::Environment)?;
    let http = connect::https_client(aws_roots()?);
    Ok(connect::connection(http, &region()?, endpoint("AWS_ENDPOINT_URL_DYNAMODB").as_deref(), credentials))
}

fn region() -> Result<String, StartError> {
    get("AWS_REGION").ok_or(StartError::Environment("AWS_REGION"))
}

/// The certificates that calls to AWS trust.
fn aws_roots() -> Result<RootCertStore, StartError> {
    let mut roots = connect::amazon_roots();
    if let Some(path) = get("AWS_CA_BUNDLE") {
        let extra = std::fs::read(path).and_then(|pem| https::roots(&pem)).map_err(StartError::CaBundle)?;
        roots.extend(extra.roots);
    }
    Ok(roots)
}

/// The URL of a service, if it is not that of AWS.
fn endpoint(name: &str) -> Option<String> {
    get(name).or_else(|| get("AWS_ENDPOINT_URL"))
}

fn get(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
