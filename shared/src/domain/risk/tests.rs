//! Each rule matches the change that it describes, and no ordinary change.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;
use crate::domain::device::Device;
use crate::domain::place::Place;

const BERLIN: (f64, f64) = (52.52, 13.4);
const NEW_YORK: (f64, f64) = (40.71, -74.01);

fn client(ip: &str, agent: &str, country: Option<&str>, at: Option<(f64, f64)>) -> ClientContext {
    let place = Place {
        country: country.map(str::to_owned),
        latitude: at.map(|at| at.0),
        longitude: at.map(|at| at.1),
        ..Place::default()
    };
    ClientContext { ip: ip.parse().ok(), agent: None, device: Device::parse(Some(agent)), place }
}

fn chrome(version: u32) -> String {
    format!(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    )
}

fn home() -> ClientContext {
    client("198.51.100.7", &chrome(140), Some("DE"), Some(BERLIN))
}

fn names(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.rule.name()).collect()
}

fn change(rules: &Rules, now: &ClientContext, seconds: i64) -> Vec<Finding> {
    let at = Timestamp::from_seconds;
    compare(rules, &home(), now, at(seconds))
}

/// Compares two clients of which the first was seen at second 0.
fn compare(rules: &Rules, before: &ClientContext, now: &ClientContext, now_at: Timestamp) -> Vec<Finding> {
    let change = change_between(rules, before, now);
    let before_at = Timestamp::from_seconds(0);
    assess_change(rules, &Comparison { change, before, before_at, now, now_at })
}

#[test]
fn berlin_to_new_york_is_possible_in_nine_hours_and_not_in_one() {
    let there = client("203.0.113.9", &chrome(140), Some("US"), Some(NEW_YORK));
    let hour = change(&Rules::default(), &there, 3_600);
    assert_eq!(names(&hour), ["ip_changed", "country_changed", "impossible_travel"]);
    assert_eq!(hour[2].severity, Severity::High);
    assert!((hour[2].detail["km"].as_f64().unwrap() - 6_385.0).abs() < 20.0, "{}", hour[2].detail);
    assert_eq!(names(&change(&Rules::default(), &there, 9 * 3_600)), ["ip_changed", "country_changed"]);
}

#[test]
fn a_trusted_network_is_not_judged_by_place() {
    let rules = Rules::default().allowing("203.0.113.0/24, 2001:db8::/32").unwrap();
    let vpn = client("203.0.113.9", &chrome(140), Some("US"), Some(NEW_YORK));
    assert_eq!(change(&rules, &vpn, 60), []);
    assert_eq!(compare(&rules, &vpn, &home(), Timestamp::from_seconds(60)), []);
}

#[test]
fn a_client_has_moved_if_its_network_changed_and_neither_is_trusted() {
    let rules = Rules::default().allowing("203.0.113.0/24").unwrap();
    let at = |ip: &str| client(ip, &chrome(140), None, None);
    let has_moved =
        |rules, before: &ClientContext, now: &ClientContext| change_between(rules, before, now).network;
    assert!(has_moved(&rules, &at("198.51.100.7"), &at("192.0.2.1")));
    assert!(!has_moved(&rules, &at("198.51.100.7"), &at("198.51.100.8")));
    assert!(!has_moved(&rules, &at("203.0.113.9"), &at("192.0.2.1")));
    assert!(!has_moved(&rules, &at("192.0.2.1"), &at("203.0.113.9")));
    assert!(!has_moved(&rules, &at("198.51.100.7"), &at("2001:db8::1")), "another family");
    let berlin = client("198.51.100.7", &chrome(140), Some("DE"), None);
    for (country, moved) in [("DE", false), ("PT", true)] {
        let now = client("2001:db8::1", &chrome(140), Some(country), None);
        assert_eq!(has_moved(&rules, &berlin, &now), moved, "another family, in {country}");
        assert_eq!(has_moved(&rules, &now, &berlin), moved);
    }
}

#[test]
fn a_sign_in_from_a_trusted_network_has_no_new_country() {
    let rules = Rules::default().allowing("203.0.113.0/24").unwrap();
    let vpn = client("203.0.113.9", &chrome(140), Some("PT"), None);
    assert_eq!(assess_sign_in(&rules, &[&home()], &vpn), []);
}

