//! The place and the network of a client.

use std::net::IpAddr;

use ipnet::IpNet;

/// A place, as far as it is known. Bounded, so that a session's row costs one write unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Region within the country.
    pub region: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

/// The network of an address, for example of a household or an office: IPv4 /24, IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

impl Network {
    /// The network of `ip`. An IPv4-mapped IPv6 address counts as its IPv4 address.
    pub fn of(ip: IpAddr) -> Self {
        let ip = ip.to_canonical();
        let prefix = if ip.is_ipv4() { 24 } else { 64 };
        Self(IpNet::new_assert(ip, prefix).trunc())
    }

    /// The network of an address, or a network in CIDR notation of exactly this size: `203.0.113.9`, `203.0.113.0/24`.
    pub fn parse(text: &str) -> Option<Self> {
        let Some((address, prefix)) = text.split_once('/') else { return text.parse().ok().map(Self::of) };
        let network = Self::of(address.parse().ok()?);
        (prefix == network.0.prefix_len().to_string()).then_some(network)
    }

    /// Its first address.
    pub fn address(self) -> IpAddr {
        self.0.addr()
    }

    /// Whether it is an IPv4 network.
    pub fn is_ipv4(self) -> bool {
        self.0.addr().is_ipv4()
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// The longest encoded place in bytes.
pub const PLACE_MAX_BYTES: usize = 64;

const SEPARATOR: char = '|';

impl Place {
    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// The place without implausible values: it keeps a two-letter country, a complete point on earth, printable names.
    pub fn cleaned(self) -> Self {
        let printable = |text: String| {
            let text: String = text.chars().filter(|c| !c.is_control()).collect();
            Some(text).filter(|text| !text.is_empty())
        };
        let is_country = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        let point = self.latitude.zip(self.longitude);
        let point = point.filter(|(latitude, longitude)| latitude.abs() <= 90.0 && longitude.abs() <= 180.0);
        Self {
            country: self.country.filter(is_country),
            region: self.region.and_then(printable),
            city: self.city.and_then(printable),
            latitude: point.map(|point| point.0),
            longitude: point.map(|point| point.1),
        }
    }

    /// The text for a row: `DE|BE|52.52|13.4|Berlin`. The city comes last and is cut to fit.
    pub fn pack(&self) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default().replace(SEPARATOR, " ");
        let degrees = |value: Option<f64>| value.map(|d| format!("{:.2}", d)).unwrap_or_default();
        let packed = [
            cut(&text(&self.country), 2).to_owned(),
            cut(&text(&self.region), 8).to_owned(),
            degrees(self.latitude),
            degrees(self.longitude),
            text(&self.city),
        ]
        .join(&SEPARATOR.to_string());
        cut_between_escapes(&packed, PLACE_MAX_BYTES).to_owned()
    }

    /// Parses what [`Place::pack`] returns. Any other text is an unknown place.
    pub fn unpack(packed: &str) -> Self {
        let mut parts =
            packed.splitn(5, SEPARATOR).map(|part| Some(part.to_owned()).filter(|p| !p.is_empty()));
        let mut next = || parts.next().flatten();
        let (country, region) = (next(), next());
        let latitude = next().and_then(|text| text.parse().ok());
        let longitude = next().and_then(|text| text.parse().ok());
        Self { country, region, city: next(), latitude, longitude }
    }
}

/// As [`cut`], and not within a percent escape, because a name that cannot be decoded is stored as it was sent.
fn cut_between_escapes(text: &str, max: usize) -> &str {
    let kept = cut(text, max);
    let is_escape = |at: &usize| {
        let digits = text.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let split = kept.rfind('%').filter(|at| kept.len() < at + 3).filter(is_escape);
    split.map_or(kept, |at| &kept[..at])
}

/// The longest prefix of `text` within `max` bytes that ends at a character boundary.
pub fn cut(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_encoding() {
        let place = Place {
            country: Some("DE".into()),
            region: Some("BE".into()),
            city: Some("Berlin".into()),
            latitude: Some(52.52),
            longitude: Some(13.4),
        };
        assert_eq!(Place::unpack(&place.pack()), place);
        assert_eq!(Place::unpack(""), Place::default());
    }

    #[test]
    fn implausible_values_are_removed() {
        let place = |country: &str, city: &str, latitude, longitude| {
            let country = Some(country.to_owned());
            let (region, city) = (Some("\n".to_owned()), Some(city.to_owned()));
            Place { country, region, city, latitude, longitude }.cleaned()
        };
        let good = place("DE", "Ber\u{7}lin", Some(-90.0), Some(180.0));
        assert_eq!((good.country.as_deref(), good.city.as_deref()), (Some("DE"), Some("Berlin")));
        assert_eq!((good.latitude, good.longitude, good.region), (Some(-90.0), Some(180.0), None));
        for country in ["DEU", "de", "D", ""] {
            assert_eq!(place(country, "", None, None), Place::default(), "{country}");
        }
        for (latitude, longitude) in [(Some(90.5), Some(0.0)), (Some(0.0), Some(-180.5)), (Some(0.0), None)] {
            let place = place("DE", "", latitude, longitude);
            assert_eq!((place.latitude, place.longitude), (None, None), "{latitude:?} {longitude:?}");
        }
    }

    #[test]
    fn only_a_place_without_values_is_unknown() {
        assert!(Place::default().is_unknown());
        assert!(!Place { city: Some("Berlin".into()), ..Place::default() }.is_unknown());
    }

    #[test]
    fn a_network_is_parsed_from_an_address_or_from_its_own_notation() {
        let network = |text: &str| Network::parse(text).map(|network| network.to_string());
        for (text, expected) in [
            ("203.0.113.9", "203.0.113.0/24"),
            ("203.0.113.9/24", "203.0.113.0/24"),
            ("::ffff:203.0.113.9", "203.0.113.0/24"),
            ("2001:db8::1", "2001:db8::/64"),
            ("2001:db8::/64", "2001:db8::/64"),
        ] {
            assert_eq!(network(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "x", "203.0.113.0/16", "203.0.113.0/024", "2001:db8::/24", "203.0.113.0/", "/24"] {
            assert_eq!(network(text), None, "{text}");
        }
    }

    #[test]
    fn a_network_is_an_ipv4_24_or_an_ipv6_64() {
        let network = |ip: &str| Network::of(ip.parse().unwrap());
        assert_eq!(network("198.51.100.7").to_string(), "198.51.100.0/24");
        assert_eq!(network("2001:db8:1:2:3::4").to_string(), "2001:db8:1:2::/64");
        assert_eq!(network("::ffff:198.51.100.9"), network("198.51.100.7"));
        assert!(network("198.51.100.7").is_ipv4() && !network("2001:db8::1").is_ipv4());
    }

    #[test]
    fn a_text_is_cut_at_a_character_boundary() {
        assert_eq!([cut("aä", 0), cut("aä", 1), cut("aä", 2), cut("aä", 3)], ["", "a", "a", "aä"]);
        assert_eq!(cut("ä", 9), "ä");
    }

    #[test]
    fn a_long_or_hostile_city_is_cut_between_characters() {
        let place = Place { city: Some("|Ä".repeat(90)), country: Some("DEU".into()), ..Place::default() };
        assert!(place.pack().len() <= PLACE_MAX_BYTES);
        assert_eq!(Place::unpack(&place.pack()).country.as_deref(), Some("DE"));
    }
}
