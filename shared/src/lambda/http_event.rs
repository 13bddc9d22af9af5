//! An event becomes a request whatever a client wrote into its request line.
//!
//! API Gateway hands path and query on as they came, the path decoded; lambda_http builds a URI of them and
//! panics when they make none. What may not stand in a URI is percent-encoded here first; a route that
//! exists has none of it, so nothing that was refused becomes allowed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::lambda_runtime::LambdaEvent;
use lambda_http::request::LambdaRequest;
use url::Url;

/// Makes an event that lambda_http takes.
pub fn readable(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
        without_stage(request);
        request.raw_path = Some(path(request.raw_path.as_deref().unwrap_or_default()));
        request.raw_query_string = request.raw_query_string.take().map(|query| encoded(&query, true));
        request.is_base64_encoded &= request.body.as_deref().is_some_and(|body| BASE64.decode(body).is_ok());
        // These go into the URI too; a gateway sends none that do not fit.
        if !is_host(&text_of(request, "host")) {
            request.headers.remove("host");
        }
        let name = request.request_context.domain_name.take();
        request.request_context.domain_name = name.filter(|name| is_host(name));
        if !matches!(text_of(request, "x-forwarded-proto").as_str(), "http" | "https") {
            request.headers.remove("x-forwarded-proto");
        }
    }
    event
}

/// Whether a URI can name that host, and stays what it is behind it.
fn is_host(text: &str) -> bool {
    let Ok(url) = Url::parse(&format!("https://{text}/")) else { return false };
    let host_alone = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    host_alone && url.as_str().parse::<http::Uri>().is_ok()
}

fn text_of(request: &ApiGatewayV2httpRequest, header: &str) -> String {
    request.headers.get(header).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// A stage other than `$default` puts its name before every path; no route knows it.
fn without_stage(request: &mut ApiGatewayV2httpRequest) {
    let Some(stage) = request.request_context.stage.take().filter(|stage| stage != "$default") else {
        return;
    };
    let rest = request.raw_path.as_deref().and_then(|path| path.strip_prefix('/')?.strip_prefix(&stage));
    if let Some(rest) = rest.filter(|rest| rest.starts_with('/')) {
        request.raw_path = Some(rest.to_owned());
    }
}

fn path(text: &str) -> String {
    let slash = if text.starts_with('/') { "" } else { "/" };
    format!("{slash}{}", encoded(text, false))
}

fn encoded(text: &str, is_query: bool) -> String {
    let legal = |byte: u8| {
        let mark = b"-._~!$&'()*+,;=:@/%".contains(&byte) || (is_query && byte == b'?');
        byte.is_ascii_alphanumeric() || mark
    };
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if legal(byte) { out.push(byte.into()) } else { out.push_str(&format!("%{byte:02X}")) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_request_line_holds_it_is_a_uri() {
        for text in ["/a b", "/\u{e4}\u{0}\u{7f}", "/<\">{|}^`\\#?[]", "", "no-slash", "/%zz%", "//x/../y"] {
            let uri = format!("https://h{}?{}", path(text), encoded(text, true));
            assert!(uri.parse::<http::Uri>().is_ok(), "{uri}");
        }
    }

    #[test]
    fn no_host_makes_an_event_unreadable_or_changes_its_path() {
        let hosts = [
            "a.example",
            "a.example:9000",
            "",
            "a{b}",
            "a/b",
            "a?b",
            "a#b",
            "a b",
            "[",
            "\u{e4}",
            "a:b",
            "@",
            "\\",
        ];
        for host in hosts {
            let event = serde_json::json!({
                "version": "2.0", "rawPath": "/api/auth/login", "headers": {"host": host}, "isBase64Encoded": false,
                "requestContext": {"domainName": host, "http": {"method": "POST"}, "stage": "$default"},
            });
            let payload: LambdaRequest = serde_json::from_value(event).unwrap();
            let event = readable(LambdaEvent::new(payload, lambda_http::lambda_runtime::Context::default()));
            let request = http::Request::<lambda_http::Body>::from(event.payload);
            assert_eq!(request.uri().path(), "/api/auth/login", "{host}");
        }
    }

    #[test]
    fn what_is_legal_stays_as_it_is() {
        let path_text = "/api/auth/sessions/0193-a_b.c~d%20";
        assert_eq!(path(path_text), path_text);
        assert_eq!(encoded("a=1&b=%2F?c=d:e@f", true), "a=1&b=%2F?c=d:e@f");
    }
}
