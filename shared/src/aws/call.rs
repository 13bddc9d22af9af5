//! One call to a service of AWS: a signed POST, repeated once after a failure that may pass.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt as _;

use super::Signer;

/// The time limit of one attempt.
const ATTEMPT: Duration = Duration::from_secs(2);

/// The longest time of a call with its repetition.
pub(crate) const LONGEST_CALL: Duration = ATTEMPT.saturating_mul(2);

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The connection, the Region and the credentials for calls. Cheap to clone.
#[derive(Clone)]
pub struct Aws {
    connector: SharedHttpConnector,
    region: String,
    credentials: Credentials,
}

impl fmt::Debug for Aws {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Aws").field("region", &self.region).finish_non_exhaustive()
    }
}

/// The reason why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The service did not answer in time, or not at all.
    #[error("{service} did not answer")]
    NoAnswer {
        /// The service.
        service: &'static str,
        /// The cause.
        #[source]
        cause: Cause,
    },
    /// The service refused the call.
    #[error("{service} refused the call with {status} {code}")]
    Refused {
        /// The service.
        service: &'static str,
        /// The status of the response.
        status: u16,
        /// The code of the service, such as `AccessDenied`.
        code: String,
    },
    /// The call cannot be built. Its settings are wrong.
    #[error("the call to {service} cannot be built")]
    NotSent {
        /// The service.
        service: &'static str,
        /// The cause.
        #[source]
        cause: Cause,
    },
}

impl AwsError {
    /// Whether another attempt may succeed at once.
    fn may_pass(&self) -> bool {
        match self {
            Self::NoAnswer { .. } => true,
            Self::Refused { status, code, .. } => *status >= 500 || code.contains("Throttl"),
            Self::NotSent { .. } => false,
        }
    }
}

/// A service, and how to call it.
pub(super) struct Service {
    /// The name in the scope of a signature.
    pub(super) name: &'static str,
    /// The URL.
    pub(super) endpoint: String,
    /// Finds the code in the body of a refusal.
    pub(super) code: fn(&str) -> String,
}

impl Aws {
    /// Calls through `connector`.
    pub fn new(connector: SharedHttpConnector, region: &str, credentials: Credentials) -> Self {
        Self { connector, region: region.to_owned(), credentials }
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Sends a call. *Atomicity*: a call that failed may have been carried out.
    pub(super) async fn call(
        &self,
        service: &Service,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<(), AwsError> {
        match self.attempt(service, headers, body).await {
            Err(error) if error.may_pass() => self.attempt(service, headers, body).await,
            outcome => outcome,
        }
    }

    async fn attempt(
        &self,
        service: &Service,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<(), AwsError> {
        let request = self
            .request(service, headers, body)
            .map_err(|cause| AwsError::NotSent { service: service.name, cause })?;
        let answer = tokio::time::timeout(ATTEMPT, self.exchange(request)).await;
        let (status, answer) = answer
            .map_err(Cause::from)
            .and_then(|answer| answer)
            .map_err(|cause| AwsError::NoAnswer { service: service.name, cause })?;
        if (200..300).contains(&status) {
            return Ok(());
        }
        let code = (service.code)(&String::from_utf8_lossy(&answer));
        Err(AwsError::Refused { service: service.name, status, code })
    }

    fn request(
        &self,
        service: &Service,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<HttpRequest, Cause> {
        let mut request = http::Request::post(&service.endpoint);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = HttpRequest::try_from(request.body(SdkBody::from(body))?)?;
        let signer = Signer::new(service.name, &self.region, &self.credentials);
        signer.sign(&mut request, SystemTime::now())?;
        Ok(request)
    }

    async fn exchange(&self, request: HttpRequest) -> Result<(u16, Bytes), Cause> {
        let answer = self.connector.call(request).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}
