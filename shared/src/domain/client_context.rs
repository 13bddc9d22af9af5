//! The client of a request: its address, its place, its device.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::device::Device;
use super::place::{Network, Place, cut};

/// The longest raw user agent that is stored, in bytes.
pub const AGENT_MAX_BYTES: usize = 64;

/// The client context of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientContext {
    /// The client's address, as the gateway saw it.
    pub ip: Option<IpAddr>,
    /// The raw user agent, cut at [`AGENT_MAX_BYTES`].
    pub agent: Option<String>,
    /// The device that the user agent names.
    pub device: Device,
    /// The address's place, as far as it is known.
    pub place: Place,
}

/// The longest region and city of an event in bytes, so that an event costs one write unit.
const REGION_MAX_BYTES: usize = 8;
const CITY_MAX_BYTES: usize = 64;

/// The client of an event, as far as it is known.
///
/// A session moves on: its row has the device and the place of its last refresh. An event keeps those of its own time, so
/// that the audit trail stays true.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventClient {
    /// The address.
    pub ip: Option<IpAddr>,
    /// The device in one line, for example `Chrome on Windows`.
    pub device: Option<String>,
    /// The place. Events leave out its coordinates.
    pub place: Place,
}

impl EventClient {
    /// The client that sent a request.
    pub fn of(client: &ClientContext) -> Self {
        Self { ip: client.ip, ..Self::without_ip(client) }
    }

    /// The client that last used a session. An address would look as if the event came from it.
    pub fn without_ip(client: &ClientContext) -> Self {
        Self { ip: None, device: Some(client.device.label()), place: client.place.clone() }
    }

    /// Adds what is known to the details of an event. Details that are already there stay.
    pub fn add_to(&self, details: &mut Map<String, Value>) {
        let bounded = |text: &Option<String>, max| text.as_ref().map(|text| cut(text, max).to_owned());
        let facts = [
            ("ip", self.ip.map(|ip| ip.to_string())),
            ("device", self.device.clone()),
            ("country", self.place.country.clone()),
            ("region", bounded(&self.place.region, REGION_MAX_BYTES)),
            ("city", bounded(&self.place.city, CITY_MAX_BYTES)),
        ];
        for (name, value) in facts {
            if let Some(value) = value {
                details.entry(name).or_insert(json!(value));
            }
        }
    }
}

/// The differences between two clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContextChange {
    /// The network.
    pub network: bool,
    /// The country.
    pub country: bool,
    /// The browser or the operating system.
    pub device: bool,
}

impl ContextChange {
    /// The change, from what differs. A host with IPv4 and IPv6 may use either at any time, so that another network of the
    /// other address family is a change only together with another country.
    pub fn of(family: bool, network: bool, country: bool, device: bool) -> Self {
        Self { network: if family { country } else { network }, country, device }
    }
}

impl ClientContext {
    /// Whether both are in one network. An IPv4 and an IPv6 network are never the same, and an unknown address is in
    /// none.
    pub fn is_same_network(&self, other: &Self) -> bool {
        self.ip.zip(other.ip).is_some_and(|(one, other)| Network::of(one) == Network::of(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_address_family_is_a_move_only_with_another_country() {
        let is_move = |family, network, country| ContextChange::of(family, network, country, false).network;
        assert!(is_move(false, true, false) && is_move(false, true, true) && is_move(true, true, true));
        assert!(!is_move(true, true, false) && !is_move(false, false, true));
    }

    #[test]
    fn clients_are_in_one_network_by_their_prefix() {
        let at = |ip: &str| ClientContext { ip: ip.parse().ok(), ..ClientContext::default() };
        let home = at("203.0.113.7");
        assert!(home.is_same_network(&at("203.0.113.250")));
        assert!(home.is_same_network(&at("::ffff:203.0.113.7")), "an IPv4-mapped address");
        assert!(at("2001:db8::1").is_same_network(&at("2001:db8::2")));
        assert!(!home.is_same_network(&at("203.0.114.7")) && !home.is_same_network(&at("2001:db8::1")));
        assert!(!at("").is_same_network(&at("")) && !home.is_same_network(&at("")));
    }
}
