//! Does this request come from this machine, and is it meant for this machine?
//!
//! Listening on loopback is not enough. A page of another site can let its own name resolve to 127.0.0.1 (DNS rebinding)
//! and reach this server as its own origin; its requests then carry that name in `Host`. A page can also post to
//! `http://localhost:9000` without reading the response; its requests then carry its origin.
//!
//! A page on another port of this machine may use this server, because a program of this machine serves that page, and
//! such a program could call this server without a browser.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderValue};
use latchkey_verifier::is_loopback_origin;

use crate::problem::Problem;

/// Refuses a `Host` other than this machine's own names. A browser always sends exactly one, so a request without one does
/// not come from a page.
///
/// # Errors
/// 403 if the request names another host, or two.
pub fn check_host(headers: &HeaderMap) -> Result<(), Problem> {
    let mut hosts = headers.get_all(HOST).iter();
    let first = hosts.next().map(|host| host.to_str().unwrap_or_default());
    if hosts.next().is_none() && first.is_none_or(is_loopback) {
        return Ok(());
    }
    Err(Problem::Forbidden("the Host header must be localhost or 127.0.0.1"))
}

/// Refuses requests from pages that are not on this machine.
///
/// # Errors
/// 403 if `Origin` names such a page. Requests without `Origin`, such as those for images, are refused if `Sec-Fetch-Site`
/// shows that they come from a page of another origin.
pub fn check_page(headers: &HeaderMap) -> Result<(), Problem> {
    let is_own = |origin: &HeaderValue| origin.to_str().is_ok_and(is_loopback_origin);
    let is_harmless = |site: &HeaderValue| matches!(site.as_bytes(), b"same-origin" | b"none");
    let allowed = if headers.contains_key(ORIGIN) {
        headers.get_all(ORIGIN).iter().all(is_own)
    } else {
        headers.get_all("sec-fetch-site").iter().all(is_harmless)
    };
    let refused = Problem::Forbidden("only pages on localhost or 127.0.0.1 may use the dev controls");
    if allowed { Ok(()) } else { Err(refused) }
}

/// Whether `authority`, a host with or without a port, is this machine. No domain name server has names below `localhost`
/// (RFC 6761), so that no site can let one of them resolve to this machine.
fn is_loopback(authority: &str) -> bool {
    let name_end =
        if authority.starts_with('[') { authority.find(']').map(|at| at + 1) } else { authority.find(':') };
    let (name, port) = authority.split_at(name_end.unwrap_or(authority.len()));
    let name = name.to_ascii_lowercase();
    let is_own = matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]")
        || name.strip_suffix(".localhost").is_some_and(is_name);
    is_own && (port.is_empty() || is_port(port))
}

/// Whether the text is labels of a host name.
fn is_name(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.split('.').all(|label| !label.is_empty() && label.bytes().all(is_letter))
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_host_name_of_this_machine_is_accepted() {
        for host in [
            "localhost",
            "LOCALHOST:9000",
            "127.0.0.1",
            "127.0.0.1:1",
            "[::1]:9000",
            "[::1]",
            "app.localhost:9000",
            "App.Localhost",
        ] {
            assert_eq!(check_host(&headers(&[("host", host)])), Ok(()), "{host}");
        }
        assert_eq!(check_host(&headers(&[])), Ok(()));
    }

    #[test]
    fn a_foreign_host_name_is_refused() {
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evillocalhost",
            ".localhost",
            "evil.example,app.localhost",
            "evil.example@app.localhost",
            "evil.example:9000",
            "127.0.0.1.evil.example",
            "localhost:",
            "localhost:99999",
            "localhost:9000@evil.example",
            "127.0.0.2",
            "0.0.0.0",
            "::1",
            "localhost,evil.example",
        ] {
            assert!(check_host(&headers(&[("host", host)])).is_err(), "{host}");
        }
        assert!(check_host(&headers(&[("host", "localhost"), ("host", "evil.example")])).is_err());
    }

    #[test]
    fn a_page_that_is_not_on_this_machine_is_refused() {
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://localhost.evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(check_page(&headers(&[(name, value)])).is_err(), "{name}: {value}");
        }
        let forged = headers(&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")]);
        assert!(check_page(&forged).is_err());
    }

    #[test]
    fn a_page_on_another_port_of_this_machine_is_accepted() {
        for (origin, site) in
            [("http://localhost:5173", "same-site"), ("http://127.0.0.1:3000", "cross-site")]
        {
            assert_eq!(check_page(&headers(&[("origin", origin), ("sec-fetch-site", site)])), Ok(()));
        }
    }

    #[test]
    fn the_own_page_and_other_programs_are_accepted() {
        assert_eq!(check_page(&headers(&[])), Ok(()));
        let own = headers(&[("origin", "http://127.0.0.1:9000"), ("sec-fetch-site", "same-origin")]);
        assert_eq!(check_page(&own), Ok(()));
        assert_eq!(check_page(&headers(&[("sec-fetch-site", "none")])), Ok(()));
    }
}
