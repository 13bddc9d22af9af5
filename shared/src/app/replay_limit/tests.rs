use super::*;
use crate::domain::client_context::ClientContext;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::id::derive_session_id;
use crate::domain::limit::Window;
use crate::domain::session::evidence::RequestKeys;
use crate::domain::session::nonce::Nonce;
use crate::domain::session::refresh_token::KeyTag;

const KEY: KeyHash = KeyHash::from_bytes([1; 8]);
const OTHER_KEY: KeyHash = KeyHash::from_bytes([2; 8]);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn token(session: i64, generation: u64) -> RefreshToken {
    RefreshToken {
        bound_key: None,
        was_in_body: false,
        is_device_bound: false,
        user: "alice".parse().unwrap(),
        session: derive_session_id(session, &[1; 32]),
        generation,
        issued_at: at(0),
        expires_at: at(0),
        absolute_expires_at: at(0),
        nonce: Nonce::new([1; 16]),
        window: Window { start: at(0), count: 0 },
        fingerprint: Fingerprint::default(),
        sealed_by: KeyTag::new(*b"k1"),
    }
}

/// The second generation, made by `KEY` at second 0.
const ROW: RotationState = RotationState {
    generation: 2,
    rotated_at: Timestamp::from_seconds(0),
    keys: [Some(KEY), None, None],
    recorded: None,
};

/// A limit, and the client whose requests it counts.
#[derive(Default)]
struct Requests {
    limit: ReplayLimit,
    client: ClientContext,
}

impl Requests {
    fn presented<'p>(&'p self, token: &'p RefreshToken, key: KeyHash, now: i64) -> Presented<'p> {
        let keys = RequestKeys { newest: Some(key), ..RequestKeys::default() };
        Presented { token, keys, proven_key: None, client: &self.client, now: at(now) }
    }

    fn count(&self, token: &RefreshToken, now: i64) {
        self.limit.count(&self.presented(token, KEY, now), &ROW);
    }

    fn refused_until(&self, token: &RefreshToken, key: KeyHash, now: i64) -> Option<Timestamp> {
        self.limit.refused_until(&self.presented(token, key, now))
    }

    fn remembered(&self) -> usize {
        self.limit.0.lock().unwrap().len()
    }
}

#[test]
fn a_token_is_refused_after_a_hundred_replays_until_its_window_ends() {
    let (requests, older) = (Requests::default(), token(1, 1));
    for number in 0..100 {
        assert_eq!(requests.refused_until(&older, KEY, 50), None, "{number}");
        requests.count(&older, 50);
    }
    assert_eq!(requests.refused_until(&older, KEY, 349), Some(at(350)));
    assert_eq!(requests.refused_until(&older, OTHER_KEY, 349), Some(at(350)), "an older token never rotates");
    assert_eq!(requests.refused_until(&older, KEY, 350), None);
    assert_eq!(requests.refused_until(&older, KEY, 49), None, "the clock was set back");
    requests.count(&older, 350);
    assert_eq!(requests.refused_until(&older, KEY, 350), None, "a new window");
}

#[test]
fn the_current_token_is_refused_only_to_the_key_that_it_repeats() {
    let (requests, current) = (Requests::default(), token(1, 2));
    for _ in 0..100 {
        requests.count(&current, 400);
    }
    assert_eq!(requests.refused_until(&current, KEY, 400), Some(at(700)));
    assert_eq!(requests.refused_until(&current, OTHER_KEY, 400), None, "another key rotates");
    assert_eq!(requests.refused_until(&current, KEY, 599), Some(at(700)));
    assert_eq!(requests.refused_until(&current, KEY, 600), None, "the key may rotate again");
    let rotated = ROW.rotated(Some(OTHER_KEY), at(601));
    requests.limit.count(&requests.presented(&current, OTHER_KEY, 601), &rotated);
    assert_eq!(
        requests.refused_until(&current, OTHER_KEY, 601),
        Some(at(700)),
        "it is an older token by now"
    );
}

#[test]
fn other_generations_and_sessions_are_not_refused() {
    let requests = Requests::default();
    for _ in 0..100 {
        requests.count(&token(1, 1), 0);
    }
    assert_eq!(requests.refused_until(&token(1, 0), KEY, 0), None);
    assert_eq!(requests.refused_until(&token(2, 1), KEY, 0), None);
}

#[test]
fn the_table_is_bounded() {
    let requests = Requests::default();
    for number in 0..10_000 {
        requests.count(&token(number, 1), 0);
        assert!(requests.remembered() <= CAPACITY);
    }
    requests.count(&token(1, 9), 1_000);
    for number in 0..i64::try_from(CAPACITY).unwrap() {
        requests.count(&token(number, 2), 1_000);
    }
    assert!(requests.remembered() <= CAPACITY);
}
