//! To which addresses may a webhook be sent?
//!
//! A URL in the settings must not lead to a host of our own network, such as the metadata service of the machine, which
//! hands out credentials (server-side request forgery). So the address itself is checked, not the name, because the owner of
//! a name decides what it resolves to, and may change that between a check and the connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses that deliveries may connect to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses only.
    #[default]
    Public,
    /// Also this machine, for a receiver beside the local server. No function has it.
    PublicOrLoopback,
}

impl Reach {
    /// Whether a delivery may connect to this address.
    pub fn allows(self, ip: IpAddr) -> bool {
        match self {
            Self::Public => is_public(ip),
            Self::PublicOrLoopback => ip.is_loopback() || is_public(ip),
        }
    }
}

/// The IPv4 networks that are not public. *Source*: the special-purpose address registry of IANA.
const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local, with the metadata service of every large cloud.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved addresses and broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// The parts of 2000::/3 that are not public: protocol assignments with Teredo, documentation, and 6to4, which contains an
/// IPv4 address.
const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let is_in = |(network, length): &(Ipv4Addr, u32)| {
                (ip.to_bits() ^ network.to_bits()).checked_shr(32 - length).is_some_and(|rest| rest == 0)
            };
            !NOT_PUBLIC_V4.iter().any(is_in)
        }
        // All public IPv6 addresses are in 2000::/3. The addresses that contain an IPv4 address (::ffff:0:0/96, 64:ff9b::/96) are not.
        IpAddr::V6(ip) => {
            let is_in = |(network, length): &(Ipv6Addr, u32)| {
                (ip.to_bits() ^ network.to_bits()) >> (128 - length) == 0
            };
            ip.segments()[0] >> 13 == 1 && !NOT_PUBLIC_V6.iter().any(is_in)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOT_PUBLIC: [&str; 32] = [
        "0.0.0.0",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",
        "fd00:ec2::254",
        "fe80::1",
        "ff02::1",
        "2001::1",
        "2002:7f00:1::",
        "2001:db8::1",
    ];

    const PUBLIC: [&str; 12] = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "169.253.255.255",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001:80b::200e",
    ];

    #[test]
    fn only_public_addresses_are_allowed() {
        for text in NOT_PUBLIC {
            assert!(!Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
        for text in PUBLIC {
            assert!(Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_laptop_reaches_itself_and_no_other_private_address() {
        let allowed: Vec<_> = NOT_PUBLIC
            .into_iter()
            .filter(|text| Reach::PublicOrLoopback.allows(text.parse().unwrap()))
            .collect();
        assert_eq!(allowed, ["127.0.0.1", "127.255.255.254", "::1"]);
    }
}
