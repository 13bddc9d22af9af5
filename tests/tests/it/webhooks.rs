//! Webhooks of the local server, from a real event to real receivers: signatures, outages, addresses, the stream.
//!
//! The clock of the world decides when an attempt is due. The time limit of an attempt is real, and short in these tests.

mod addresses;
mod contract;
mod outages;
pub(crate) mod receiver;
mod signatures;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use latchkey::domain::webhook::address::Reach;
use latchkey::https::checked::{CheckedClient, SystemResolver};
use latchkey::store::connect;
use latchkey_local::clock::MovableClock;
use latchkey_local::notify::Notifier;
use latchkey_local::server::LocalServer;
use latchkey_tests::world::{START, World};
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The time limit of an attempt in these tests.
const LIMIT: Duration = Duration::from_millis(500);

/// An entry of `WEBHOOKS`.
pub(crate) fn entry(name: &str, url: &str) -> Value {
    json!({"name": name, "url": url, "secrets": [SECRET]})
}

fn client(limit: Duration) -> CheckedClient {
    let is_allowed = |ip| Reach::PublicOrLoopback.allows(ip);
    CheckedClient::new(connect::amazon_roots(), Arc::new(SystemResolver), is_allowed, limit)
}

/// A world whose events go to these receivers.
async fn world(entries: &[Value]) -> World {
    world_with(entries, client(LIMIT), MovableClock::at(START)).await
}

/// The same, with receivers that may take their time.
async fn patient_world(entries: &[Value]) -> World {
    world_with(entries, client(Duration::from_secs(60)), MovableClock::at(START)).await
}

async fn world_with(entries: &[Value], client: CheckedClient, clock: MovableClock) -> World {
    let list = Value::from(entries).to_string();
    let settings =
        [("WEBHOOKS", list.as_str()), ("WEBHOOKS_ALLOW_LOOPBACK", "true"), ("COOKIE_NAME", "latchkey")];
    let builder = LocalServer::builder().clock(clock).settings(&settings).webhook_client(client);
    World { server: builder.build().await.expect("the settings are valid") }
}

fn notifier(world: &World) -> &Notifier {
    world.server.notifier.as_ref().expect("there are receivers")
}

/// Puts all new events into the queues, and makes every attempt that is due.
async fn notify(world: &World) {
    notifier(world).dispatch_new().await.expect("the engine answers");
    notifier(world).deliver_all_due().await.expect("the engine answers");
}

/// All records in the stream of the events table, as Lambda gets them.
pub(crate) async fn records_of(server: &LocalServer) -> Vec<Value> {
    let engine = server.engine.as_ref().expect("it is embedded");
    let request = async |operation, body| engine.request(operation, body).await.expect("the engine answers");
    let table = json!({"TableName": server.app.config().tables.security_events});
    let arn = request("DescribeTable", table).await["Table"]["LatestStreamArn"].take();
    let stream = request("DescribeStream", json!({"StreamArn": arn})).await;
    let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
    let begin = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = request("GetShardIterator", begin).await["ShardIterator"].take();
    let page = request("GetRecords", json!({"ShardIterator": iterator})).await;
    page["Records"].as_array().expect("records").clone()
}
