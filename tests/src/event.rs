//! The events that API Gateway's HTTP API sends to a function (payload 2.0), and the function's responses.
//!
//! An event is built by [`Event::new`] or read from `events/` by [`Event::from_file`]. In both cases it has the gateway's
//! format: header names in lower case, cookies in their own list, the values of a repeated header joined by a comma.
//!
//! ```
//! use latchkey_tests::event::Event;
//!
//! let event = Event::new("DELETE", "/api/auth/sessions?scope=others").bearer("an.access.token").source_ip("198.51.100.7").build();
//! assert_eq!(event["rawQueryString"], "scope=others");
//! ```

mod reply;

pub use reply::Reply;

use std::{fmt::Write, path::Path};

use axum::extract::Query;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Uri;
use serde::Serialize;
use serde_json::{Map, Value, json};

const HOST: &str = "app.example.com";
const SOURCE_IP: &str = "203.0.113.9";
const USER_AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// An event of the HTTP API. It is complete at each step of its building.
#[derive(Clone, Debug)]
pub struct Event(Value);

impl Event {
    /// A request without a body, from Chrome on Windows at 203.0.113.9 to `app.example.com`.
    ///
    /// `target` is a path, with or without a query. The time in the event is always 2026-11-24T10:00:00Z, because functions
    /// read their own clock.
    pub fn new(method: &str, target: &str) -> Self {
        let uri: Uri = target.parse().expect("a test's target is a path and a query");
        let route = route(uri.path());
        let mut event = json!({
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": uri.path(),
            "rawQueryString": uri.query().unwrap_or_default(),
            "headers": {
                "accept": "*/*",
                "host": HOST,
                "user-agent": USER_AGENT,
                "x-amzn-trace-id": "Root=1-6b056020-0123456789abcdef01234567",
                "x-forwarded-for": SOURCE_IP,
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
            },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "abcdef1234",
                "domainName": HOST,
                "domainPrefix": "app",
                "http": { "method": method, "path": uri.path(), "protocol": "HTTP/1.1", "sourceIp": SOURCE_IP, "userAgent": USER_AGENT },
                "requestId": "OcBqYh1rliAEPXg=",
                "routeKey": route.key,
                "stage": "$default",
                "time": "24/Nov/2026:10:00:00 +0000",
                "timeEpoch": 1_795_514_400_000_u64,
            },
            "isBase64Encoded": false,
        });
        if uri.query().is_some() {
            event["queryStringParameters"] = query_parameters(&uri);
        }
        if let Some(id) = route.session_id {
            event["pathParameters"] = json!({ "id": id });
        }
        Self(event)
    }

    /// The event in `events/<name>.json`, with its `{{placeholders}}`.
    ///
    /// # Panics
    /// There is no such file, or it is not JSON.
    pub fn from_file(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(name).with_extension("json");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// Replaces every `{{placeholder}}` of the event by `value`, also in a base64 body. The value is not escaped.
    pub fn fill(mut self, placeholder: &str, value: &str) -> Self {
        let body = self.body_bytes();
        let placeholder = format!("{{{{{placeholder}}}}}");
        replace(&mut self.0, &placeholder, value);
        match body {
            Some(bytes) if self.0["isBase64Encoded"] == true => {
                let text = String::from_utf8_lossy(&bytes).replace(&placeholder, value);
                self.0["body"] = STANDARD.encode(text).into();
                self
            }
            _ => self,
        }
    }

    /// Sets a JSON body.
    pub fn json(self, body: impl Serialize) -> Self {
        let text = serde_json::to_string(&body).expect("a test's body is JSON");
        self.body("application/json", &text)
    }

    /// Sets a body of any text.
    pub fn body(mut self, content_type: &str, text: &str) -> Self {
        self.0["body"] = text.into();
        self.0["isBase64Encoded"] = false.into();
        self.header("content-type", content_type)
    }

    /// Sets a body in base64, as the gateway does for content types that it does not treat as text.
    pub fn base64_body(mut self, content_type: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.0["body"] = STANDARD.encode(bytes).into();
        self.0["isBase64Encoded"] = true.into();
        self.header("content-type", content_type)
    }

    /// Sets a form as the body, in base64, as the gateway does.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value)))
            .collect();
        self.base64_body("application/x-www-form-urlencoded", pairs.join("&"))
    }

    /// Sets a header and replaces an existing one.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0["headers"][name.to_ascii_lowercase()] = value.into();
        self
    }

    /// Repeats a header. The gateway joins the values with a comma.
    pub fn header_again(self, name: &str, value: &str) -> Self {
        let joined = match self.0["headers"][name.to_ascii_lowercase()].as_str() {
            Some(first) => format!("{first},{value}"),
            None => value.to_owned(),
        };
        self.header(name, &joined)
    }

    /// Removes a header.
    pub fn without_header(mut self, name: &str) -> Self {
        if let Some(headers) = self.0["headers"].as_object_mut() {
            headers.remove(&name.to_ascii_lowercase());
        }
        self
    }

    /// Sets `Authorization: Bearer` with an access token or another text.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Adds a cookie. Its name may be repeated.
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        let cookie = format!("{name}={value}").into();
        match self.0["cookies"].as_array_mut() {
            Some(cookies) => cookies.push(cookie),
            None => self.0["cookies"] = Value::Array(vec![cookie]),
        }
        self
    }

    /// Sets the client address that the gateway reports.
    pub fn source_ip(mut self, address: &str) -> Self {
        self.0["requestContext"]["http"]["sourceIp"] = address.into();
        self.header("x-forwarded-for", address)
    }

    /// Sets the client's `User-Agent`.
    pub fn user_agent(mut self, agent: &str) -> Self {
        self.0["requestContext"]["http"]["userAgent"] = agent.into();
        self.header("user-agent", agent)
    }

    /// Adds a named stage, which the gateway leaves in the path: `/prod/api/auth/login`.
    pub fn stage_prefix(mut self, stage: &str) -> Self {
        let path = format!("/{stage}{}", self.0["rawPath"].as_str().unwrap_or_default());
        self.0["requestContext"]["stage"] = stage.into();
        self.0["requestContext"]["http"]["path"] = path.clone().into();
        self.0["rawPath"] = path.into();
        self
    }

    /// The event as the function gets it, with the `content-length` of the body.
    pub fn build(self) -> Value {
        let event = match self.body_bytes() {
            Some(bytes) => self.header("content-length", &bytes.len().to_string()),
            None => self,
        };
        event.0
    }

    fn body_bytes(&self) -> Option<Vec<u8>> {
        body_bytes(&self.0)
    }
}

