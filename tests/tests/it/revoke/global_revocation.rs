//! A global revocation ends all sessions with one write and is in force when the response arrives.

use latchkey::store::LiveSessions;
use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Reply, Tokens, World};
use serde_json::{Value, json};

use super::admin::admin;

async fn revoke_globally(world: &World, admin: &Tokens, changes: Value) -> Reply {
    let mut body = json!({"strategy": "everyone", "reason": "a key leaked"});
    let members = body.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("changes are an object").clone());
    world.device().revoke(&admin.access, body).await
}

#[tokio::test]
async fn a_global_revocation_ends_all_sessions_but_not_later_ones() {
    let world = World::new().await;
    let device = world.device();
    let (alice, bob) = (device.sign_in("alice").await, device.sign_in("bob").await);
    let admin = admin(&world).await;
    let reply = revoke_globally(&world, &admin, json!({})).await;
    assert_eq!(reply.assert_status(200).members(), ["access_tokens_expire_by", "effective_at"]);
    assert_eq!(reply.body["effective_at"], "2026-09-21T14:13:28Z", "8 s on");
    for tokens in [&alice, &bob, &admin] {
        device.list(&tokens.access).await.assert_ended("admin");
        device.refresh(&tokens.refresh).await.assert_ended("admin");
        let path = format!("/api/auth/sessions/{}", tokens.session);
        device.clone().bearer(&tokens.access).delete(&path).await.assert_ended("admin");
    }
    // In the same second and later.
    let again = device.sign_in("alice").await;
    device.list(&again.access).await.assert_status(200);
    device.refresh(&again.refresh).await.assert_status(200);
    world.advance(60);
    let later = device.sign_in("bob").await;
    device.list(&later.access).await.assert_status(200);
}

#[tokio::test]
async fn an_end_record_is_written_when_the_session_is_used_again() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let admin = admin(&world).await;
    revoke_globally(&world, &admin, json!({})).await.assert_status(200);
    assert_eq!(world.count_events("alice", "session_ended").await, 0);
    device.refresh(&tokens.refresh).await.assert_ended("admin");
    assert!(world.raw_row("alice", &tokens.session).await.is_none());
    assert_eq!(world.count_events("alice", "session_ended").await, 1);
    let again = device.sign_in("alice").await;
    let path = format!("/api/auth/revoke?session_id={}", tokens.session);
    let asked = device.clone().bearer(&again.access).get(&path).await;
    let entry = &asked.assert_status(200).body["revocations"][0];
    assert_eq!(
        (&entry["reason"], &entry["by"], &entry["note"]),
        (&json!("admin"), &json!({"kind": "admin", "id": "root"}), &json!("a key leaked"))
    );
    let tables = world.everything().await;
    assert_eq!(tables.lines().filter(|row| row.contains("emergency_revocation")).count(), 1);
}

#[tokio::test]
async fn another_instance_honors_a_global_revocation_within_five_seconds() {
    let world = World::new().await;
    let device = world.device();
    let (keys, patience) = (generate_key_set(), ("LIMIT_GENERAL", "1000/15m"));
    let other = world.redeployed(&[("LATCHKEY_KEYS", &keys), patience], IssuerKeyCache::default());
    let there = other.device();
    let tokens = there.sign_in("alice").await;
    let admin = admin(&world).await;
    revoke_globally(&world, &admin, json!({})).await.assert_status(200);
    world.advance(4);
    there.list(&tokens.access).await.assert_status(200);
    world.advance(1);
    there.list(&tokens.access).await.assert_ended("admin");
    let status = there.clone().bearer(&tokens.access).get("/api/auth/refresh").await;
    assert_eq!((&status.body["state"], &status.body["reason"]), (&json!("ended"), &json!("admin")));
    there.refresh(&tokens.refresh).await.assert_ended("admin");
    drop(device);
}

#[tokio::test]
async fn a_refresh_reads_the_global_revocation_in_parallel() {
    let world = World::new().await;
    let keys = generate_key_set();
    let other = world.redeployed(&[("LATCHKEY_KEYS", &keys)], IssuerKeyCache::default());
    let tokens = other.device().sign_in("alice").await;
    let admin = admin(&world).await;
    revoke_globally(&world, &admin, json!({})).await.assert_status(200);
    world.advance(5);
    let refused = other.device().refresh(&tokens.refresh).await;
    refused.assert_ended("admin");
    assert!(refused.body["access_token"].is_null());
}

