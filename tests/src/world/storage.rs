//! The DynamoDB of a world: the embedded engine, or another implementation for `make contract`.
//!
//! `LATCHKEY_TEST_DYNAMODB` is the URL of the other one. Each world has tables of its own there, because the tests share it.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use latchkey::config::Tables;
use latchkey::store::{connect, schema};
use latchkey_local::server::{Builder, Storage};

use super::World;

fn other_url() -> Option<String> {
    std::env::var("LATCHKEY_TEST_DYNAMODB").ok()
}

/// Moves the tables to the other DynamoDB, if there is one.
pub(super) fn chosen(builder: Builder) -> Builder {
    let Some(url) = other_url() else { return builder };
    static WORLDS: AtomicU32 = AtomicU32::new(0);
    let world = format!("{}-{}", std::process::id(), WORLDS.fetch_add(1, Ordering::Relaxed));
    let names = ["sessions", "rate-limits", "security-events"].map(|table| format!("{table}-{world}"));
    let [sessions, rate_limits, events] = names.each_ref().map(String::as_str);
    builder.storage(Storage::Endpoint(url)).settings(&[
        ("TABLE_SESSIONS", sessions),
        ("TABLE_RATE_LIMITS", rate_limits),
        ("TABLE_SECURITY_EVENTS", events),
    ])
}

impl World {
    /// The names of the tables.
    pub fn tables(&self) -> &Tables {
        &self.server.app.config().tables
    }

    /// A client of the same DynamoDB that is not counted and meets no injected faults.
    pub fn dynamodb(&self) -> Client {
        self.client(self.http())
    }

    /// The connection to DynamoDB, without statistics and faults.
    pub(super) fn http(&self) -> SharedHttpClient {
        match &self.server.engine {
            Some(engine) => engine.client(),
            None => connect::https_client(connect::amazon_roots()),
        }
    }

    /// A client of the same DynamoDB over this connection.
    pub(super) fn client(&self, http: SharedHttpClient) -> Client {
        let url = other_url().unwrap_or_else(|| "http://127.0.0.1:8000".to_owned());
        let credentials = Credentials::new("local", "local", None, None, "tests");
        connect::client(http, "us-east-1", Some(&url), credentials)
    }

    /// Turns TTL off in the other DynamoDB, which deletes rows by the time of this machine. The clock of a world is earlier.
    pub(super) async fn without_foreign_ttl(self) -> Self {
        if self.server.engine.is_none() {
            for table in schema::tables(self.tables()) {
                let off =
                    TimeToLiveSpecification::builder().enabled(false).attribute_name(schema::TTL).build();
                let update = self.dynamodb().update_time_to_live().table_name(table.name);
                update
                    .time_to_live_specification(off.expect("both are given"))
                    .send()
                    .await
                    .expect("it answers");
            }
        }
        self
    }
}
