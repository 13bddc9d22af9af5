//! The sign-ins from a network.

use latchkey_tests::world::{ORIGIN_SECRET, World};
use serde_json::json;

use super::{SIGN_INS, administrator, each, generous, read_all};

#[tokio::test]
async fn the_sign_ins_of_a_network_are_listed_once_and_newest_first() {
    let world = generous(&[]).await;
    let mut expected = vec![];
    for number in 0..20 {
        let device = world.device().at(&format!("203.0.113.{}", number + 1));
        expected.insert(0, device.sign_in(&format!("user-{}", number % 15)).await.session);
        world.device().at("203.0.114.1").sign_in(&format!("other-{number}")).await;
        world.advance(12_000);
    }
    let admin = administrator(&world).await;
    for limit in [3, 500] {
        let path = format!("{SIGN_INS}?network=203.0.113.200&limit={limit}");
        assert_eq!(read_all(&admin, &path, "sign_ins", "session_id").await, expected, "limit {limit}");
    }
    let reply = admin.get(&format!("{SIGN_INS}?network=203.0.113.0/24&limit=1")).await;
    let newest = &reply.assert_status(200).body["sign_ins"][0];
    assert_eq!((&newest["user_id"], &newest["device"]), (&json!("user-4"), &json!("Chrome on Windows")));
    assert_eq!(reply.body["network"], "203.0.113.0/24");
    let event =
        format!("/api/auth/sessions/events?user_id=user-4&event_id={}", newest["event_id"].as_str().unwrap());
    let event = admin.get(&event).await;
    assert_eq!(event.assert_status(200).body["events"][0]["event_type"], "login");
}

#[tokio::test]
async fn the_window_limits_the_sign_ins_of_a_network() {
    let world = generous(&[]).await;
    let device = world.device().at("2001:db8::7");
    let old = device.sign_in("alice").await;
    world.advance(8 * 86_400);
    let new = device.sign_in("alice").await;
    let admin = administrator(&world).await;
    let of = async |query: &str| {
        let path = format!("{SIGN_INS}?network=2001:db8::/64{query}");
        read_all(&admin, &path, "sign_ins", "session_id").await
    };
    assert_eq!(of("").await, std::slice::from_ref(&new.session), "seven days by default");
    assert_eq!(of("&from=2026-09-01T00:00:00Z").await, [new.session, old.session.clone()]);
    let until = world.now().before(std::time::Duration::from_secs(86_400)).to_rfc3339();
    assert_eq!(of(&format!("&from=2026-09-01T00:00:00Z&to={until}")).await, [old.session]);
}

#[tokio::test]
async fn a_sign_in_without_an_address_is_in_no_network() {
    // CloudFront may be configured to send no address of the viewer.
    let world = World::behind_cloudfront(&[]).await;
    let device = world.device().header("x-latchkey-origin-secret", ORIGIN_SECRET);
    device.login(&world.assertion("alice")).await.assert_status(201);
    assert!(!world.everything().await.contains("N#"));
}

#[tokio::test]
async fn sign_ins_need_a_network() {
    let world = generous(&[]).await;
    let admin = administrator(&world).await;
    for query in ["", "?network=", "?network=alice", "?network=203.0.113.0/25"] {
        let reply = admin.get(&format!("{SIGN_INS}{query}")).await;
        reply.assert_problem(400, "invalid_request");
        assert_eq!(reply.body["field"], "network", "{query}");
    }
    let none = admin.get(&format!("{SIGN_INS}?network=192.0.2.1")).await;
    assert_eq!(each(&none.assert_status(200).body, "sign_ins", "user_id"), [""; 0]);
}
