//! The client of a request: its address, its place, its device.

use std::net::IpAddr;

use super::device::Device;
use super::place::Place;

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
