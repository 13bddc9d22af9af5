//! A laptop is stolen: the actions of the thief, the response of the server, and the audit trail afterwards.

use latchkey_tests::world::{BERLIN, FIREFOX, LISBON, Tokens, World};
use serde_json::{Value, json};

/// Type, severity and session of each event, oldest first.
fn event_summary(events: &Value, sessions: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let name = |id: &str| sessions.iter().find(|(_, session)| *session == id).map_or("?", |(name, _)| name);
    let line = |event: &Value| {
        let text = |member: &str| event[member].as_str().unwrap_or_default().to_owned();
        (text("event_type"), text("severity"), name(&text("session_id")).to_owned())
    };
    let mut lines: Vec<_> = events.as_array().expect("events").iter().map(line).collect();
    lines.reverse();
    lines
}

#[tokio::test]
async fn a_stolen_laptop_is_detected_ended_and_documented() {
    let world = World::behind_cloudfront(&[]).await;
    let mut alerts = world.server.alerts.listen();
    let (laptop, phone) = (world.device().in_city(BERLIN), world.device().in_city(BERLIN).agent(FIREFOX));
    let at_home = laptop.sign_in("alice").await;
    world.advance(10);
    let on_phone = phone.sign_in("alice").await;
    // The thief copies the refresh token and uses it in Lisbon within the hour, with the same browser in another country.
    world.advance(3_000);
    let thief = world.device().in_city(LISBON);
    let loot = Tokens::of(thief.refresh(&at_home.refresh).await.assert_status(200));
    let travel = alerts.try_recv().expect("the trip is an alert");
    assert_eq!(travel["event_type"], "impossible_travel");
    // Alice checks the list on her phone. It shows the risk of the session and the findings.
    let list = phone.list(&on_phone.access).await;
    let risky = list.body["sessions"].as_array().unwrap().iter().find(|s| s["session_id"] == at_home.session);
    assert_eq!(risky.unwrap()["risk"]["level"], "high");
    // Her laptop wakes up and refreshes with the token that the thief has used. The session ends for both.
    world.advance(300);
    laptop.refresh(&at_home.refresh).await.assert_ended("security");
    assert_eq!(alerts.try_recv().expect("theft is an alert")["event_type"], "token_reused");
    thief.refresh(&loot.refresh).await.assert_ended("security");
    thief.list(&loot.access).await.assert_ended("security");
    // The thief has an unused assertion, too. Alice signs out everywhere, which makes it invalid.
    let hidden = world.assertion("alice");
    world.advance(30);
    let everywhere = phone.revoke(&on_phone.access, json!({"strategy": "all"})).await;
    assert_eq!(everywhere.assert_status(200).body["ended"], 1);
    thief.login(&hidden).await.assert_problem(401, "invalid_assertion");
    assert!(world.live("alice").await.is_empty());
    // At home she signs in again and reads the audit trail.
    world.advance(60);
    let after = laptop.sign_in("alice").await;
    let trail = laptop.clone().bearer(&after.access).get("/api/auth/sessions/events?limit=100").await;
    let sessions =
        [("laptop", at_home.session.as_str()), ("phone", &on_phone.session), ("after", &after.session)];
    let trail_events = event_summary(&trail.assert_status(200).body["events"], &sessions);
    let expected = [
        ("login", "info", "laptop"),
        ("login", "info", "phone"),
        ("new_device", "low", "phone"),
        ("ip_changed", "info", "laptop"),
        ("country_changed", "medium", "laptop"),
        ("impossible_travel", "high", "laptop"),
        ("session_ended", "info", "laptop"),
        ("token_reused", "critical", "laptop"),
        ("session_ended", "info", "phone"),
        ("logout", "info", "phone"),
        ("login", "info", "after"),
    ];
    let mut expected: Vec<_> =
        expected.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
    let mut sorted = trail_events.clone();
    sorted.sort();
    expected.sort();
    assert_eq!(sorted, expected, "in the order {trail_events:#?}");
    let history = laptop.bearer(&after.access).get("/api/auth/revoke").await;
    let reasons: Vec<&Value> =
        history.body["revocations"].as_array().unwrap().iter().map(|entry| &entry["reason"]).collect();
    assert_eq!(reasons, [&json!("signed_out"), &json!("security")]);
    assert!(alerts.try_recv().is_err(), "there are only two alerts");
}
