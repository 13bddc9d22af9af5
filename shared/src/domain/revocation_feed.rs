//! Which sessions does the revocation feed list, and for how long? `docs/revocation-feed.md` defines the format.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::id::SessionId;
use crate::domain::session::CLOCK_SKEW_MAX;
use crate::domain::session::end::SessionEnd;
use crate::domain::time::Timestamp;

/// The bytes of an entry.
pub const ENTRY_BYTES: usize = 8;

/// How much longer than an access token an entry stays: a minute for a server whose clock is ahead, so that it has issued a
/// later token, and a minute for a verifier whose clock is behind.
const MARGIN: Duration = CLOCK_SKEW_MAX.saturating_mul(2);

/// How far back an instance reads again: the greatest difference between two clocks, and 30 s for writes in progress.
const REREAD_MILLIS: i64 = 90_000;

/// An entry of the feed: the second half of a session id, which is random, so that it needs no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedEntry([u8; ENTRY_BYTES]);

impl FeedEntry {
    /// The entry of a session.
    pub fn of(session: &SessionId) -> Self {
        let mut entry = [0; ENTRY_BYTES];
        entry.copy_from_slice(&session.as_bytes()[16 - ENTRY_BYTES..]);
        Self(entry)
    }

    /// An entry as a row holds it.
    pub const fn from_bytes(bytes: [u8; ENTRY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes of the entry.
    pub const fn as_bytes(&self) -> &[u8; ENTRY_BYTES] {
        &self.0
    }
}

/// The entries that one write adds to the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedItem {
    /// When it was written, in milliseconds since 1970.
    pub written_at: i64,
    /// The entries, of one session each.
    pub entries: Vec<FeedEntry>,
    /// The entries stay in the feed until then.
    pub until: Timestamp,
}

impl FeedItem {
    /// The item for these ends, if the feed lists one of them. An end that is recorded after the last access token of its session
    /// has expired is not listed.
    pub fn of(ends: &[SessionEnd], access_lifetime: Duration, written_at: i64) -> Option<Self> {
        let now = Timestamp::from_seconds(written_at.div_euclid(1_000));
        let listed_until = |end: &SessionEnd| end.at + access_lifetime + MARGIN;
        let listed = ends.iter().filter(|end| end.is_revocation() && listed_until(end) > now);
        let (mut entries, mut until) = (vec![], now);
        for end in listed {
            entries.push(FeedEntry::of(&end.session));
            until = until.max(listed_until(end));
        }
        (!entries.is_empty()).then_some(Self { written_at, entries, until })
    }
}

/// The span of write times that an instance reads, in milliseconds since 1970, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedWindow {
    /// The first moment.
    pub from: i64,
    /// The last moment. It is ahead of the reader's clock, because the writer's clock may be.
    pub to: i64,
}

impl FeedWindow {
    /// The window of a read at `now`: everything that may still be listed, or only what is new since the read at `last`.
    pub fn at(now: i64, last: Option<i64>, access_lifetime: Duration) -> Self {
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let oldest = now.saturating_sub(millis(access_lifetime + MARGIN + CLOCK_SKEW_MAX));
        let from = last.map_or(oldest, |last| last.min(now).saturating_sub(REREAD_MILLIS).max(oldest));
        Self { from, to: now.saturating_add(millis(CLOCK_SKEW_MAX)) }
    }
}

/// The entries that an instance has read.
#[derive(Clone, Debug, Default)]
pub struct FeedEntries(BTreeMap<FeedEntry, Listed>);

#[derive(Clone, Copy, Debug)]
struct Listed {
    minute: i64,
    until: Timestamp,
}

impl FeedEntries {
    /// Adds the entries of an item. Adding them twice changes nothing.
    pub fn add(&mut self, item: &FeedItem) {
        let new = Listed { minute: item.written_at.div_euclid(60_000), until: item.until };
        for entry in &item.entries {
            let listed = self.0.entry(*entry).or_insert(new);
            listed.minute = listed.minute.max(new.minute);
            listed.until = listed.until.max(new.until);
        }
    }

    /// Removes the entries whose time is over.
    pub fn remove_expired(&mut self, now: Timestamp) {
        self.0.retain(|_, listed| now < listed.until);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries as the feed has them: sorted, one after the other. With `since`, only those that were written in or after
    /// that minute.
    pub fn to_bytes(&self, since: Option<i64>) -> Vec<u8> {
        let is_asked_for = |listed: &Listed| since.is_none_or(|since| listed.minute >= since);
        let entries = self.0.iter().filter(|(_, listed)| is_asked_for(listed));
        entries.flat_map(|(entry, _)| entry.0).collect()
    }
}

#[cfg(test)]
mod tests;
