//! The client of a request: its address, its place, its device.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::device::Device;
use super::place::{Place, cut};

/// The longest raw user agent that is stored, in bytes.
pub const AGENT_MAX_BYTES: usize = 120;

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
