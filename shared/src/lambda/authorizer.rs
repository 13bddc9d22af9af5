//! The entry point of the authorizer function. With the strict check, it opens the connection to DynamoDB before the
//! first request.

mod event;
mod policy;

use std::process::ExitCode;
use std::sync::Arc;

use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use latchkey_verifier::{RequireSignedIn, RevocationFeed, WhenStale};
use serde_json::Value;

pub use event::MalformedEvent;
pub use policy::Authorizer;

use super::{StartError, dynamodb, exit, one_thread};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{AuthorizerConfig, AuthorizerMode, FeedStale};
use crate::store::LiveSessions;
use crate::telemetry::log;
use crate::token::fetch::ConnectorFetch;

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
            RequireSignedIn::strict(verifier, live_sessions(&sessions).await?)
        }
        AuthorizerMode::Feed(when_stale) => {
            let when_stale = match when_stale {
                FeedStale::Accept => WhenStale::Accept,
                FeedStale::Ask { sessions } => WhenStale::ask(live_sessions(&sessions).await?),
                FeedStale::Refuse => WhenStale::Refuse,
            };
            let feed =
                RevocationFeed::new(verifier.clone(), Arc::new(ConnectorFetch::default()), when_stale)?;
            RequireSignedIn::strict(verifier, feed)
        }
    };
    Ok(check.cookies(config.cookies).public_urls(config.public_urls))
}

async fn live_sessions(table: &str) -> Result<LiveSessions, StartError> {
    let live = LiveSessions::new(dynamodb()?, table);
    live.warm(SystemClock.now()).await;
    Ok(live)
}
