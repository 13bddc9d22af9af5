//! The client context of a request: address, place, device. The address comes from the gateway's context and never
//! from a header that a client can write itself.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{Extensions, HeaderMap, header};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;

use super::cloudfront::{viewer_address, viewer_place};
use crate::app::App;
use crate::config::Config;
use crate::domain::client_context::{AGENT_MAX_BYTES, ClientContext};
use crate::domain::device::{Device, Hints};
use crate::domain::place::{Place, cut};

/// The client of a request.
#[derive(Clone, Debug)]
pub struct Client(pub ClientContext);

impl FromRequestParts<App> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let agent = user_agent(&parts.headers);
        let (ip, place) = address_and_place(parts, app.config());
        Ok(Self(ClientContext {
            ip,
            device: Device::parse(agent.as_deref()).with_hints(hints(&parts.headers)),
            agent: agent.map(|agent| cut(&agent, AGENT_MAX_BYTES).to_owned()),
            place,
        }))
    }
}

/// Address and place: from CloudFront's headers when the request came through CloudFront, which an outer layer has
/// checked, else the gateway's address and its place in the address database.
fn address_and_place(parts: &Parts, config: &Config) -> (Option<IpAddr>, Place) {
    let through_cloudfront = config.origin_secrets.are_set();
    let ip = if through_cloudfront { viewer_address(&parts.headers) } else { source_ip(&parts.extensions) };
    let from_headers = if through_cloudfront { viewer_place(&parts.headers) } else { Place::default() };
    let looked_up = || config.geoip_db.as_ref().zip(ip).map(|(database, ip)| database.place(ip));
    let place = if from_headers.is_unknown() { looked_up().unwrap_or_default() } else { from_headers };
    (ip, place)
}

/// The address that API Gateway saw. `X-Forwarded-For` and similar headers are ignored, because clients can write
/// them.
fn source_ip(extensions: &Extensions) -> Option<IpAddr> {
    gateway(extensions)?.http.source_ip.as_deref()?.parse().ok()
}

fn hints(headers: &HeaderMap) -> Hints<'_> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Hints { platform_version: text("sec-ch-ua-platform-version"), model: text("sec-ch-ua-model") }
}

fn gateway(extensions: &Extensions) -> Option<&ApiGatewayV2httpRequestContext> {
    match extensions.get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => Some(context),
        _ => None,
    }
}

/// The request's id: the gateway's, else a random one.
pub fn request_id(extensions: &Extensions) -> String {
    let given = gateway(extensions).and_then(|context| context.request_id.clone());
    let legal = |id: &String| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=+/.".contains(&b))
    };
    given.filter(legal).unwrap_or_else(random_id)
}

fn random_id() -> String {
    let mut bytes = [0; 16];
    // The id is only for finding a request in the logs, so that a failing random generator must not fail the request.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// The user agent without control characters, because it is stored, logged and shown.
fn user_agent(headers: &HeaderMap) -> Option<String> {
    let raw = headers.get(header::USER_AGENT)?;
    let text: String =
        String::from_utf8_lossy(raw.as_bytes()).chars().filter(|c| !c.is_control()).take(512).collect();
    Some(text).filter(|text| !text.is_empty())
}
