//! The table of the state machine, row by row.

use super::*;
use crate::domain::actor::Actor;
use crate::domain::device::Device;
use crate::domain::id::derive_session_id;
use crate::domain::limit::LimitMode;
use crate::domain::scope::Scope;
use crate::domain::session::NewSession;
use crate::domain::session::end::PendingEnd;
use crate::domain::session::nonce::Nonce;

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_732_442_400 + seconds)
}

fn lifetimes() -> Lifetimes {
    Lifetimes {
        access: Duration::from_secs(3_600),
        refresh: Duration::from_secs(7 * 86_400),
        session: Duration::from_secs(30 * 86_400),
        grace: Duration::from_secs(60),
        near_expiry: Duration::from_secs(300),
    }
}

fn limit() -> Policy {
    Policy {
        name: "refresh",
        attempts: 20,
        window: Duration::from_secs(300),
        block: Some(Duration::from_secs(900)),
        mode: LimitMode::Enforce,
    }
}

const KEY: KeyTag = KeyTag::new(*b"k1");

fn nonce() -> Nonce {
    Nonce::new([1; 16])
}

fn another_nonce() -> Nonce {
    Nonce::new([2; 16])
}

fn client(agent: &str) -> ClientContext {
    ClientContext {
        agent: Some(agent.to_owned()),
        device: Device::parse(Some(agent)),
        ..ClientContext::default()
    }
}

fn opened() -> Session {
    let new = NewSession {
        user: "alice".parse().unwrap(),
        id: derive_session_id(0, &[2; 32]),
        nonce: &nonce(),
        key: KEY,
        client: client(CHROME),
        auth_time: None,
        asserted_at: at(0),
        scope: Scope::default(),
    };
    Session::open(new, at(0), &lifetimes())
}

fn token() -> RefreshToken {
    opened().refresh_token(nonce())
}

fn planned(agent: &str, now: Timestamp) -> Plan {
    plan(&token(), client(agent), KEY, now, &limit(), &lifetimes())
}

fn rotated(now: Timestamp) -> Session {
    let Plan::Rotate(rotation) = planned(CHROME, now) else { panic!("no rotation") };
    rotation.apply(&opened())
}

fn judged(row: Option<&Session>, agent: &str, now: Timestamp) -> Verdict {
    judge(&token(), row, &client(agent), now, Duration::from_secs(60))
}

#[test]
fn a_good_token_plans_the_next_generation() {
    let Plan::Rotate(rotation) = planned(CHROME, at(100)) else { panic!("no rotation") };
    assert_eq!(rotation.generation, 1);
    assert_eq!(rotation.expires_at, at(100 + 7 * 86_400));
}

#[test]
fn a_rotation_changes_what_belongs_to_its_generation_and_nothing_else() {
    let before = Session { blocked_until: Some(at(50)), ..opened() };
    let token = RefreshToken { window: Window { start: at(0), count: 3 }, ..token() };
    let other_key = KeyTag::new(*b"k2");
    let plan = plan(&token, client(FIREFOX), other_key, at(100), &limit(), &lifetimes());
    let Plan::Rotate(rotation) = plan else { panic!("no rotation") };
    let after = rotation.apply(&before);
    assert_eq!((after.generation, after.rotated_at, after.last_activity), (1, at(100), at(100)));
    assert_eq!((after.expires_at, after.window), (at(100 + 7 * 86_400), Window { start: at(0), count: 4 }));
    assert_eq!((after.key, after.client, after.blocked_until), (other_key, client(FIREFOX), None));
    assert_eq!(
        (after.id, after.created_at, after.nonce_hash),
        (before.id, before.created_at, before.nonce_hash)
    );
}

#[test]
fn no_generation_outlives_the_absolute_end() {
    let mut token = token();
    token.expires_at = token.absolute_expires_at;
    let late = at(29 * 86_400);
    let Plan::Rotate(rotation) = plan(&token, client(CHROME), KEY, late, &limit(), &lifetimes()) else {
        panic!("no rotation")
    };
    assert_eq!(rotation.expires_at, at(30 * 86_400));
}

#[test]
fn a_token_past_its_end_needs_no_round_trip() {
    assert_eq!(planned(CHROME, at(7 * 86_400)), Plan::Expired);
    assert!(matches!(planned(CHROME, at(7 * 86_400 - 1)), Plan::Rotate(_)));
}

#[test]
fn a_full_window_blocks_for_the_block_time() {
    let mut token = token();
    token.window = Window { start: at(0), count: 20 };
    let plan = |now| plan(&token, client(CHROME), KEY, now, &limit(), &lifetimes());
    assert_eq!(plan(at(10)), Plan::Block(at(910)));
    assert!(matches!(plan(at(910)), Plan::Rotate(_)));
}

#[test]
fn the_same_device_gets_the_successor_within_grace_and_not_a_second_longer() {
    let row = rotated(at(100));
    assert_eq!(judged(Some(&row), CHROME, at(160)), Verdict::Replay);
    assert_eq!(judged(Some(&row), CHROME, at(161)), Verdict::Reuse);
}

