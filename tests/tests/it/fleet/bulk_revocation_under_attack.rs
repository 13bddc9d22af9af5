//! A bulk revocation beside faults, malformed rows, and an attacker that wants to delay it.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{RawRow, Reply, World};
use serde_json::{Value, json};

use super::bulk_revocation::{ATTACKER, body, read_pages, revoke, sessions_of};
use super::{REVOKE, administrator, generous, store_sign_ins};

/// Sessions of `user-0`, `user-1` and so on, opened from the network of the attacker.
async fn stuffed(world: &World, users: usize) -> BTreeSet<String> {
    let device = world.device().at(ATTACKER);
    let mut opened = BTreeSet::new();
    for number in 0..users {
        opened.insert(device.sign_in(&format!("user-{number}")).await.session);
    }
    opened
}

fn failed(reply: &Reply) -> Vec<String> {
    let users = reply.body["failed"].as_array().expect("a list").iter();
    users.map(|user| user.as_str().expect("a text").to_owned()).collect()
}

fn row(user: &str, sort_key: &str) -> RawRow {
    let text = |value: String| AttributeValue::S(value);
    RawRow::from([
        ("pk".to_owned(), text(format!("U#{user}"))),
        ("sk".to_owned(), text(sort_key.to_owned())),
        ("v".to_owned(), text("not a number".to_owned())),
    ])
}

/// A call that stops for lack of time names the place to continue, and the next call continues there.
#[tokio::test]
async fn the_pages_of_a_slow_store_cover_every_session_once() {
    let world = generous(&[]).await;
    let mut opened = stuffed(&world, 60).await;
    // The newest sign-ins are of users whose other sign-ins are the oldest ones, on the last page.
    opened.append(&mut stuffed(&world, 4).await);
    let admin = administrator(&world).await;
    let as_of = world.now().to_rfc3339();
    for (preview, slow) in [(true, "Query"), (false, "TransactWriteItems")] {
        world.server.faults.queue(Some(slow), FaultKind::Slow, 1_000);
        let mut changes = json!({"preview": preview, "as_of": as_of});
        let first = admin.post(REVOKE, body(&changes)).await;
        world.server.faults.clear(None);
        let found = sessions_of(first.assert_status(200));
        assert!(!found.is_empty() && found.len() < opened.len(), "{}", found.len());
        assert!(failed(&first).is_empty(), "{}", first.body);
        changes["cursor"] = first.body["next_cursor"].clone();
        assert!(changes["cursor"].is_string(), "{}", first.body);
        let (rest, _) = read_pages(&admin, changes).await;
        assert!(rest.is_disjoint(&found), "a session is on two pages");
        assert_eq!(&rest | &found, opened, "{preview}");
    }
    for number in [0, 15, 16, 47, 48, 59] {
        assert_eq!(world.live(&format!("user-{number}")).await, [""; 0], "user-{number}");
    }
}

/// The end of listed sessions needs neither the user record nor the suspension.
#[tokio::test]
async fn malformed_rows_of_a_user_keep_no_session_alive() {
    let world = generous(&[]).await;
    let opened = stuffed(&world, 6).await;
    world.put_row(row("user-2", "HEAD")).await;
    world.put_row(row("user-4", "SUSPENDED")).await;
    let admin = administrator(&world).await;
    let as_of = world.now().to_rfc3339();
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 6);
    for preview in [true, false] {
        let reply = admin.post(REVOKE, body(&json!({"preview": preview, "as_of": as_of}))).await;
        assert_eq!(sessions_of(reply.assert_status(200)), opened, "{preview}");
        assert_eq!((failed(&reply), &reply.body["next_cursor"]), (vec![], &Value::Null));
    }
    assert_eq!(world.server.faults.pending(), 0);
    let again = revoke(&admin, json!({"as_of": as_of})).await;
    assert!(sessions_of(again.assert_status(200)).is_empty());
}

#[tokio::test]
async fn a_fault_in_the_middle_leaves_the_results_so_far() {
    for kind in [FaultKind::Error500, FaultKind::Hang] {
        let world = generous(&[]).await;
        let opened = stuffed(&world, 12).await;
        let admin = administrator(&world).await;
        let as_of = world.now().to_rfc3339();
        // The reads of the shards and of the users take a second, so that a call that hangs would last beyond the deadline.
        world.server.faults.queue(Some("Query"), FaultKind::Slow, 4 + 12);
        world.server.faults.queue_after(5, Some("TransactWriteItems"), kind, 1_000);
        let first = revoke(&admin, json!({"as_of": as_of})).await;
        world.server.faults.clear(None);
        let ended = sessions_of(first.assert_status(200));
        assert_eq!((ended.len(), failed(&first).len()), (5, 7), "{}", first.body);
        let again = revoke(&admin, json!({"as_of": as_of})).await;
        assert_eq!(&sessions_of(again.assert_status(200)) | &ended, opened);
        assert!(failed(&again).is_empty());
    }
}