struct Route<'a> {
    key: String,
    session_id: Option<&'a str>,
}

/// The route of the template for a path.
fn route(path: &str) -> Route<'_> {
    match path.strip_prefix("/api/auth/sessions/") {
        Some(id) if id != "events" => {
            Route { key: "ANY /api/auth/sessions/{id}".to_owned(), session_id: Some(id) }
        }
        _ => Route { key: format!("ANY {path}"), session_id: None },
    }
}

fn query_parameters(uri: &Uri) -> Value {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).expect("a test's query is a query");
    let mut parameters = Map::new();
    for (name, value) in pairs {
        let joined = match parameters.get(&name).and_then(Value::as_str) {
            Some(first) => format!("{first},{value}"),
            None => value,
        };
        parameters.insert(name, joined.into());
    }
    parameters.into()
}

/// The body of an event or a response.
fn body_bytes(message: &Value) -> Option<Vec<u8>> {
    let text = message["body"].as_str()?;
    match message["isBase64Encoded"].as_bool() {
        Some(true) => Some(STANDARD.decode(text).expect("a body that says base64 is base64")),
        _ => Some(text.as_bytes().to_vec()),
    }
}

fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text.contains(from) => *text = text.replace(from, to),
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, from, to)),
        Value::Object(members) => members.values_mut().for_each(|value| replace(value, from, to)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => write!(encoded, "%{byte:02X}").expect("a String takes what is written"),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every sample event, by name.
    fn samples() -> Vec<(String, Value)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
        let files = std::fs::read_dir(folder).expect("there is a folder of events");
        let paths = files
            .map(|file| file.expect("a file").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        let names = paths.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned());
        // The events of the schedules, the stream and the queues do not come from the gateway.
        let others = ["cleanup-", "count-", "notify-"];
        let names = names.filter(|name| !others.iter().any(|other| name.starts_with(other)));
        names.map(|name| (name.clone(), Event::from_file(&name).0)).collect()
    }

    #[test]
    fn every_sample_event_is_what_the_gateway_sends() {
        for (name, event) in samples() {
            let context = &event["requestContext"];
            assert_eq!(event["version"], "2.0", "{name}");
            assert_eq!(event["routeKey"], context["routeKey"], "{name}");
            assert_eq!(event["rawPath"], context["http"]["path"], "{name}");
            assert_eq!(event["headers"]["host"], context["domainName"], "{name}");
            assert_eq!(event["headers"]["user-agent"], context["http"]["userAgent"], "{name}");
            assert!(
                event["headers"]
                    .as_object()
                    .expect("headers")
                    .keys()
                    .all(|key| !key.contains(char::is_uppercase)),
                "{name}"
            );
            let length = body_bytes(&event).map(|body| body.len().to_string());
            assert_eq!(event["headers"]["content-length"].as_str(), length.as_deref(), "{name}");
        }
    }

    #[test]
    fn no_sample_event_holds_a_secret_or_a_real_address() {
        for (name, event) in samples() {
            let body = String::from_utf8(body_bytes(&event).unwrap_or_default()).expect("text");
            let text = format!("{event} {body}");
            assert!(!text.contains("eyJ"), "{name} holds a token");
            let address = event["requestContext"]["http"]["sourceIp"].as_str().expect("an address");
            assert!(
                address.starts_with("203.0.113.") || address.starts_with("198.51.100."),
                "{name}: {address}"
            );
        }
    }

    #[test]
    fn a_placeholder_is_filled_wherever_it_stands() {
        let form = Event::from_file("refresh-form").fill("refresh_token", "one.two.three");
        let body = String::from_utf8(form.body_bytes().expect("a body")).expect("text");
        assert!(body.ends_with("refresh_token=one.two.three"), "{body}");
        let one = Event::from_file("sessions-one").fill("session_id", "0193").build();
        assert_eq!(one["rawPath"], "/api/auth/sessions/0193");
        assert_eq!(one["pathParameters"]["id"], "0193");
    }

    #[test]
    fn a_file_and_the_builder_agree() {
        let built =
            Event::new("DELETE", "/api/auth/sessions?scope=others").bearer("{{access_token}}").build();
        let read = Event::from_file("sessions-end-others").build();
        for member in ["routeKey", "rawPath", "rawQueryString", "queryStringParameters", "isBase64Encoded"] {
            assert_eq!(built[member], read[member], "{member}");
        }
        assert_eq!(built["headers"]["authorization"], read["headers"]["authorization"]);
        let keys =
            |event: &Value| event.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(&built["requestContext"]), keys(&read["requestContext"]));
        assert_eq!(keys(&built), keys(&read));
    }

    #[test]
    fn a_request_becomes_the_event_that_the_gateway_sends() {
        let event = Event::new("POST", "/api/auth/refresh?a=1&a=2%203")
            .form(&[("grant_type", "refresh_token"), ("refresh_token", "a b")])
            .header("Origin", "https://app.example.com")
            .header_again("Origin", "https://evil.example")
            .cookie("a", "1")
            .cookie("a", "2")
            .stage_prefix("prod")
            .build();
        assert_eq!(event["headers"]["origin"], "https://app.example.com,https://evil.example");
        assert_eq!(event["cookies"], json!(["a=1", "a=2"]));
        assert_eq!(event["rawPath"], "/prod/api/auth/refresh");
        assert_eq!(event["queryStringParameters"], json!({ "a": "1,2 3" }));
        assert_eq!(body_bytes(&event).expect("a body"), b"grant_type=refresh_token&refresh_token=a%20b");
        assert_eq!(event["headers"]["content-length"], "44");
    }
}
