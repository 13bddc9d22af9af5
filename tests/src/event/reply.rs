//! A function's response, in the form of payload 2.0.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::body_bytes;

/// The response of a function, as the gateway reads it.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status. It can be compared with a number.
    pub status: StatusCode,
    /// All headers except `Set-Cookie`.
    pub headers: HeaderMap,
    /// One `Set-Cookie` line each.
    pub cookies: Vec<String>,
    /// The body if it is JSON, a string if it is other text, null if there is none.
    pub body: Value,
}

impl Reply {
    /// Reads a payload 2.0 response. It ignores `multiValueHeaders`, as the gateway does.
    ///
    /// # Panics
    /// When the value is not such a response.
    pub fn parse(response: Value) -> Self {
        let status = response["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        let headers = response["headers"].as_object().into_iter().flatten().map(|(name, value)| {
            let value =
                HeaderValue::from_str(value.as_str().unwrap_or_default()).expect("a header is printable");
            (name.parse::<HeaderName>().expect("a header has a name"), value)
        });
        let cookies = response["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let body =
            String::from_utf8(body_bytes(&response).unwrap_or_default()).expect("our answers are text");
        Self {
            status: status.unwrap_or_else(|| panic!("no response of payload 2.0: {response}")),
            headers: headers.collect(),
            cookies: cookies.map(str::to_owned).collect(),
            body: match serde_json::from_str(&body) {
                Ok(json) => json,
                Err(_) if body.is_empty() => Value::Null,
                Err(_) => Value::String(body),
            },
        }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The value that the response sets for a cookie; empty if it clears the cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let line = self.cookies.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        line.split(';').next()
    }

    /// The `code` of a problem.
    pub fn code(&self) -> Option<&str> {
        self.body["code"].as_str()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reply_is_read_as_the_gateway_reads_it() {
        let reply = Reply::parse(json!({
            "statusCode": 401,
            "headers": { "content-type": "application/problem+json", "retry-after": "2" },
            "multiValueHeaders": { "x-lost": ["1"] },
            "cookies": ["__Host-latchkey_access=abc; Path=/; Secure", "__Host-latchkey_refresh=; Max-Age=0"],
            "body": "{\"code\":\"session_ended\"}",
            "isBase64Encoded": false,
        }));
        assert_eq!(reply.status, 401);
        assert_eq!(reply.header("retry-after"), Some("2"));
        assert_eq!(reply.header("x-lost"), None);
        assert_eq!(reply.cookie("__Host-latchkey_access"), Some("abc"));
        assert_eq!(reply.cookie("__Host-latchkey_refresh"), Some(""));
        assert_eq!(reply.code(), Some("session_ended"));
        assert_eq!(Reply::parse(json!({ "statusCode": 200, "body": "" })).body, Value::Null);
    }
}
