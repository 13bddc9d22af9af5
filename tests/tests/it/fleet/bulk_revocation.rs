//! The end of the sessions that were opened from a network.

use std::collections::BTreeSet;
use std::time::Duration;

use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{Device, Reply, Tokens, World};
use serde_json::{Value, json};

use super::{REVOKE, SIGN_INS, administrator, generous, read_all};

pub(super) const ATTACKER: &str = "203.0.113.66";

pub(super) fn body(changes: &Value) -> Value {
    let mut body =
        json!({"strategy": "network", "network": ATTACKER, "preview": true, "reason": "credential stuffing"});
    let members = body.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("an object").clone());
    members.retain(|_, value| !value.is_null());
    body
}

/// A preview of the sign-ins until four seconds ago.
async fn preview(admin: &Device) -> Reply {
    let reply = admin.post(REVOKE, body(&json!({}))).await;
    reply.assert_status(200);
    reply
}

pub(super) async fn revoke(admin: &Device, changes: Value) -> Reply {
    let mut all = json!({"preview": false});
    let members = changes.as_object().expect("an object").clone();
    all.as_object_mut().expect("an object").extend(members);
    admin.post(REVOKE, body(&all)).await
}

pub(super) fn sessions_of(reply: &Reply) -> BTreeSet<String> {
    let users = reply.body["users"].as_array().expect("users").iter();
    let ids = users.flat_map(|user| user["session_ids"].as_array().expect("ids"));
    ids.map(|id| id.as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn a_preview_ends_nothing_and_the_revocation_ends_what_it_listed() {
    let world = generous(&[]).await;
    let mut stuffed = BTreeSet::new();
    for number in 0..12 {
        let device = world.device().at(&format!("203.0.113.{number}"));
        stuffed.insert(device.sign_in(&format!("user-{}", number % 8)).await.session);
    }
    let at_home = world.device().sign_in("user-1").await;
    world.advance(4);
    let admin = administrator(&world).await;
    let first = preview(&admin).await;
    assert_eq!(first.body["preview"], true);
    let as_of = first.text("as_of");
    assert_eq!(read_pages(&admin, json!({"as_of": as_of})).await.0, stuffed);
    assert_eq!(world.live("user-0").await.len(), 2, "nothing has ended");
    world.advance(5);
    let late = world.device().at(ATTACKER).sign_in("user-2").await;
    assert_eq!(read_pages(&admin, json!({"preview": false, "as_of": as_of})).await.0, stuffed);
    for number in [0, 3, 4, 5, 6, 7] {
        assert_eq!(world.live(&format!("user-{number}")).await, [""; 0], "user-{number}");
    }
    assert_eq!(world.live("user-1").await, [at_home.session], "opened from another network");
    assert_eq!(world.live("user-2").await, [late.session], "opened after the preview");
    let trail = world.raw_events("user-0", "session_ended").await;
    let details = trail[0]["details"].as_m().expect("details");
    assert_eq!(
        (details["reason"].as_s(), details["note"].as_s()),
        (Ok(&"admin".to_owned()), Ok(&"credential stuffing".to_owned()))
    );
    // Repeating the call ends nothing more, and the users can sign in again.
    assert_eq!(read_pages(&admin, json!({"preview": false, "as_of": as_of})).await, (BTreeSet::new(), 0));
    world.device().sign_in("user-0").await;
}

#[tokio::test]
async fn the_administrators_own_session_never_ends() {
    let world = generous(&[]).await;
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let office = world.device().at(ATTACKER);
    let own = Tokens::of(office.login(&root).await.assert_status(201));
    let other = office.sign_in("root").await;
    world.advance(4);
    let admin = office.clone().bearer(&own.access);
    let first = preview(&admin).await;
    assert_eq!(sessions_of(&first), BTreeSet::from([other.session.clone()]));
    let done = revoke(&admin, json!({"as_of": first.text("as_of")})).await;
    assert_eq!(sessions_of(done.assert_status(200)), BTreeSet::from([other.session]));
    assert_eq!(world.live("root").await, [own.session]);
}

#[tokio::test]
async fn a_bulk_revocation_needs_a_recent_sign_in() {
    let world = generous(&[]).await;
    let victim = world.device().at(ATTACKER).sign_in("alice").await;
    let admin = administrator(&world).await;
    world.advance(15 * 60);
    let as_of = world.now().to_rfc3339();
    for preview in [true, false] {
        let reply = admin.post(REVOKE, body(&json!({"preview": preview, "as_of": as_of}))).await;
        assert_eq!(reply.code(), "reauthentication_required", "{}", reply.body);
    }
    assert_eq!(world.live("alice").await, [victim.session]);
    let user = world.device().sign_in("bob").await;
    let reply = world.device().revoke(&user.access, body(&json!({}))).await;
    reply.assert_problem(403, "forbidden");
}

/// Repeats a call with its cursors. Returns the sessions and how many users had some.
pub(super) async fn read_pages(admin: &Device, mut changes: Value) -> (BTreeSet<String>, usize) {
    let (mut sessions, mut users) = (BTreeSet::new(), 0);
    loop {
        let reply = admin.post(REVOKE, body(&changes)).await;
        sessions.extend(sessions_of(reply.assert_status(200)));
        users += reply.body["users"].as_array().expect("users").len();
        changes["cursor"] = reply.body["next_cursor"].clone();
        if changes["cursor"].is_null() {
            return (sessions, users);
        }
    }
}

#[tokio::test]
async fn a_window_limits_what_ends() {
    let world = generous(&[]).await;
    let device = world.device().at(ATTACKER);
    let before = device.sign_in("alice").await;
    world.advance(600);
    let from = world.now().to_rfc3339();
    let within = device.sign_in("bob").await;
    let admin = administrator(&world).await;
    let as_of = world.now().to_rfc3339();
    let reply = revoke(&admin, json!({"as_of": as_of, "from": from})).await;
    assert_eq!(sessions_of(reply.assert_status(200)), BTreeSet::from([within.session]));
    assert_eq!((reply.text("from"), reply.text("as_of")), (from, as_of));
    assert_eq!(world.live("alice").await, [before.session]);
    world.advance(86_400);
    let admin = administrator(&world).await;
    let last = preview(&admin).await;
    assert_eq!(sessions_of(&last), BTreeSet::new(), "a day by default");
    let as_of = world.now().before(Duration::from_secs(4));
    let from = as_of.before(Duration::from_secs(86_400));
    assert_eq!((last.text("from"), last.text("as_of")), (from.to_rfc3339(), as_of.to_rfc3339()));
}

/// Honest users sign in from the same network. A sign-in at the end of a second may open its session 2.9 s later, after the preview.
#[tokio::test]
async fn a_session_that_the_preview_cannot_list_stays() {
    let world = generous(&[]).await;
    let device = world.device().at(ATTACKER);
    let early = device.sign_in("alice").await;
    let admin = administrator(&world).await;
    world.server.clock.advance(Duration::from_millis(4_999));
    let took = Duration::from_millis(2_900);
    world.server.clock.advance(took);
    let first = preview(&admin).await;
    assert_eq!(sessions_of(&first), BTreeSet::from([early.session.clone()]));
    world.server.clock.step_back(took);
    let late = device.sign_in("bob").await;
    world.server.clock.advance(took);
    let done = revoke(&admin, json!({"as_of": first.text("as_of"), "from": first.text("from")})).await;
    assert_eq!(sessions_of(done.assert_status(200)), BTreeSet::from([early.session]));
    assert_eq!(world.live("bob").await, [late.session]);
}

/// Without `as_of`, a preview cannot cover the sign-ins of the last seconds.
#[tokio::test]
async fn a_preview_of_the_last_seconds_names_the_end_that_it_would_have() {
    let world = generous(&[]).await;
    let admin = administrator(&world).await;
    let ago = |seconds| world.now().before(Duration::from_secs(seconds)).to_rfc3339();
    admin.post(REVOKE, body(&json!({"from": ago(4)}))).await.assert_status(200);
    let refused = admin.post(REVOKE, body(&json!({"from": ago(3)}))).await;
    assert!(refused.assert_field("from").text("detail").contains("4 seconds ago"), "{}", refused.body);
}

/// `SESSION_TTL` is shorter than before, as docs/SECURITY.md recommends. Older sessions keep their time, and events are kept for less.
#[tokio::test]
async fn a_session_with_an_earlier_lifetime_is_found_and_ended() {
    let world = generous(&[("EVENT_TTL", "7d")]).await;
    let device = world.device().at(ATTACKER);
    let old = device.sign_in("alice").await;
    let from = world.now().to_rfc3339();
    world.advance(5 * 86_400);
    let refreshed = Tokens::of(device.refresh(&old.refresh).await.assert_status(200));
    world.advance(5 * 86_400);
    device.refresh(&refreshed.refresh).await.assert_status(200);
    let keys = generate_key_set();
    let changed = [("LATCHKEY_KEYS", keys.as_str()), ("LIMIT_GENERAL", "1000/15m"), ("EVENT_TTL", "7d")];
    let lifetimes = [("SESSION_TTL", "1d"), ("REFRESH_TOKEN_TTL", "1d")];
    let world = world.redeployed(&[&changed[..], &lifetimes].concat(), IssuerKeyCache::default());
    let admin = administrator(&world).await;
    let path = format!("{SIGN_INS}?network={ATTACKER}&from={from}");
    assert_eq!(read_all(&admin, &path, "sign_ins", "session_id").await, std::slice::from_ref(&old.session));
    let changes = json!({"preview": false, "as_of": world.now().to_rfc3339(), "from": from});
    let (mut found, _) = read_pages(&admin, changes).await;
    assert_eq!(found.pop_first(), Some(old.session));
    assert_eq!(world.live("alice").await, [""; 0]);
}

/// Sign-ins are listed for longer than events are kept, if sessions live for longer.
#[tokio::test]
async fn a_live_session_is_found_and_ended_after_its_events_are_gone() {
    let world = generous(&[("EVENT_TTL", "1d")]).await;
    let old = world.device().at(ATTACKER).sign_in("alice").await;
    let from = world.now().to_rfc3339();
    world.advance(5 * 86_400);
    assert_eq!(world.live("alice").await, std::slice::from_ref(&old.session));
    let admin = administrator(&world).await;
    let path = format!("{SIGN_INS}?network={ATTACKER}&from={from}");
    assert_eq!(read_all(&admin, &path, "sign_ins", "session_id").await, std::slice::from_ref(&old.session));
    let as_of = world.now().to_rfc3339();
    for preview in [true, false] {
        let changes = json!({"preview": preview, "as_of": as_of, "from": from});
        let reply = admin.post(REVOKE, body(&changes)).await;
        assert_eq!(reply.assert_status(200).text("from"), from);
        assert_eq!(sessions_of(&reply), BTreeSet::from([old.session.clone()]), "{preview}");
    }
    assert_eq!(world.live("alice").await, [""; 0]);
}

#[tokio::test]
async fn a_wrong_member_is_refused_by_its_name_and_ends_nothing() {
    let world = generous(&[]).await;
    let victim = world.device().at(ATTACKER).sign_in("alice").await;
    let admin = administrator(&world).await;
    let now = world.now().to_rfc3339();
    let future = (world.now() + Duration::from_secs(1)).to_rfc3339();
    for (changes, field) in [
        (json!({"network": null}), "network"),
        (json!({"network": "203.0.113.0/16"}), "network"),
        (json!({"preview": null}), "preview"),
        (json!({"preview": "yes"}), "preview"),
        (json!({"preview": false}), "as_of"),
        (json!({"preview": false, "as_of": future}), "as_of"),
        (json!({"preview": false, "as_of": "now"}), "as_of"),
        (json!({"preview": false, "as_of": now, "reason": null}), "reason"),
        (json!({"preview": false, "as_of": now, "reason": " "}), "reason"),
        (json!({"preview": false, "as_of": now, "cursor": "x"}), "cursor"),
        (json!({"preview": false, "as_of": now, "from": future}), "from"),
        (json!({"preview": false, "as_of": now, "user_id": "bob"}), "user_id"),
        (json!({"preview": false, "as_of": now, "before": now}), "before"),
    ] {
        let reply = admin.post(REVOKE, body(&changes)).await;
        reply.assert_problem(400, "invalid_request");
        assert_eq!(reply.body["field"], field, "{changes}: {}", reply.body["detail"]);
    }
    assert_eq!(world.live("alice").await, [victim.session]);
}

#[tokio::test]
async fn bulk_revocations_count_against_the_general_limit() {
    let world = World::with(&[("LIMIT_GENERAL", "2/15m")]).await;
    let admin = administrator(&world).await;
    for _ in 0..2 {
        let reply = preview(&admin).await;
        assert!(reply.headers.contains_key("ratelimit"));
    }
    admin.post(REVOKE, body(&json!({}))).await.assert_problem(429, "rate_limited");
}
