//! Is somebody signed in? The guard in front of another service's routes, and of our authorizer.
//!
//! ```
//! use axum::{Router, routing::get};
//! use latchkey::http::problem::Problem;
//! use latchkey::http::signed_in::{IsSignedIn, SignedIn};
//! use latchkey::token::verifier::Verifier;
//!
//! async fn orders(caller: SignedIn) -> Result<String, Problem> {
//!     caller.needs("orders:read")?;
//!     Ok(format!("orders of {}", caller.claims().sub))
//! }
//!
//! fn routes(verifier: Verifier) -> Router {
//!     Router::new().route("/orders", get(orders)).layer(IsSignedIn::offline(verifier))
//! }
//! ```
//!
//! | what is wrong | answer |
//! |---|---|
//! | no token | 401 `token_missing` |
//! | not a token of ours, or two of them | 401 `invalid_token`; two cookies of one name 400 `invalid_request` |
//! | past its `exp`, or a refresh cookie alone | 401 `token_expired` |
//! | [strict](IsSignedIn::strict): its session has ended | 401 `session_ended`, without a reason |
//! | a cookie with an unsafe method from another site's page | 403 `csrf_rejected` |
//! | [`SignedIn::needs`] a word that is not in the scope | 403 `forbidden` |
//! | strict: the store cannot say | 503 `store_unavailable`: nobody is signed out by it |

mod layer;

use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, Method};

pub use layer::Guarded;

use super::caller::credential;
use super::problem::{Code, Problem};
use crate::clock::{Clock, SystemClock};
use crate::config::Cookies;
use crate::store::LiveSessions;
use crate::token::access::Claims;
use crate::token::verifier::Verifier;

/// The question, and a `tower` layer that lets only those through who are. Cheap enough to clone.
#[derive(Clone)]
pub struct IsSignedIn {
    verifier: Verifier,
    live: Option<LiveSessions>,
    cookies: Cookies,
    clock: Arc<dyn Clock>,
}

/// Who is signed in: the verified claims of an access token, in the request's extensions.
///
/// Its scope is what the caller may do: in strict mode only what both the token and the row grant.
#[derive(Clone, Debug)]
pub struct SignedIn(Claims);

impl IsSignedIn {
    /// Checks the token alone: no call to anybody, and a session that has ended is noticed only when its
    /// token expires, an hour later at most.
    pub fn offline(verifier: Verifier) -> Self {
        let (cookies, clock) = (Cookies::default(), Arc::new(SystemClock));
        Self { verifier, live: None, cookies, clock }
    }

    /// Also reads the session's row, once a request and consistently: an ended session is refused at once.
    pub fn strict(verifier: Verifier, live: impl Into<LiveSessions>) -> Self {
        Self { live: Some(live.into()), ..Self::offline(verifier) }
    }

    /// Takes cookies as these say, in place of [`Cookies::default`].
    pub fn cookies(self, cookies: Cookies) -> Self {
        Self { cookies, ..self }
    }

    /// Goes by another clock than the system's.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Who is signed in, by the one credential of a request: `Authorization: Bearer`, else the access cookie.
    ///
    /// # Errors
    /// As the module says; 5xx when it cannot be told.
    pub async fn check(&self, method: &Method, headers: &HeaderMap) -> Result<SignedIn, Problem> {
        let (token, _) = credential(method, headers, &self.cookies)?;
        let now = self.clock.now();
        let mut claims = self.verifier.verify(&token, now)?;
        if let Some(live) = &self.live {
            let row = live.find(&claims.sub, &claims.sid, now).await?;
            let row = row.ok_or_else(|| Problem::of(Code::SessionEnded))?;
            claims.scope = claims.scope.within(&row.scope);
        }
        Ok(SignedIn(claims))
    }
}

impl SignedIn {
    /// The verified claims.
    pub fn claims(&self) -> &Claims {
        &self.0
    }

    /// Goes on only when the caller's scope has this word.
    ///
    /// # Errors
    /// `forbidden`, with the word in `WWW-Authenticate`.
    pub fn needs(&self, word: &str) -> Result<(), Problem> {
        if self.0.scope.has(word) { Ok(()) } else { Err(Problem::insufficient_scope(word)) }
    }
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    /// A route that no [`IsSignedIn`] guards is a mistake of its service, and answers nobody.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let unguarded = || Problem::of(Code::Internal).because("no IsSignedIn guards this route");
        parts.extensions.get::<Self>().cloned().ok_or_else(unguarded)
    }
}

impl fmt::Debug for IsSignedIn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("IsSignedIn")
            .field("verifier", &self.verifier)
            .field("is_strict", &self.live.is_some())
            .finish_non_exhaustive()
    }
}
