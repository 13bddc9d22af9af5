//! Requests through our own CloudFront distribution. Only their viewer headers are trusted.
//!
//! Behind CloudFront the gateway sees CloudFront's address. The distribution adds a header with a secret that
//! viewers do not have. When `CLOUDFRONT_ORIGIN_SECRET` is set, a request without the secret is refused.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode;

use super::problem::{Code, Problem};
use crate::app::App;
use crate::config::OriginSecrets;
use crate::domain::place::Place;

/// The header that the distribution adds, with the secret.
pub const SECRET_HEADER: &str = "x-latchkey-origin-secret";

/// The layer that refuses requests that did not come through CloudFront, if CloudFront is configured.
pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let secrets = &app.config().origin_secrets;
    if secrets.are_set() && !has_secret(secrets, request.headers()) {
        return Problem::of(Code::OriginRejected).into_response();
    }
    next.run(request).await
}

fn has_secret(secrets: &OriginSecrets, headers: &HeaderMap) -> bool {
    headers.get(SECRET_HEADER).is_some_and(|given| secrets.contains(given.as_bytes()))
}

/// The viewer's address. `CloudFront-Viewer-Address` holds address, colon and port, also for IPv6.
pub(super) fn viewer_address(headers: &HeaderMap) -> Option<IpAddr> {
    let text = headers.get("cloudfront-viewer-address")?.to_str().ok()?;
    let (address, _port) = text.rsplit_once(':')?;
    address.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// The text of a header of CloudFront, which percent-encodes what is not ASCII (`S%C3%A3o%20Paulo`). The text as it was sent,
/// if the escapes are not UTF-8.
fn decoded(value: &HeaderValue) -> String {
    let decoded = percent_decode(value.as_bytes()).decode_utf8();
    decoded.unwrap_or_else(|_| String::from_utf8_lossy(value.as_bytes())).into_owned()
}

/// The viewer's place, from the headers that CloudFront adds.
pub(super) fn viewer_place(headers: &HeaderMap) -> Place {
    let text = |name: &str| {
        let value = headers.get(format!("cloudfront-viewer-{name}"))?;
        Some(decoded(value))
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

    #[test]
    fn the_name_of_a_city_is_decoded() {
        for (sent, expected) in [
            ("S%C3%A3o Paulo", "São Paulo"),
            ("S%c3%a3o%20Paulo", "São Paulo"),
            ("%E6%9D%B1%E4%BA%AC", "東京"),
            ("Frankfurt am Main", "Frankfurt am Main"),
            ("A+B 100% %zz", "A+B 100% %zz"),
            ("S%E3o Paulo", "S%E3o Paulo"),
            ("a%0Ab%00", "ab"),
        ] {
            let place = viewer_place(&headers(&[("cloudfront-viewer-city", sent)]));
            assert_eq!(place.city.as_deref(), Some(expected), "{sent}");
        }
        let region = viewer_place(&headers(&[("cloudfront-viewer-country-region", "%C3%8EF")])).region;
        assert_eq!(region.as_deref(), Some("ÎF"));
    }
}
