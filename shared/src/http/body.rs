//! Request bodies and parameters: bounded, typed, with errors that name the field.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::problem::{Code, Problem};

/// The longest body, in bytes.
pub const BODY_MAX_BYTES: usize = 16 * 1024;

/// The media type of a body, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// No body and no `Content-Type`.
    Absent,
}

/// Reads a body to its end.
///
/// # Errors
/// `body_too_large` over [`BODY_MAX_BYTES`]; `invalid_request` when the body ends early.
pub async fn read(body: Body) -> Result<Bytes, Problem> {
    read_at_most(body, BODY_MAX_BYTES).await
}

/// Reads a body of at most `max_bytes` to its end.
///
/// # Errors
/// As [`read`].
pub async fn read_at_most(body: Body, max_bytes: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, max_bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let detail = format!("the body may have {} KiB at most", max_bytes / 1024);
            Err(Problem::of(Code::BodyTooLarge).detail(detail))
        }
        Err(_) => Err(Problem::field("body", "is incomplete")),
    }
}

/// The kind of a body.
///
/// # Errors
/// Any other type, an unknown charset, or a compressed body: 415.
pub fn media_type(headers: &HeaderMap, body: &Bytes) -> Result<MediaType, Problem> {
    let unsupported = || Problem::of(Code::UnsupportedMediaType);
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(unsupported().detail("compressed bodies are not taken"));
    }
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return if body.is_empty() { Ok(MediaType::Absent) } else { Err(unsupported()) };
    };
    let text = value.to_str().map_err(|_| unsupported())?.to_ascii_lowercase();
    let (essence, parameters) = text.split_once(';').unwrap_or((&text, ""));
    let charset = parameters.trim().strip_prefix("charset=").map(|charset| charset.trim_matches('"'));
    if charset.is_some_and(|charset| charset != "utf-8") {
        return Err(unsupported().detail("only UTF-8 is taken"));
    }
    match essence.trim() {
        "application/json" => Ok(MediaType::Json),
        "application/x-www-form-urlencoded" => Ok(MediaType::Form),
        _ => Err(unsupported()),
    }
}

/// Requires this media type, whatever its parameters.
///
/// # Errors
/// Any other type, or a compressed body: 415 that names the expected one.
pub fn require_media_type(headers: &HeaderMap, expected: &'static str) -> Result<(), Problem> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    let is_plain = headers.get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    if is_plain && essence.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Problem::of(Code::UnsupportedMediaType).detail(format!("expected {expected}, not compressed")))
}

/// Whether the caller sent a form, whatever its charset and its size. Such a caller expects the errors of OAuth.
pub fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The parameter of a form. An empty one counts as omitted (RFC 6749 section 3.2).
///
/// # Errors
/// As [`parameter`].
pub fn form_parameter(form: &str, name: &str) -> Result<Option<String>, Problem> {
    Ok(parameter(form, name)?.filter(|value| !value.is_empty()))
}

/// Reads and parses a JSON body.
///
/// # Errors
/// 413, 415, or 400 with the field that is wrong.
pub async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Problem> {
    json_of(headers, &read(body).await?)
}

/// Parses a JSON body that has been read.
///
/// # Errors
/// 415, or 400 with the field that is wrong.
pub fn json_of<T: DeserializeOwned>(headers: &HeaderMap, bytes: &Bytes) -> Result<T, Problem> {
    match media_type(headers, bytes)? {
        MediaType::Json => parse_json(bytes),
        MediaType::Form | MediaType::Absent => Err(Problem::of(Code::UnsupportedMediaType)),
    }
}

/// Parses JSON.
///
/// # Errors
/// 400 that names the wrong field, and never its value.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let value: T = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        // serde_json reports a wrong value for an enum as a syntax error, so that valid JSON is checked again.
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
        let path = error.path().to_string();
        if is_json { wrong_field(&path, error.inner()) } else { Problem::field("body", "is not JSON") }
    })?;
    json.end().map_err(|_| Problem::field("body", "has something after the JSON value"))?;
    Ok(value)
}

fn wrong_field(path: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    if let Some(name) = quoted(&text, "missing field ") {
        return Problem::field(name, "is required");
    }
    if let Some(name) = quoted(&text, "duplicate field ") {
        return Problem::field(name, "was sent twice");
    }
    if let Some(name) = quoted(&text, "unknown field ") {
        return Problem::field(name, "is not a member of this request");
    }
    let field = if path == "." { "body" } else { path };
    // serde writes "invalid type: string \"..\", expected a number". The first half may hold a secret that was sent.
    let expected =
        text.rsplit_once(", expected ").map(|(_, rest)| rest.split(" at line").next().unwrap_or(rest));
    match expected {
        Some(expected) => Problem::field(field, format!("expected {expected}")),
        None => Problem::field(field, "is not valid"),
    }
}

fn quoted(text: &str, prefix: &str) -> Option<String> {
    let rest = text.strip_prefix(prefix)?.strip_prefix('`')?;
    rest.split('`').next().map(str::to_owned)
}

/// One parameter of a form or query string.
///
/// # Errors
/// `invalid_request` for a parameter that was sent twice, because no rule defines which value counts.
pub fn parameter(encoded: &str, name: &str) -> Result<Option<String>, Problem> {
    let mut found = None;
    for (key, value) in form_urlencoded::parse(encoded.as_bytes()) {
        if key == name && found.replace(value.into_owned()).is_some() {
            return Err(Problem::field(name, "was sent twice"));
        }
    }
    Ok(found)
}

/// Refuses a query with another parameter than these, because a misspelt filter would select everything.
///
/// # Errors
/// `invalid_request`, with the names of the parameters.
pub fn only_parameters(encoded: &str, known: &[&str]) -> Result<(), Problem> {
    let is_known = form_urlencoded::parse(encoded.as_bytes()).all(|(key, _)| known.contains(&&*key));
    let expected =
        || Problem::field("query", format!("has an unknown parameter: expected {}", known.join(", ")));
    if is_known { Ok(()) } else { Err(expected()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only parsed")]
    struct Sample {
        assertion: String,
        count: Option<u8>,
    }

    fn error(text: &str) -> serde_json::Value {
        parse_json::<Sample>(text.as_bytes()).unwrap_err().body("r")
    }

    #[test]
    fn an_error_names_its_field_and_never_its_value() {
        assert_eq!(error("{}")["field"], "assertion");
        assert_eq!(error(r#"{"assertion":7}"#)["detail"], "assertion: expected a string");
        assert_eq!(error(r#"{"assertion":"a","assertion":"b"}"#)["field"], "assertion");
        assert_eq!(error("not json")["field"], "body");
        assert_eq!(error(r#"{"assertion":"a"} x"#)["field"], "body");
        let secret = error(r#"{"assertion":"a","count":"hush-hush"}"#);
        assert_eq!(secret["field"], "count");
        assert!(!secret.to_string().contains("hush"), "{secret}");
    }

    #[test]
    fn a_parameter_that_is_there_twice_is_refused() {
        assert_eq!(parameter("a=1&b=2", "b").unwrap().as_deref(), Some("2"));
        assert!(parameter("a=1&a=2", "a").is_err());
        assert!(parameter("a=1", "b").unwrap().is_none());
    }
}