#[test]
fn travel_is_impossible_between_countries_beyond_100_km_and_above_the_limit() {
    let rules = Rules::parse("ip_changed=off,country_changed=off").unwrap();
    let north = |country, degrees: f64| {
        client("203.0.113.9", &chrome(140), country, Some((BERLIN.0 + degrees, BERLIN.1)))
    };
    // One degree of latitude is 111.2 km.
    let fast = |now: &ClientContext, seconds| {
        change(&rules, now, seconds).first().map(|finding| finding.detail.clone())
    };
    let detail = fast(&north(Some("PL"), 1.0), 444).unwrap();
    assert_eq!(
        (&detail["km"], &detail["seconds"], &detail["km_per_hour"]),
        (&json!(111.0), &json!(444), &json!(902.0))
    );
    assert_eq!(
        (&detail["from"], &detail["to"], &detail["mode"]),
        (&json!("DE"), &json!("PL"), &json!("alert"))
    );
    assert_eq!(fast(&north(Some("PL"), 1.0), 446), None, "898 km/h");
    assert!(fast(&north(Some("PL"), -1.0), 444).is_some());
    assert_eq!(fast(&north(Some("PL"), 0.89), 1), None, "99 km");
    assert!(fast(&north(Some("PL"), 0.91), 0).is_some(), "no time counts as one second");
    assert_eq!(fast(&north(Some("DE"), 5.0), 1), None, "within a country");
    assert_eq!(fast(&north(None, 5.0), 1), None, "to an unknown country");
    let strict = Rules::parse("ip_changed=off,country_changed=off,impossible_travel=record:low:100").unwrap();
    assert_eq!(change(&strict, &north(Some("PL"), 1.0), 3_600)[0].severity, Severity::Low);
}

#[test]
fn the_distance_of_two_places_is_that_of_the_great_circle() {
    let distance = |from, to| super::travel::distance_km(from, to).round();
    assert_eq!(distance((0.0, 0.0), (0.0, 90.0)), 10_008.0);
    assert_eq!(distance((60.0, 10.0), (60.0, 11.0)), 56.0);
    assert_eq!(distance((52.52, 13.4), (-33.87, 151.21)), 16_095.0);
    assert_eq!(distance((90.0, 0.0), (-90.0, 0.0)), 20_015.0);
}

#[test]
fn a_refresh_reads_the_row_first_only_if_a_rule_can_end_sessions() {
    assert!(!Rules::default().can_end());
    assert!(Rules::parse("device_changed=end").unwrap().can_end());
    assert!(!Rules::parse("device_changed=alert:critical").unwrap().can_end());
}

#[test]
fn a_mode_decides_what_a_finding_does() {
    let firefox = client(
        "198.51.100.7",
        "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        Some("DE"),
        Some(BERLIN),
    );
    let device = |rules: &str| change(&Rules::parse(rules).unwrap(), &firefox, 60);
    assert_eq!(device("device_changed=off"), []);
    assert_eq!(
        (device("device_changed=record:critical")[0].severity, device("")[0].ends),
        (Severity::Medium, false)
    );
    assert_eq!(device("device_changed=alert:low")[0].severity, Severity::High);
    assert!(device("device_changed=end")[0].ends);
    assert_eq!(device("device_changed=record")[0].detail["mode"], "record");
}

#[test]
fn a_wrong_rule_is_named_by_its_entry() {
    for (text, error) in [
        ("impossible_travel", RiskError::Form(1)),
        ("ip_changed=off,nonsense=off", RiskError::Rule(2)),
        ("ip_changed=maybe", RiskError::Mode(1)),
        ("ip_changed=record:awful", RiskError::Severity(1)),
        ("ip_changed=record:low:900", RiskError::Threshold(1)),
        ("impossible_travel=alert:high:0", RiskError::Threshold(1)),
        ("impossible_travel=alert:high:900:9", RiskError::Form(1)),
        ("new_device=end", RiskError::EndsNothing(1)),
    ] {
        assert_eq!(Rules::parse(text).err(), Some(error), "{text}");
    }
    assert_eq!(Rules::default().allowing("10.0.0.0/8,office").err(), Some(RiskError::Network(2)));
}

