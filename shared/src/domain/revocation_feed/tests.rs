use proptest::prelude::*;

use super::*;
use crate::domain::actor::Actor;
use crate::domain::session::end::{EndReason, PendingEnd};
use crate::domain::session::tests::session;

const HOUR: Duration = Duration::from_secs(3_600);

fn end(number: u8, reason: EndReason, at: i64) -> SessionEnd {
    SessionEnd::of(&session(number), PendingEnd::new(reason, Actor::User, Timestamp::from_seconds(at)))
}

fn item(entries: &[u8], written_at: i64, until: i64) -> FeedItem {
    let entries = entries.iter().map(|entry| FeedEntry([*entry; ENTRY_BYTES])).collect();
    FeedItem { written_at, entries, until: Timestamp::from_seconds(until) }
}

#[test]
fn an_entry_is_the_second_half_of_the_session_id_as_it_is_written() {
    let session: SessionId = "0190a5d2-7b3c-7def-8123-456789abcdef".parse().unwrap();
    assert_eq!(FeedEntry::of(&session).as_bytes(), &0x8123_4567_89ab_cdef_u64.to_be_bytes());
}

#[test]
fn an_item_lists_revocations_and_no_expiry() {
    for reason in EndReason::ALL {
        let item = FeedItem::of(&[end(1, *reason, 5_000)], HOUR, 5_000_250);
        assert_eq!(item.is_some(), *reason != EndReason::Expired, "{reason:?}");
    }
    let by_everyone = PendingEnd {
        by_global_revocation: true,
        ..PendingEnd::new(EndReason::Admin, Actor::System, Timestamp::from_seconds(5_000))
    };
    assert_eq!(FeedItem::of(&[SessionEnd::of(&session(1), by_everyone)], HOUR, 5_000_250), None);
    let both = [end(1, EndReason::Evicted, 5_000), end(2, EndReason::Expired, 5_000)];
    let item = FeedItem::of(&both, HOUR, 5_000_250).unwrap();
    assert_eq!(item.entries, [FeedEntry::of(&session(1).id)]);
    assert_eq!((item.written_at, item.until), (5_000_250, Timestamp::from_seconds(5_000 + 3_600 + 120)));
}

#[test]
fn an_end_recorded_after_its_last_token_is_not_listed() {
    let marked = [end(1, EndReason::Admin, 5_000)];
    let last = (5_000 + 3_600 + 120) * 1_000;
    assert!(FeedItem::of(&marked, HOUR, last - 1).is_some());
    assert_eq!(FeedItem::of(&marked, HOUR, last), None);
}

#[test]
fn the_first_read_covers_every_token_and_a_later_one_what_is_new() {
    let now = 1_000_000_000;
    let whole = FeedWindow::at(now, None, HOUR);
    assert_eq!(whole, FeedWindow { from: now - 3_780_000, to: now + 60_000 });
    let next = FeedWindow::at(now, Some(now - 1_000), HOUR);
    assert_eq!(next, FeedWindow { from: now - 91_000, to: now + 60_000 });
    // After a long sleep nothing older is read than the first read covers, and after the clock was set back the window moves back.
    assert_eq!(FeedWindow::at(now, Some(0), HOUR), whole);
    assert_eq!(FeedWindow::at(now, Some(now + 500_000), HOUR).from, now - 90_000);
}

#[test]
fn entries_are_sorted_without_repeats_and_selected_by_their_minute() {
    let mut entries = FeedEntries::default();
    entries.add(&item(&[9, 3], 60_000, 500));
    entries.add(&item(&[3, 200], 179_999, 400));
    assert_eq!(entries.to_bytes(None), [[3; 8], [9; 8], [200; 8]].concat());
    assert_eq!(entries.to_bytes(Some(2)), [[3; 8], [200; 8]].concat(), "the last write of an entry counts");
    assert_eq!(entries.to_bytes(Some(3)), [0; 0]);
    entries.remove_expired(Timestamp::from_seconds(499));
    assert_eq!(entries.to_bytes(None), [[3; 8], [9; 8]].concat());
    entries.remove_expired(Timestamp::from_seconds(500));
    assert!(entries.is_empty());
}

/// The skews of two clocks that differ by at most [`CLOCK_SKEW_MAX`], and a lifetime of access tokens.
fn clocks() -> impl Strategy<Value = (i64, i64, i64)> {
    (-30_i64..=30, -30_i64..=30, 1_i64..=86_400)
}

proptest! {
    /// A first read contains an entry as long as a token of its session may be valid.
    #[test]
    fn an_entry_is_read_until_the_last_token_has_expired(
        (writer, reader, lifetime) in clocks(),
        recorded_after in 0_i64..4_000,
        read_after in 0_i64..90_000,
    ) {
        let (ended, recorded) = (1_000_000, 1_000_000 + recorded_after);
        let access_lifetime = Duration::from_secs(lifetime.unsigned_abs());
        let ends = [end(1, EndReason::SignedOut, ended + writer)];
        let item = FeedItem::of(&ends, access_lifetime, (recorded + writer) * 1_000);
        let now = recorded + read_after;
        let mut entries = FeedEntries::default();
        let window = FeedWindow::at((now + reader) * 1_000, None, access_lifetime);
        item.iter().filter(|item| (window.from..=window.to).contains(&item.written_at)).for_each(|item| entries.add(item));
        entries.remove_expired(Timestamp::from_seconds(now + reader));
        let may_be_valid = now < ended + lifetime;
        prop_assert!(!may_be_valid || !entries.is_empty());
    }

    /// A write that the read before has missed, because it was in progress, is in the next window.
    #[test]
    fn the_next_read_has_what_the_last_one_missed(
        (writer, reader, lifetime) in clocks(),
        began_before in 0_i64..=3,
        committed_after in 0_i64..=1_000,
        next_after in 1_001_i64..90_000,
    ) {
        let last = 1_000_000;
        let written_at = (last + committed_after - began_before + writer) * 1_000;
        let now = last + next_after.min(committed_after + lifetime);
        let access_lifetime = Duration::from_secs(lifetime.unsigned_abs());
        let window = FeedWindow::at((now + reader) * 1_000, Some((last + reader) * 1_000), access_lifetime);
        prop_assert!((window.from..=window.to).contains(&written_at), "{written_at} is not in {window:?}");
    }
}
