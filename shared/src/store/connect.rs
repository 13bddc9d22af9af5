//! The DynamoDB client: time budgets, retries, trusted certificates.
//!
//! Connect within 500 ms, one attempt within 800 ms, one call within 2.5 s, at most 3 attempts with jitter. So a store
//! that is down causes a 503 within 3 s, and never a 401. The calls of busy routes take a shorter way at first
//! (`store/direct.rs`), which is one of the attempts.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, http_client_fn};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use rustls::RootCertStore;

use super::attempts::{ATTEMPT, ATTEMPTS, CALL, retries};
use super::direct::Direct;
use crate::https;

/// Amazon's own root certificates. Parsing the system's 144 certificates would take most of a cold start.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// The time limit for connecting, TLS included.
const CONNECT: Duration = Duration::from_millis(500);

/// A client of DynamoDB, with direct calls if it has a fixed endpoint and credentials.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) client: Client,
    pub(super) direct: Option<Arc<Direct>>,
}

impl Connection {
    /// The client of the SDK.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl From<Client> for Connection {
    /// Every call goes through the SDK.
    fn from(client: Client) -> Self {
        Self { client, direct: None }
    }
}

/// A client as that of [`client`], which sends the calls of busy routes without most of the SDK. The credentials stay the
/// same for the life of the process, as those of a function do.
pub fn connection(
    http: SharedHttpClient,
    region: &str,
    endpoint: Option<&str>,
    credentials: Credentials,
) -> Connection {
    let direct = Arc::new(Direct::new(region, &credentials));
    Connection { client: client(direct.observe(http), region, endpoint, credentials), direct: Some(direct) }
}

/// The certificates that the DynamoDB client trusts.
///
/// # Panics
/// When the built-in certificates cannot be parsed, which a test rules out.
pub fn amazon_roots() -> RootCertStore {
    https::roots(AMAZON_ROOTS).expect("the built-in roots are PEM")
}

/// The HTTPS client for DynamoDB.
pub fn https_client(roots: RootCertStore) -> SharedHttpClient {
    let connector = https::connector(roots, CONNECT);
    http_client_fn(move |_, _| connector.clone())
}

/// A DynamoDB client with our time budgets on any HTTP client.
pub fn client(
    http: SharedHttpClient,
    region: &str,
    endpoint: Option<&str>,
    credentials: impl aws_sdk_dynamodb::config::ProvideCredentials + 'static,
) -> Client {
    let timeouts =
        TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(CALL).build();
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials)
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(retries(ATTEMPTS))
        .retry_classifier(ConflictIsThrottle)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .sleep_impl(TokioSleep::new());
    if let Some(endpoint) = endpoint {
        config = config.endpoint_url(endpoint);
    }
    Client::from_conf(config.build())
}

/// Credentials from the variables that Lambda sets.
///
/// # Errors
/// The name of the variable that is not set.
pub fn credentials_from_env() -> Result<Credentials, &'static str> {
    let get = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let need = |name| get(name).ok_or(name);
    let (id, secret) = (need("AWS_ACCESS_KEY_ID")?, need("AWS_SECRET_ACCESS_KEY")?);
    Ok(Credentials::new(id, secret, get("AWS_SESSION_TOKEN"), None, "environment"))
}

/// A transaction in progress answers a single write to its row with `TransactionConflictException`, which the SDK does
/// not retry by itself. It passes as quickly as a throttle, so that it is retried like one.
#[derive(Debug)]
struct ConflictIsThrottle;

impl ClassifyRetry for ConflictIsThrottle {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let code = error.as_operation_error().and_then(|error| {
            let update = error.downcast_ref::<UpdateItemError>().and_then(ProvideErrorMetadata::code);
            let put = error.downcast_ref::<PutItemError>().and_then(ProvideErrorMetadata::code);
            let delete = error.downcast_ref::<DeleteItemError>().and_then(ProvideErrorMetadata::code);
            update.or(put).or(delete)
        });
        match code {
            Some("TransactionConflictException") => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "transaction conflict"
    }
}