#[test]
fn a_sign_in_is_compared_with_the_live_sessions() {
    let rules = Rules::default();
    let (one, two) = (home(), client("198.51.100.8", &chrome(139), None, None));
    let known = [&one, &two];
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
    let abroad = client("203.0.113.9", phone, Some("PT"), None);
    assert_eq!(names(&assess_sign_in(&rules, &known, &abroad)), ["new_device", "new_country"]);
    assert_eq!(assess_sign_in(&rules, &known, &home()), []);
    assert_eq!(assess_sign_in(&rules, &[], &abroad), [], "a first sign-in differs from nothing");
    let nowhere = client("198.51.100.8", phone, None, None);
    assert_eq!(assess_sign_in(&rules, &[&nowhere], &abroad), [], "without a known country none is new");
}

proptest! {
    #[test]
    fn a_dual_stack_host_raises_nothing(four in any::<u32>(), six in any::<u128>(), seconds in 0_i64..100_000) {
        let (mut before, mut now) = (home(), home());
        before.ip = Some(IpAddr::V4(Ipv4Addr::from(four)));
        now.ip = Some(IpAddr::V6(Ipv6Addr::from(six | 1 << 125)));
        let at = Timestamp::from_seconds;
        prop_assert_eq!(compare(&Rules::default(), &before, &now, at(seconds)), vec![]);
        prop_assert_eq!(compare(&Rules::default(), &now, &before, at(seconds)), vec![]);
    }

    #[test]
    fn a_phone_that_leaves_its_wifi_raises_no_alarm(
        ip in any::<u32>(), latitude in -90.0_f64..90.0, longitude in -180.0_f64..180.0, seconds in 0_i64..100_000,
    ) {
        let now = client(&Ipv4Addr::from(ip).to_string(), &chrome(140), Some("DE"), Some((latitude, longitude)));
        for finding in change(&Rules::default(), &now, seconds) {
            prop_assert_eq!(finding.rule, Rule::IpChanged);
            prop_assert!(finding.severity < Severity::Medium && !finding.ends);
        }
    }

    #[test]
    fn a_browser_update_raises_nothing(version in 100_u32..400, seconds in 0_i64..10_000_000) {
        let now = client("198.51.100.200", &chrome(version), Some("DE"), Some(BERLIN));
        prop_assert_eq!(change(&Rules::default(), &now, seconds), vec![]);
    }

    #[test]
    fn no_rule_ends_a_session_by_default(
        ip in any::<u128>(), latitude in -90.0_f64..90.0, longitude in -180.0_f64..180.0, seconds in 0_i64..100_000,
    ) {
        let now = client(&Ipv6Addr::from(ip).to_string(), "curl/8.5.0", Some("XX"), Some((latitude, longitude)));
        prop_assert!(change(&Rules::default(), &now, seconds).iter().all(|finding| !finding.ends));
    }

    #[test]
    fn a_trip_is_the_same_length_both_ways_and_never_longer_than_half_the_earth(
        a in (-90.0_f64..90.0, -180.0_f64..180.0), b in (-90.0_f64..90.0, -180.0_f64..180.0),
    ) {
        let (there, back) = (super::travel::distance_km(a, b), super::travel::distance_km(b, a));
        prop_assert!((there - back).abs() < 1e-6);
        prop_assert!((0.0..=20_016.0).contains(&there));
    }
}

#[test]
fn a_change_of_an_unknown_value_is_a_finding_without_it() {
    // The reply to the write was lost, so that the row already holds the request itself.
    let now = client("203.0.113.9", "curl/8.0", Some("PT"), None);
    let change = ContextChange { network: true, country: true, device: true };
    let at = Timestamp::from_seconds(60);
    let comparison = Comparison { change, before: &now, before_at: at, now: &now, now_at: at };
    let findings = assess_change(&Rules::default(), &comparison);
    assert_eq!(names(&findings), ["ip_changed", "country_changed", "device_changed"]);
    for (finding, to) in findings.iter().zip(["203.0.113.0/24", "PT", "curl"]) {
        assert_eq!((&finding.detail["from"], &finding.detail["to"]), (&json!(null), &json!(to)));
    }
    let trusted = Rules::default().allowing("203.0.113.0/24").unwrap();
    assert_eq!(names(&assess_change(&trusted, &comparison)), ["device_changed"]);
}
