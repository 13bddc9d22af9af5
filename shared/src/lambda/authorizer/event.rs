//! Authorizer events: the members that the check needs, from an event of payload format 2.0.
//!
//! An error names the member that is wrong.

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;

/// The headers that the check reads. All others are ignored.
const CHECKED_HEADERS: [&str; 6] = ["authorization", "cookie", "dpop", "host", "origin", "sec-fetch-site"];

/// A member of the event is missing or invalid. The error does not contain its value, because it may be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}: expected an event of a REQUEST authorizer with payload format 2.0")]
pub struct MalformedEvent(pub &'static str);

/// The request that API Gateway asks about.
pub(super) struct GatewayRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) request_id: String,
}

impl GatewayRequest {
    /// Reads an event. A missing method is an error, because with a default of `GET` an unsafe request would skip the
    /// CSRF check.
    ///
    /// # Errors
    /// The first member that is wrong.
    pub(super) fn parse(event: &Value) -> Result<Self, MalformedEvent> {
        expect(event, "/version", "2.0")?;
        expect(event, "/type", "REQUEST")?;
        let method = text(event, "/requestContext/http/method")?;
        let method = Method::from_bytes(method.as_bytes());
        let path = text(event, "/rawPath").unwrap_or_default();
        let request_id = text(event, "/requestContext/requestId").unwrap_or_default();
        Ok(Self {
            method: method.map_err(|_| MalformedEvent("/requestContext/http/method"))?,
            path: path.to_owned(),
            headers: headers(event)?,
            request_id: request_id.to_owned(),
        })
    }
}

fn text<'e>(event: &'e Value, pointer: &'static str) -> Result<&'e str, MalformedEvent> {
    event.pointer(pointer).and_then(Value::as_str).ok_or(MalformedEvent(pointer))
}

fn expect(event: &Value, pointer: &'static str, expected: &str) -> Result<(), MalformedEvent> {
    if text(event, pointer)? == expected { Ok(()) } else { Err(MalformedEvent(pointer)) }
}

/// The headers with lower-case names, and the cookies, which API Gateway puts into a list.
fn headers(event: &Value) -> Result<HeaderMap, MalformedEvent> {
    let mut headers = HeaderMap::new();
    let given = match event.get("headers") {
        None | Some(Value::Null) => None,
        Some(Value::Object(given)) => Some(given),
        Some(_) => return Err(MalformedEvent("/headers")),
    };
    for (name, value) in given.into_iter().flatten() {
        let Some(name) = CHECKED_HEADERS.into_iter().find(|checked| checked.eq_ignore_ascii_case(name))
        else {
            continue;
        };
        // An unreadable header is an error and does not count as absent, so that no other credential is used instead.
        headers.append(name, header_value(value).ok_or(MalformedEvent("/headers"))?);
    }
    if let Some(cookies) = cookies(event)? {
        headers.insert(header::COOKIE, cookies);
    }
    Ok(headers)
}

/// All cookies of the request as one header value. Without the list, the `cookie` header counts.
fn cookies(event: &Value) -> Result<Option<HeaderValue>, MalformedEvent> {
    let wrong = MalformedEvent("/cookies");
    let list = match event.get("cookies") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(wrong),
    };
    let cookies: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    let line = cookies.ok_or(wrong)?.join("; ");
    if line.is_empty() { Ok(None) } else { HeaderValue::from_str(&line).map(Some).map_err(|_| wrong) }
}

fn header_value(value: &Value) -> Option<HeaderValue> {
    HeaderValue::from_bytes(value.as_str()?.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "version": "2.0",
            "type": "REQUEST",
            "cookies": ["a=1", "b=2"],
            "headers": {"Authorization": "Bearer x", "accept": "*/*", "ORIGIN": "https://app.example.com"},
            "requestContext": {"http": {"method": "POST"}, "requestId": "id"},
        })
    }

    #[test]
    fn header_names_are_read_in_any_case() {
        let request = GatewayRequest::parse(&event()).unwrap();
        assert_eq!((request.method, request.request_id.as_str()), (Method::POST, "id"));
        assert_eq!(request.headers["authorization"], "Bearer x");
        assert_eq!(request.headers["origin"], "https://app.example.com");
        assert_eq!(request.headers["cookie"], "a=1; b=2");
        assert_eq!(request.headers.len(), 3, "headers that the check does not need are left out");
    }

    #[test]
    fn a_header_name_in_two_spellings_gives_two_values() {
        let mut event = event();
        event["headers"]["authorization"] = json!("Bearer y");
        assert_eq!(GatewayRequest::parse(&event).unwrap().headers.get_all("authorization").iter().count(), 2);
    }

    #[test]
    fn without_a_list_of_cookies_the_cookie_header_counts() {
        let mut event = event();
        for no_cookies in [json!(null), json!([])] {
            event["cookies"] = no_cookies;
            assert!(!GatewayRequest::parse(&event).unwrap().headers.contains_key("cookie"));
        }
        event["headers"] = json!({"Cookie": "a=1"});
        assert_eq!(GatewayRequest::parse(&event).unwrap().headers["cookie"], "a=1");
        event["headers"] = json!(null);
        assert!(GatewayRequest::parse(&event).unwrap().headers.is_empty());
    }

    #[test]
    fn an_error_names_the_malformed_member_and_repeats_no_value() {
        let cases = [
            ("version", json!("1.0"), "/version"),
            ("type", json!("TOKEN"), "/type"),
            ("requestContext", json!({}), "/requestContext/http/method"),
            ("requestContext", json!({"http": {"method": "GE T"}}), "/requestContext/http/method"),
            ("requestContext", json!({"http": {"method": 7}}), "/requestContext/http/method"),
            ("headers", json!("Bearer secret"), "/headers"),
            ("headers", json!({"authorization": ["Bearer secret"]}), "/headers"),
            ("headers", json!({"authorization": "Bearer secret\n"}), "/headers"),
            ("cookies", json!("secret"), "/cookies"),
            ("cookies", json!([{"secret": 1}]), "/cookies"),
            ("cookies", json!(["secret\n"]), "/cookies"),
        ];
        for (member, value, wrong) in cases {
            let mut event = event();
            event[member] = value;
            let error = GatewayRequest::parse(&event).err().unwrap();
            assert_eq!(error, MalformedEvent(wrong));
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        for event in [json!(null), json!([1]), json!("ping"), json!({})] {
            assert_eq!(GatewayRequest::parse(&event).err(), Some(MalformedEvent("/version")));
        }
    }
}
