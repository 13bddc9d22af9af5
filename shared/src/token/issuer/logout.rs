//! In which ways may an issuer end the sessions of its users, and who signs its orders?

use serde::Deserialize;
use strum::VariantArray;

use super::key_url::{KeyUrls, key_url};
use super::{IssuerKeys, TrustedIssuer};
use crate::domain::security_event_type::SecurityEventType;

/// The kinds of orders, one for each way to end sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum OrderKind {
    /// A logout token.
    Backchannel,
    /// The credential of a global token revocation.
    GlobalRevocation,
    /// A security event token.
    Events,
}

impl OrderKind {
    /// The name of its member in `logout`, for the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backchannel => "backchannel",
            Self::GlobalRevocation => "global_revocation",
            Self::Events => "events",
        }
    }
}

/// The ways in which an issuer may end sessions of its users. There is at least one.
#[derive(Clone)]
pub struct LogoutSettings {
    /// OpenID Connect Back-Channel Logout.
    pub backchannel: Option<OrderSource>,
    /// Global token revocation.
    pub global_revocation: Option<OrderSource>,
    /// Security events.
    pub events: Option<EventSource>,
}

/// The signer of security events, and those that end sessions.
#[derive(Clone)]
pub struct EventSource {
    /// The signer.
    pub source: OrderSource,
    /// The events that end sessions. There is at least one.
    pub types: Vec<SecurityEventType>,
}

/// The signer of one kind of order.
#[derive(Clone)]
pub struct OrderSource {
    /// The `iss` of the orders, compared byte for byte.
    pub issuer: String,
    /// The `aud` that the orders must contain.
    pub audience: String,
    /// The source of the keys.
    pub keys: IssuerKeys,
}

/// `logout` of an issuer's entry in the settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogoutEntry {
    backchannel: Option<SourceEntry>,
    global_revocation: Option<SourceEntry>,
    events: Option<EventsEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsEntry {
    types: Vec<String>,
    issuer: Option<String>,
    audience: Option<String>,
    jwks_url: Option<String>,
}

/// The members of one way. One that is missing is the same as for sign-ins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceEntry {
    issuer: Option<String>,
    audience: Option<String>,
    jwks_url: Option<String>,
}

impl LogoutEntry {
    /// The settings. `sign_in` has issuer, audience and keys of the sign-ins.
    pub(super) fn into_settings(
        self,
        sign_in: (&str, &str, &IssuerKeys),
        key_urls: KeyUrls,
    ) -> Result<LogoutSettings, &'static str> {
        let source =
            |entry: Option<SourceEntry>| entry.map(|entry| entry.into_source(sign_in, key_urls)).transpose();
        let events = self.events.map(|entry| entry.into_source(sign_in, key_urls)).transpose()?;
        let settings = LogoutSettings {
            backchannel: source(self.backchannel)?,
            global_revocation: source(self.global_revocation)?,
            events,
        };
        if settings.sources().next().is_none() {
            return Err("names no way to end sessions: add backchannel, global_revocation or events");
        }
        Ok(settings)
    }
}

impl EventsEntry {
    fn into_source(
        self,
        sign_in: (&str, &str, &IssuerKeys),
        key_urls: KeyUrls,
    ) -> Result<EventSource, &'static str> {
        let Self { types, issuer, audience, jwks_url } = self;
        let types: Option<Vec<_>> = types.iter().map(|name| SecurityEventType::parse(name)).collect();
        let types = types.filter(|types| !types.is_empty()).ok_or(
            "events.types: expected one or more of session-revoked, credential-change, account-disabled, account-purged, \
             sessions-revoked",
        )?;
        let source = SourceEntry { issuer, audience, jwks_url };
        Ok(EventSource { source: source.into_source(sign_in, key_urls)?, types })
    }
}

impl SourceEntry {
    fn into_source(
        self,
        (issuer, audience, keys): (&str, &str, &IssuerKeys),
        key_urls: KeyUrls,
    ) -> Result<OrderSource, &'static str> {
        let is_empty = |text: &Option<String>| text.as_deref() == Some("");
        if is_empty(&self.issuer) || is_empty(&self.audience) {
            return Err("has an empty issuer or audience");
        }
        let url = self.jwks_url.map(|url| key_url(&url, key_urls));
        let url = url.transpose().map_err(|_| "has a jwks_url that is no https URL")?;
        Ok(OrderSource {
            issuer: self.issuer.unwrap_or_else(|| issuer.to_owned()),
            audience: self.audience.unwrap_or_else(|| audience.to_owned()),
            keys: url.map_or_else(|| keys.clone(), IssuerKeys::Url),
        })
    }
}

impl LogoutSettings {
    /// The signer of orders of this kind, if the issuer may send them.
    pub fn source(&self, kind: OrderKind) -> Option<&OrderSource> {
        match kind {
            OrderKind::Backchannel => self.backchannel.as_ref(),
            OrderKind::GlobalRevocation => self.global_revocation.as_ref(),
            OrderKind::Events => self.events.as_ref().map(|events| &events.source),
        }
    }

    fn sources(&self) -> impl Iterator<Item = (OrderKind, &OrderSource)> {
        OrderKind::VARIANTS.iter().filter_map(|kind| Some((*kind, self.source(*kind)?)))
    }
}

/// Whether an order could belong to either of the two issuers. Then the users of one could be signed out by the other.
pub(super) fn is_ambiguous(one: &TrustedIssuer, other: &TrustedIssuer) -> bool {
    let sources = |issuer: &TrustedIssuer| -> Vec<(OrderKind, String)> {
        let settings = issuer.logout.iter().flat_map(LogoutSettings::sources);
        settings.map(|(kind, source)| (kind, source.issuer.clone())).collect()
    };
    let others = sources(other);
    sources(one).iter().any(|source| others.contains(source))
}
