//! The largest event costs one write unit.

use std::net::IpAddr;

use serde_json::json;

use super::super::item_size::item_bytes;
use super::*;
use crate::domain::actor::Actor;
use crate::domain::client_context::{ClientContext, EventClient};
use crate::domain::device::Device;
use crate::domain::event::{EventKind, LimitExceeded};
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::{UserId, derive_session_id};
use crate::domain::place::Place;
use crate::domain::risk::{Finding, Rule};
use crate::domain::session::binding::Binding;

fn user() -> UserId {
    "u".repeat(128).parse().unwrap()
}

/// A client whose fields all have their greatest length.
fn largest_client() -> ClientContext {
    let text = |length: usize| Some("x".repeat(length));
    ClientContext {
        ip: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".parse::<IpAddr>().ok(),
        device: Device { browser: text(24), os: text(16), name: text(24), ..Device::default() },
        place: Place { country: text(2), region: text(500), city: text(500), ..Place::default() },
        ..ClientContext::default()
    }
}

fn bytes(kind: EventKind) -> usize {
    let session = derive_session_id(1_732_442_400, &[255; 32]);
    let event = Event::new(&user(), session, 99_999_999_999_000, kind).from_client(&largest_client());
    item_bytes(&event_item(&event, event.at))
}

#[test]
fn the_largest_event_costs_one_write_unit() {
    let ended_device = "x".repeat(44);
    let until = Timestamp::from_seconds(99_999_999_999);
    let detail = json!({"from": "x".repeat(44), "to": "y".repeat(44), "km": 20_000, "km_per_hour": 999_999});
    let by = Actor::Admin(user());
    for kind in [
        EventKind::Login { binding: Binding::Dpop },
        EventKind::TokenReused { presented: u64::MAX, current: u64::MAX, ended_device },
        EventKind::Blocked(LimitExceeded { policy: "password_reset", until }),
        EventKind::Risk(Finding {
            rule: Rule::ImpossibleTravel,
            severity: Severity::Critical,
            ends: true,
            detail,
        }),
        EventKind::EmergencyRevocation { before: until, by, note: "n".repeat(200) },
        EventKind::AdminRead(ReadTarget::Search("q".repeat(1_000))),
    ] {
        let (name, bytes) = (kind.name(), bytes(kind));
        assert!(bytes < 1_024, "{name}: {bytes} bytes");
    }
}

#[test]
fn an_ordinary_event_grows_by_its_place_only() {
    let place = Place {
        country: Some("BR".into()),
        region: Some("SP".into()),
        city: Some("São Paulo".into()),
        ..Place::default()
    };
    let device = Device { browser: Some("Chrome".into()), os: Some("Windows".into()), ..Device::default() };
    let user: UserId = "5b0c9f3e-6a0c-4f7d-9d3a-0f6c2d1b7e55".parse().unwrap();
    let size = |place: Place| {
        let client = EventClient { ip: "198.51.100.7".parse().ok(), device: Some(device.label()), place };
        let event =
            Event::new(&user, derive_session_id(0, &[1; 32]), 0, EventKind::Login { binding: Binding::Dpop });
        let event = Event { client, ..event };
        item_bytes(&event_item(&event, event.at))
    };
    let (without, with) = (size(Place::default()), size(place));
    assert!(with - without < 50 && with < 400, "{without} and {with} bytes; docs/cost.md counts 400");
}