#[test]
fn a_clock_behind_is_no_theft() {
    let row = rotated(at(100));
    assert_eq!(judged(Some(&row), CHROME, at(40)), Verdict::Replay);
    assert_eq!(judged(Some(&row), CHROME, at(39)), Verdict::Reuse);
}

#[test]
fn another_device_never_gets_the_successor() {
    assert_eq!(judged(Some(&rotated(at(100))), FIREFOX, at(101)), Verdict::Reuse);
}

#[test]
fn grace_holds_for_the_predecessor_alone_and_while_blocked() {
    let mut row = rotated(at(100));
    row.blocked_until = Some(at(1_000));
    assert_eq!(judged(Some(&row), CHROME, at(101)), Verdict::Replay);
    row.generation = 2;
    assert_eq!(judged(Some(&row), CHROME, at(101)), Verdict::Reuse);
}

#[test]
fn a_write_whose_reply_was_lost_is_known_by_its_row_whatever_the_grace() {
    let row = rotated(at(100));
    let verdict = |agent, now| judge(&token(), Some(&row), &client(agent), now, Duration::ZERO);
    assert_eq!(verdict(CHROME, at(100)), Verdict::Replay);
    assert_eq!(verdict(CHROME, at(101)), Verdict::Reuse);
    assert_eq!(verdict(FIREFOX, at(100)), Verdict::Reuse);
}

#[test]
fn a_gone_ending_or_expired_row_is_over() {
    assert_eq!(judged(None, CHROME, at(1)), Verdict::Ended(None));
    let mut row = opened();
    row.pending_end = Some(PendingEnd::new(EndReason::Admin, Actor::System, at(0)));
    assert_eq!(judged(Some(&row), CHROME, at(1)), Verdict::Ended(Some(EndReason::Admin)));
    row.pending_end = None;
    row.expires_at = at(1);
    assert_eq!(judged(Some(&row), CHROME, at(1)), Verdict::Ended(Some(EndReason::Expired)));
}

#[test]
fn our_seal_with_a_wrong_nonce_is_forged_before_anything_else() {
    let mut row = rotated(at(100));
    row.nonce_hash = another_nonce().hash();
    assert_eq!(judged(Some(&row), CHROME, at(101)), Verdict::Forged);
}

#[test]
fn a_token_newer_than_its_row_is_a_regression() {
    let mut token = token();
    token.generation = 5;
    let verdict = judge(&token, Some(&opened()), &client(CHROME), at(1), Duration::from_secs(60));
    assert_eq!(verdict, Verdict::Regression);
}

#[test]
fn a_blocked_row_holds_the_end_of_the_block() {
    let mut row = opened();
    row.blocked_until = Some(at(900));
    assert_eq!(judged(Some(&row), CHROME, at(899)), Verdict::Blocked(at(900)));
    assert_eq!(judged(Some(&row), CHROME, at(900)), Verdict::Retry);
}

#[test]
fn a_client_is_overtaken_while_its_newest_token_is_younger_than_what_it_replaces() {
    let overtaken = |replaces, now| is_overtaken(&token(), at(replaces), at(now), &lifetimes());
    assert!(overtaken(3_599, 0) && overtaken(3_599, 60) && overtaken(-9_000, -60));
    assert!(!overtaken(3_600, 0), "the token that it replaces is of this generation");
    assert!(!overtaken(3_599, 61) && !overtaken(3_599, -61), "it is no younger by now");
    let last = RefreshToken { issued_at: at(30 * 86_400 - 3_600), ..token() };
    let end = last.absolute_expires_at;
    assert!(is_overtaken(&last, end, last.issued_at, &lifetimes()), "all end with the session");
    assert!(!is_overtaken(&last, end, last.issued_at + Duration::from_secs(61), &lifetimes()));
}

#[test]
fn only_a_live_row_at_the_same_generation_and_device_is_current() {
    let current = |row: &Session, agent, now| {
        is_current(&token(), row, &client(agent), at(now), Duration::from_secs(60))
    };
    let other_nonce = another_nonce().hash();
    let ended = PendingEnd::new(EndReason::SignedOut, Actor::System, at(1));
    assert!(current(&opened(), CHROME, 60));
    assert!(!current(&opened(), CHROME, 61) && !current(&opened(), FIREFOX, 0));
    assert!(!current(&rotated(at(10)), CHROME, 10));
    let restored = opened();
    let newer = RefreshToken { generation: 1, ..token() };
    assert!(!is_current(&newer, &restored, &client(CHROME), at(0), Duration::from_secs(60)), "a regression");
    assert!(!current(&Session { nonce_hash: other_nonce, ..opened() }, CHROME, 0));
    assert!(!current(&Session { pending_end: Some(ended), ..opened() }, CHROME, 2));
    assert!(!current(&Session { expires_at: at(5), ..opened() }, CHROME, 5));
}
