//! Is every event of the stream handled once and for all, also after a restart and around a record that cannot be read?

use latchkey_local::server::{LocalServer, Storage};
use latchkey_tests::world::{START, World};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::receiver::Receiver;
use super::{LIMIT, client, entry, notifier, notify, world};

#[tokio::test]
async fn a_restart_continues_where_the_process_ended() {
    let receiver = Receiver::start().await;
    let data = TempDir::new().expect("a folder");
    let list = Value::from(vec![entry("shop", &receiver.url())]).to_string();
    let start = async || {
        let settings = [("WEBHOOKS", list.as_str()), ("WEBHOOKS_ALLOW_LOOPBACK", "true")];
        let builder = LocalServer::builder().storage(Storage::Directory(data.path().to_owned()));
        let builder = builder.settings(&settings).webhook_client(client(LIMIT));
        World { server: builder.build().await.expect("it starts") }
    };
    let first = start().await;
    first.device().sign_in("alice").await;
    notify(&first).await;
    // In its queue, and not delivered yet.
    first.device().sign_in("bob").await;
    notifier(&first).dispatch_new().await.expect("the engine answers");
    first.device().sign_in("carl").await;
    drop(first);
    notify(&start().await).await;
    let users: Vec<_> = receiver.received().iter().map(|it| it.json()["data"]["user_id"].clone()).collect();
    assert_eq!(users, ["alice", "bob", "carl"]);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_set_aside_by_its_id() {
    let receiver = Receiver::start().await;
    let world = world(&[entry("shop", &receiver.url())]).await;
    world.device().sign_in("alice").await;
    let engine = world.server.engine.as_ref().expect("it is embedded");
    let table = &world.server.app.config().tables.security_events;
    for (id, event_type, created_at) in [
        ("no-id", json!({"S": "login"}), json!({"N": START.to_string()})),
        (
            "0199c0de-0000-7000-8000-000000000001",
            json!({"S": "of a newer version"}),
            json!({"N": START.to_string()}),
        ),
        ("0199c0de-0000-7000-8000-000000000002", json!({"S": "login"}), json!({"S": "soon"})),
    ] {
        let item = json!({"pk": {"S": "U#alice"}, "event_id": {"S": id}, "event_type": event_type, "created_at": created_at,
            "severity": {"S": "info"}, "details": {"M": {}}});
        engine.request("PutItem", json!({"TableName": table, "Item": item})).await.expect("it is written");
    }
    world.device().sign_in("bob").await;
    notify(&world).await;
    assert_eq!(receiver.types(), ["session.created"; 2], "the records around them were not blocked");
    let letters = notifier(&world).dead_letters().await.expect("the engine answers");
    let letters: Vec<Value> =
        letters.iter().map(|letter| serde_json::from_str(&letter.message).expect("JSON")).collect();
    let of = |id: &str, attribute: &str| json!({"reason": "unreadable_event", "event_id": id, "attribute": attribute});
    let expected = [
        of("no-id", "event_id"),
        of("0199c0de-0000-7000-8000-000000000001", "event_type"),
        of("0199c0de-0000-7000-8000-000000000002", "created_at"),
    ];
    assert_eq!(letters, expected);
}

/// The engine keeps its stream for ever, and the file of a laptop may be months old.
#[tokio::test]
async fn records_older_than_a_day_are_left_out() {
    let receiver = Receiver::start().await;
    let world = world(&[entry("shop", &receiver.url())]).await;
    world.device().sign_in("alice").await;
    world.advance(2 * 86_400);
    world.device().sign_in("bob").await;
    notify(&world).await;
    let users: Vec<_> = receiver.received().iter().map(|it| it.json()["data"]["user_id"].clone()).collect();
    assert_eq!(users, ["bob"]);
}

#[tokio::test]
async fn a_change_of_the_list_sends_no_webhook_to_another_receiver() {
    let (old, new) = (Receiver::stopped().await, Receiver::start().await);
    let data = TempDir::new().expect("a folder");
    let start = async |entries: Value| {
        let list = entries.to_string();
        let settings = [("WEBHOOKS", list.as_str()), ("WEBHOOKS_ALLOW_LOOPBACK", "true")];
        let builder = LocalServer::builder().storage(Storage::Directory(data.path().to_owned()));
        World {
            server: builder
                .settings(&settings)
                .webhook_client(client(LIMIT))
                .build()
                .await
                .expect("it starts"),
        }
    };
    let before = start(json!([entry("old", &old.url())])).await;
    before.device().sign_in("alice").await;
    notify(&before).await;
    drop(before);
    let after = start(json!([entry("new", &new.url())])).await;
    after.device().sign_in("bob").await;
    notify(&after).await;
    let users: Vec<_> = new.received().iter().map(|it| it.json()["data"]["user_id"].clone()).collect();
    assert_eq!(users, ["bob"]);
}
