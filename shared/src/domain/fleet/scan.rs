//! In which order are the entries of all shards read, newest first?
//!
//! The entries of one day are spread over shards by chance. A round reads the newest entries of each shard of one day. An
//! entry can be returned only if no shard may have a newer one that was not read: the newest of the last entries of the
//! shards that have more is the horizon, and what is below it is read again in the next round. Then the day before follows.
//!
//! The id of an event that is recorded once an hour may be older than the event, but not older than its hour. So a list of events ends
//! with the rest of the hour in which its window begins, in rounds of their own, because most of what they read is not in the window.

use std::cmp::Reverse;

use uuid::Uuid;

use super::window::{TAIL_BITS, Window, first_id_of};
use crate::domain::time::Timestamp;

const DAY_MILLIS: u128 = 86_400_000;

/// How far a list has been read: a range of ids that shrinks with each round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    lowest: u128,
    /// The lowest id of the window.
    window_begin: u128,
    /// The highest id that was not read; `None` at the end.
    next: Option<u128>,
}

/// One round: the ids to read, all of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The day, as `2026-12-01`.
    pub day: String,
    /// The lowest id.
    pub low: Uuid,
    /// The highest id.
    pub high: Uuid,
}

/// A range of ids, of any number of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The lowest id.
    pub low: Uuid,
    /// The highest id.
    pub high: Uuid,
    /// Whether it is the rest of the hour in which the window begins.
    pub is_before_window: bool,
}

/// The newest entries of one shard within a round, newest first.
#[derive(Clone, Debug)]
pub struct ShardPage<T> {
    /// The entries with their ids.
    pub entries: Vec<(Uuid, T)>,
    /// The last id that was examined, if the shard has older entries in the round.
    pub more_below: Option<Uuid>,
}

impl Scan {
    /// The scan of a window, after the entry with the id `cursor`.
    pub fn new(window: Window, cursor: Option<Uuid>) -> Self {
        Self::down_to(*window.ids().start(), window, cursor)
    }

    /// As [`Scan::new`], down to the begin of the hour in which the window begins.
    pub fn of_events(window: Window, cursor: Option<Uuid>) -> Self {
        Self::down_to(first_id_of(window.from().start_of_hour()).as_u128(), window, cursor)
    }

    fn down_to(lowest: u128, window: Window, cursor: Option<Uuid>) -> Self {
        let (window_begin, highest) = window.ids().into_inner();
        let next = match cursor {
            None => Some(highest),
            Some(cursor) => cursor.as_u128().checked_sub(1).map(|below| below.min(highest)),
        };
        // A window that is older than all that is kept has no ids, and no hour before them either.
        let next = next.filter(|next| window_begin <= highest && *next >= lowest);
        Self { lowest, window_begin, next }
    }

    /// Whether the next round reads the rest of the hour in which the window begins.
    pub fn is_before_window(&self) -> bool {
        self.next.is_some_and(|next| next < self.window_begin)
    }

    /// The next round; `None` at the end.
    pub fn round(&self) -> Option<Round> {
        let high = self.next?;
        let millis = high >> TAIL_BITS;
        let begin = (millis - millis % DAY_MILLIS) << TAIL_BITS;
        let low = begin.max(if self.is_before_window() { self.lowest } else { self.window_begin });
        Some(Round {
            day: day_of(Uuid::from_u128(high)),
            low: Uuid::from_u128(low),
            high: Uuid::from_u128(high),
        })
    }

    /// Returns the ids that the list has not read: those of the window, and then those of the hour in which the window begins.
    pub fn remaining(&self) -> impl Iterator<Item = Part> {
        let (next, begin) = (self.next, self.window_begin);
        let of_window = next.filter(|next| *next >= begin).map(|next| (begin, next));
        let last_before = begin.checked_sub(1).filter(|last| *last >= self.lowest);
        let of_hour = next.zip(last_before).map(|(next, last)| (self.lowest, next.min(last)));
        let part = move |(low, high)| Part {
            low: Uuid::from_u128(low),
            high: Uuid::from_u128(high),
            is_before_window: high < begin,
        };
        of_window.into_iter().chain(of_hour).map(part)
    }

    /// Merges the shards of a round. Returns the entries that no unread entry precedes, newest first.
    pub fn absorb<T>(&mut self, round: &Round, shards: Vec<ShardPage<T>>) -> Vec<(Uuid, T)> {
        let horizon = shards.iter().filter_map(|shard| shard.more_below).max().unwrap_or(round.low);
        let mut entries: Vec<(Uuid, T)> = shards.into_iter().flat_map(|shard| shard.entries).collect();
        entries.retain(|(id, _)| *id >= horizon);
        entries.sort_by_key(|(id, _)| Reverse(*id));
        self.next = horizon.as_u128().checked_sub(1).filter(|next| *next >= self.lowest);
        entries
    }

    /// Where the next page begins: the lowest id that was read. `None` at the end.
    pub fn cursor(&self) -> Option<Uuid> {
        self.next.map(|next| Uuid::from_u128(next.saturating_add(1)))
    }
}

