//! Does the sender of this request have the key of its token?

use std::time::SystemTime;

use http::{HeaderMap, Method};

use super::RequireSignedIn;
use crate::dpop::{self, Expected, KeyRule, NonceRule, Proof};
use crate::refusal::{Refusal, RefusalCode};

/// A request with `Authorization: DPoP`.
pub(super) struct Request<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) token: &'a str,
    pub(super) now: SystemTime,
}

impl RequireSignedIn {
    /// The proof of the request, verified for the key of its token.
    ///
    /// No nonce is needed: `ath` ties the proof to one token, so that a proof that was made ahead of time is worthless once
    /// that token has expired.
    pub(super) fn proof_of(&self, request: &Request<'_>, key: KeyRule) -> Result<Proof, Refusal> {
        if self.public_urls.is_empty() {
            let cause = "DPoP tokens need the public URLs of this service: set RequireSignedIn::public_urls";
            return Err(Refusal::of(RefusalCode::InvalidToken)
                .detail("this service accepts no DPoP tokens, because its public URLs are not configured")
                .because(cause));
        }
        let Request { method, path, headers, token, now } = *request;
        let expected = Expected {
            method: method.as_str(),
            base_urls: &self.public_urls,
            path,
            access_token: Some(token),
            key,
            nonce: NonceRule::Ignored,
            now,
        };
        let proof = dpop::verify(headers.get_all("dpop"), &expected)?;
        // Browsers and proxies repeat requests with a safe method, byte for byte.
        if !method.is_safe() {
            self.seen_proofs.remember(&proof, now)?;
        }
        Ok(proof)
    }
}
