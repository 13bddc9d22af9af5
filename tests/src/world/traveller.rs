//! A device whose location CloudFront sends in headers.

use super::{Device, World};

/// The origin secret of worlds behind CloudFront.
pub const ORIGIN_SECRET: &str = "an-origin-secret-of-tests";

/// A city that a device can be in.
#[derive(Clone, Copy, Debug)]
pub struct City {
    country: &'static str,
    name: &'static str,
    latitude: &'static str,
    longitude: &'static str,
    address: &'static str,
}

impl City {
    /// The city, from another address.
    pub fn at(self, address: &'static str) -> Self {
        Self { address, ..self }
    }
}

/// Berlin.
pub const BERLIN: City = City {
    country: "DE",
    name: "Berlin",
    latitude: "52.52",
    longitude: "13.40",
    address: "198.51.100.7:46532",
};
/// Lisbon.
pub const LISBON: City = City {
    country: "PT",
    name: "Lisbon",
    latitude: "38.72",
    longitude: "-9.14",
    address: "203.0.113.9:1024",
};
/// Prague, an hour from Berlin by a fast train and in another country.
pub const PRAGUE: City = City {
    country: "CZ",
    name: "Prague",
    latitude: "50.08",
    longitude: "14.44",
    address: "192.0.2.200:1024",
};
/// Sao Paulo, whose name CloudFront sends with percent escapes.
pub const SAO_PAULO: City = City {
    country: "BR",
    name: "S%C3%A3o%20Paulo",
    latitude: "-23.55",
    longitude: "-46.63",
    address: "192.0.2.130:1024",
};
/// Munich, in Berlin's country.
pub const MUNICH: City =
    City { country: "DE", name: "Munich", latitude: "48.14", longitude: "11.58", address: "192.0.2.77:1024" };

impl World {
    /// A world behind CloudFront with these additional settings.
    pub async fn behind_cloudfront(settings: &[(&str, &str)]) -> Self {
        let secret = [("CLOUDFRONT_ORIGIN_SECRET", ORIGIN_SECRET)];
        Self::with(&[&secret[..], settings].concat()).await
    }
}

impl Device {
    /// The device in a city, through CloudFront.
    pub fn in_city(self, city: City) -> Self {
        self.header("x-latchkey-origin-secret", ORIGIN_SECRET)
            .header("cloudfront-viewer-address", city.address)
            .header("cloudfront-viewer-country", city.country)
            .header("cloudfront-viewer-city", city.name)
            .header("cloudfront-viewer-latitude", city.latitude)
            .header("cloudfront-viewer-longitude", city.longitude)
    }
}