/// The day of an id, as `2026-12-01`.
pub fn day_of(id: Uuid) -> String {
    let millis = id.as_u128() >> TAIL_BITS;
    let moment = Timestamp::from_seconds(i64::try_from(millis / 1_000).unwrap_or(i64::MAX));
    moment.to_rfc3339().split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DAY: i64 = 86_400;

    fn id(seconds: i64, tail: u8) -> Uuid {
        let millis = u64::try_from(seconds * 1_000).unwrap();
        uuid::Builder::from_unix_timestamp_millis(millis, &[tail; 10]).into_uuid()
    }

    fn window(from: i64, to: i64) -> Window {
        let at = Timestamp::from_seconds;
        Window::new(Some(at(from)), Some(at(to)), Duration::ZERO, Duration::from_secs(1 << 40), at(to))
            .unwrap()
    }

    /// Reads shards of ids to the end, with pages of `page` entries, and returns what each round returned.
    fn read(scan: &mut Scan, shards: &[Vec<Uuid>], page: usize) -> Vec<Vec<Uuid>> {
        let mut rounds = vec![];
        while let Some(round) = scan.round() {
            assert_eq!(day_of(round.low), day_of(round.high), "a round has one day");
            let pages = shards.iter().map(|shard| {
                let mut found: Vec<Uuid> =
                    shard.iter().copied().filter(|id| (round.low..=round.high).contains(id)).collect();
                found.sort_by_key(|id| Reverse(*id));
                let more = found.len() > page;
                found.truncate(page);
                let more_below = found.last().copied().filter(|_| more);
                ShardPage { entries: found.into_iter().map(|id| (id, ())).collect(), more_below }
            });
            let pages = pages.collect();
            rounds.push(scan.absorb(&round, pages).into_iter().map(|(id, ())| id).collect());
        }
        assert_eq!(scan.cursor(), None);
        rounds
    }

    #[test]
    fn a_list_of_events_ends_with_the_hour_in_which_its_window_begins() {
        let shard: Vec<Uuid> = (0..2 * 3_600).map(|second| id(DAY + second, 1)).collect();
        let wanted = window(DAY + 5_000, DAY + 5_009);
        let mut scan = Scan::of_events(wanted, None);
        assert!(!scan.is_before_window());
        let rounds = read(&mut scan, std::slice::from_ref(&shard), 1_000);
        let lengths: Vec<usize> = rounds.iter().map(Vec::len).collect();
        assert_eq!(lengths, [10, 1_000, 400], "the window, and then its hour");
        assert_eq!(rounds[2].last(), Some(&id(DAY + 3_600, 1)));
        let begin = Uuid::from_u128(*wanted.ids().start());
        let parts: Vec<_> = Scan::of_events(wanted, None).remaining().collect();
        assert_eq!(parts.iter().map(|part| part.is_before_window).collect::<Vec<_>>(), [false, true]);
        assert_eq!((parts[0].low, parts[1].high.as_u128()), (begin, begin.as_u128() - 1));
        let rest: Vec<_> = Scan::of_events(wanted, Some(id(DAY + 3_700, 0))).remaining().collect();
        assert_eq!((rest.len(), rest[0].is_before_window), (1, true));
        let in_window = Scan::of_events(wanted, Some(id(DAY + 5_001, 0)));
        assert!(!in_window.is_before_window());
        assert!(Scan::of_events(wanted, Some(id(DAY + 4_999, 255))).is_before_window());
        let begins_with_the_hour = Scan::of_events(window(DAY + 3_600, DAY + 3_601), None);
        assert_eq!(begins_with_the_hour, Scan::new(window(DAY + 3_600, DAY + 3_601), None));
    }

    #[test]
    fn every_entry_is_returned_once_and_newest_first() {
        let shards: Vec<Vec<Uuid>> = (0..4_i64)
            .map(|shard| (0..=shard * 9).map(|n| id(3 * DAY - n * 9_000 - shard, shard as u8)).collect())
            .collect();
        let mut expected: Vec<Uuid> = shards.iter().flatten().copied().collect();
        expected.sort_by_key(|id| Reverse(*id));
        for page in [1, 2, 5, 100] {
            let mut scan = Scan::new(window(0, 4 * DAY), None);
            let found: Vec<Uuid> = read(&mut scan, &shards, page).into_iter().flatten().collect();
            assert_eq!(found, expected, "pages of {page}");
        }
    }

    #[test]
    fn an_entry_below_an_unread_one_waits_for_the_next_round() {
        let (newest, middle, oldest) = (id(300, 1), id(200, 1), id(100, 1));
        let shards = vec![vec![newest, middle], vec![oldest]];
        let mut scan = Scan::new(window(0, 1_000), None);
        assert_eq!(read(&mut scan, &shards, 1)[..2], [vec![newest], vec![middle, oldest]]);
    }

    #[test]
    fn a_page_continues_below_its_cursor() {
        let ids = vec![id(300, 1), id(200, 1), id(100, 1)];
        let mut scan = Scan::new(window(0, 1_000), Some(ids[0]));
        assert_eq!(read(&mut scan, std::slice::from_ref(&ids), 9).concat(), ids[1..]);
        let mut scan = Scan::new(window(150, 1_000), Some(ids[1]));
        assert!(
            read(&mut scan, std::slice::from_ref(&ids), 9).concat().is_empty(),
            "the window begins above"
        );
        assert_eq!(Scan::new(window(150, 1_000), Some(Uuid::nil())).round(), None);
        assert_eq!(Scan::new(window(150, 1_000), Some(ids[2])).remaining().next(), None);
        let all = Scan::new(window(0, 100), Some(Uuid::max()));
        assert_eq!(all, Scan::new(window(0, 100), None), "a cursor above the window changes nothing");
    }

    #[test]
    fn a_cursor_between_two_days_continues_with_the_day_before() {
        let mut scan = Scan::new(window(0, 2 * DAY), None);
        let round = scan.round().unwrap();
        assert_eq!(round.day, "1970-01-03");
        scan.absorb::<()>(&round, vec![]);
        let cursor = scan.cursor().unwrap();
        assert_eq!(cursor, round.low);
        let next = Scan::new(window(0, 2 * DAY), Some(cursor));
        assert_eq!(next, scan);
        assert_eq!(next.round().unwrap().day, "1970-01-02");
        assert_eq!(next.remaining().next().unwrap().low, Uuid::nil());
    }
}
