//! Changes a request as API Gateway does before a function receives it.
//!
//! A handler therefore receives the same request context, the same form of headers and the same source address as behind
//! an HTTP API. Two differences are meant for tests and for the demo page: the header `X-Dev-Source-Ip` replaces the caller's
//! address, and `X-Dev-User-Agent` the name of its browser, which a page cannot set itself.

mod cors;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use http::header::{COOKIE, HOST, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_http::aws_lambda_events::apigw::{
    ApiGatewayV2httpRequestContext, ApiGatewayV2httpRequestContextHttpDescription,
};
use lambda_http::request::RequestContext;
use latchkey_verifier::CookiePolicy;

use crate::problem::Problem;
use crate::{chance, loopback};

/// Replaces API Gateway's `sourceIp`. It is removed before the handler runs.
pub const SOURCE_IP_HEADER: HeaderName = HeaderName::from_static("x-dev-source-ip");

/// Replaces `User-Agent`. It is removed before the handler runs.
pub const USER_AGENT_HEADER: HeaderName = HeaderName::from_static("x-dev-user-agent");

/// Puts `routes` behind the stand-in. Pages of the origins that `policy` allows may call them from a browser.
pub fn in_front_of(routes: Router, policy: CookiePolicy) -> Router {
    // The last layer comes first, so that a request with a foreign `Host` gets no CORS headers.
    routes
        .layer(middleware::from_fn_with_state(policy, cors::allow_pages))
        .layer(middleware::from_fn(stand_in))
}

async fn stand_in(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match prepare(&mut parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    }
}

fn prepare(parts: &mut Parts) -> Result<(), Problem> {
    loopback::check_host(&parts.headers)?;
    let source_ip = source_ip(parts)?;
    if let Some(given) = parts.headers.remove(USER_AGENT_HEADER) {
        parts.headers.insert(USER_AGENT, given);
    }
    parts.headers = joined(&parts.headers);
    let context = context(parts, source_ip).map_err(|error| {
        tracing::error!(%error, "no request id could be generated");
        Problem::Internal
    })?;
    parts.extensions.insert(RequestContext::ApiGatewayV2(context));
    Ok(())
}

fn source_ip(parts: &mut Parts) -> Result<IpAddr, Problem> {
    let Some(given) = parts.headers.remove(SOURCE_IP_HEADER) else {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        // A request from the same process has no peer.
        return Ok(peer.map_or(Ipv4Addr::LOCALHOST.into(), |peer| peer.0.ip()));
    };
    let ip = given.to_str().ok().and_then(|text| text.trim().parse().ok());
    ip.ok_or_else(|| Problem::invalid(SOURCE_IP_HEADER.as_str(), "expected one IP address"))
}

/// Joins repeated headers, as API Gateway does with commas and the Lambda runtime with semicolons for `Cookie`.
fn joined(headers: &HeaderMap) -> HeaderMap {
    let mut result = HeaderMap::with_capacity(headers.keys_len());
    for name in headers.keys() {
        let separator: &[u8] = if name == COOKIE { b"; " } else { b"," };
        let values: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        let value = HeaderValue::from_bytes(&values.join(separator))
            .expect("legal values joined by legal characters are legal");
        result.insert(name, value);
    }
    result
}

fn context(
    parts: &Parts,
    source_ip: IpAddr,
) -> Result<ApiGatewayV2httpRequestContext, aws_lc_rs::error::Unspecified> {
    let text = |name: HeaderName| {
        let value = parts.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    // These types are non-exhaustive, so a struct expression cannot build them.
    let mut http = ApiGatewayV2httpRequestContextHttpDescription::default();
    http.method = parts.method.clone();
    http.path = Some(parts.uri.path().to_owned());
    http.protocol = Some(format!("{:?}", parts.version));
    http.source_ip = Some(source_ip.to_string());
    http.user_agent = text(USER_AGENT);
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.route_key = Some("$default".to_owned());
    context.stage = Some("$default".to_owned());
    context.request_id = Some(chance::id()?);
    context.domain_name = text(HOST).map(without_port);
    context.http = http;
    Ok(context)
}

fn without_port(host: String) -> String {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
        _ => host,
    }
}

#[cfg(test)]
mod tests;
