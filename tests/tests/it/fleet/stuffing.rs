//! The runbook of credential stuffing, command by command: the attack is found, bounded and ended.

use serde_json::json;

use super::{EVENTS, REVOKE, SIGN_INS, administrator, each, generous, read_all};

#[tokio::test]
async fn credential_stuffing_from_one_network_is_found_bounded_and_ended() {
    let world = generous(&[]).await;
    // The attacker fails often, and succeeds with some passwords. Users sign in from home meanwhile.
    let attacker = world.device().at("203.0.113.66").agent("curl/8.5.0");
    for number in 0..12 {
        attacker.sign_in(&format!("victim-{number}")).await;
        world.device().sign_in(&format!("victim-{number}")).await;
        world.advance(2);
    }
    for _ in 0..6 {
        assert!(attacker.login("no assertion").await.status.is_client_error());
    }
    world.advance(4);
    let admin = administrator(&world).await;

    // 1. Find: an event of severity medium or higher names the address.
    let found = admin.get(&format!("{EVENTS}?severity=medium&type=blocked")).await;
    let address = found.assert_status(200).body["events"][0]["details"]["ip"].as_str().map(str::to_owned);
    assert_eq!(address.as_deref(), Some("203.0.113.66"), "{}", found.body);
    // 2. Bound: the sign-ins that succeeded.
    let from = world.now().before(std::time::Duration::from_secs(3_600)).to_rfc3339();
    let path = format!("{SIGN_INS}?network=203.0.113.66&from={from}");
    let victims = read_all(&admin, &path, "sign_ins", "user_id").await;
    assert_eq!(victims.len(), 12);
    let devices = read_all(&admin, &path, "sign_ins", "device").await;
    assert!(devices.iter().all(|device| device == "curl"), "{devices:?}");
    // 3. Preview, then end.
    let mut body = json!({
        "strategy": "network", "network": "203.0.113.66", "preview": true, "reason": "credential stuffing",
        "from": from,
    });
    let preview = admin.post(REVOKE, body.clone()).await;
    assert_eq!(preview.assert_status(200).body["sessions"], 12);
    body["preview"] = json!(false);
    body["as_of"] = preview.body["as_of"].clone();
    assert_eq!(preview.text("from"), from);
    let ended = admin.post(REVOKE, body).await;
    assert_eq!(
        each(&ended.assert_status(200).body, "users", "user_id"),
        each(&preview.body, "users", "user_id")
    );
    assert_eq!(ended.body["failed"], json!([]));
    for number in 0..12 {
        assert_eq!(world.live(&format!("victim-{number}")).await.len(), 1, "only the session at home lives");
    }
    // 4. Keep out: the affected users cannot sign in until they have a new password.
    let suspend = json!({"strategy": "suspend", "user_id": "victim-0", "reason": "credential stuffing"});
    admin.post(REVOKE, suspend).await.assert_status(200);
    // From any network: the attacker may move on.
    world.device().login(&world.assertion("victim-0")).await.assert_problem(403, "account_suspended");
}
