//! Signatures of direct calls: AWS Signature Version 4 for a POST to `/`.
//!
//! *Source*: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>. A test compares them with the SDK's.

use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_lc_rs::{digest, hmac};
use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

type Refused = Box<dyn std::error::Error + Send + Sync>;

/// Signs requests to DynamoDB in one Region.
pub(super) struct Signer {
    access_key: String,
    secret: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
    region: String,
    /// The key of the last date.
    key: Mutex<Option<(String, hmac::Key)>>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl Signer {
    pub(super) fn new(region: &str, credentials: &Credentials) -> Self {
        Self {
            access_key: credentials.access_key_id().to_owned(),
            secret: Zeroizing::new(format!("AWS4{}", credentials.secret_access_key())),
            session_token: credentials.session_token().map(|token| Zeroizing::new(token.to_owned())),
            region: region.to_owned(),
            key: Mutex::default(),
        }
    }

    /// Adds the signature and the headers that it needs. It covers the body, the host, and the headers that DynamoDB reads.
    ///
    /// # Errors
    /// The body is a stream.
    pub(super) fn sign(&self, request: &mut HttpRequest, host: &str, now: SystemTime) -> Result<(), Refused> {
        let time = DateTime::<Utc>::from(now).format("%Y%m%dT%H%M%SZ").to_string();
        let date = time.split('T').next().unwrap_or_default().to_owned();
        let headers = request.headers_mut();
        headers.insert("x-amz-date", time.clone());
        if let Some(token) = &self.session_token {
            headers.insert("x-amz-security-token", token.to_string());
        }
        let body = request.body().bytes().ok_or("the body is a stream")?;
        let names = ["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"];
        let (mut canonical, mut signed) = (String::from("POST\n/\n\n"), String::new());
        for name in names {
            let value = if name == "host" { Some(host) } else { request.headers().get(name) };
            let Some(value) = value else { continue };
            let separator = if signed.is_empty() { "" } else { ";" };
            write!(signed, "{separator}{name}")?;
            writeln!(canonical, "{name}:{value}")?;
        }
        write!(canonical, "\n{signed}\n{}", hex(digest::digest(&digest::SHA256, body).as_ref()))?;
        let scope = format!("{date}/{}/dynamodb/aws4_request", self.region);
        let hash = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}");
        let signature = hex(hmac::sign(&self.key_of(&date), to_sign.as_bytes()).as_ref());
        let access_key = &self.access_key;
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"
        );
        request.headers_mut().insert("authorization", authorization);
        Ok(())
    }

    /// The key for a date, which changes once a day.
    fn key_of(&self, date: &str) -> hmac::Key {
        let mut kept = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = kept.as_ref().filter(|(of, _)| of == date) {
            return key.clone();
        }
        let start = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let parts = [date, self.region.as_str(), "dynamodb", "aws4_request"];
        let key = parts.iter().fold(start, |key, part| {
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref())
        });
        *kept = Some((date.to_owned(), key.clone()));
        key
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests;
