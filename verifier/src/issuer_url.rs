//! Where are an issuer's endpoints? Below its URL, and only where an answer can be trusted.

use http::Uri;
use http::uri::Scheme;

/// The issuer's URL cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the issuer must be an https URL (http on loopback only) without user name and password")]
pub struct IssuerUrlError;

/// The URL of `path` below the issuer.
///
/// It must be https, because on a connection without encryption an attacker could replace the issuer's keys and sign
/// tokens for every user. Loopback may use http, for the local server.
pub(crate) fn below_issuer(issuer: &str, path: &str) -> Result<Uri, IssuerUrlError> {
    let url = format!("{}/{path}", issuer.trim_end_matches('/'));
    let url: Uri = url.parse().map_err(|_| IssuerUrlError)?;
    let (Some(scheme), Some(authority)) = (url.scheme(), url.authority()) else { return Err(IssuerUrlError) };
    let is_loopback = matches!(authority.host(), "127.0.0.1" | "localhost" | "[::1]");
    let is_encrypted = *scheme == Scheme::HTTPS || (*scheme == Scheme::HTTP && is_loopback);
    let has_credentials = authority.as_str().contains('@');
    let is_plain = url.query().is_none() && !issuer.contains('#');
    (is_encrypted && !has_credentials && is_plain).then_some(url).ok_or(IssuerUrlError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_loopback_is_asked() {
        let url = |issuer: &str| below_issuer(issuer, "introspect").map(|url| url.to_string());
        for issuer in ["https://app.example.com/api/auth", "https://app.example.com/api/auth/"] {
            assert_eq!(url(issuer).as_deref(), Ok("https://app.example.com/api/auth/introspect"));
        }
        for issuer in ["http://127.0.0.1:9000/api/auth", "http://localhost/api/auth", "http://[::1]:9000/a"] {
            assert!(url(issuer).is_ok(), "{issuer}");
        }
        for issuer in [
            "",
            "app.example.com",
            "/api/auth",
            "http://app.example.com/api/auth",
            "http://127.0.0.1.evil.example/api/auth",
            "http://localhost@evil.example/api/auth",
            "https://user:password@app.example.com/api/auth",
            "https://app.example.com/api/auth?x=",
            "https://app.example.com/api/auth#x",
            "ftp://app.example.com/api/auth",
        ] {
            assert_eq!(url(issuer), Err(IssuerUrlError), "{issuer}");
        }
    }
}
