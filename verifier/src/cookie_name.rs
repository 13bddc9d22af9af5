//! What are the two cookies called? A browser sends a cookie to every port of its host, so that two projects on one
//! machine need different names.

use std::fmt;

/// The longest name. Both cookies must fit in the 4,096 bytes that browsers keep.
const MAX_BYTES: usize = 32;

/// The beginning of the names of both cookies: `latchkey` in `__Host-latchkey_access` (`COOKIE_NAME`).
///
/// ```
/// use latchkey_verifier::CookieName;
///
/// assert_eq!(CookieName::for_issuer("https://app.example.com/api/auth").as_str(), "latchkey");
/// assert_eq!(CookieName::for_issuer("http://127.0.0.1:9000/api/auth").as_str(), "latchkey_9000");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieName(String);

/// The text is not the name of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected 1 to 32 letters, digits, hyphens or underscores, of which the first is a letter or a digit"
)]
pub struct CookieNameError;

impl CookieName {
    /// The name `text`.
    ///
    /// # Errors
    /// It has other characters than letters, digits, `-` and `_`, or begins with `-` or `_`: browsers give names
    /// that begin with `__Host-` or `__Secure-` a meaning of their own.
    pub fn parse(text: &str) -> Result<Self, CookieNameError> {
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let starts_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let is_name = starts_well && text.len() <= MAX_BYTES && text.bytes().all(is_legal);
        is_name.then(|| Self(text.to_owned())).ok_or(CookieNameError)
    }

    /// The default name for an issuer: `latchkey`, and the port if its URL has one.
    pub fn for_issuer(issuer: &str) -> Self {
        let port = issuer.parse::<http::Uri>().ok().and_then(|url| url.port_u16());
        port.map_or_else(Self::default, |port| Self(format!("latchkey_{port}")))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for CookieName {
    fn default() -> Self {
        Self("latchkey".to_owned())
    }
}

impl fmt::Display for CookieName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