#[tokio::test]
async fn a_later_read_that_fails_leaves_the_cursor() {
    for kind in [FaultKind::Error500, FaultKind::Hang] {
        let world = generous(&[]).await;
        let device = world.device().at(ATTACKER);
        let from = world.now().to_rfc3339();
        let yesterday = device.sign_in("alice").await;
        world.advance(86_400);
        let today = device.sign_in("bob").await;
        let admin = administrator(&world).await;
        let mut changes = json!({"as_of": world.now().to_rfc3339(), "from": from});
        // The shards of today and the rows of one user are read within a second, and no shard of yesterday.
        world.server.faults.queue(Some("Query"), FaultKind::Slow, 5);
        world.server.faults.queue(Some("Query"), kind, 1_000);
        let first = revoke(&admin, changes.clone()).await;
        assert_eq!(sessions_of(first.assert_status(200)), BTreeSet::from([today.session]));
        changes["cursor"] = first.body["next_cursor"].clone();
        assert!(changes["cursor"].is_string(), "{}", first.body);
        // A call that has done nothing is an error.
        revoke(&admin, changes.clone()).await.assert_problem(503, "store_unavailable");
        world.server.faults.clear(None);
        let rest = revoke(&admin, changes).await;
        assert_eq!(sessions_of(rest.assert_status(200)), BTreeSet::from([yesterday.session]));
        assert_eq!(rest.body["next_cursor"], Value::Null);
    }
}

/// A call that ends between the marks of pending ends and their row of the revocation feed would leave sessions that have ended, and that
/// verifiers accept.
#[tokio::test]
async fn no_end_is_marked_too_late_for_the_revocation_feed() {
    let world = generous(&[]).await;
    let device = world.device().at(ATTACKER);
    let sessions = [device.sign_in("alice").await.session, device.sign_in("alice").await.session];
    let admin = administrator(&world).await;
    let faults = &world.server.faults;
    // The third attempt fails two seconds after the begin, and then each mark takes half a second.
    faults.queue(Some("Query"), FaultKind::Slow, 1_000);
    faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1_000);
    // The count of the general limit passes.
    faults.queue_after(1, Some("UpdateItem"), FaultKind::Slow, 1_000);
    let reply = revoke(&admin, json!({"as_of": world.now().to_rfc3339()})).await;
    faults.clear(None);
    assert_eq!(
        (failed(reply.assert_status(200)), sessions_of(&reply)),
        (vec!["alice".to_owned()], BTreeSet::new())
    );
    world.advance(20);
    let feed = world.feed().await;
    for session in sessions {
        let marked = world.row("alice", &session).await.is_some_and(|row| row.pending_end.is_some());
        assert!(!marked || feed.lists(&session), "{session}");
    }
}

/// An attacker with the password of one victim signs in as this victim without a pause.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ins_of_an_attacker_delay_no_bulk_revocation() {
    let world = generous(&[]).await;
    let opened = stuffed(&world, 3).await;
    let admin = administrator(&world).await;
    let as_of = world.now().to_rfc3339();
    let sign_ins = world.keep_changing_user_record("user-1");
    // Between a read of the user's rows and the transaction there is time for a sign-in.
    world.server.faults.queue(Some("Query"), FaultKind::Slow, 1_000);
    let reply = revoke(&admin, json!({"as_of": as_of})).await;
    world.server.faults.clear(None);
    sign_ins.abort();
    assert_eq!(sessions_of(reply.assert_status(200)), opened);
    assert!(failed(&reply).is_empty(), "{}", reply.body);
    assert_eq!(world.live("user-1").await, [""; 0]);
}

/// An attacker signs in to accounts of their own, so that very many rows are above those of the victims.
#[tokio::test]
async fn accounts_with_very_many_sign_ins_hide_no_victim() {
    for accounts in [1, 17] {
        let world = generous(&[]).await;
        world.without_stream().await;
        let opened = stuffed(&world, 3).await;
        world.advance(60);
        let attackers: Vec<String> = (0..accounts).map(|number| format!("attacker-{number}")).collect();
        store_sign_ins(&world, "203.0.113.0/24", &attackers, 2_500).await;
        let admin = administrator(&world).await;
        world.server.stats.reset();
        let (found, users) = read_pages(&admin, json!({"as_of": world.now().to_rfc3339()})).await;
        assert_eq!((found, users), (opened, 3));
        let queries = world.server.stats.of("Query").calls;
        // Seven rounds of four shards, each with a read of each account, for 2,500 rows. Then the victims, and the day before. More
        // if the time of a call ends between two users of a round.
        assert!(queries <= 2 * (7 * (4 + accounts) + 10), "{accounts}: {queries}");
    }
}
