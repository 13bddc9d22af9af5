//! API Gateway events: made safe for lambda_http, which turns them into requests.
//!
//! API Gateway passes on the query as the client sent it, and the path decoded. lambda_http builds a URI from them and
//! panics if this fails, so that a client could crash the function with its request line. Therefore bytes that are not
//! allowed in a URI are percent-encoded here first. No route contains such bytes, so that this does not turn a refused
//! request into an allowed one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::lambda_runtime::LambdaEvent;
use lambda_http::request::LambdaRequest;
use url::Url;

/// Changes an event so that lambda_http can read it.
pub fn readable(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
        without_stage(request);
        request.raw_path = Some(path(request.raw_path.as_deref().unwrap_or_default()));
        request.raw_query_string = request.raw_query_string.take().map(|query| encoded(&query, true));
        request.is_base64_encoded &= request.body.as_deref().is_some_and(|body| BASE64.decode(body).is_ok());
        // Host and scheme become part of the URI, too. API Gateway itself sends no invalid ones.
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

/// Whether the text is a host and nothing more, so that it cannot change the path of a URI.
fn is_host(text: &str) -> bool {
    let Ok(url) = Url::parse(&format!("https://{text}/")) else { return false };
    let host_alone = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    host_alone && url.as_str().parse::<http::Uri>().is_ok()
}

fn text_of(request: &ApiGatewayV2httpRequest, header: &str) -> String {
    request.headers.get(header).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Removes the name of the stage from the path. API Gateway puts every name but `$default` before the path, and the
/// routes do not have it.
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
    fn every_request_line_becomes_a_uri() {
        for text in ["/a b", "/\u{e4}\u{0}\u{7f}", "/<\">{|}^`\\#?[]", "", "no-slash", "/%zz%", "//x/../y"] {
            let uri = format!("https://h{}?{}", path(text), encoded(text, true));
            assert!(uri.parse::<http::Uri>().is_ok(), "{uri}");
        }
    }

    #[test]
    fn no_host_breaks_the_event_or_changes_its_path() {
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
    fn legal_text_stays_unchanged() {
        let path_text = "/api/auth/sessions/0193-a_b.c~d%20";
        assert_eq!(path(path_text), path_text);
        assert_eq!(encoded("a=1&b=%2F?c=d:e@f", true), "a=1&b=%2F?c=d:e@f");
    }
}
