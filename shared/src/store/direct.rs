//! Direct calls: one HTTP request with the SDK's own serializer and parser, but without the rest of the SDK.
//!
//! For each call the SDK merges its configuration, resolves the endpoint, builds a user agent and runs some thirty
//! interceptors, which is about a fifth of the CPU time of a refresh. A direct call skips that and is one attempt. Only
//! its success or a failed condition counts as an answer. After anything else the SDK sends the request, with its retries,
//! its correction of a wrong clock and its errors, and direct calls pause until the SDK has reached the store again.
//!
//! The endpoint and the connection are those of the SDK's first call, which a function makes while it starts.

mod call;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ConnectorError, SdkError};
use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse as _, SerializeRequest as _};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::BodyExt as _;

pub(super) use self::call::Call;
use self::call::{Codec, Codecs};
use super::attempts;
use crate::aws::Signer;

/// The time limit of the one attempt, as for an attempt of the SDK.
const LIMIT: Duration = attempts::ATTEMPT;

/// The parts of a client that sends direct calls.
#[derive(Debug)]
pub(super) struct Direct {
    connected: OnceLock<Connected>,
    is_paused: AtomicBool,
    signer: Signer,
    codecs: Codecs,
}

/// The way to the store, which the SDK's first call shows.
#[derive(Debug)]
struct Connected {
    connector: SharedHttpConnector,
    endpoint: String,
}

/// The result of an operation, with the types of the SDK.
type Outcome<C> = Result<<C as Call>::Output, SdkError<<C as Call>::Error, HttpResponse>>;

impl Direct {
    pub(super) fn new(region: &str, credentials: &Credentials) -> Self {
        Self {
            connected: OnceLock::new(),
            is_paused: AtomicBool::new(false),
            signer: Signer::new("dynamodb", region, credentials),
            codecs: Codecs::new(),
        }
    }

    /// The same client, which passes its first connection on to `direct`.
    pub(super) fn observe(self: &Arc<Self>, http: SharedHttpClient) -> SharedHttpClient {
        let direct = Arc::clone(self);
        http_client_fn(move |settings, components| {
            let inner = http.http_connector(settings, components);
            SharedHttpConnector::new(Observed { inner, direct: Arc::clone(&direct) })
        })
    }

    /// Sends a call that may be repeated.
    pub(super) async fn send<C: Call>(&self, call: C) -> Outcome<C> {
        let mut attempts = attempts::ATTEMPTS;
        if let Some(connected) = self.connected() {
            match self.attempt(connected, &call).await {
                Ok(output) => return Ok(output),
                Err(error) if error.as_service_error().is_some_and(C::is_answer) => return Err(error),
                Err(_) => attempts -= 1,
            }
        }
        let outcome = call.send(attempts).await;
        self.note::<C>(&outcome);
        outcome
    }

    /// Sends a call that must not be repeated, because a repetition would count twice.
    pub(super) async fn send_once<C: Call>(&self, call: C) -> Outcome<C> {
        let outcome = match self.connected() {
            Some(connected) => self.attempt(connected, &call).await,
            None => call.send(1).await,
        };
        self.note::<C>(&outcome);
        outcome
    }

    fn connected(&self) -> Option<&Connected> {
        self.connected.get().filter(|_| !self.is_paused.load(Ordering::Relaxed))
    }

    /// Pauses direct calls after a failure, so that the SDK's limit on retries holds while the store is down.
    fn note<C: Call>(&self, outcome: &Outcome<C>) {
        let is_answer = match outcome {
            Ok(_) => true,
            Err(error) => error.as_service_error().is_some_and(C::is_answer),
        };
        self.is_paused.store(!is_answer, Ordering::Relaxed);
    }

    async fn attempt<C: Call>(&self, to: &Connected, call: &C) -> Outcome<C> {
        let codec = C::codec(&self.codecs);
        let input = call.input().map_err(SdkError::construction_failure)?;
        let request = self.request(to, codec, input).map_err(SdkError::construction_failure)?;
        let response = tokio::time::timeout(LIMIT, exchange(&to.connector, request)).await;
        let response = response.map_err(SdkError::timeout_error)?.map_err(SdkError::dispatch_failure)?;
        match codec.parser().deserialize_nonstreaming_with_config(&response, &ConfigBag::base()) {
            Ok(output) => Ok(output.downcast::<C::Output>().expect("the parser is that of the operation")),
            Err(error) => {
                let mut service_error = None;
                let error =
                    error.map_operation_error(|error| service_error = error.downcast::<C::Error>().ok());
                Err(match service_error {
                    Some(service_error) => SdkError::service_error(service_error, response),
                    None => SdkError::response_error(format!("{error:?}"), response),
                })
            }
        }
    }

    fn request(
        &self,
        to: &Connected,
        codec: &Codec,
        input: Input,
    ) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = codec.serializer().serialize_input(input, &mut ConfigBag::base())?;
        request.set_uri(to.endpoint.as_str())?;
        self.signer.sign(&mut request, SystemTime::now())?;
        Ok(request)
    }
}

/// Sends a request and reads the whole response.
async fn exchange(
    connector: &SharedHttpConnector,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let mut response = connector.call(request).await?;
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let body = body.collect().await.map_err(ConnectorError::io)?;
    *response.body_mut() = SdkBody::from(body.to_bytes());
    Ok(response)
}

/// Keeps the first request's endpoint and its connector.
#[derive(Debug)]
struct Observed {
    inner: SharedHttpConnector,
    direct: Arc<Direct>,
}

impl HttpConnector for Observed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.direct
            .connected
            .get_or_init(|| Connected { connector: self.inner.clone(), endpoint: request.uri().to_owned() });
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests;
