//! Which hosts receive the access cookie? Its own host alone, or with `COOKIE_DOMAIN` all hosts of one domain.

use std::fmt;

/// Labels below which registries of countries sell domains, as `co` in `co.uk`.
const REGISTRY_LABELS: [&str; 8] = ["ac", "co", "com", "edu", "gov", "mil", "net", "org"];

/// A domain whose hosts share the access cookie, such as `example.com` (`COOKIE_DOMAIN`).
///
/// ```
/// use latchkey_verifier::{CookieDomain, CookieDomainError};
///
/// let issuer = "https://auth.example.com/api/auth";
/// assert_eq!(CookieDomain::parse("example.com", issuer)?.as_str(), "example.com");
/// assert_eq!(CookieDomain::parse("example.org", issuer), Err(CookieDomainError::OtherDomain));
/// # Ok::<(), CookieDomainError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieDomain(String);

/// The text is not a domain that the issuer's host can set cookies for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CookieDomainError {
    /// It is not a domain name.
    #[error(
        "expected a domain such as example.com, in lower case, without scheme, port, path or a dot at its beginning or \
         end; an IP address is not allowed"
    )]
    NotADomain,
    /// Many organizations have domains below it, so that browsers refuse cookies for it.
    #[error(
        "is a public suffix, for which browsers refuse cookies: expected your own domain, such as example.com"
    )]
    PublicSuffix,
    /// The issuer's host is not in the domain, so that browsers refuse its cookies.
    #[error("must be the host of LATCHKEY_ISSUER or a domain above it, as example.com for auth.example.com")]
    OtherDomain,
}

impl CookieDomain {
    /// The domain `text`, for cookies of the issuer's host.
    ///
    /// Of the public suffixes it recognizes single labels, such as `com`, and those of countries, such as `co.uk`.
    /// Browsers have the whole list and refuse the cookies of all.
    ///
    /// # Errors
    /// It is no domain name, it is a public suffix, or the issuer's host does not belong to it.
    pub fn parse(text: &str, issuer: &str) -> Result<Self, CookieDomainError> {
        let labels: Vec<&str> = text.split('.').collect();
        let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
        let is_domain = text.len() <= 253 && labels.iter().all(|label| is_label(label));
        if !is_domain || labels.last().is_some_and(|last| is_number(last)) {
            return Err(CookieDomainError::NotADomain);
        }
        match labels[..] {
            [_] => return Err(CookieDomainError::PublicSuffix),
            [label, country] if country.len() == 2 && REGISTRY_LABELS.contains(&label) => {
                return Err(CookieDomainError::PublicSuffix);
            }
            _ => {}
        }
        let issuer: http::Uri = issuer.parse().map_err(|_| CookieDomainError::OtherDomain)?;
        let above = issuer.host().unwrap_or_default().strip_suffix(text);
        let is_above = above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        is_above.then(|| Self(text.to_owned())).ok_or(CookieDomainError::OtherDomain)
    }

    /// The domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_label(label: &str) -> bool {
    let is_legal =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(is_legal)
}

impl fmt::Display for CookieDomain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
