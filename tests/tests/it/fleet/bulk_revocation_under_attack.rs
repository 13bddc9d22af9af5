//! A bulk revocation beside faults, malformed rows, and an attacker that wants to delay it.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{RawRow, Reply, World};
use serde_json::{Value, json};

use super::bulk_revocation::{ATTACKER, body, read_pages, revoke, sessions_of};
use super::{REVOKE, administrator, each, generous, store_sign_ins};

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

async fn delete(world: &World, user: &str, sort_key: &str) {
    let mut key = row(user, sort_key);
    key.remove("v");
    let delete = world.dynamodb().delete_item().table_name(&world.tables().sessions).set_key(Some(key));
    delete.send().await.expect("the engine answers");
}

/// A call that stops for lack of time names the place to continue, and the next call continues there.
#[tokio::test]
async fn the_pages_of_a_slow_store_cover_every_session_once() {
    let world = generous(&[]).await;
    let opened = stuffed(&world, 60).await;
    let admin = administrator(&world).await;
    let as_of = world.now().to_rfc3339();
    for (preview, slow) in [(true, "Query"), (false, "TransactWriteItems")] {
        world.server.faults.queue(Some(slow), FaultKind::Slow, 1_000);
        let mut changes = json!({"preview": preview, "as_of": as_of});
        let (mut found, mut attempts) = (BTreeSet::new(), 0);
        // On a machine that is even slower than the store, the call reports users as failed, and is repeated.
        let first = loop {
            let reply = admin.post(REVOKE, body(&changes)).await;
            attempts += 1;
            if reply.status == 503 {
                continue;
            }
            if preview {
                found.clear();
            }
            found.append(&mut sessions_of(reply.assert_status(200)));
            if failed(&reply).is_empty() {
                break reply;
            }
        };
        world.server.faults.clear(None);
        changes["cursor"] = first.body["next_cursor"].clone();
        if preview || attempts == 1 {
            assert!(!found.is_empty() && found.len() < opened.len(), "{}", found.len());
            assert!(changes["cursor"].is_string(), "{}", first.body);
        }
        let (rest, users) = read_pages(&admin, changes).await;
        assert!(rest.is_disjoint(&found), "a session is on two pages");
        assert_eq!((&rest | &found, users + found.len()), (opened.clone(), 60), "{preview}");
    }
    for number in [0, 15, 16, 47, 48, 59] {
        assert_eq!(world.live(&format!("user-{number}")).await, [""; 0], "user-{number}");
    }
}

#[tokio::test]
async fn a_user_whose_rows_are_malformed_stops_no_other_user() {
    let world = generous(&[]).await;
    let opened = stuffed(&world, 6).await;
    world.put_row(row("user-2", "HEAD")).await;
    world.put_row(row("user-4", "SUSPENDED")).await;
    let admin = administrator(&world).await;
    let as_of = world.now().to_rfc3339();
    for preview in [true, false] {
        let reply = admin.post(REVOKE, body(&json!({"preview": preview, "as_of": as_of}))).await;
        assert_eq!(each(&reply.assert_status(200).body, "users", "user_id").len(), 4, "{preview}");
        assert_eq!(failed(&reply), ["user-2", "user-4"], "{preview}");
        assert_eq!(reply.body["next_cursor"], Value::Null);
    }
    delete(&world, "user-2", "HEAD").await;
    delete(&world, "user-4", "SUSPENDED").await;
    let reply = revoke(&admin, json!({"as_of": as_of})).await;
    assert_eq!(each(&reply.assert_status(200).body, "users", "user_id"), ["user-2", "user-4"]);
    assert!(failed(&reply).is_empty() && sessions_of(&reply).is_subset(&opened));
}

#[tokio::test]
async fn a_fault_in_the_middle_leaves_the_results_so_far() {
    let world = generous(&[]).await;
    let opened = stuffed(&world, 12).await;
    let admin = administrator(&world).await;
    let as_of = world.now().to_rfc3339();
    world.server.faults.queue_after(5, Some("TransactWriteItems"), FaultKind::Error500, 1_000);
    let first = revoke(&admin, json!({"as_of": as_of})).await;
    world.server.faults.clear(None);
    let ended = sessions_of(first.assert_status(200));
    assert_eq!((ended.len(), failed(&first).len()), (5, 7), "{}", first.body);
    let again = revoke(&admin, json!({"as_of": as_of})).await;
    assert_eq!(&sessions_of(again.assert_status(200)) | &ended, opened);
    assert!(failed(&again).is_empty());
}

#[tokio::test]
async fn a_later_read_that_fails_leaves_the_cursor() {
    let world = generous(&[]).await;
    let device = world.device().at(ATTACKER);
    let from = world.now().to_rfc3339();
    let yesterday = device.sign_in("alice").await;
    world.advance(86_400);
    let today = device.sign_in("bob").await;
    let admin = administrator(&world).await;
    let mut changes = json!({"as_of": world.now().to_rfc3339(), "from": from});
    // The shards of today and the rows of one user are read, and no shard of yesterday.
    world.server.faults.queue_after(5, Some("Query"), FaultKind::Error500, 1_000);
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

/// An attacker signs in to an account of their own, so that very many rows are above those of the victims.
#[tokio::test]
async fn an_account_with_very_many_sign_ins_hides_no_victim() {
    let world = generous(&[]).await;
    world.without_stream().await;
    let opened = stuffed(&world, 3).await;
    world.advance(60);
    store_sign_ins(&world, "203.0.113.0/24", "attacker", 2_500).await;
    let admin = administrator(&world).await;
    world.server.stats.reset();
    let (found, users) = read_pages(&admin, json!({"as_of": world.now().to_rfc3339()})).await;
    assert_eq!((found, users), (opened, 3));
    let queries = world.server.stats.of("Query").calls;
    // Seven rounds of four shards, each with a read of the account, for 2,500 rows. Then the victims, and the day before.
    assert!(queries <= 60, "{queries}");
}
