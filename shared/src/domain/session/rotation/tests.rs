//! The table of the state machine, row by row.

use std::time::Duration;

use super::*;
use crate::domain::actor::Actor;
use crate::domain::device::Device;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::id::derive_session_id;
use crate::domain::limit::LimitMode;
use crate::domain::scope::Scope;
use crate::domain::session::NewSession;
use crate::domain::session::binding::BoundKey;
use crate::domain::session::end::PendingEnd;
use crate::domain::session::evidence::RequestKeys;
use crate::domain::session::nonce::Nonce;
use crate::domain::session::refresh_token::RefreshToken;

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
        late_retry: Duration::from_secs(86_400),
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
        made_by: None,
        bound_key: None,
        client: client(CHROME),
        auth_time: None,
        asserted_at: at(0),
        upstream: None,
        scope: Scope::default(),
    };
    Session::open(new, at(0), &lifetimes())
}

fn token() -> RefreshToken {
    opened().refresh_token(nonce(), Fingerprint::default())
}

const K1: KeyHash = KeyHash::from_bytes([1; 8]);

fn with_key(key: KeyHash) -> RequestKeys {
    RequestKeys { newest: Some(key), ..RequestKeys::default() }
}

fn planned_with(token: &RefreshToken, key: KeyTag, agent: &str, now: Timestamp) -> Plan {
    let presented = Presented { token, keys: with_key(K1), proven_key: None, client: &client(agent), now };
    plan(&presented, key, &limit(), &lifetimes())
}

fn planned(agent: &str, now: Timestamp) -> Plan {
    planned_with(&token(), KEY, agent, now)
}

fn rotated(now: Timestamp) -> Session {
    let Plan::Rotate(rotation) = planned(CHROME, now) else { panic!("no rotation") };
    Session { made_by: [None; 3], ..rotation.apply(&opened()) }
}

fn judged_with(
    token: &RefreshToken,
    keys: RequestKeys,
    row: Option<&Session>,
    agent: &str,
    now: Timestamp,
) -> Verdict {
    let presented = Presented { token, keys, proven_key: None, client: &client(agent), now };
    judge(&presented, row, &EvidenceRules::of(&lifetimes()))
}

fn judged(row: Option<&Session>, agent: &str, now: Timestamp) -> Verdict {
    judged_with(&token(), RequestKeys::default(), row, agent, now)
}

#[test]
fn a_good_token_plans_the_next_generation() {
    let Plan::Rotate(rotation) = planned(CHROME, at(100)) else { panic!("no rotation") };
    assert_eq!(rotation.generation, 1);
    assert_eq!(rotation.expires_at, at(100 + 7 * 86_400));
}

#[test]
fn a_rotation_changes_what_belongs_to_its_generation_and_nothing_else() {
    let before = Session { blocked_until: Some(at(50)), recorded_replay: Some(0), ..opened() };
    let token = RefreshToken { window: Window { start: at(0), count: 3 }, ..token() };
    let other_key = KeyTag::new(*b"k2");
    let Plan::Rotate(rotation) = planned_with(&token, other_key, FIREFOX, at(100)) else {
        panic!("no rotation")
    };
    let after = rotation.apply(&before);
    assert_eq!((after.generation, after.rotated_at, after.last_activity), (1, at(100), at(100)));
    assert_eq!((after.expires_at, after.window), (at(100 + 7 * 86_400), Window { start: at(0), count: 4 }));
    assert_eq!((after.key, after.client, after.blocked_until), (other_key, client(FIREFOX), None));
    assert_eq!((after.made_by, after.recorded_replay), ([Some(K1), None, None], Some(0)));
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
    let Plan::Rotate(rotation) = planned_with(&token, KEY, CHROME, late) else { panic!("no rotation") };
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
    let planned = |now| planned_with(&token, KEY, CHROME, now);
    assert_eq!(planned(at(10)), Plan::Block(at(910)));
    assert!(matches!(planned(at(910)), Plan::Rotate(_)));
}

#[test]
fn device_and_network_are_compared_with_the_last_rotation() {
    let mut row = rotated(at(100));
    assert_eq!(judged(Some(&row), CHROME, at(160)), Verdict::Replay);
    assert_eq!(judged(Some(&row), CHROME, at(161)), Verdict::Reuse, "no network is known");
    assert_eq!(judged(Some(&row), FIREFOX, at(101)), Verdict::Reuse);
    row.client.ip = "203.0.113.7".parse().ok();
    let token = token();
    let from = |ip: &str| {
        let client = ClientContext { ip: ip.parse().ok(), ..client(CHROME) };
        let presented = Presented {
            token: &token,
            keys: RequestKeys::default(),
            proven_key: None,
            client: &client,
            now: at(161),
        };
        judge(&presented, Some(&row), &EvidenceRules::of(&lifetimes()))
    };
    assert_eq!(from("203.0.113.8"), Verdict::RecordedReplay);
    assert_eq!((from("203.0.114.7"), from("2001:db8::7")), (Verdict::Reuse, Verdict::Reuse));
}

