//! Did this request come through our CloudFront? Only then are its viewer headers believed.
//!
//! Behind CloudFront the gateway sees CloudFront's address. The distribution adds a secret header that no
//! viewer knows; with `CLOUDFRONT_ORIGIN_SECRET` set, a request without it is refused.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use subtle::ConstantTimeEq;

use super::problem::{Code, Problem};
use crate::app::App;
use crate::place::Place;

/// The header that the distribution adds.
pub const SECRET_HEADER: &str = "x-latchkey-origin-secret";

/// One or two secrets, so that they can be rotated; none when there is no CloudFront.
#[derive(Clone, Default)]
pub struct OriginSecrets(Vec<String>);

/// What is wrong with `CLOUDFRONT_ORIGIN_SECRET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one or two secrets of 16 bytes or more, separated by a comma")]
pub struct SecretsError;

impl OriginSecrets {
    /// Parses the setting; empty is none.
    ///
    /// # Errors
    /// More than two, or one that could be guessed.
    pub fn parse(text: &str) -> Result<Self, SecretsError> {
        let secrets: Vec<String> =
            text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect();
        let good = secrets.len() <= 2 && secrets.iter().all(|secret| secret.len() >= 16);
        good.then_some(Self(secrets)).ok_or(SecretsError)
    }

    /// Whether there is a CloudFront in front.
    pub fn are_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// Compares in constant time, with every secret, whichever fits.
    fn fit(&self, headers: &HeaderMap) -> bool {
        let Some(given) = headers.get(SECRET_HEADER) else { return false };
        let fits = |secret: &String| secret.as_bytes().ct_eq(given.as_bytes());
        self.0.iter().map(fits).fold(0, |any, fit| any | fit.unwrap_u8()) == 1
    }
}

impl std::fmt::Debug for OriginSecrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "OriginSecrets({})", self.0.len())
    }
}

/// The layer that refuses what did not come through CloudFront, when there is one.
pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let secrets = &app.config().origin_secrets;
    if secrets.are_set() && !secrets.fit(request.headers()) {
        return Problem::of(Code::OriginRejected).into_response();
    }
    next.run(request).await
}

/// The viewer's address: `CloudFront-Viewer-Address` is address, colon, port, for IPv6 too.
pub(super) fn viewer_address(headers: &HeaderMap) -> Option<IpAddr> {
    let text = headers.get("cloudfront-viewer-address")?.to_str().ok()?;
    let (address, _port) = text.rsplit_once(':')?;
    address.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// The viewer's place, as far as CloudFront knows it.
pub(super) fn viewer_place(headers: &HeaderMap) -> Place {
    let text = |name: &str| {
        let value = headers.get(format!("cloudfront-viewer-{name}"))?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let degrees = |name| text(name).and_then(|text| text.parse().ok());
    Place {
        country: text("country"),
        region: text("country-region"),
        city: text("city"),
        latitude: degrees("latitude"),
        longitude: degrees("longitude"),
    }
    .cleaned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn either_of_two_secrets_opens_and_nothing_else_does() {
        let secrets = OriginSecrets::parse("first-secret-0001, second-secret-002").unwrap();
        for (given, fits) in [
            ("first-secret-0001", true),
            ("second-secret-002", true),
            ("first-secret-0002", false),
            ("", false),
        ] {
            assert_eq!(secrets.fit(&headers(&[(SECRET_HEADER, given)])), fits, "{given}");
        }
        assert!(!secrets.fit(&HeaderMap::new()));
        assert!(OriginSecrets::parse("short").is_err() && !OriginSecrets::parse("").unwrap().are_set());
    }

    #[test]
    fn a_viewers_address_is_cut_at_its_last_colon() {
        for (text, ip) in [
            ("198.51.100.7:46532", "198.51.100.7"),
            ("2001:db8::7:46532", "2001:db8::7"),
            ("[2001:db8::7]:46532", "2001:db8::7"),
        ] {
            assert_eq!(viewer_address(&headers(&[("cloudfront-viewer-address", text)])), ip.parse().ok());
        }
        assert_eq!(viewer_address(&headers(&[("cloudfront-viewer-address", "nonsense")])), None);
    }

    #[test]
    fn a_viewers_place_is_bounded_and_sane() {
        let place = viewer_place(&headers(&[
            ("cloudfront-viewer-country", "PT"),
            ("cloudfront-viewer-city", "Lisbon"),
            ("cloudfront-viewer-latitude", "38.72"),
            ("cloudfront-viewer-longitude", "999"),
        ]));
        assert_eq!((place.country.as_deref(), place.city.as_deref()), (Some("PT"), Some("Lisbon")));
        assert_eq!((place.latitude, place.longitude), (None, None), "half a point is none");
        assert!(viewer_place(&headers(&[("cloudfront-viewer-country", "Portugal")])).is_unknown());
    }
}
