//! User ids of every permitted length work everywhere, and longer ones are refused everywhere.

use latchkey::store::user_key;
use latchkey_tests::world::{Provider, Tokens, World, payload};
use serde_json::json;

/// The longest prefix and the longest `sub`.
const LONGEST: usize = 127 + 255;

/// The percent-encoded id, for a query.
fn encoded(user: &str) -> String {
    user.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn clean(world: &World) -> u64 {
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let admin = Tokens::of(world.device().login(&root).await.assert_status(201));
    let device = world.device().bearer(&admin.access);
    let mut ended = 0;
    loop {
        let reply = device.post("/api/auth/sessions", json!({"action": "cleanup"})).await;
        let body = &reply.assert_status(200).body;
        assert_eq!((&body["skipped"], &body["failed"]), (&json!(0), &json!(0)));
        ended += body["ended"].as_u64().expect("a number");
        // A slow machine may need more than one run.
        if body["remaining"] == false {
            return ended;
        }
    }
}

#[tokio::test]
async fn a_user_with_a_long_id_can_do_everything() {
    for user in ["u".repeat(128), "u".repeat(129), "u".repeat(255), "é".repeat(127), "\"".repeat(255)] {
        let (world, length) = (World::patient().await, user.len());
        let device = world.device();
        let first = device.sign_in(&user).await;
        let assertion = world.assertion(&user);
        let second = device.login(&assertion).await;
        assert_eq!(second.assert_status(201).body["user_id"], user, "{length}");
        let second = Tokens::of(&second);
        assert_eq!(payload(&second.access)["sub"], user);
        assert_eq!(Tokens::of(&device.login(&assertion).await).session, second.session, "a repeated sign-in");
        let second = Tokens::of(device.refresh(&second.refresh).await.assert_status(200));
        assert_eq!(payload(&second.access)["sub"], user);
        let list = device.list(&second.access).await;
        let listed = &list.assert_status(200).body;
        assert_eq!((&listed["user_id"], listed["sessions"].as_array().unwrap().len()), (&json!(user), 2));
        let form = format!("token={}", second.access);
        let own = device.clone().bearer(&second.access);
        let form_type = Some("application/x-www-form-urlencoded");
        let reply = own.send("POST", "/api/auth/introspect", form_type, form).await;
        assert_eq!((&reply.body["active"], &reply.body["sub"]), (&json!(true), &json!(user)));
        let others = device.revoke(&second.access, json!({"strategy": "others"})).await;
        assert_eq!(others.assert_status(200).body["session_ids"], json!([first.session]));
        device.refresh(&first.refresh).await.assert_ended("signed_out");
        let trail = own.get("/api/auth/sessions/events").await;
        let trail = trail.assert_status(200).body["events"].as_array().unwrap().len();
        assert_eq!(trail, 4, "two sign-ins, a sign-out and an end");
        device.revoke(&second.access, json!({"strategy": "current"})).await.assert_status(200);
        device.list(&second.access).await.assert_ended("signed_out");
    }
}

#[tokio::test]
async fn an_administrator_finds_a_user_with_a_long_id() {
    let world = World::patient().await;
    let device = world.device();
    for user in ["p".repeat(128), "p".repeat(129), "p".repeat(255)] {
        let theirs = device.sign_in(&user).await;
        let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
        let admin = Tokens::of(device.login(&root).await.assert_status(201));
        let admin_device = device.clone().bearer(&admin.access);
        let query = encoded(&user);
        let list = admin_device.get(&format!("/api/auth/sessions?user_id={query}")).await;
        assert_eq!(list.assert_status(200).body["sessions"][0]["session_id"], theirs.session);
        let by_session = format!("/api/auth/sessions/events?session_id={}", theirs.session);
        assert_eq!(
            admin_device.get(&by_session).await.assert_status(200).body["user_id"],
            user,
            "while it lives"
        );
        let end = json!({"strategy": "user", "user_id": user, "reason": "a test"});
        assert_eq!(device.revoke(&admin.access, end).await.assert_status(200).body["ended"], 1);
        device.refresh(&theirs.refresh).await.assert_ended("admin");
        assert_eq!(
            admin_device.get(&by_session).await.assert_status(200).body["user_id"],
            user,
            "after its end"
        );
        let events = admin_device.get(&format!("/api/auth/sessions/events?user_id={query}")).await;
        assert_eq!(events.assert_status(200).body["events"][0]["event_type"], "session_ended");
        let history = admin_device.get(&format!("/api/auth/revoke?user_id={query}")).await;
        let revocations = history.assert_status(200).body["revocations"].clone();
        assert_eq!(revocations[0]["note"], "a test");
    }
}

#[tokio::test]
async fn an_administrator_with_a_long_id_is_named_in_the_trail() {
    let world = World::patient().await;
    let device = world.device();
    let root = "r".repeat(255);
    let reply = device.login(&world.assertion_with(&root, json!({"scope": "latchkey:admin"}))).await;
    let admin = Tokens::of(reply.assert_status(201));
    device.sign_in("paul").await;
    let end = json!({"strategy": "user", "user_id": "paul", "reason": "a test"});
    assert_eq!(device.revoke(&admin.access, end).await.assert_status(200).body["ended"], 1);
    let ended = world.raw_events("paul", "session_ended").await;
    assert_eq!(ended[0]["details"].as_m().unwrap()["by"].as_m().unwrap()["id"].as_s().unwrap(), &root);
}

#[tokio::test]
async fn cleanup_ends_the_sessions_of_users_with_long_ids() {
    for user in ["c".repeat(128), "c".repeat(129), "c".repeat(255)] {
        let world = World::patient().await;
        let (expired, pending) =
            (world.device().sign_in(&user).await.session, world.device().sign_in(&user).await.session);
        world.set_pending_end(&user, &pending, "admin").await;
        world.advance(8 * 86_400);
        assert_eq!(clean(&world).await, 2);
        for session in [&expired, &pending] {
            assert!(world.raw_row(&user, session).await.is_none());
        }
        let ended = world.raw_events(&user, "session_ended").await;
        assert_eq!(ended.len(), 2);
        let has_id = ended.iter().all(|event| event.get("user_id").is_some_and(|id| id.as_s() == Ok(&user)));
        assert_eq!(has_id, user.len() > 128, "an event whose key is a hash names its user");
        assert!(
            world.server.store.end_record(&pending.parse().unwrap()).await.unwrap().unwrap().user.as_str()
                == user
        );
    }
}

#[tokio::test]
async fn a_sub_of_255_bytes_fits_behind_every_prefix() {
    let provider = Provider::generate();
    let prefix = "p".repeat(127);
    let world = provider.world(json!({"user_prefix": prefix}), &[]).await;
    let (device, sub) = (world.device(), "s".repeat(255));
    let reply = device.login(&provider.assertion(&world, &sub, json!({}))).await;
    let tokens = Tokens::of(reply.assert_status(201));
    assert_eq!(reply.body["user_id"], format!("{prefix}{sub}"));
    assert_eq!(reply.text("user_id").len(), LONGEST);
    let tokens = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
    device.list(&tokens.access).await.assert_status(200);
    let long = provider.assertion(&world, &"s".repeat(256), json!({}));
    device.login(&long).await.assert_field("assertion");
}

#[tokio::test]
async fn a_longer_user_id_is_refused_wherever_it_enters() {
    let world = World::patient().await;
    let device = world.device();
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let admin = Tokens::of(device.login(&root).await.assert_status(201));
    let before = world.everything().await;
    for sub in ["a".repeat(256), "é".repeat(128)] {
        let reply = device.login(&world.assertion(&sub)).await;
        reply.assert_field("assertion").assert_no_cookie();
        assert!(reply.text("detail").contains("255 bytes"), "{}", reply.body);
    }
    let longer = "a".repeat(LONGEST + 1);
    let admin_device = device.clone().bearer(&admin.access);
    for path in ["sessions", "sessions/events", "revoke"] {
        admin_device.get(&format!("/api/auth/{path}?user_id={longer}")).await.assert_field("user_id");
    }
    let end = json!({"strategy": "user", "user_id": longer, "reason": "a test"});
    device.revoke(&admin.access, end).await.assert_field("user_id");
    world.assert_unchanged(&before, "ids that are too long").await;
}

#[tokio::test]
async fn no_user_can_take_the_key_of_another_user() {
    let world = World::patient().await;
    let victim = "v".repeat(200);
    let theirs = world.device().sign_in(&victim).await;
    let key = user_key(&victim.parse().unwrap());
    for attacker in [key.clone(), key.trim_start_matches("H#").to_owned(), format!("U#{key}")] {
        let tokens = world.device().sign_in(&attacker).await;
        let list = world.device().list(&tokens.access).await;
        assert_eq!(list.body["sessions"].as_array().unwrap().len(), 1, "{attacker}");
    }
    world.device().refresh(&theirs.refresh).await.assert_status(200);
}
