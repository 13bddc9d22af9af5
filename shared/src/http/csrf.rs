//! CSRF: was this cookie sent by a page of our own? A browser adds cookies to requests of every site. Its
//! `Sec-Fetch-Site` and `Origin` headers name the site that made the request, and a page cannot forge them.

use http::HeaderMap;
use latchkey_verifier::{Refusal, RefusalCode};

use super::problem::Problem;
use crate::config::Cookies;

impl Cookies {
    /// Checks a sign-in that sets cookies: it is refused when either header names another site, because a page of
    /// an attacker could otherwise sign its visitor in as the attacker. A request without either header passes,
    /// because its body must be JSON, which a form of another site cannot send.
    ///
    /// # Errors
    /// `csrf_rejected`.
    pub fn check_login(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let site = headers.get("sec-fetch-site");
        let elsewhere = site.is_some_and(|site| site != "same-origin" && site != "none");
        match self.policy.is_allowed_origin(headers) {
            Some(true) => Ok(()),
            // A browser sends Origin with every POST, also to its own origin, which need not be on the list.
            Some(false) if site.is_some_and(|site| site == "same-origin") => Ok(()),
            Some(false) => Err(rejected()),
            None if elsewhere => Err(rejected()),
            None => Ok(()),
        }
    }
}

fn rejected() -> Problem {
    Refusal::of(RefusalCode::CsrfRejected).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SameSite;
    use http::{HeaderName, HeaderValue};
    use latchkey_verifier::CookiePolicy;

    fn cookies() -> Cookies {
        let allowed_origins = vec!["https://app.example.com".to_owned()];
        let policy = CookiePolicy { allowed_origins, ..CookiePolicy::default() };
        Cookies { policy, same_site: SameSite::Lax }
    }

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        list.iter().map(pair).collect()
    }

    #[test]
    fn a_page_of_another_site_cannot_sign_a_user_in() {
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
