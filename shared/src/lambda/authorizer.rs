//! The entry point of the authorizer function. With the strict check, it opens the connection to DynamoDB before the
//! first request.

mod event;
mod policy;

use std::process::ExitCode;

use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use latchkey_verifier::RequireSignedIn;
use serde_json::Value;

pub use event::MalformedEvent;
pub use policy::Authorizer;

use super::{StartError, dynamodb, exit, one_thread};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{AuthorizerConfig, AuthorizerMode};
use crate::store::LiveSessions;
use crate::telemetry::log;

/// Serves authorizer events until Lambda ends the process.
pub fn serve() -> ExitCode {
    exit(run())
}

fn run() -> Result<(), StartError> {
    let config = AuthorizerConfig::from_env()?;
    log::init(config.debug);
    if config.keys.has_secrets {
        tracing::warn!("LATCHKEY_KEYS holds private keys; the authorizer needs public ones only");
    }
    one_thread()?.block_on(async {
        let on_invalid = config.on_invalid;
        let authorizer = &Authorizer::new(check(config).await?).on_invalid(on_invalid);
        let authorize = |event: LambdaEvent<Value>| async move { authorizer.authorize(&event.payload).await };
        let served = lambda_runtime::run(service_fn(authorize)).await;
        served.map_err(|error| StartError::Runtime(error.to_string()))
    })
}

async fn check(config: AuthorizerConfig) -> Result<RequireSignedIn, StartError> {
    let verifier = config.verifier();
    let check = match config.mode {
        AuthorizerMode::Offline => RequireSignedIn::offline(verifier),
        AuthorizerMode::Strict { sessions } => {
            let live = LiveSessions::new(dynamodb()?, &sessions);
            live.warm(SystemClock.now()).await;
            RequireSignedIn::strict(verifier, live)
        }
    };
    Ok(check.cookies(config.cookies).public_urls(config.public_urls))
}
