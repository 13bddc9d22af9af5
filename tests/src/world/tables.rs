//! The rows of the tables: reads, compares, restores and changes them directly.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, StreamSpecification};
use latchkey::store::user_key;
use tokio::task::JoinHandle;

use super::World;

/// A row, attribute by attribute.
pub type RawRow = HashMap<String, AttributeValue>;

impl World {
    /// Every session and every event as one text, for comparisons. It omits the counters of rate limits, because refused
    /// requests are counted.
    ///
    /// # Panics
    /// If the engine does not answer.
    pub async fn everything(&self) -> String {
        let mut rows = vec![];
        let tables = self.tables();
        for (name, table) in [("sessions", &tables.sessions), ("events", &tables.security_events)] {
            let scan = self.dynamodb().scan().table_name(table).consistent_read(true).send().await;
            let items = scan.expect("the engine answers").items.unwrap_or_default();
            rows.extend(items.into_iter().map(|row| format!("{name} {}", shown(&AttributeValue::M(row)))));
        }
        rows.sort_unstable();
        rows.join("\n")
    }

    /// Disables the stream of events. The embedded engine scans all records to number a new one, so that its time grows
    /// with the square of the number of events.
    ///
    /// # Panics
    /// If the engine does not answer.
    pub async fn without_stream(&self) {
        let off = StreamSpecification::builder().stream_enabled(false).build().expect("it is given");
        let events = self
            .dynamodb()
            .update_table()
            .table_name(&self.tables().security_events)
            .stream_specification(off);
        events.send().await.expect("the engine can do without");
    }

    /// Succeeds only if no table has changed since [`World::everything`] returned `before`.
    ///
    /// # Panics
    /// With the rows that differ.
    pub async fn assert_unchanged(&self, before: &str, what: &str) {
        let now = self.everything().await;
        let gone = before.lines().filter(|row| !now.lines().any(|other| other == *row));
        let new = now.lines().filter(|row| !before.lines().any(|other| other == *row));
        let changes: Vec<_> =
            gone.map(|row| format!("- {row}")).chain(new.map(|row| format!("+ {row}"))).collect();
        assert!(changes.is_empty(), "{what}:\n{}", changes.join("\n"));
    }

    /// Changes the version of a user record without a pause until the task is aborted, as sign-ins of this user do.
    pub fn keep_changing_user_record(&self, user: &str) -> JoinHandle<()> {
        let one = AttributeValue::N("1".to_owned());
        let update = self
            .dynamodb()
            .update_item()
            .table_name(&self.tables().sessions)
            .key("pk", text(key_of(user)))
            .key("sk", text("HEAD".to_owned()))
            .update_expression("ADD v :one")
            .expression_attribute_values(":one", one);
        tokio::spawn(async move {
            loop {
                // One that is refused, because a transaction holds the row, is followed by the next one.
                let _ = update.clone().send().await;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
    }

    /// A session's row as the table has it.
    ///
    /// # Panics
    /// If the engine does not answer.
    pub async fn raw_row(&self, user: &str, session: &str) -> Option<RawRow> {
        let get = self.dynamodb().get_item().table_name(&self.tables().sessions).consistent_read(true);
        let get = get.key("pk", text(key_of(user))).key("sk", text(format!("S#{session}")));
        get.send().await.expect("the engine answers").item
    }

    /// Writes a row and replaces the current one.
    ///
    /// # Panics
    /// If the engine does not answer.
    pub async fn put_row(&self, row: RawRow) {
        let put = self.dynamodb().put_item().table_name(&self.tables().sessions).set_item(Some(row));
        put.send().await.expect("the engine answers");
    }

    /// Gives a session a pending end, as a revocation does before its transaction.
    ///
    /// # Panics
    /// If there is no such session.
    pub async fn set_pending_end(&self, user: &str, session: &str, reason: &str) {
        let mut row = self.raw_row(user, session).await.expect("the session is there");
        row.insert("z".into(), text(reason.into()));
        row.insert("zb".into(), text("system".into()));
        row.insert("za".into(), AttributeValue::N(self.now().seconds().to_string()));
        self.put_row(row).await;
    }

    /// A user's security events of one type, as the table has them.
    ///
    /// # Panics
    /// If the engine does not answer.
    pub async fn raw_events(&self, user: &str, event_type: &str) -> Vec<RawRow> {
        let query = self.dynamodb().query().table_name(&self.tables().security_events).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk").filter_expression("event_type = :type");
        let query = query.expression_attribute_values(":pk", text(key_of(user)));
        let reply = query.expression_attribute_values(":type", text(event_type.into())).send().await;
        reply.expect("the engine answers").items.unwrap_or_default()
    }
}

/// A text for a value that does not depend on the order of its members.
fn shown(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(members) => {
            let members: BTreeMap<_, _> = members.iter().map(|(name, value)| (name, shown(value))).collect();
            format!("{members:?}")
        }
        other => format!("{other:?}"),
    }
}

fn text(value: String) -> AttributeValue {
    AttributeValue::S(value)
}

/// The partition key of a user.
pub(super) fn key_of(user: &str) -> String {
    user_key(&user.parse().expect("a user id"))
}
