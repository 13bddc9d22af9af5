//! What does the gateway ask? The few members of its event that decide, each with a name if it is wrong.

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;

/// The headers that a check looks at; all others stay where they are.
const ASKED: [&str; 4] = ["authorization", "cookie", "origin", "sec-fetch-site"];

/// The member of an event that is missing or not as payload 2.0 has it. Never its value: it may be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not what a REQUEST authorizer of payload format 2.0 gets")]
pub struct MalformedEvent(pub &'static str);

/// The request that waits at the gateway.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) request_id: String,
}

impl Asked {
    /// Reads an event. A method that is missing is no `GET`: an unsafe one would go unchecked.
    ///
    /// # Errors
    /// The first member that is wrong.
    pub(super) fn parse(event: &Value) -> Result<Self, MalformedEvent> {
        expect(event, "/version", "2.0")?;
        expect(event, "/type", "REQUEST")?;
        let method = text(event, "/requestContext/http/method")?;
        let method = Method::from_bytes(method.as_bytes());
        let request_id = text(event, "/requestContext/requestId").unwrap_or_default();
        Ok(Self {
            method: method.map_err(|_| MalformedEvent("/requestContext/http/method"))?,
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

/// The headers under their lower-case names, and the cookies, which the gateway puts into a list.
fn headers(event: &Value) -> Result<HeaderMap, MalformedEvent> {
    let mut headers = HeaderMap::new();
    let given = match event.get("headers") {
        None | Some(Value::Null) => None,
        Some(Value::Object(given)) => Some(given),
        Some(_) => return Err(MalformedEvent("/headers")),
    };
    for (name, value) in given.into_iter().flatten() {
        let Some(name) = ASKED.into_iter().find(|asked| asked.eq_ignore_ascii_case(name)) else {
            continue;
        };
        // One that cannot be read is not one that is absent: nothing falls back.
        headers.append(name, header_value(value).ok_or(MalformedEvent("/headers"))?);
    }
    if let Some(cookies) = cookies(event)? {
        headers.insert(header::COOKIE, cookies);
    }
    Ok(headers)
}

/// All cookies of the request; without the list, a `cookie` header says it.
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
    fn an_event_is_read_whatever_the_case_of_its_headers() {
        let asked = Asked::parse(&event()).unwrap();
        assert_eq!((asked.method, asked.request_id.as_str()), (Method::POST, "id"));
        assert_eq!(asked.headers["authorization"], "Bearer x");
        assert_eq!(asked.headers["origin"], "https://app.example.com");
        assert_eq!(asked.headers["cookie"], "a=1; b=2");
        assert_eq!(asked.headers.len(), 3, "what decides nothing is left out");
    }

    #[test]
    fn one_header_in_two_spellings_is_two_headers() {
        let mut event = event();
        event["headers"]["authorization"] = json!("Bearer y");
        assert_eq!(Asked::parse(&event).unwrap().headers.get_all("authorization").iter().count(), 2);
    }

    #[test]
    fn what_is_absent_is_absent_and_a_cookie_header_will_do() {
        let mut event = event();
        for nothing in [json!(null), json!([])] {
            event["cookies"] = nothing;
            assert!(!Asked::parse(&event).unwrap().headers.contains_key("cookie"));
        }
        event["headers"] = json!({"Cookie": "a=1"});
        assert_eq!(Asked::parse(&event).unwrap().headers["cookie"], "a=1");
        event["headers"] = json!(null);
        assert!(Asked::parse(&event).unwrap().headers.is_empty());
    }

    #[test]
    fn a_malformed_event_names_its_member_and_repeats_no_value() {
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
            let error = Asked::parse(&event).err().unwrap();
            assert_eq!(error, MalformedEvent(wrong));
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        for event in [json!(null), json!([1]), json!("ping"), json!({})] {
            assert_eq!(Asked::parse(&event).err(), Some(MalformedEvent("/version")));
        }
    }
}
