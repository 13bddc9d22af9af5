//! CSRF: was this cookie sent by a page of our own? A browser adds cookies to requests of every site. Its
//! `Sec-Fetch-Site` and `Origin` headers name the site that made the request, and a page cannot forge them.

use http::{HeaderMap, header};

use super::problem::{Code, Problem};
use crate::config::Cookies;

impl Cookies {
    /// Checks a cookie-authenticated POST or DELETE: it must come from our own origin or an allowed one. A request
    /// without either header is refused.
    ///
    /// # Errors
    /// `csrf_rejected`.
    pub fn check_unsafe(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let same_origin = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
        if same_origin || self.origin_allowed(headers) == Some(true) {
            return Ok(());
        }
        Err(rejected())
    }

    /// Checks a sign-in that sets cookies: it is refused when either header names another site, because a page of
    /// an attacker could otherwise sign its visitor in as the attacker. A request without either header passes,
    /// because its body must be JSON, which a form of another site cannot send.
    ///
    /// # Errors
    /// `csrf_rejected`.
    pub fn check_login(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let site = headers.get("sec-fetch-site");
        let elsewhere = site.is_some_and(|site| site != "same-origin" && site != "none");
        match self.origin_allowed(headers) {
            Some(true) => Ok(()),
            // A browser sends Origin with every POST, also to its own origin, which need not be on the list.
            Some(false) if site.is_some_and(|site| site == "same-origin") => Ok(()),
            Some(false) => Err(rejected()),
            None if elsewhere => Err(rejected()),
            None => Ok(()),
        }
    }

    /// Whether `Origin` is on the list of allowed origins; `None` without that header. Two `Origin` headers count as
    /// not allowed.
    fn origin_allowed(&self, headers: &HeaderMap) -> Option<bool> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = origins.next()?;
        let listed = self.allowed_origins.iter().any(|allowed| origin == allowed.as_str());
        Some(listed && origins.next().is_none())
    }
}

fn rejected() -> Problem {
    Problem::of(Code::CsrfRejected).detail(
        "cookies are accepted from our own pages only: send Sec-Fetch-Site: same-origin, or an Origin that LATCHKEY_ALLOWED_ORIGINS lists",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SameSite;
    use http::{HeaderName, HeaderValue};

    fn cookies() -> Cookies {
        let allowed_origins = vec!["https://app.example.com".to_owned()];
        Cookies { secure: true, same_site: SameSite::Lax, allowed_origins }
    }

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        list.iter().map(pair).collect()
    }

    #[test]
    fn only_our_own_pages_may_send_cookies() {
        let app = "https://app.example.com";
        let ours = [
            vec![("sec-fetch-site", "same-origin")],
            vec![("origin", app)],
            vec![("sec-fetch-site", "same-site"), ("origin", app)],
        ];
        for list in ours {
            assert!(cookies().check_unsafe(&headers(&list)).is_ok(), "{list:?}");
        }
        let theirs = [
            vec![],
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("sec-fetch-site", "none")],
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
            vec![("origin", "https://app.example.com.evil.tld")],
            vec![("origin", "http://app.example.com")],
            vec![("origin", "https://app.example.com,https://evil.example")],
        ];
        for list in theirs {
            assert!(cookies().check_unsafe(&headers(&list)).is_err(), "{list:?}");
        }
    }

    #[test]
    fn a_strangers_page_signs_nobody_in() {
        for list in [vec![], vec![("sec-fetch-site", "same-origin"), ("origin", "https://api.example.com")]] {
            assert!(cookies().check_login(&headers(&list)).is_ok(), "{list:?}");
        }
        for list in [
            vec![("sec-fetch-site", "cross-site")],
            vec![("origin", "https://evil.example")],
            vec![("sec-fetch-site", "same-site")],
        ] {
            assert!(cookies().check_login(&headers(&list)).is_err(), "{list:?}");
        }
    }
}
