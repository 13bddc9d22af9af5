//! The rules of the npm package for its idempotency keys: which keys does a refresh show?
//!
//! The tabs of a browser share one record, in IndexedDB. A tab reads and writes the record in one transaction before it
//! sends, so that two tabs never make two keys for one refresh.
//!
//! | here | in `client/src/core/refresh-keys/key-record.ts` |
//! |---|---|
//! | [`Record`] | `KeyRecord` |
//! | [`ClientRules::begin`] | `beginRefresh` |
//! | [`ClientRules::complete`], [`ClientRules::close`] | `complete` and `close` in `refresh-keys.ts` |
//! | [`Progress::Closed`] | `doneAt` is 0 |
//! | the `known_since` of a tab | `knownSince` in `client/src/core/session/session-state.ts` |

use std::fmt;
use std::num::NonZeroU16;

use latchkey::domain::session::evidence::{KeyHash, RequestKeys};

/// For so many seconds after a refresh another tab sends the same key, so that both get the tokens of one rotation.
pub const LONGEST_ADOPTION: i32 = 300;

/// A key. Its number stands for the random bits, so that two keys are equal only if they are the same key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(NonZeroU16);

/// The keys that a request shows, the one of this request first.
pub type Keys = [Option<Key>; 3];

/// How far the refresh of a [`Record`] has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Progress {
    /// Written before the request was sent. The response has not arrived.
    Pending,
    /// The response arrived at this second of the client's clock.
    Done(i32),
    /// The server answered 409 `refresh_superseded`, so that the key must not be the newest of a request again.
    #[default]
    Closed,
}

/// The record that the tabs share in IndexedDB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Record {
    /// The key of the last attempt, and the two before it.
    pub keys: Keys,
    /// How far the last attempt has come.
    pub progress: Progress,
}

/// The rules of a client. The constants are the npm package; mutants change one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientRules {
    /// It can store keys. Without a store it shows none.
    pub has_keys: bool,
    /// How many keys of earlier attempts a request shows: 2.
    pub previous_keys: usize,
    /// Whether its next refresh sends a key again that made no generation, as the response states in `key_used`: yes.
    pub repeats_unused_keys: bool,
    /// Whether a tab takes a refresh that was done before the page was loaded for its own, and sends nothing: no.
    pub adopts_after_crash: bool,
}

impl ClientRules {
    /// The npm package in a browser with IndexedDB.
    pub const WITH_KEYS: Self =
        Self { has_keys: true, previous_keys: 2, repeats_unused_keys: true, adopts_after_crash: false };
    /// A client without a store for keys, for example a script that calls the API.
    pub const WITHOUT_KEYS: Self = Self { has_keys: false, ..Self::WITH_KEYS };

    /// The record of a refresh that is about to be sent with its keys. `known_since` is when the tab last received a token
    /// or the status; when it was opened, if it has received none. Only the mutant ever sends nothing.
    pub fn begin(&self, record: Record, known_since: i32, now: i32, new_key: Key) -> Option<Record> {
        if !self.has_keys {
            return Some(record);
        }
        let is_young = |at: i32| at <= now && now - at < LONGEST_ADOPTION;
        match record.progress {
            Progress::Pending => Some(record),
            Progress::Done(at) if is_young(at) && self.adopts_after_crash => None,
            Progress::Done(at) if is_young(at) && at > known_since => Some(record),
            Progress::Done(_) | Progress::Closed => {
                let mut keys = [Some(new_key), record.keys[0], record.keys[1]];
                keys[1 + self.previous_keys..].fill(None);
                Some(Record { keys, progress: Progress::Pending })
            }
        }
    }

    /// The record after a response with a token to a request with `keys`.
    pub fn complete(&self, record: Record, keys: Keys, key_used: bool, now: i32) -> Record {
        if self.repeats_unused_keys && !key_used {
            return record;
        }
        end(record, keys, Progress::Done(now))
    }

    /// The record after the answer 409 to a request with `keys`.
    pub fn close(&self, record: Record, keys: Keys) -> Record {
        end(record, keys, Progress::Closed)
    }
}

/// A newer key of another tab stays.
fn end(record: Record, keys: Keys, progress: Progress) -> Record {
    if record.keys[0] == keys[0] { Record { keys, progress } } else { record }
}

impl Record {
    /// The record of a sign-in that is done. Without a key there is none.
    pub fn signed_in(key: Option<Key>, at: i32) -> Self {
        key.map_or_else(Self::default, |_| Self { keys: [key, None, None], progress: Progress::Done(at) })
    }

    /// The record as it is seen `seconds` later. All times before `floor` are the same to the client.
    #[must_use]
    pub fn aged(self, seconds: i32, floor: i32) -> Self {
        match self.progress {
            Progress::Done(at) => Self { progress: Progress::Done((at - seconds).max(floor)), ..self },
            Progress::Pending | Progress::Closed => self,
        }
    }
}

impl Key {
    /// The key with this number.
    ///
    /// # Panics
    /// When it is 0.
    pub const fn new(number: u16) -> Self {
        Self(NonZeroU16::new(number).expect("keys count from 1"))
    }

    /// Its hash, as a row holds it.
    pub const fn hash(self) -> KeyHash {
        let [high, low] = self.0.get().to_be_bytes();
        KeyHash::from_bytes([0, 0, 0, 0, 0, 0, high, low])
    }
}

/// The keys as the server reads them.
pub fn request_keys([newest, before, oldest]: Keys) -> RequestKeys {
    RequestKeys { newest: newest.map(Key::hash), previous: [before.map(Key::hash), oldest.map(Key::hash)] }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "k{}", self.0)
    }
}
