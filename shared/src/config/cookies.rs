//! The names and attributes of cookies, and the origins that may send them.

use latchkey_verifier::dpop::BaseUrls;
use latchkey_verifier::{CookieDomain, CookieName, CookiePolicy, is_loopback_origin};

use super::value::{self, ValueError};
use super::vars::Vars;
use super::{ConfigError, Problem};

/// The settings of cookies.
#[derive(Clone, Debug)]
pub struct Cookies {
    /// The names of cookies, and the origins of the pages that may send them.
    pub policy: CookiePolicy,
    /// The `SameSite` attribute of the access cookie.
    pub same_site: SameSite,
}

/// The `SameSite` attribute of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Browsers send the cookie with requests of our own site and when a link leads to it.
    Lax,
    /// Browsers send the cookie with requests of our own site only.
    Strict,
    /// Browsers send the cookie with requests of every site. It needs `Secure`.
    None,
}

pub(super) fn cookies(vars: &Vars<'_>, issuer: &str) -> Result<Cookies, ConfigError> {
    let cookies = Cookies {
        policy: cookie_policy(vars, issuer)?,
        same_site: vars.get("COOKIE_SAMESITE", |text| match text {
            "lax" => Ok(SameSite::Lax),
            "strict" => Ok(SameSite::Strict),
            "none" => Ok(SameSite::None),
            _ => Err(ValueError::Word("lax, strict, none")),
        })?,
    };
    if cookies.same_site == SameSite::None && !cookies.policy.secure {
        let problem = Problem::Contradiction(
            "none requires COOKIE_SECURE=true, because browsers reject the cookie otherwise",
        );
        return Err(ConfigError { name: "COOKIE_SAMESITE", problem });
    }
    Ok(cookies)
}

/// The origin of the issuer is allowed without an entry, because the API and its cookies are on that origin.
pub(super) fn cookie_policy(vars: &Vars<'_>, issuer: &str) -> Result<CookiePolicy, ConfigError> {
    let contradiction = |name, text| Err(ConfigError { name, problem: Problem::Contradiction(text) });
    let origins = vars.get("LATCHKEY_ALLOWED_ORIGINS", value::origins)?;
    let issuer_origin = value::issuer_origin(issuer);
    if origins.loopback && !issuer_origin.as_deref().is_some_and(is_loopback_origin) {
        let text = "loopback is allowed only if LATCHKEY_ISSUER is on localhost or 127.0.0.1";
        return contradiction("LATCHKEY_ALLOWED_ORIGINS", text);
    }
    let policy = CookiePolicy {
        secure: vars.get("COOKIE_SECURE", value::switch)?,
        name: vars.get("COOKIE_NAME", |text| match text {
            "" => Ok(CookieName::for_issuer(issuer)),
            text => CookieName::parse(text),
        })?,
        domain: vars.get("COOKIE_DOMAIN", |text| match text {
            "" => Ok(None),
            text => CookieDomain::parse(text, issuer).map(Some),
        })?,
        allowed_origins: origins.listed.into_iter().chain(issuer_origin).collect(),
        allows_loopback: origins.loopback,
    };
    if policy.domain.is_some() && !policy.secure {
        let text = "requires COOKIE_SECURE=true, because any page without encryption could replace the cookie otherwise";
        return contradiction("COOKIE_DOMAIN", text);
    }
    Ok(policy)
}

/// The origins of the settings. Every one of them is a base URL, because both are written as browsers write an origin.
pub(super) fn base_urls(policy: &CookiePolicy) -> BaseUrls {
    let origins = policy.allowed_origins.iter().map(String::as_str);
    let urls = BaseUrls::parse(origins).expect("an origin is a base URL");
    if policy.allows_loopback { urls.or_loopback() } else { urls }
}