#[test]
fn the_keys_of_the_row_are_compared_with_those_of_the_request() {
    let row = Session { made_by: [Some(K1), Some(KeyHash::from_bytes([2; 8])), None], ..rotated(at(100)) };
    let judged = |key, now| judged_with(&token(), with_key(key), Some(&row), FIREFOX, now);
    assert_eq!(judged(K1, at(86_400)), Verdict::Replay, "from another device, a day later");
    assert_eq!(judged(KeyHash::from_bytes([2; 8]), at(101)), Verdict::Superseded);
    assert_eq!(judged(KeyHash::from_bytes([3; 8]), at(101)), Verdict::Reuse);
}

#[test]
fn a_replay_is_answered_while_the_session_is_blocked() {
    let mut row = rotated(at(100));
    row.blocked_until = Some(at(1_000));
    assert_eq!(judged(Some(&row), CHROME, at(101)), Verdict::Replay);
    row.generation = 2;
    assert_eq!(judged(Some(&row), CHROME, at(101)), Verdict::Reuse);
    let opened = Session { made_by: [Some(K1), None, None], blocked_until: Some(at(1_000)), ..opened() };
    let again = judged_with(&token(), with_key(K1), Some(&opened), CHROME, at(1));
    assert_eq!(again, Verdict::Replay, "the key of the current generation");
}

#[test]
fn a_write_whose_reply_was_lost_is_known_by_its_row_whatever_was_recorded() {
    let lifetimes = Lifetimes { grace: Duration::ZERO, late_retry: Duration::ZERO, ..lifetimes() };
    let row = Session { made_by: [None, Some(K1), None], recorded_replay: Some(0), ..rotated(at(100)) };
    let verdict = |row: &Session, keys, agent, now| {
        let presented = Presented { token: &token(), keys, proven_key: None, client: &client(agent), now };
        judge(&presented, Some(row), &EvidenceRules::of(&lifetimes))
    };
    let no_keys = RequestKeys::default();
    assert_eq!(verdict(&row, no_keys, CHROME, at(100)), Verdict::Replay);
    assert_eq!(verdict(&row, no_keys, CHROME, at(101)), Verdict::Reuse);
    assert_eq!(verdict(&row, no_keys, CHROME, at(99)), Verdict::Reuse);
    assert_eq!(verdict(&row, no_keys, FIREFOX, at(100)), Verdict::Reuse);
    let key = with_key(KeyHash::from_bytes([9; 8]));
    assert_eq!(verdict(&row, key, CHROME, at(100)), Verdict::Reuse, "this request would have left its key");
    let by_key = Session { made_by: [Some(K1), None, None], ..row.clone() };
    assert_eq!(verdict(&by_key, no_keys, CHROME, at(100)), Verdict::Reuse, "a request with a key made it");
    let later = Session { generation: 2, ..row };
    assert_eq!(verdict(&later, no_keys, CHROME, at(100)), Verdict::Reuse);
}

#[test]
fn a_token_expires_with_its_generation_or_its_session() {
    let token = RefreshToken { expires_at: at(10), absolute_expires_at: at(20), ..token() };
    assert!(!token.is_expired(at(9)) && token.is_expired(at(10)));
    let token = RefreshToken { expires_at: at(30), ..token };
    assert!(!token.is_expired(at(19)) && token.is_expired(at(20)));
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
    let verdict = judged_with(&token, RequestKeys::default(), Some(&opened()), CHROME, at(1));
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
fn a_token_that_is_bound_otherwise_than_its_session_is_forged() {
    let (own, other) = (BoundKey::from_bytes([1; 16]), BoundKey::from_bytes([2; 16]));
    let bound = |session: Session, bound_key| Session { bound_key, ..session };
    let verdict = |token_key, row_key| {
        let token = RefreshToken { bound_key: token_key, ..token() };
        judged_with(&token, RequestKeys::default(), Some(&bound(rotated(at(100)), row_key)), CHROME, at(100))
    };
    assert_eq!(verdict(None, Some(own)), Verdict::Forged, "a token without its key");
    assert_eq!(verdict(Some(other), Some(own)), Verdict::Forged);
    assert_eq!(verdict(Some(own), None), Verdict::Forged);
}

#[test]
fn an_older_token_of_a_bound_session_needs_a_proof_by_its_key() {
    let (own, other) = (BoundKey::from_bytes([1; 16]), BoundKey::from_bytes([2; 16]));
    let row = Session { bound_key: Some(own), generation: 9, ..rotated(at(100)) };
    let token = RefreshToken { bound_key: Some(own), ..token() };
    let verdict = |proven_key| {
        let client = client(FIREFOX);
        let presented = Presented {
            token: &token,
            keys: RequestKeys::default(),
            proven_key,
            client: &client,
            now: at(900_000),
        };
        judge(
            &presented,
            Some(&Session { expires_at: at(2_000_000), ..row.clone() }),
            &EvidenceRules::of(&lifetimes()),
        )
    };
    assert_eq!(verdict(Some(own)), Verdict::ProvenReplay);
    assert_eq!((verdict(Some(other)), verdict(None)), (Verdict::Reuse, Verdict::Reuse));
}
