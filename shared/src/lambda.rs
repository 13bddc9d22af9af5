//! A Lambda function around some routes: what every `main.rs` of `functions/` calls.

pub mod authorizer;
pub mod cleanup;
pub mod http_event;
mod text_response;

use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use axum::Router;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use tower::util::MapResponse;

use self::text_response::Answer;
use crate::app::{App, AppOptions};
use crate::clock::SystemClock;
use crate::config::{Config, ConfigError};
use crate::http::service;
use crate::https;
use crate::store::{Store, connect};
use crate::telemetry::log;
use crate::token::keys::KeySetError;

/// Which keys a function cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// It mints tokens: a private signing key and a refresh key.
    Minting,
    /// It only checks them: public keys and a refresh key.
    Checking,
}

/// Why a function does not start: said once on standard error, and the exit is not zero.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The key set lacks what this function needs.
    #[error("LATCHKEY_KEYS: {0}")]
    Keys(#[from] KeySetError),
    /// A variable of the AWS environment is missing.
    #[error("{0}: is not set")]
    Environment(&'static str),
    /// The extra certificates cannot be read.
    #[error("AWS_CA_BUNDLE: {0}")]
    CaBundle(#[source] std::io::Error),
    /// The runtime API or the operating system refused.
    #[error("the Lambda runtime: {0}")]
    Runtime(String),
}

/// Serves `routes` until the environment ends the process.
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
    if keys == Keys::Minting {
        config.keys.signer()?;
    }
    log::init(config.debug);
    one_thread()?.block_on(async {
        let app = app(config)?;
        app.store().warm(app.now()).await;
        let adapter = lambda_http::Adapter::from(MapResponse::new(service(routes, app), Answer));
        let served = lambda_http::lambda_runtime::run(adapter.map_request(http_event::readable)).await;
        served.map_err(|error| StartError::Runtime(error.to_string()))
    })
}

/// One request at a time: a second thread would only be woken for nothing.
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

/// The store's client, as the AWS environment says.
fn dynamodb() -> Result<Client, StartError> {
    let region = get("AWS_REGION").ok_or(StartError::Environment("AWS_REGION"))?;
    let credentials = connect::credentials_from_env().map_err(StartError::Environment)?;
    let mut roots = connect::amazon_roots();
    if let Some(path) = get("AWS_CA_BUNDLE") {
        let extra = std::fs::read(path).and_then(|pem| https::roots(&pem)).map_err(StartError::CaBundle)?;
        roots.extend(extra.roots);
    }
    let endpoint = get("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| get("AWS_ENDPOINT_URL"));
    Ok(connect::client(connect::https_client(roots), &region, endpoint.as_deref(), credentials))
}

fn get(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
