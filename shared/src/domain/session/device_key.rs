//! The key in a user's device to which a browser binds a session (Device Bound Session Credentials).

use std::fmt;

/// The public P-256 key of a device, as a compressed point of SEC 1: 33 bytes, because a session's row must stay small.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DevicePoint([u8; 33]);

/// The device key of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKey {
    /// The public key.
    pub point: DevicePoint,
    /// Whether the browser has signed with it since its registration. Before that, the response to the registration may have
    /// been lost, so that the session works as if it had no such key and another registration replaces it.
    pub is_confirmed: bool,
}

impl DevicePoint {
    /// The point with these bytes. Whether it lies on the curve is checked with each signature.
    pub const fn from_bytes(bytes: [u8; 33]) -> Self {
        Self(bytes)
    }

    /// Compresses an uncompressed point: the byte 4, then x and y. The sign of y goes into the first byte.
    pub fn compress(point: &[u8; 65]) -> Self {
        let mut bytes = [0; 33];
        bytes.copy_from_slice(&point[..33]);
        bytes[0] = 2 | (point[64] & 1);
        Self(bytes)
    }

    /// The 33 bytes.
    pub const fn as_bytes(&self) -> &[u8; 33] {
        &self.0
    }
}

impl fmt::Debug for DevicePoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DevicePoint(..)")
    }
}
