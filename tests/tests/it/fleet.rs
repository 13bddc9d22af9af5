//! The calls of administrators over all users.

mod bulk_revocation;
mod bulk_revocation_under_attack;
mod events;
mod export;
mod foreign_administrators;
mod index;
mod overview;
mod readings;
mod search;
mod sign_ins;
mod stuffing;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use latchkey::domain::event::{Event, EventKind, Subject};
use latchkey::domain::time::Timestamp;
use latchkey::store::Consumed;
use latchkey_tests::world::{Device, Tokens, World};
use serde_json::{Value, json};

pub(crate) const EVENTS: &str = "/api/auth/fleet/events";
pub(crate) const SIGN_INS: &str = "/api/auth/fleet/sign-ins";
pub(crate) const OVERVIEW: &str = "/api/auth/fleet/overview";
pub(crate) const SEARCH: &str = "/api/auth/fleet/search";
pub(crate) const REVOKE: &str = "/api/auth/revoke";

/// A world whose administrators may read many pages.
pub(crate) async fn generous(settings: &[(&str, &str)]) -> World {
    World::with(&[&[("LIMIT_GENERAL", "100000/15m")], settings].concat()).await
}

/// An administrator of all users, with a device of their own.
pub(crate) async fn administrator(world: &World) -> Device {
    let assertion = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let tokens = Tokens::of(world.device().login(&assertion).await.assert_status(201));
    world.device().bearer(&tokens.access)
}

/// Stores `count` critical events of the last hours: one each second, spread evenly over the shards.
pub(crate) async fn store_events(world: &World, user: &str, count: u32) -> Vec<Event> {
    let subject = Subject::User(user.parse().expect("a user id"));
    let now = world.now().seconds();
    let event = |number: u32| {
        let at = (now - 1 - i64::from(number)) * 1_000;
        let mut event = Event::about(subject.clone(), at, EventKind::TokenForged);
        let mut id = event.id.into_bytes();
        id[15] = (number % 16) as u8;
        event.id = uuid::Uuid::from_bytes(id);
        event
    };
    let events: Vec<Event> = (0..count).map(event).collect();
    world.server.store.record_all(&events, &Consumed::default()).await.expect("the engine answers");
    events
}

/// Stores `count` sign-ins of accounts that sign in by turns, a hundred times a second, the newest a second ago.
pub(crate) async fn store_sign_ins(world: &World, network: &str, users: &[String], count: u32) {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let newest = u64::try_from(world.now().seconds() - 1).expect("after 1970") * 1_000;
    let row = |number: u32| {
        let shard = (number % 4) as u8;
        let millis = newest - u64::from(number) * 10;
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &[shard; 10]).into_uuid().to_string();
        let seconds = i64::try_from(millis / 1_000).expect("it is small");
        let day = Timestamp::from_seconds(seconds).to_rfc3339()[..10].to_owned();
        HashMap::from([
            ("pk".to_owned(), text(&format!("N#{network}#{day}#{shard}"))),
            ("event_id".to_owned(), text(&id)),
            ("user_id".to_owned(), text(&users[number as usize % users.len()])),
            ("session_id".to_owned(), text(&id)),
            ("created_at".to_owned(), AttributeValue::N(seconds.to_string())),
        ])
    };
    let put = |number| {
        let put = PutRequest::builder().set_item(Some(row(number))).build().expect("the item is given");
        WriteRequest::builder().put_request(put).build()
    };
    let numbers: Vec<u32> = (0..count).collect();
    for chunk in numbers.chunks(25) {
        let writes = chunk.iter().copied().map(put).collect();
        let batch =
            world.dynamodb().batch_write_item().request_items(&world.tables().security_events, writes);
        batch.send().await.expect("the engine answers");
    }
}

/// A member of each element of a list in the body.
pub(crate) fn each(body: &Value, list: &str, member: &str) -> Vec<String> {
    let list = body[list].as_array().unwrap_or_else(|| panic!("no {list} in {body}"));
    list.iter().map(|entry| entry[member].as_str().unwrap_or_default().to_owned()).collect()
}

/// Reads all pages of a list and returns a member of each element. `path` has a query.
pub(crate) async fn read_all(device: &Device, path: &str, list: &str, member: &str) -> Vec<String> {
    let (mut all, mut cursor) = (vec![], String::new());
    loop {
        let reply = device.get(&format!("{path}{cursor}")).await;
        all.extend(each(&reply.assert_status(200).body, list, member));
        match reply.body["next_cursor"].as_str() {
            None => return all,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}
