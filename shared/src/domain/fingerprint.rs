//! The fingerprint of a client in a refresh token: keyed hashes of its network, its country and its device family.
//!
//! A refresh compares the request with the client that made the presented generation. The row cannot answer that: after a
//! write whose reply was lost it holds the request itself, and after a rotation by another tab it holds that tab. The token
//! has hashes and not the values, because a thief could read from the values which client to imitate.

use crate::domain::client_context::ContextChange;

/// The hash of one value. All zeros stand for an unknown value, and for a value that no rule judges.
pub type Part = [u8; 3];

const UNKNOWN: Part = [0; 3];

/// The keyed hashes of a client. [`crate::token::refresh::RefreshKey::fingerprint`] makes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// IPv4 or IPv6.
    pub family: Part,
    /// The network of the address.
    pub network: Part,
    /// The country.
    pub country: Part,
    /// The browser and the operating system.
    pub device: Part,
}

impl Fingerprint {
    /// The change since then, if `now` is the fingerprint of a request. Both were made with the same key.
    pub fn change_to(&self, now: &Self) -> ContextChange {
        let differ = |before: Part, now: Part| before != UNKNOWN && now != UNKNOWN && before != now;
        ContextChange::of(
            differ(self.family, now.family),
            differ(self.network, now.network),
            differ(self.country, now.country),
            differ(self.device, now.device),
        )
    }

    /// The bytes for a token.
    pub fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        let parts = [self.family, self.network, self.country, self.device];
        for (target, part) in bytes.chunks_exact_mut(3).zip(parts) {
            target.copy_from_slice(&part);
        }
        bytes
    }

    /// The fingerprint in a token.
    pub fn from_bytes(bytes: [u8; 12]) -> Self {
        let part = |index: usize| [bytes[index * 3], bytes[index * 3 + 1], bytes[index * 3 + 2]];
        Self { family: part(0), network: part(1), country: part(2), device: part(3) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Fingerprint =
        Fingerprint { family: [1; 3], network: [2; 3], country: [3; 3], device: [4; 3] };

    #[test]
    fn a_fingerprint_survives_its_token() {
        let bytes = HOME.to_bytes();
        assert_eq!(bytes, [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
        assert_eq!(Fingerprint::from_bytes(bytes), HOME);
    }

    #[test]
    fn each_part_is_compared_unless_it_is_unknown() {
        let change = |now: Fingerprint| HOME.change_to(&now);
        assert_eq!(change(HOME), ContextChange::default());
        let network = Fingerprint { network: [9; 3], ..HOME };
        assert_eq!(change(network), ContextChange { network: true, ..ContextChange::default() });
        let country = Fingerprint { country: [9; 3], ..HOME };
        assert_eq!(change(country), ContextChange { country: true, ..ContextChange::default() });
        let device = Fingerprint { device: [9; 3], ..HOME };
        assert_eq!(change(device), ContextChange { device: true, ..ContextChange::default() });
        assert_eq!(change(Fingerprint::default()), ContextChange::default());
        assert_eq!(Fingerprint::default().change_to(&HOME), ContextChange::default());
    }
}
