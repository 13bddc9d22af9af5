//! From which URLs may the keys of an issuer be fetched?

use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

/// The URLs from which the keys of issuers may be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUrls {
    /// https only, because a changed reply would let an attacker sign in as every user.
    Https,
    /// Also http on this machine, for the local server beside a local identity provider.
    HttpsOrLoopback,
}

/// Parses the URL of an issuer's keys. The error says what is expected.
pub(super) fn key_url(text: &str, key_urls: KeyUrls) -> Result<Uri, &'static str> {
    let expected = "must be an https URL";
    let url: Uri = text.parse().map_err(|_| expected)?;
    let host = url.host().ok_or(expected)?;
    let is_loopback = url.scheme() == Some(&Scheme::HTTP) && is_loopback(host);
    match key_urls {
        _ if url.scheme() == Some(&Scheme::HTTPS) => Ok(url),
        KeyUrls::HttpsOrLoopback if is_loopback => Ok(url),
        KeyUrls::HttpsOrLoopback => {
            Err("must be an https URL, or an http URL on localhost, 127.0.0.1 or [::1]")
        }
        KeyUrls::Https if is_loopback => Err(
            "must be an https URL: only latchkey-local fetches keys over http, and only from this machine",
        ),
        KeyUrls::Https => Err(expected),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fetched_over_http_from_this_machine_only() {
        let hint = "only latchkey-local fetches keys over http";
        for host in ["127.0.0.1:54321", "localhost:54321", "[::1]", "127.9.9.9"] {
            let url = format!("http://{host}/jwks.json");
            assert_eq!(key_url(&url, KeyUrls::HttpsOrLoopback).map(drop), Ok(()), "{url}");
            assert!(key_url(&url, KeyUrls::Https).unwrap_err().contains(hint), "{url}");
        }
        for url in [
            "http://idp.example.com/jwks.json",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@idp.example.com/",
            "http://0.0.0.0/",
            "http://192.168.0.7/",
            "ftp://127.0.0.1/",
            "/jwks.json",
        ] {
            let error = key_url(url, KeyUrls::HttpsOrLoopback).unwrap_err();
            assert!(error.contains("must be an https URL"), "{url}: {error}");
            assert!(!key_url(url, KeyUrls::Https).unwrap_err().contains(hint), "{url}");
        }
        assert!(key_url("https://idp.example.com/jwks.json", KeyUrls::Https).is_ok());
    }
}
