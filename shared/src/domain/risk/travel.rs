//! Impossible travel: a distance between two places that no client covers in the time between two requests.

use std::time::Duration;

use serde_json::{Value, json};

use crate::domain::place::Place;

/// Mean radius of the earth in km.
const EARTH_RADIUS_KM: f64 = 6_371.0;

/// Distances up to this are within the error of address databases, in km.
const BLUR_KM: f64 = 100.0;

/// The journey, if it is impossible: more than 100 km, between two countries, faster than `limit` km/h.
///
/// Journeys within one country are not judged, because a phone that leaves its Wi-Fi appears at its carrier's
/// gateway, which may be at the other end of the country.
pub(super) fn impossible(from: &Place, to: &Place, elapsed: Duration, limit: f64) -> Option<Value> {
    if from.country.is_none() || to.country.is_none() || from.country == to.country {
        return None;
    }
    let km = distance_km((from.latitude?, from.longitude?), (to.latitude?, to.longitude?));
    // Two requests in the same second count as one second apart.
    let hours = elapsed.as_secs_f64().max(1.0) / 3_600.0;
    let speed = km / hours;
    if km <= BLUR_KM || speed <= limit {
        return None;
    }
    Some(json!({
        "from": from.country, "to": to.country, "km": km.round(), "seconds": elapsed.as_secs(), "km_per_hour": speed.round(),
    }))
}

/// The great-circle distance of two points in degrees, by the haversine formula.
pub(super) fn distance_km(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (latitude_1, latitude_2) = (from.0.to_radians(), to.0.to_radians());
    let half_latitude = (latitude_2 - latitude_1) / 2.0;
    let half_longitude = (to.1 - from.1).to_radians() / 2.0;
    let chord =
        half_latitude.sin().powi(2) + latitude_1.cos() * latitude_2.cos() * half_longitude.sin().powi(2);
    2.0 * EARTH_RADIUS_KM * chord.sqrt().min(1.0).asin()
}
