//! A response, read to its end.

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;

/// A response of the API.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as JSON; null when there is none.
    pub body: Value,
}

impl Reply {
    /// Reads any router's answer.
    ///
    /// # Panics
    /// If its body breaks.
    pub async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body in memory does not break").to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// The problem's code; empty when it is no problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// A member of the body that is a text.
    ///
    /// # Panics
    /// If it is not there.
    pub fn text(&self, member: &str) -> String {
        let value = self.body[member].as_str();
        value.unwrap_or_else(|| panic!("no text {member:?} in {} {}", self.status, self.body)).to_owned()
    }

    /// One header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The `Set-Cookie` line of a cookie.
    pub fn cookie_line(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
        lines.map(str::to_owned).find(|line| line.starts_with(&format!("{name}=")))
    }

    /// The value of a cookie that is set; `None` when it is not set, empty when it is cleared.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let line = self.cookie_line(name)?;
        let value = line.split(';').next()?.split_once('=')?.1;
        Some(value.to_owned())
    }
}
