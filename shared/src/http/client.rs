//! From where and with what does a request come? From the gateway's context, never from a header that a
//! client can write itself.

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
        let (ip, place) = whereabouts(parts, app.config());
        Ok(Self(ClientContext {
            ip,
            device: Device::parse(agent.as_deref()).with_hints(hints(&parts.headers)),
            agent: agent.map(|agent| cut(&agent, AGENT_MAX_BYTES).to_owned()),
            place,
        }))
    }
}

/// Address and place: CloudFront's word when the request provably came through it (the layer before has
/// checked), else the gateway's address and what the database says of it.
fn whereabouts(parts: &Parts, config: &Config) -> (Option<IpAddr>, Place) {
    let through_cloudfront = config.origin_secrets.are_set();
    let ip = if through_cloudfront { viewer_address(&parts.headers) } else { source_ip(&parts.extensions) };
    let told = if through_cloudfront { viewer_place(&parts.headers) } else { Place::default() };
    let looked_up = || config.geoip_db.as_ref().zip(ip).map(|(database, ip)| database.place(ip));
    let place = if told.is_unknown() { looked_up().unwrap_or_default() } else { told };
    (ip, place)
}

/// The address API Gateway saw. `X-Forwarded-For` and its like are never believed.
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

/// The request's id, from the gateway when it gave one.
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
    // Without randomness the id says nothing; the request is served all the same.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// The user agent without control characters: it is stored, logged and shown.
fn user_agent(headers: &HeaderMap) -> Option<String> {
    let raw = headers.get(header::USER_AGENT)?;
    let text: String =
        String::from_utf8_lossy(raw.as_bytes()).chars().filter(|c| !c.is_control()).take(512).collect();
    Some(text).filter(|text| !text.is_empty())
}
