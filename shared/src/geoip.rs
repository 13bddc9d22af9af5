//! The address database: a file in the MaxMind format that maps addresses to places. It is mapped into memory once.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use maxminddb::{Mmap, Reader};
use serde::Deserialize;

use crate::domain::place::Place;

/// An address database. Cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Reader<Mmap>>);

/// The reason why the file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// It cannot be opened.
    #[error("the file cannot be opened")]
    Open,
    /// It has another format.
    #[error("the file is not in the MaxMind format")]
    Format,
}

/// A record, in the nested form of MaxMind or in the flat form of other publishers.
#[derive(Deserialize)]
struct Record {
    country: Option<Nested>,
    country_code: Option<String>,
    subdivisions: Option<Vec<Nested>>,
    state1: Option<String>,
    city: Option<City>,
    location: Option<Point>,
    latitude: Option<Degrees>,
    longitude: Option<Degrees>,
}

#[derive(Deserialize)]
struct Nested {
    iso_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum City {
    Flat(String),
    Nested { names: Names },
}

#[derive(Deserialize)]
struct Names {
    en: Option<String>,
}

#[derive(Deserialize)]
struct Point {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Degrees {
    Number(f64),
    Single(f32),
}

impl Database {
    /// Maps a file into memory.
    ///
    /// # Errors
    /// The file cannot be opened, or it is not in the MaxMind format.
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        if !path.is_file() {
            return Err(DatabaseError::Open);
        }
        #[expect(
            unsafe_code,
            reason = "a mapped file must not be changed in place; docs/settings.md asks for a replacement"
        )]
        // SAFETY: the documentation of `GEOIP_DB` requires that the file is replaced by renaming and never written to.
        let reader = unsafe { Reader::open_mmap(path) };
        reader.map(|reader| Self(Arc::new(reader))).map_err(|_| DatabaseError::Format)
    }

    /// The place of `ip`, or an empty place if the file does not contain the address.
    pub fn place(&self, ip: IpAddr) -> Place {
        let found = self.0.lookup(ip.to_canonical()).ok();
        let record = found.and_then(|result| result.decode::<Record>().ok().flatten());
        record.map(Record::into_place).unwrap_or_default()
    }
}

impl Record {
    fn into_place(self) -> Place {
        let subdivision =
            self.subdivisions.and_then(|list| list.into_iter().next()).and_then(|part| part.iso_code);
        let (latitude, longitude) = match self.location {
            Some(point) => (point.latitude, point.longitude),
            None => (self.latitude.map(Degrees::value), self.longitude.map(Degrees::value)),
        };
        let city = match self.city {
            Some(City::Flat(name)) => Some(name),
            Some(City::Nested { names }) => names.en,
            None => None,
        };
        let country = self.country_code.or(self.country.and_then(|country| country.iso_code));
        Place { country, region: subdivision.or(self.state1), city, latitude, longitude }.cleaned()
    }
}

impl Degrees {
    fn value(self) -> f64 {
        match self {
            Self::Number(degrees) => degrees,
            Self::Single(degrees) => degrees.into(),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Database").field("type", &self.0.metadata().database_type).finish_non_exhaustive()
    }
}
