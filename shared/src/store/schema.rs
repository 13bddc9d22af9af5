//! The tables: names, keys, index, TTL, stream, and the code that creates them.
//!
//! Attribute names are short, because a session's row must stay under 1,024 bytes with its names. One byte more doubles
//! the price of every refresh.

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
/// Rate limits: the key is refused until then.
pub const BLOCKED_UNTIL: &str = "blocked_until";
/// The second after which DynamoDB may delete the item. That can be days late, so that readers check for themselves.
pub const TTL: &str = "ttl";
/// The index that cleanup reads, and that finds the user of a live session.
pub const EXPIRY_INDEX: &str = "expiry";
/// The index of the events of all users.
pub const FLEET_INDEX: &str = "fleet";
/// The partition of an event in that index: `<class>#<day>#<shard>`
pub const FLEET_PARTITION: &str = "fp";
/// The attributes in that index besides the keys: all that an event consists of.
pub const FLEET_ATTRIBUTES: [&str; 6] =
    ["event_type", "severity", "created_at", "session_id", "user_id", "details"];

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
/// hash of the idempotency key that made this generation, 8 bytes; empty if there was none
pub const MADE_BY: &str = "q1";
/// the same of the generation before
pub const MADE_BY_BEFORE: &str = "q2";
/// the same of the generation before that
pub const MADE_BY_BEFORE_THAT: &str = "q3";
/// the generation for which a replay on weak evidence was last recorded
pub const RECORDED_REPLAY: &str = "lr";
/// the key that the session is bound to: 16 bytes of its thumbprint
pub const BOUND_KEY: &str = "jk";
/// the device key of the session, a compressed point of 33 bytes
pub const DEVICE_KEY: &str = "dk";
/// present if the browser has signed with the device key
pub const DEVICE_KEY_CONFIRMED: &str = "dc";
/// refresh window: start
pub const WINDOW_START: &str = "ws";
/// refresh window: count
pub const WINDOW_COUNT: &str = "wc";
/// blocked_until
pub const BLOCKED: &str = "b";
/// pending end: reason
pub const PENDING_END: &str = "z";
/// pending end: actor, encoded
pub const PENDING_END_BY: &str = "zb";
/// pending end: the administrator's reason
pub const PENDING_END_NOTE: &str = "zn";
/// pending end: time
pub const PENDING_END_AT: &str = "za";
/// client address
pub const IP: &str = "i";
/// raw user agent, cut to fit
pub const AGENT: &str = "u";
/// device, parsed
pub const DEVICE: &str = "d";
/// place, encoded
pub const PLACE: &str = "p";
/// findings, encoded
pub const FINDINGS: &str = "f";
/// auth_time
pub const AUTH_TIME: &str = "t";
/// the session at the identity provider: 8 bytes of its hash
pub const UPSTREAM: &str = "up";
/// asserted_at
pub const ASSERTED: &str = "ia";
/// scope
pub const SCOPE: &str = "s";
/// expiry bucket `<day>#<shard>/<of>`, the index's key
pub const BUCKET: &str = "eb";

/// User record, end record, event of a user with a long id: the user id. A session's row does not have it.
pub const USER_ID: &str = "user_id";
/// user record: version
pub const VERSION: &str = "v";
/// user record: tokens_valid_after
pub const VALID_AFTER: &str = "tva";
/// user record: assertions issued until then are void, by order of the identity provider
pub const ORDERED_UNTIL: &str = "ot";
/// user record: the same for assertions without `sid`, by an order about one session at the provider
pub const UNMARKED_UNTIL: &str = "ou";
/// user record: the assertions used in the last minutes
pub const USED: &str = "us";

/// Sort key of the suspension of a user.
pub const SUSPENDED: &str = "SUSPENDED";
/// suspension: the administrator, as an encoded actor
pub const SUSPENDED_BY: &str = "by";
/// suspension: the administrator's reason
pub const SUSPENDED_NOTE: &str = "note";
/// suspension: its begin
pub const SUSPENDED_SINCE: &str = "since";
/// suspension: its end, if it has one
pub const SUSPENDED_UNTIL: &str = "until";

