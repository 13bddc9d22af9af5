//! Setting and clearing the access cookie and the refresh cookie. `latchkey-verifier` names and reads them.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use latchkey_verifier::{CookieKind, CookiePolicy};

use crate::config::{Cookies, SameSite};
use crate::token::SecretToken;

impl Cookies {
    /// The `Set-Cookie` lines of a session. The access cookie lives as long as the refresh cookie, so that a
    /// request after the access token's expiry gets `token_expired` and the client refreshes.
    pub fn set(&self, access: &SecretToken, refresh: &SecretToken, lifetime: Duration) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (kind, token) in [(CookieKind::Access, access), (CookieKind::Refresh, refresh)] {
            append(&mut headers, self.line(kind, token.expose(), lifetime.as_secs()));
        }
        self.clear_cookie_of_one_host(&mut headers);
        headers
    }

    /// The `Set-Cookie` lines of a session with a device key, each with its own lifetime. The access cookie lives as long as its
    /// token, so that the browser replaces it in time.
    pub fn set_each(&self, tokens: &[(CookieKind, &SecretToken, Duration)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (kind, token, lifetime) in tokens {
            append(&mut headers, self.line(*kind, token.expose(), lifetime.as_secs()));
        }
        headers
    }

    /// The `Set-Cookie` line that deletes the access cookie.
    pub fn clear_access(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        append(&mut headers, self.line(CookieKind::Access, "", 0));
        headers
    }

    /// Name and attributes of the access cookie, without `Max-Age`, as Device Bound Session Credentials compare them with its
    /// `Set-Cookie` line.
    pub fn access_credential(&self) -> (String, String) {
        let line = self.line(CookieKind::Access, "", 0);
        let attributes = line.split("; ").skip(1).filter(|part| !part.starts_with("Max-Age="));
        (self.policy.name(CookieKind::Access), attributes.collect::<Vec<_>>().join("; "))
    }

    /// The `Set-Cookie` lines that delete both cookies.
    pub fn clear(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for kind in [CookieKind::Access, CookieKind::Refresh] {
            append(&mut headers, self.line(kind, "", 0));
        }
        self.clear_cookie_of_one_host(&mut headers);
        headers
    }

    /// Deletes the access cookie from before `COOKIE_DOMAIN` was set. It has another name and is not read any more, but
    /// it would be read again if the setting were removed.
    fn clear_cookie_of_one_host(&self, headers: &mut HeaderMap) {
        if self.policy.domain.is_some() {
            let policy = CookiePolicy { domain: None, ..self.policy.clone() };
            append(headers, Self { policy, ..self.clone() }.line(CookieKind::Access, "", 0));
        }
    }

    fn line(&self, kind: CookieKind, value: &str, max_age_seconds: u64) -> String {
        let name = self.policy.name(kind);
        let domain = match (kind, &self.policy.domain) {
            (CookieKind::Access, Some(domain)) => format!("; Domain={domain}"),
            _ => String::new(),
        };
        let same_site = match (kind, self.same_site) {
            (_, SameSite::None) => "None",
            (CookieKind::Access, SameSite::Lax) => "Lax",
            _ => "Strict",
        };
        let secure = if self.policy.secure { "; Secure" } else { "" };
        format!(
            "{name}={value}{domain}; Path=/; Max-Age={max_age_seconds}; HttpOnly{secure}; SameSite={same_site}"
        )
    }
}

fn append(headers: &mut HeaderMap, line: String) {
    if let Ok(mut value) = HeaderValue::try_from(line) {
        value.set_sensitive(true);
        headers.append(header::SET_COOKIE, value);
    }
}
