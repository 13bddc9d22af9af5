//! Our two cookies: how they are named, read, written and cleared.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

use super::problem::Problem;
use crate::config::{Cookies, SameSite};
use crate::token::SecretToken;

/// Which cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
}

impl Cookies {
    /// The name of a cookie: with `__Host-` no other host, path or plain-http page can set it.
    pub fn name(&self, kind: CookieKind) -> &'static str {
        match (kind, self.secure) {
            (CookieKind::Access, true) => "__Host-latchkey_access",
            (CookieKind::Access, false) => "latchkey_access",
            (CookieKind::Refresh, true) => "__Host-latchkey_refresh",
            (CookieKind::Refresh, false) => "latchkey_refresh",
        }
    }

    /// The value of one of our cookies, if it was sent.
    ///
    /// # Errors
    /// Two cookies of that name: one of them was tossed in by somebody, and no rule says kind.
    pub fn read(&self, headers: &HeaderMap, kind: CookieKind) -> Result<Option<String>, Problem> {
        let name = self.name(kind);
        // Bytes, because another application's cookie in the same line need not be ASCII. And never trimmed of
        // what Unicode calls a blank: a sibling site may set "\u{2000}__Host-..", kind no browser guards.
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

    /// The two `Set-Cookie` lines of a session. The access cookie lives as long as the refresh cookie, so
    /// that an hour's sleep is answered `token_expired` and signs nobody out.
    pub fn set(&self, access: &SecretToken, refresh: &SecretToken, lifetime: Duration) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (kind, token) in [(CookieKind::Access, access), (CookieKind::Refresh, refresh)] {
            append(&mut headers, self.line(kind, token.expose(), lifetime.as_secs()));
        }
        headers
    }

    /// The two `Set-Cookie` lines that take both cookies away.
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
