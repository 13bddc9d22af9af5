//! Where does a request come from: its address, its network's place, its device.

use std::net::IpAddr;

use super::device::Device;
use super::place::Place;

/// The longest raw user agent that is kept, in bytes.
pub const AGENT_MAX_BYTES: usize = 120;

/// From where and with what a request came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientContext {
    /// The client's address as the gateway saw it.
    pub ip: Option<IpAddr>,
    /// The raw user agent, cut at [`AGENT_MAX_BYTES`].
    pub agent: Option<String>,
    /// The user agent, understood.
    pub device: Device,
    /// The place, as far as it is known.
    pub place: Place,
}
