//! Is this request from a signed-in user? The check in front of a service's routes.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderMap, Method};

use crate::access_token::Claims;
use crate::cookies::CookiePolicy;
use crate::credential::{Credential, authorization_token};
use crate::dpop::{BaseUrls, SeenProofs};
use crate::refusal::Refusal;
use crate::scheme::Scheme;
use crate::session_check::SessionCheck;
use crate::verifier::AnyVerifier;

#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "tower")]
mod layer;
mod possession;

#[cfg(feature = "tower")]
pub use layer::RequireSignedInService;

/// Checks that a request carries a valid access token. With the feature `tower` it is a layer.
///
/// The token is the one in `Authorization`, else the one in the access cookie. A request that passes has [`SignedIn`] in
/// its extensions; every other request is answered with a [`Refusal`].
///
/// A token that is bound to a key needs a proof of that key (`Authorization: DPoP`), and is refused as a Bearer token and
/// in a cookie. The check of a proof needs [`RequireSignedIn::public_urls`].
///
/// Cheap to clone.
#[derive(Clone)]
pub struct RequireSignedIn {
    verifier: AnyVerifier,
    sessions: Option<Arc<dyn SessionCheck>>,
    cookies: CookiePolicy,
    public_urls: BaseUrls,
    seen_proofs: SeenProofs,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

/// The signed-in user of a request: the verified claims of its access token.
///
/// In a strict check the scope is what both the token and the live session grant.
#[derive(Clone, Debug)]
pub struct SignedIn(Claims);

impl RequireSignedIn {
    /// Checks the token alone. No request is sent except for the keys, and a session that has ended is noticed only
    /// when its token expires, an hour later at most.
    pub fn offline(verifier: impl Into<AnyVerifier>) -> Self {
        let verifier = verifier.into();
        Self {
            cookies: CookiePolicy::for_issuer(verifier.issuer()),
            verifier,
            sessions: None,
            public_urls: BaseUrls::default(),
            seen_proofs: SeenProofs::new(),
            clock: Arc::new(SystemTime::now),
        }
    }

    /// Also checks, once for each request, that the session is still live, so that an ended session is refused at
    /// once.
    pub fn strict(verifier: impl Into<AnyVerifier>, sessions: impl SessionCheck + 'static) -> Self {
        Self { sessions: Some(Arc::new(sessions)), ..Self::offline(verifier) }
    }

    /// Reads cookies by this policy instead of [`CookiePolicy::for_issuer`].
    pub fn cookies(self, cookies: CookiePolicy) -> Self {
        Self { cookies, ..self }
    }

    /// Accepts tokens that are bound to a key, with proofs for requests to these URLs. Without public URLs every such
    /// token is refused, because a proof is for one URL, and `Host` is chosen by the sender.
    ///
    /// ```
    /// use latchkey_verifier::dpop::{BaseUrlError, BaseUrls};
    /// use latchkey_verifier::RequireSignedIn;
    ///
    /// fn with_proofs(check: RequireSignedIn) -> Result<RequireSignedIn, BaseUrlError> {
    ///     Ok(check.public_urls(BaseUrls::parse(["https://api.example.com"])?))
    /// }
    /// ```
    ///
    /// A proof that was used already is refused for methods that change something; each instance of the service
    /// remembers the proofs of two minutes ([`SeenProofs`]).
    pub fn public_urls(self, public_urls: BaseUrls) -> Self {
        Self { public_urls, ..self }
    }

    /// Reads the time from this function instead of the system's clock, for example in a test.
    pub fn clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Checks a request without the layer. `path` is the path of the request's URL, without its query.
    ///
    /// # Errors
    /// The [`Refusal`] to answer with. With a status of 500 or more the token may be valid.
    pub async fn check(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<SignedIn, Refusal> {
        let outcome = self.claims(method, path, headers).await.map(SignedIn);
        if self.public_urls.is_empty() {
            return outcome;
        }
        outcome.map_err(|refusal| match authorization_token(headers) {
            Ok(Some((scheme, _))) => refusal.with_dpop_challenge(scheme),
            _ => refusal.with_dpop_challenge(Scheme::Bearer),
        })
    }

    async fn claims(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<Claims, Refusal> {
        let credential = Credential::from_request(method, headers, &self.cookies)?;
        let now = (self.clock)();
        let signed = self.verifier.verify_signature(&credential.token, now).await?.unexpired(now)?;
        let proof = match credential.scheme {
            Scheme::Bearer => None,
            Scheme::Dpop => {
                let request = possession::Request { method, path, headers, token: &credential.token, now };
                Some(self.proof_of(&request, signed.key_rule())?)
            }
        };
        let mut claims = signed.proven_by(proof.as_ref())?;
        if let Some(sessions) = &self.sessions {
            let granted = sessions.check(&credential.token, &claims, now).await?;
            // A check that returns the whole scope of the session must not widen the token's.
            claims.scope = claims.scope.within(&granted);
        }
        Ok(claims)
    }
}

impl SignedIn {
    /// The verified claims.
    pub fn claims(&self) -> &Claims {
        &self.0
    }

    /// Checks that the scope has this word.
    ///
    /// # Errors
    /// `forbidden`, with the word in `WWW-Authenticate`.
    pub fn require_scope(&self, word: &str) -> Result<(), Refusal> {
        if self.0.scope.has(word) { Ok(()) } else { Err(Refusal::insufficient_scope(word)) }
    }
}

impl fmt::Debug for RequireSignedIn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RequireSignedIn")
            .field("verifier", &self.verifier)
            .field("is_strict", &self.sessions.is_some())
            .field("cookies", &self.cookies)
            .field("public_urls", &self.public_urls)
            .finish_non_exhaustive()
    }
}
