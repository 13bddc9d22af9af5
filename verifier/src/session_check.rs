//! Is the token's session still live? A strict check asks this question for each request.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use crate::access_token::Claims;
use crate::scope::Scope;

/// Finds out whether a session is still live. [`Introspection`](crate::Introspection) asks the issuer.
pub trait SessionCheck: Send + Sync {
    /// The scope that both the token and its live session grant. `claims` are those of `token`, verified.
    ///
    /// # Errors
    /// See [`SessionCheckError`].
    fn check<'c>(&'c self, token: &'c str, claims: &'c Claims, now: SystemTime) -> SessionCheckFuture<'c>;
}

/// The outcome of a check, once it is there.
pub type SessionCheckFuture<'c> = Pin<Box<dyn Future<Output = Result<Scope, SessionCheckError>> + Send + 'c>>;

/// Why a session is not known to be live.
#[derive(Debug, thiserror::Error)]
pub enum SessionCheckError {
    /// The session has ended.
    #[error("the session has ended")]
    Ended,
    /// The token has expired, or the issuer calls it inactive. The session may be live.
    #[error("the access token has expired or is not active")]
    TokenExpired,
    /// There is no answer now, so the user must not be signed out: answer 503, never 401.
    #[error("the session cannot be checked: {cause}")]
    Unavailable {
        /// When to try again, in seconds.
        retry_after: Option<u64>,
        /// The error of the database or of the HTTP client.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// There is an answer that makes no sense, for example a row that cannot be parsed.
    #[error("the session cannot be read: {0}")]
    Malformed(#[source] Box<dyn Error + Send + Sync>),
}