#[tokio::test]
async fn a_refresh_is_503_while_the_global_revocation_cannot_be_read() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.advance(5);
    world.server.faults.queue(Some("GetItem"), FaultKind::Error500, 3);
    device.refresh(&tokens.refresh).await.assert_problem(503, "store_unavailable").assert_no_cookie();
    world.server.faults.clear(None);
    let next = device.refresh(&tokens.refresh).await;
    device.refresh(&Tokens::of(next.assert_status(200)).refresh).await.assert_status(200);
}

#[tokio::test]
async fn the_global_revocation_is_read_again_after_the_clock_was_set_back() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.server.clock.step_back(std::time::Duration::from_secs(30));
    world.server.stats.reset();
    for _ in 0..3 {
        device.list(&tokens.access).await.assert_status(200);
    }
    assert_eq!(
        world.server.stats.snapshot().dynamodb["GetItem"].calls,
        1,
        "the result of the first read is cached"
    );
}

#[tokio::test]
async fn a_global_revocation_may_be_in_the_past_and_only_moves_forward() {
    let world = World::new().await;
    let device = world.device();
    let old = device.sign_in("alice").await;
    world.advance(120);
    let young = device.sign_in("alice").await;
    let admin = admin(&world).await;
    let minute_ago = world.now().before(std::time::Duration::from_secs(60)).to_rfc3339();
    revoke_globally(&world, &admin, json!({"before": minute_ago})).await.assert_status(200);
    device.list(&old.access).await.assert_ended("admin");
    device.list(&young.access).await.assert_status(200);
    let year_ago = world.now().before(std::time::Duration::from_secs(31_000_000)).to_rfc3339();
    revoke_globally(&world, &admin, json!({"before": year_ago})).await.assert_status(200);
    device.list(&old.access).await.assert_ended("admin");
    let tables = world.everything().await;
    let events = tables.lines().filter(|row| row.contains("emergency_revocation")).count();
    assert_eq!(events, 1, "an unchanged revocation records no event");
}

#[tokio::test]
async fn a_global_revocation_needs_a_sign_in_of_the_last_15_minutes() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let stale = admin(&world).await;
    world.advance(901);
    let refused = revoke_globally(&world, &stale, json!({})).await;
    refused.assert_problem(401, "reauthentication_required");
    assert_eq!(
        refused.header("www-authenticate"),
        "Bearer error=\"insufficient_user_authentication\", max_age=\"900\""
    );
    // A refresh does not count as a sign-in.
    let refreshed = Tokens::of(device.refresh(&stale.refresh).await.assert_status(200));
    revoke_globally(&world, &refreshed, json!({})).await.assert_problem(401, "reauthentication_required");
    device.list(&tokens.access).await.assert_status(200);
    revoke_globally(&world, &admin(&world).await, json!({})).await.assert_status(200);
    device.list(&tokens.access).await.assert_ended("admin");
}

#[tokio::test]
async fn a_sign_in_during_a_global_revocation_is_invalid() {
    let world = World::new().await;
    let device = world.device();
    let unused = world.assertion("alice");
    world.advance(11);
    let admin = admin(&world).await;
    revoke_globally(&world, &admin, json!({})).await.assert_status(200);
    device.login(&unused).await.assert_problem(401, "invalid_assertion");
}

#[tokio::test]
async fn a_global_revocation_is_committed_or_503() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let admin = admin(&world).await;
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Error500, 3);
    revoke_globally(&world, &admin, json!({})).await.assert_problem(503, "store_unavailable");
    device.list(&tokens.access).await.assert_status(200);
    revoke_globally(&world, &admin, json!({})).await.assert_status(200);
    device.list(&tokens.access).await.assert_ended("admin");
}

