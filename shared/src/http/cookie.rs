//! The access cookie and the refresh cookie: names, reading, setting, clearing.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

use super::problem::Problem;
use crate::config::{Cookies, SameSite};
use crate::token::SecretToken;

/// The kind of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// It carries the access token.
    Access,
    /// It carries the refresh token.
    Refresh,
}

impl Cookies {
    /// The name of a cookie. The prefix `__Host-` stops other hosts, other paths and plain-http pages from setting
    /// the cookie, for example a sibling site that signs a victim in as the attacker.
    pub fn name(&self, kind: CookieKind) -> &'static str {
        match (kind, self.secure) {
            (CookieKind::Access, true) => "__Host-latchkey_access",
            (CookieKind::Access, false) => "latchkey_access",
            (CookieKind::Refresh, true) => "__Host-latchkey_refresh",
            (CookieKind::Refresh, false) => "latchkey_refresh",
        }
    }

    /// The value of a cookie, if it was sent.
    ///
    /// # Errors
    /// `invalid_request` for two cookies of that name: another host may have set one of them, and no rule says
    /// which one is ours.
    pub fn read(&self, headers: &HeaderMap, kind: CookieKind) -> Result<Option<String>, Problem> {
        let name = self.name(kind);
        // Compared as bytes, because the cookie of another application in the same line need not be ASCII. Only
        // ASCII white space is trimmed: browsers do not protect a name such as "\u{2000}__Host-...", so that a
        // sibling site could set it.
        let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
        let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
        let mut values = pairs.filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Problem::field("cookie", format!("{name} was sent twice"))),
            (value, None) => {
                let text = value.and_then(|value| str::from_utf8(value).ok());
                Ok(text.filter(|text| !text.is_empty()).map(str::to_owned))
            }
        }
    }

    /// The two `Set-Cookie` lines of a session. The access cookie lives as long as the refresh cookie, so that a
    /// request after the access token's expiry gets `token_expired` and the client refreshes.
    pub fn set(&self, access: &SecretToken, refresh: &SecretToken, lifetime: Duration) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (kind, token) in [(CookieKind::Access, access), (CookieKind::Refresh, refresh)] {
            append(&mut headers, self.line(kind, token.expose(), lifetime.as_secs()));
        }
        headers
    }

    /// The two `Set-Cookie` lines that delete both cookies.
    pub fn clear(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for kind in [CookieKind::Access, CookieKind::Refresh] {
            append(&mut headers, self.line(kind, "", 0));
        }
        headers
    }

    fn line(&self, kind: CookieKind, value: &str, max_age_seconds: u64) -> String {
        let name = self.name(kind);
        let same_site = match (kind, self.same_site) {
            (_, SameSite::None) => "None",
            (CookieKind::Access, SameSite::Lax) => "Lax",
            _ => "Strict",
        };
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly{secure}; SameSite={same_site}")
    }
}

fn append(headers: &mut HeaderMap, line: String) {
    if let Ok(mut value) = HeaderValue::try_from(line) {
        value.set_sensitive(true);
        headers.append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[u8]) -> Result<Option<String>, Problem> {
        let line = HeaderValue::from_bytes(line).unwrap();
        Cookies::default().read(&HeaderMap::from_iter([(header::COOKIE, line)]), CookieKind::Access)
    }

    #[test]
    fn a_second_cookie_of_the_name_counts_whatever_its_bytes() {
        assert_eq!(read(b"__Host-latchkey_access=a").unwrap().as_deref(), Some("a"));
        for second in [&b"b"[..], b"a", b"", b"\xff"] {
            let line = [b"__Host-latchkey_access=a; __Host-latchkey_access=", second].concat();
            assert!(read(&line).is_err(), "{second:?}");
        }
        assert_eq!(read(b"__Host-latchkey_access=\xff").unwrap(), None);
    }
}