/// Sort key of the lease that keeps two cleanup runs apart.
pub const LEASE: &str = "LEASE";
/// lease: the run that holds it
pub const LEASE_OWNER: &str = "owner";
/// lease: its end
pub const LEASE_UNTIL: &str = "until";
/// Sort key of cleanup's checkpoint.
pub const CHECKPOINT: &str = "CHECKPOINT";
/// checkpoint: the first day that is not finished
pub const CHECKPOINT_DAY: &str = "day";
/// checkpoint: the shard counts that rows may have, each with the last day on which it was the setting
pub const CHECKPOINT_SHARDS: &str = "shards";

/// Sort key of the row of a session at an identity provider, which leads from its `sid` to its user.
pub const UPSTREAM_SESSION: &str = "UPSTREAM";
/// session at an identity provider: the provider has ended it, so that assertions issued until then are void
pub const OUT_UNTIL: &str = "out_until";

/// Sort key of the row of a credential that authenticates an order with an unsigned body.
pub const ORDER_CREDENTIAL: &str = "CREDENTIAL";

/// revocation feed: the entries, 8 bytes each
pub const FEED_ENTRIES: &str = "en";

/// sign-in from a network: its device in one line
pub const SIGN_IN_DEVICE: &str = "device";

/// hour of the overview: the counts, and when they were counted
pub const HOUR_SIGN_INS: &str = "sign_ins";
/// hour of the overview: alerts
pub const HOUR_ALERTS: &str = "alerts";
/// hour of the overview: refused sign-ins
pub const HOUR_REFUSED: &str = "refused";
/// hour of the overview: live sessions
pub const HOUR_LIVE: &str = "live";
/// hour of the overview: when the events were counted
pub const HOUR_COUNTED_AT: &str = "counted_at";

/// Partition key of rows for the whole deployment.
pub const GLOBAL: &str = "G#";
/// Sort key of the global revocation.
pub const GLOBAL_REVOCATION: &str = "CONTROL";
/// global revocation: sessions opened until then have ended
pub const NOT_BEFORE: &str = "nb";
/// global revocation: the administrator, as an encoded actor
pub const REVOKED_BY: &str = "by";
/// global revocation: the administrator's reason
pub const REVOCATION_NOTE: &str = "note";

/// How long a session's row outlives its session, so that cleanup records the end before DynamoDB deletes the row: 3 d.
pub const TTL_BACKSTOP: std::time::Duration = std::time::Duration::from_secs(3 * 86_400);

/// The definition of one table.
#[derive(Clone, Debug)]
pub struct TableSpec {
    /// Its name.
    pub name: String,
    /// Its partition key (text).
    pub partition_key: &'static str,
    /// Its sort key (text).
    pub sort_key: Option<&'static str>,
    /// Its index.
    pub index: Option<IndexSpec>,
    /// Whether it has a stream of new images.
    pub stream: bool,
}

/// The definition of an index.
#[derive(Clone, Copy, Debug)]
pub struct IndexSpec {
    /// Its name.
    pub name: &'static str,
    /// Its partition key (text).
    pub partition_key: &'static str,
    /// Its sort key (text). It is a key of the table.
    pub sort_key: &'static str,
    /// The attributes that it has besides the keys. None: it projects keys only.
    pub attributes: &'static [&'static str],
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
    let expiry = IndexSpec { name: EXPIRY_INDEX, partition_key: BUCKET, sort_key: SK, attributes: &[] };
    let fleet = IndexSpec {
        name: FLEET_INDEX,
        partition_key: FLEET_PARTITION,
        sort_key: EVENT_ID,
        attributes: &FLEET_ATTRIBUTES,
    };
    [
        TableSpec { index: Some(expiry), ..table(&names.sessions, PK, Some(SK)) },
        table(&names.rate_limits, KEY, None),
        TableSpec { stream: true, index: Some(fleet), ..table(&names.security_events, PK, Some(EVENT_ID)) },
    ]
}
