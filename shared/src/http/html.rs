//! HTML pages: a document without script that no other page can put into a frame.

use aws_lc_rs::digest;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::problem::Problem;

/// A document, which is complete and escaped.
#[derive(Clone, Debug)]
pub struct Page {
    /// The text of the document.
    pub html: String,
    /// Its language.
    pub language: &'static str,
    /// The text of its only style element.
    pub style: &'static str,
}

/// The page as a successful response.
impl IntoResponse for Page {
    fn into_response(self) -> Response {
        (self.headers(), Html(self.html)).into_response()
    }
}

impl Page {
    /// The page as the body of a problem.
    pub fn of_problem(self, problem: Problem) -> Problem {
        let headers = self.headers();
        problem.with_headers(headers).with_html(self.html)
    }

    /// Nothing may be loaded or run, a form goes to our own origin only, and the URL, which contains the token of the page, is sent to
    /// no other site.
    fn headers(&self) -> HeaderMap {
        let hash = BASE64.encode(digest::digest(&digest::SHA256, self.style.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, policy.as_str()),
            (header::CONTENT_LANGUAGE, self.language),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
        ] {
            let value = HeaderValue::from_str(value).expect("these texts have visible ASCII characters only");
            headers.insert(name, value);
        }
        headers
    }
}
