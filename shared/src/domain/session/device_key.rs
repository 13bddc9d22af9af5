//! The key in a user's device to which a browser binds a session (Device Bound Session Credentials).

use std::fmt;

use aws_lc_rs::digest;

use super::Session;
use super::binding::BoundKey;
use super::refresh_token::KeyTag;
use crate::domain::time::Timestamp;

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

    /// The key to which a session without a DPoP key is bound as soon as its device key is confirmed. It is a hash that no DPoP
    /// key has as its thumbprint, so that only a proof by the device key moves the session's refresh token.
    pub fn bound_key(&self) -> BoundKey {
        let hash = digest::digest(&digest::SHA256, &self.0);
        BoundKey::from_bytes(*hash.as_ref().first_chunk().expect("32 bytes begin with 16"))
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

/// The registration of a device key: what its write sets. It makes the next generation of the session, so that copies of
/// refresh tokens from before are worthless.
#[derive(Clone, Copy, Debug)]
pub struct DeviceRegistration {
    /// The generation of the session at the offer. The registration works at this generation and the one after, because a
    /// first response may be lost.
    pub offered_at: u64,
    /// The key.
    pub point: DevicePoint,
    /// When the session now expires unless it is refreshed again.
    pub expires_at: Timestamp,
    /// The key that seals the token of the new generation.
    pub sealed_by: KeyTag,
    /// The time of the request.
    pub now: Timestamp,
}

impl DeviceRegistration {
    /// The session after this registration. The newest idempotency key also made the new generation, so that a client that
    /// missed the response gets the new token for the old one.
    pub fn apply(&self, before: &Session) -> Session {
        let [newest, second, _] = before.made_by;
        Session {
            generation: before.generation + 1,
            rotated_at: self.now,
            last_activity: self.now,
            expires_at: self.expires_at,
            made_by: [newest, newest, second],
            device_key: Some(DeviceKey { point: self.point, is_confirmed: false }),
            key: self.sealed_by,
            ..before.clone()
        }
    }
}

impl Session {
    /// The session after its browser has signed with the device key for the first time.
    pub fn with_confirmed_device_key(self) -> Self {
        let Some(key) = self.device_key else { return self };
        Self {
            device_key: Some(DeviceKey { is_confirmed: true, ..key }),
            bound_key: self.bound_key.or_else(|| Some(key.point.bound_key())),
            ..self
        }
    }

    /// Whether its confirmed device key is its only key, which no other request than the browser's own can prove.
    pub fn has_device_key_only(&self) -> bool {
        self.device_key.is_some_and(|key| key.is_confirmed && self.bound_key == Some(key.point.bound_key()))
    }
}
