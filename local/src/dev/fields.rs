//! Reads the members of a JSON body one by one, so that an error can name the wrong one.

use std::ops::RangeInclusive;

use axum::body;
use axum::extract::Request;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// The limit of the API, which is more than the dev controls need.
const LONGEST_BODY_BYTES: usize = 16 * 1024;

pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a request's JSON object.
    ///
    /// A page can post `text/plain` to another origin without a CORS preflight. For `application/json` the browser sends a
    /// preflight, in which this server permits only pages of allowed origins.
    pub(super) async fn read(request: Request) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
        let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default();
        if !essence.trim().eq_ignore_ascii_case("application/json") {
            return Err(Problem::MediaType);
        }
        let whole = |_| Problem::invalid("body", "expected at most 16 KiB");
        let bytes = body::to_bytes(request.into_body(), LONGEST_BODY_BYTES).await.map_err(whole)?;
        let object = |_| Problem::invalid("body", "expected a JSON object");
        serde_json::from_slice(&bytes).map(Self).map_err(object)
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, Problem> {
        let text = self.optional_text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Problem::invalid(name, "expected a string that is not empty"))
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::invalid(name, "expected a string")),
        }
    }

    pub(super) fn integer(&mut self, name: &str, range: RangeInclusive<i64>) -> Result<i64, Problem> {
        let number = self.optional_integer(name, range)?;
        number.ok_or_else(|| Problem::invalid(name, "expected a whole number"))
    }

    pub(super) fn optional_integer(
        &mut self,
        name: &str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<i64>, Problem> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_i64().filter(|number| range.contains(number)) {
                Some(number) => Ok(Some(number)),
                None => Err(Problem::invalid(name, "expected a whole number in range")),
            },
        }
    }

    pub(super) fn affirmed(&mut self, name: &str) -> Result<(), Problem> {
        match self.0.remove(name) {
            Some(Value::Bool(true)) => Ok(()),
            _ => Err(Problem::invalid(name, "expected true")),
        }
    }

    /// Refuses members that were not read, so that a misspelt member is not ignored.
    pub(super) fn finish(self) -> Result<(), Problem> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(Problem::invalid(name, "this body has no such member")),
        }
    }
}
