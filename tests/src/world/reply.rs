//! A response that was read completely.

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;

/// A response of the API.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON, a string if it is a JWS, NDJSON, CSV or a page, null if there is no body.
    pub body: Value,
}

impl Reply {
    /// Reads the response of a router.
    ///
    /// # Panics
    /// If the body cannot be read.
    pub async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body in memory does not break").to_bytes();
        let media =
            parts.headers.get("content-type").and_then(|media| media.to_str().ok()).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default();
        let is_text = ["application/jwt", "application/x-ndjson", "text/csv", "text/html"].contains(&media);
        let body = match String::from_utf8(bytes.to_vec()) {
            Ok(text) if is_text => Value::String(text),
            _ => serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        };
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// The code of a problem; empty for any other body.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// A string member of the body.
    ///
    /// # Panics
    /// If the body has no such member.
    pub fn text(&self, member: &str) -> String {
        let value = self.body[member].as_str();
        value.unwrap_or_else(|| panic!("no text {member:?} in {} {}", self.status, self.body)).to_owned()
    }

    /// A header as text; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The `Set-Cookie` line of a cookie.
    pub fn cookie_line(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
        lines.map(str::to_owned).find(|line| line.starts_with(&format!("{name}=")))
    }

    /// The value that the response sets for a cookie; `None` if it sets none, empty if it clears the cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let line = self.cookie_line(name)?;
        let value = line.split(';').next()?.split_once('=')?.1;
        Some(value.to_owned())
    }
}
