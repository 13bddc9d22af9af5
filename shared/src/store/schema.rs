//! What do the tables look like? Names, keys, index, TTL and stream, and the code that creates them.
//!
//! Attribute names are short on purpose: a session's row stays under 1,024 bytes, names included,
//! because one byte more doubles the price of every refresh.

mod bucket;
mod create;

pub use bucket::Bucket;
pub use create::{SchemaError, create_tables};

use crate::config::Tables;

/// Partition key of sessions and security events.
pub const PK: &str = "pk";
/// Sort key of sessions.
pub const SK: &str = "sk";
/// Sort key of security events.
pub const EVENT_ID: &str = "event_id";
/// Partition key of rate limits.
pub const KEY: &str = "key";
/// A limit's row: until when its key is refused.
pub const BLOCKED_UNTIL: &str = "blocked_until";
/// Epoch second after which DynamoDB may delete the item; days late, so readers check for themselves.
pub const TTL: &str = "ttl";
/// The index that cleanup reads.
pub const EXPIRY_INDEX: &str = "expiry";

/// created_at
pub const CREATED: &str = "c";
/// last_activity
pub const ACTIVITY: &str = "a";
/// expires_at
pub const EXPIRES: &str = "e";
/// absolute_expires_at
pub const ABSOLUTE: &str = "x";
/// generation
pub const GENERATION: &str = "g";
/// rotated_at
pub const ROTATED: &str = "r";
/// nonce hash, 32 bytes
pub const NONCE_HASH: &str = "n";
/// tag of the refresh key that sealed this generation
pub const KEY_TAG: &str = "k";
/// refresh window: start
pub const WINDOW_START: &str = "ws";
/// refresh window: count
pub const WINDOW_COUNT: &str = "wc";
/// blocked_until
pub const BLOCKED: &str = "b";
/// ending: the reason, when only the transaction is still to come
pub const ENDING: &str = "z";
/// ending: by whom
pub const ENDING_BY: &str = "zb";
/// ending: in whose words
pub const ENDING_NOTE: &str = "zn";
/// ending: when
pub const ENDING_AT: &str = "za";
/// client address
pub const IP: &str = "i";
/// raw user agent, cut
pub const AGENT: &str = "u";
/// device, parsed
pub const DEVICE: &str = "d";
/// place, packed
pub const PLACE: &str = "p";
/// what was noticed, packed
pub const NOTED: &str = "f";
/// auth_time
pub const AUTH_TIME: &str = "t";
/// asserted_at
pub const ASSERTED: &str = "ia";
/// scope
pub const SCOPE: &str = "s";
/// expiry bucket `<day>#<shard>/<of>`, the index's key
pub const BUCKET: &str = "eb";

/// head: version
pub const VERSION: &str = "v";
/// head: tokens_valid_after
pub const VALID_AFTER: &str = "tva";
/// head: the assertions used in the last ten minutes
pub const USED: &str = "us";

/// Sort key of the lease that keeps two cleanups apart.
pub const LEASE: &str = "LEASE";
/// lease: whose it is
pub const LEASE_OWNER: &str = "owner";
/// lease: until when
pub const LEASE_UNTIL: &str = "until";
/// Sort key of how far cleanup has come.
pub const CHECKPOINT: &str = "CHECKPOINT";
/// checkpoint: the first day that is not done
pub const CHECKPOINT_DAY: &str = "day";
/// checkpoint: the shard counts that rows may still lie under, and the last day each was set
pub const CHECKPOINT_SHARDS: &str = "shards";

/// Partition key of what concerns everyone.
pub const GLOBAL: &str = "G#";
/// Sort key of the global not-before.
pub const CONTROL: &str = "CONTROL";
/// control: sessions opened until then are over
pub const NOT_BEFORE: &str = "nb";
/// control: who said so
pub const CONTROL_BY: &str = "by";
/// control: and why
pub const CONTROL_NOTE: &str = "note";

/// How long a session's row outlives its session, so that cleanup records the end first: 3 d.
pub const TTL_BACKSTOP: std::time::Duration = std::time::Duration::from_secs(3 * 86_400);

/// One table as it must be.
#[derive(Clone, Debug)]
pub struct TableSpec {
    /// Its name.
    pub name: String,
    /// Its partition key (text).
    pub partition_key: &'static str,
    /// Its sort key (text).
    pub sort_key: Option<&'static str>,
    /// Its index: name and partition key (text), keys only.
    pub index: Option<(&'static str, &'static str)>,
    /// Whether it has a stream of new images.
    pub stream: bool,
}

/// The three tables.
pub fn tables(names: &Tables) -> [TableSpec; 3] {
    let table = |name: &String, partition_key, sort_key| TableSpec {
        name: name.clone(),
        partition_key,
        sort_key,
        index: None,
        stream: false,
    };
    [
        TableSpec { index: Some((EXPIRY_INDEX, BUCKET)), ..table(&names.sessions, PK, Some(SK)) },
        table(&names.rate_limits, KEY, None),
        TableSpec { stream: true, ..table(&names.security_events, PK, Some(EVENT_ID)) },
    ]
}
