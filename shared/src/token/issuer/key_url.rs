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
