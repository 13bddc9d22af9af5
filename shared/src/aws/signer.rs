//! Signs requests with the SDK's own implementation of Signature Version 4.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

type Refused = Box<dyn std::error::Error + Send + Sync>;

/// Signs requests to one service in one Region.
#[derive(Clone)]
pub(crate) struct Signer {
    service: &'static str,
    identity: Identity,
    region: String,
}

impl fmt::Debug for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Signer").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Signer {
    /// `service` is the name of the service in the scope of a signature, such as `dynamodb`.
    pub(crate) fn new(service: &'static str, region: &str, credentials: &Credentials) -> Self {
        Self { service, identity: credentials.clone().into(), region: region.to_owned() }
    }

    /// Adds the signature and the headers that it needs.
    ///
    /// # Errors
    /// The body is a stream, or the URI is not valid.
    pub(crate) fn sign(&self, request: &mut HttpRequest, now: SystemTime) -> Result<(), Refused> {
        let parameters = SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(self.service)
            .time(now)
            .settings(SigningSettings::default())
            .build()?
            .into();
        let body = SignableBody::Bytes(request.body().bytes().ok_or("the body is a stream")?);
        let signable = SignableRequest::new(request.method(), request.uri(), request.headers().iter(), body)?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        for (name, value) in instructions.headers() {
            request.headers_mut().try_insert(name.to_owned(), value.to_owned())?;
        }
        Ok(())
    }
}
