//! Which cookies hold tokens, and from whose pages are they accepted?

use http::{HeaderMap, HeaderValue, header};

use crate::cookie_domain::CookieDomain;
use crate::cookie_name::CookieName;
use crate::origin::{is_loopback_origin, normal_origin};
use crate::refusal::{Refusal, RefusalCode};

/// One of the two cookies that Latchkey sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// Holds the access token.
    Access,
    /// Holds the refresh token.
    Refresh,
}

/// How cookies are named, and whose pages may send them. It must fit the settings of the Latchkey server.
///
/// *Units and defaults*: `Secure` cookies with the prefix `__Host-`, the name `latchkey`, no domain, and no origin but the
/// service's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookiePolicy {
    /// `Secure` cookies with the prefix `__Host-`. Off only for http on loopback (`COOKIE_SECURE=false`).
    pub secure: bool,
    /// The beginning of both names (`COOKIE_NAME`).
    pub name: CookieName,
    /// The domain whose hosts share the access cookie (`COOKIE_DOMAIN`). Without it, the cookie belongs to one host.
    pub domain: Option<CookieDomain>,
    /// Origins, besides the one of the request's own host, whose pages may send cookies with an unsafe method, such as
    /// `https://app.example.com`.
    pub allowed_origins: Vec<String>,
    /// Whether pages of every port of this machine may, too. Only for a server on loopback that has test data.
    pub allows_loopback: bool,
}

impl Default for CookiePolicy {
    fn default() -> Self {
        Self {
            secure: true,
            name: CookieName::default(),
            domain: None,
            allowed_origins: vec![],
            allows_loopback: false,
        }
    }
}

impl CookiePolicy {
    /// The default policy for the cookies of an issuer: the port in its URL is part of their names.
    pub fn for_issuer(issuer: &str) -> Self {
        Self { name: CookieName::for_issuer(issuer), ..Self::default() }
    }

    /// The name of a cookie. With `__Host-` no other host, path or page without encryption can set it. With `__Secure-`
    /// the hosts of the domain can.
    pub fn name(&self, kind: CookieKind) -> String {
        let prefix = match (kind, self.secure, &self.domain) {
            (_, false, _) => "",
            (CookieKind::Access, true, Some(_)) => "__Secure-",
            (_, true, _) => "__Host-",
        };
        let suffix = match kind {
            CookieKind::Access => "access",
            CookieKind::Refresh => "refresh",
        };
        format!("{prefix}{}_{suffix}", self.name)
    }

    /// The value of a cookie, if the request has it.
    ///
    /// # Errors
    /// The request has two cookies of that name: another site of the same domain may have set one of them, and
    /// nothing shows which.
    pub fn read(&self, headers: &HeaderMap, kind: CookieKind) -> Result<Option<String>, Refusal> {
        let name = self.name(kind);
        // Bytes, because a cookie of another application in the same line need not be ASCII. Only ASCII white space
        // is trimmed, of which a header can contain space and tab: a sibling site may set "\u{2000}__Host-..", and
        // browsers do not protect that name. `tests/vectors/cookies.json` has these cases for the Node guard, too.
        let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
        let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
        let mut values = pairs.filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Refusal::field("cookie", &format!("{name} was sent twice"))),
            (value, None) => {
                let text = value.and_then(|value| str::from_utf8(value).ok());
                Ok(text.filter(|text| !text.is_empty() && text.is_ascii()).map(str::to_owned))
            }
        }
    }

    /// Checks that a request with a cookie and an unsafe method, such as POST, comes from the service's own origin or
    /// an allowed one. Browsers attach cookies to the requests of every page; `Sec-Fetch-Site` and `Origin` name the
    /// page, and no page can forge them.
    ///
    /// # Errors
    /// `csrf_rejected`, also when the request has neither header.
    pub fn check_unsafe(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let is_same_origin = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
        if is_same_origin || self.is_allowed_origin(headers) == Some(true) {
            return Ok(());
        }
        Err(Refusal::of(RefusalCode::CsrfRejected))
    }

    /// Whether `Origin` is one of the allowed origins or the one of the request's own host; `None` without that
    /// header. Two origins are never allowed.
    pub fn is_allowed_origin(&self, headers: &HeaderMap) -> Option<bool> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = origins.next()?;
        let is_allowed = self.lists_origin(origin) || self.is_own_origin(origin, headers);
        Some(is_allowed && origins.next().is_none())
    }

    /// Whether `origin` is an allowed one, apart from the request's own host.
    pub fn lists_origin(&self, origin: &HeaderValue) -> bool {
        let equals = |allowed: &String| {
            origin == allowed.as_str()
                || normal_origin(allowed).is_some_and(|allowed| origin == allowed.as_str())
        };
        let is_loopback = || origin.to_str().is_ok_and(is_loopback_origin);
        self.allowed_origins.iter().any(equals) || (self.allows_loopback && is_loopback())
    }

    /// Whether `origin` has the host and port of the request itself. Only for browsers without `Sec-Fetch-Site`: the
    /// others report `same-origin` themselves. No page can forge `Host`, and cookies with `Secure` come over https only,
    /// so that a page over http is refused.
    fn is_own_origin(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let Ok(host) = host.to_str() else { return false };
        let schemes: &[&str] = if self.secure { &["https"] } else { &["http", "https"] };
        let own = |scheme: &&str| normal_origin(&format!("{scheme}://{}", host.to_ascii_lowercase()));
        !headers.contains_key("sec-fetch-site")
            && schemes.iter().filter_map(own).any(|own| origin == own.as_str())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn read(line: &[u8]) -> Result<Option<String>, Refusal> {
        let line = HeaderValue::from_bytes(line).unwrap();
        CookiePolicy::default().read(&HeaderMap::from_iter([(header::COOKIE, line)]), CookieKind::Access)
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

    #[test]
    fn a_unicode_blank_before_the_name_makes_another_cookie() {
        for blank in ["\u{2000}", "\u{a0}", "\u{85}"] {
            assert_eq!(read(format!("{blank}__Host-latchkey_access=a").as_bytes()).unwrap(), None);
        }
    }

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        list.iter().map(pair).collect()
    }

    #[test]
    fn only_pages_of_allowed_origins_may_send_cookies() {
        let app = "https://app.example.com";
        let cookies = CookiePolicy { allowed_origins: vec![app.to_owned()], ..CookiePolicy::default() };
        let accepted = [
            vec![("sec-fetch-site", "same-origin")],
            vec![("origin", app)],
            vec![("sec-fetch-site", "same-site"), ("origin", app)],
        ];
        for list in accepted {
            assert!(cookies.check_unsafe(&headers(&list)).is_ok(), "{list:?}");
        }
        let refused = [
            vec![],
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("sec-fetch-site", "none")],
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
            vec![("origin", "https://app.example.com.evil.tld")],
            vec![("origin", "http://app.example.com")],
            vec![("origin", "https://app.example.com,https://evil.example")],
            vec![("origin", app), ("origin", "https://evil.example")],
        ];
        for list in refused {
            let mut sent = HeaderMap::new();
            for (name, value) in &list {
                sent.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert!(cookies.check_unsafe(&sent).is_err(), "{list:?}");
        }
    }
}