#[tokio::test]
async fn a_globally_revoked_session_does_not_count_towards_the_limit() {
    let world = World::new().await;
    let device = world.device();
    for _ in 0..5 {
        device.sign_in("alice").await;
    }
    let admin = admin(&world).await;
    revoke_globally(&world, &admin, json!({})).await.assert_status(200);
    let reply = device.login(&world.assertion("alice")).await;
    assert_eq!(reply.assert_status(201).body["ended"], json!([]));
    let list = device.list(&Tokens::of(&reply).access).await;
    assert_eq!(list.body["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_strict_check_of_another_service_honors_a_global_revocation() {
    let world = World::new().await;
    let tokens = world.device().sign_in("alice").await;
    let live = LiveSessions::from(world.server.store.clone());
    let (user, session) = ("alice".parse().expect("a user"), tokens.session.parse().expect("a session"));
    assert!(live.find(&user, &session, world.now()).await.expect("the engine answers").is_some());
    let admin = admin(&world).await;
    revoke_globally(&world, &admin, json!({})).await.assert_status(200);
    assert!(live.find(&user, &session, world.now()).await.expect("the engine answers").is_none());
}

#[tokio::test]
async fn after_a_global_revocation_an_old_assertion_opens_no_lasting_session() {
    let world = World::new().await;
    let keys = generate_key_set();
    let other = world.redeployed(&[("LATCHKEY_KEYS", &keys)], IssuerKeyCache::default());
    let stolen = world.assertion("alice");
    world.advance(60);
    other.device().sign_in("warm").await;
    let admin = admin(&world).await;
    revoke_globally(&world, &admin, json!({})).await.assert_status(200);
    // This instance read the global revocation less than five seconds ago, so it still accepts the assertion.
    world.advance(2);
    let taken = other.device().login(&stolen).await;
    let honest = other.device().sign_in("bob").await;
    let tokens = Tokens::of(taken.assert_status(201));
    world.advance(6);
    other.device().refresh(&tokens.refresh).await.assert_ended("admin");
    other.device().list(&tokens.access).await.assert_ended("admin");
    assert_eq!(world.live("alice").await, Vec::<String>::new());
    other.device().refresh(&honest.refresh).await.assert_status(200);
}

#[tokio::test]
async fn a_globally_revoked_session_is_in_no_other_revocation() {
    let world = World::new().await;
    let device = world.device();
    let old = device.sign_in("alice").await;
    let admin = admin(&world).await;
    world.advance(60);
    revoke_globally(&world, &admin, json!({})).await.assert_status(200);
    let moment = world.now();
    world.advance(60);
    let new = device.sign_in("alice").await;
    let one = device.clone().bearer(&new.access).delete(&format!("/api/auth/sessions/{}", old.session)).await;
    one.assert_problem(404, "not_found");
    for strategy in ["others", "all"] {
        let reply = device.revoke(&new.access, json!({"strategy": strategy})).await;
        let expected = if strategy == "all" { vec![new.session.clone()] } else { vec![] };
        assert_eq!(reply.assert_status(200).body["session_ids"], json!(expected), "{strategy}");
    }
    assert_eq!(world.count_events("alice", "logout").await, 1, "only the user's own sign-out");
    device.refresh(&old.refresh).await.assert_ended("admin");
    let own = device.sign_in("alice").await;
    let path = format!("/api/auth/revoke?session_id={}", old.session);
    let asked = device.bearer(&own.access).get(&path).await;
    let entry = &asked.body["revocations"][0];
    assert_eq!(
        (&entry["by"], &entry["at"]),
        (&json!({"kind": "admin", "id": "root"}), &json!(moment.to_rfc3339())),
        "the end has the time of the global revocation"
    );
}

#[tokio::test]
async fn a_sign_in_of_exactly_fifteen_minutes_is_too_old() {
    let world = World::new().await;
    for (age, status) in [(899, 200), (900, 401)] {
        let admin = admin(&world).await;
        world.advance(age);
        let admin = Tokens::of(world.device().refresh(&admin.refresh).await.assert_status(200));
        let reply = revoke_globally(&world, &admin, json!({})).await;
        assert_eq!(reply.status.as_u16(), status, "{age} s");
        assert_eq!(reply.code() == "reauthentication_required", status == 401);
    }
}
