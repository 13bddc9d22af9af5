//! Locations from a database: both layouts, missing entries, and files that are not databases.

use latchkey::geoip::{Database, DatabaseError};
use latchkey_tests::mmdb::{self, Value};
use latchkey_tests::world::World;
use serde_json::json;

fn nested() -> Value {
    let map = Value::Map;
    map(vec![
        ("country", map(vec![("iso_code", Value::Text("DE"))])),
        ("subdivisions", Value::List(vec![map(vec![("iso_code", Value::Text("BE"))])])),
        ("city", map(vec![("names", map(vec![("en", Value::Text("Berlin"))]))])),
        ("location", map(vec![("latitude", Value::Double(52.52)), ("longitude", Value::Double(13.4))])),
    ])
}

fn database(directory: &tempfile::TempDir) -> std::path::PathBuf {
    let flat = Value::Map(vec![("country_code", Value::Text("PT"))]);
    let networks = [
        ("198.51.100.0".parse().expect("an address"), 24, nested()),
        ("203.0.113.0".parse().expect("an address"), 24, flat),
    ];
    mmdb::write(directory.path(), &networks)
}

#[test]
fn both_database_layouts_are_read_and_missing_entries_are_unknown() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&database(&directory)).unwrap();
    let place = |ip: &str| database.place(ip.parse().unwrap());
    let berlin = place("198.51.100.7");
    assert_eq!((berlin.country.as_deref(), berlin.region.as_deref()), (Some("DE"), Some("BE")));
    assert_eq!((berlin.city.as_deref(), berlin.latitude), (Some("Berlin"), Some(52.52)));
    assert_eq!(place("203.0.113.9").country.as_deref(), Some("PT"));
    assert_eq!(place("::ffff:203.0.113.9").country.as_deref(), Some("PT"), "an IPv4-mapped IPv6 address");
    assert!(place("192.0.2.1").is_unknown());
    assert!(place("2001:db8::1").is_unknown(), "a file without IPv6 has no entry");
}

#[tokio::test]
async fn sessions_have_the_location_of_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(&directory);
    let world = World::with(&[("GEOIP_DB", path.to_str().unwrap())]).await;
    let device = world.device().at("198.51.100.7");
    let tokens = device.sign_in("alice").await;
    let location = device.list(&tokens.access).await.body["sessions"][0]["location"].clone();
    assert_eq!((&location["country"], &location["city"]), (&json!("DE"), &json!("Berlin")));
    let abroad = world.device().at("203.0.113.9");
    abroad.refresh(&tokens.refresh).await;
    assert_eq!(world.count_events("alice", "country_changed").await, 1);
}

#[test]
fn an_invalid_database_file_is_named_at_start() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("text");
    std::fs::write(&text, "not a database").unwrap();
    assert_eq!(Database::open(&text).err(), Some(DatabaseError::Format));
    for missing in [directory.path().join("missing"), directory.path().to_owned()] {
        assert_eq!(Database::open(&missing).err(), Some(DatabaseError::Open));
    }
}
