//! The table of the rule, row by row, with the boundaries of its periods.

use super::*;
use crate::domain::id::derive_session_id;

const RULES: EvidenceRules = EvidenceRules {
    grace: Duration::from_secs(60),
    keyed_grace: KEYED_GRACE,
    key_replay: KEY_REPLAY,
    late_retry: Duration::from_secs(86_400),
    superseded: SUPERSEDED_FOR,
};

const K1: KeyHash = KeyHash::from_bytes([1; 8]);
const K2: KeyHash = KeyHash::from_bytes([2; 8]);
const K3: KeyHash = KeyHash::from_bytes([3; 8]);
const OTHER: KeyHash = KeyHash::from_bytes([9; 8]);

const NO_KEYS: RequestKeys = RequestKeys { newest: None, previous: [None; 2] };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_000_000 + seconds)
}

/// Generation 5, made at second 0 with K3; K2 and K1 made the two before it.
fn keyed() -> RotationState {
    RotationState { generation: 5, rotated_at: at(0), keys: [Some(K3), Some(K2), Some(K1)], recorded: None }
}

/// Generation 5, made at second 0 without a key, like all before it.
fn keyless() -> RotationState {
    RotationState { keys: [None; 3], ..keyed() }
}

fn newest(key: KeyHash) -> RequestKeys {
    RequestKeys { newest: Some(key), ..NO_KEYS }
}

fn previous(key: KeyHash) -> [RequestKeys; 2] {
    let of = |previous| RequestKeys { newest: Some(OTHER), previous };
    [of([Some(key), None]), of([None, Some(key)])]
}

/// A token of this generation, from another device on another network.
fn stranger(generation: u64, keys: RequestKeys) -> Presentation {
    let possession = Possession::NotBound;
    Presentation { generation, keys, possession, same_device: false, same_network: false }
}

fn same_device(generation: u64, keys: RequestKeys) -> Presentation {
    Presentation { same_device: true, ..stranger(generation, keys) }
}

fn same_device_and_network(generation: u64, keys: RequestKeys) -> Presentation {
    Presentation { same_network: true, ..same_device(generation, keys) }
}

fn weighed(state: &RotationState, shown: Presentation, seconds: i64) -> Evidence {
    weigh(state, &shown, at(seconds), &RULES)
}

/// The decisions at these distances from the rotation, with clocks that run ahead and behind.
fn at_both(state: &RotationState, shown: Presentation, seconds: i64) -> Evidence {
    let (later, earlier) = (weighed(state, shown, seconds), weighed(state, shown, -seconds));
    assert_eq!(later, earlier, "a clock that runs behind changes nothing");
    later
}

#[test]
fn a_token_newer_than_the_row_is_a_regression_whatever_it_shows() {
    for keys in [NO_KEYS, newest(K3)] {
        assert_eq!(weighed(&keyed(), same_device_and_network(6, keys), 0), Evidence::Regression);
    }
}

#[test]
fn a_current_token_rotates_without_any_evidence() {
    for keys in [NO_KEYS, newest(OTHER), newest(K2)] {
        for seconds in [0, 5, 599, 1_000_000] {
            assert_eq!(at_both(&keyed(), stranger(5, keys), seconds), Evidence::Rotate);
            assert_eq!(at_both(&keyless(), same_device_and_network(5, keys), seconds), Evidence::Rotate);
        }
    }
}

#[test]
fn a_repeated_key_gets_its_generation_again_for_ten_minutes() {
    let shown = stranger(5, newest(K3));
    assert_eq!(at_both(&keyed(), shown, 0), Evidence::Replay);
    assert_eq!(at_both(&keyed(), shown, 599), Evidence::Replay);
    assert_eq!(at_both(&keyed(), shown, 600), Evidence::Rotate);
    assert_eq!(at_both(&keyed(), shown, 601), Evidence::Rotate);
}

#[test]
fn a_previous_key_does_not_keep_a_current_token_from_rotating() {
    for keys in previous(K3) {
        assert_eq!(weighed(&keyed(), stranger(5, keys), 1), Evidence::Rotate);
    }
}

#[test]
fn the_key_of_the_current_generation_accepts_any_older_token_at_any_time() {
    for keys in [newest(K3)].into_iter().chain(previous(K3)) {
        for generation in [0, 3, 4] {
            for seconds in [0, 61, 601, 86_401, 10_000_000] {
                assert_eq!(at_both(&keyed(), stranger(generation, keys), seconds), Evidence::Replay);
            }
        }
    }
}

#[test]
fn the_key_of_an_older_generation_is_superseded_for_a_minute() {
    for keys in [newest(K2)].into_iter().chain(previous(K2)) {
        let shown = stranger(4, keys);
        for seconds in [0, 59, 60] {
            assert_eq!(at_both(&keyed(), shown, seconds), Evidence::Superseded, "{seconds} s");
        }
        assert_eq!(at_both(&keyed(), shown, 61), Evidence::Reuse);
    }
    assert_eq!(weighed(&keyed(), stranger(0, newest(K1)), 60), Evidence::Superseded, "an older token");
}

#[test]
fn a_key_from_before_the_presented_generation_is_no_evidence() {
    // K1 made generation 3, K2 made generation 4.
    assert_eq!(weighed(&keyed(), stranger(4, newest(K1)), 0), Evidence::Reuse);
    assert_eq!(weighed(&keyed(), stranger(3, newest(K1)), 0), Evidence::Superseded);
    assert_eq!(weighed(&keyed(), stranger(3, newest(K2)), 0), Evidence::Superseded);
}

#[test]
fn an_unknown_key_is_no_evidence() {
    assert_eq!(weighed(&keyed(), stranger(4, newest(OTHER)), 0), Evidence::Reuse);
    assert_eq!(weighed(&keyless(), stranger(4, newest(OTHER)), 0), Evidence::Reuse);
    assert_eq!(weighed(&keyless(), stranger(4, NO_KEYS), 0), Evidence::Reuse, "no key matches no key");
}

#[test]
fn without_keys_the_same_device_has_grace_for_a_minute() {
    let rules = EvidenceRules { late_retry: Duration::ZERO, ..RULES };
    for seconds in [0, 59, 60, -59, -60] {
        let decided = weigh(&keyless(), &same_device(4, NO_KEYS), at(seconds), &rules);
        assert_eq!(decided, Evidence::Replay, "{seconds} s");
    }
    for seconds in [61, -61] {
        let decided = weigh(&keyless(), &same_device_and_network(4, NO_KEYS), at(seconds), &rules);
        assert_eq!(decided, Evidence::Reuse, "{seconds} s");
    }
    assert_eq!(weighed(&keyless(), stranger(4, NO_KEYS), 0), Evidence::Reuse, "another device");
}

#[test]
fn grace_without_keys_ignores_what_was_recorded() {
    for recorded in [None, Some(4), Some(5)] {
        let state = RotationState { recorded, ..keyless() };
        assert_eq!(weighed(&state, same_device(4, NO_KEYS), 60), Evidence::Replay);
    }
}

#[test]
fn a_key_in_any_slot_shortens_grace_to_ten_seconds_and_records_it() {
    for slot in 0..3 {
        let mut state = keyless();
        state.keys[slot] = Some(K3);
        let shown = same_device(4, NO_KEYS);
        for seconds in [0, 9, 10] {
            assert_eq!(at_both(&state, shown, seconds), Evidence::RecordedReplay, "{slot}, {seconds} s");
        }
        assert_eq!(at_both(&state, shown, 11), Evidence::Reuse, "{slot}");
    }
}

#[test]
fn grace_with_keys_is_never_longer_than_grace() {
    let rules = EvidenceRules { grace: Duration::from_secs(3), ..RULES };
    let decided = |seconds| weigh(&keyed(), &same_device(4, NO_KEYS), at(seconds), &rules);
    assert_eq!((decided(3), decided(4)), (Evidence::RecordedReplay, Evidence::Reuse));
}

#[test]
fn the_same_device_and_network_may_retry_late_for_a_day() {
    for state in [keyed(), keyless()] {
        let shown = same_device_and_network(4, NO_KEYS);
        for seconds in [61, 86_399, 86_400] {
            assert_eq!(at_both(&state, shown, seconds), Evidence::RecordedReplay, "{seconds} s");
        }
        assert_eq!(at_both(&state, shown, 86_401), Evidence::Reuse);
        assert_eq!(weighed(&state, same_device(4, NO_KEYS), 61), Evidence::Reuse, "another network");
        let network = Presentation { same_network: true, ..stranger(4, NO_KEYS) };
        assert_eq!(weighed(&state, network, 61), Evidence::Reuse, "another device");
    }
}

#[test]
fn a_late_retry_of_zero_is_off_even_in_the_same_second() {
    let rules = EvidenceRules { grace: Duration::ZERO, late_retry: Duration::ZERO, ..RULES };
    let state = RotationState { recorded: Some(4), ..keyed() };
    let shown = same_device_and_network(4, NO_KEYS);
    assert_eq!(weigh(&keyless(), &shown, at(1), &rules), Evidence::Reuse);
    assert_eq!(weigh(&state, &shown, at(0), &rules), Evidence::Reuse);
}

#[test]
fn device_and_network_help_only_the_direct_predecessor() {
    for state in [keyed(), keyless()] {
        for generation in [0, 3] {
            let decided = weighed(&state, same_device_and_network(generation, NO_KEYS), 0);
            assert_eq!(decided, Evidence::Reuse, "generation {generation}");
        }
    }
}

#[test]
fn no_recorded_replay_follows_another_in_the_next_generation() {
    for (seconds, shown) in [(0, same_device(4, NO_KEYS)), (3_600, same_device_and_network(4, NO_KEYS))] {
        let decided = |recorded| weighed(&RotationState { recorded, ..keyed() }, shown, seconds);
        assert_eq!(decided(Some(4)), Evidence::Reuse, "the generation before was granted like this");
        assert_eq!(decided(Some(5)), Evidence::Replay, "recorded already: nothing to write");
        assert_eq!(decided(Some(3)), Evidence::RecordedReplay);
        assert_eq!(decided(Some(u64::MAX)), Evidence::RecordedReplay);
        assert_eq!(decided(None), Evidence::RecordedReplay);
    }
}

#[test]
fn the_first_generation_has_nothing_before_it() {
    let signed_in =
        RotationState { generation: 0, rotated_at: at(0), keys: [Some(K1), None, None], recorded: None };
    assert_eq!(weighed(&signed_in, stranger(0, NO_KEYS), 0), Evidence::Rotate);
    assert_eq!(weighed(&signed_in, stranger(0, newest(K1)), 0), Evidence::Replay, "the key of the sign-in");
    let rotated = signed_in.rotated(Some(K2), at(10));
    assert_eq!(weighed(&rotated, stranger(0, newest(K1)), 10), Evidence::Superseded);
}

#[test]
fn a_rotation_moves_the_keys_by_one_slot() {
    let after = keyed().rotated(Some(OTHER), at(70));
    assert_eq!((after.generation, after.rotated_at), (6, at(70)));
    assert_eq!(after.keys, [Some(OTHER), Some(K3), Some(K2)]);
    assert_eq!(after.rotated(None, at(80)).keys, [None, Some(OTHER), Some(K3)]);
    let recorded = keyed().recorded();
    assert_eq!(recorded, RotationState { recorded: Some(5), ..keyed() });
    assert_eq!(recorded.rotated(None, at(1)).recorded, Some(5), "a rotation keeps what was recorded");
}

#[test]
fn a_hash_depends_on_session_and_key() {
    let key = |text: &str| IdempotencyKey::parse(text).unwrap();
    let session = derive_session_id(0, &[1; 32]);
    let hash = KeyHash::of(&session, &key("0123456789abcdef"));
    assert_eq!(hash, KeyHash::of(&session, &key("0123456789abcdef")));
    assert_ne!(hash, KeyHash::of(&session, &key("0123456789abcdeF")));
    assert_ne!(hash, KeyHash::of(&derive_session_id(0, &[2; 32]), &key("0123456789abcdef")));
    assert_eq!(KeyHash::from_bytes(*hash.as_bytes()), hash);
    let digest =
        digest::digest(&digest::SHA256, &[session.as_bytes().as_slice(), b"0123456789abcdef"].concat());
    assert_eq!(hash.as_bytes(), &digest.as_ref()[..8]);
}

#[test]
fn a_proof_of_the_key_is_enough_for_any_older_generation() {
    let proven =
        |generation, keys| Presentation { possession: Possession::Proven, ..stranger(generation, keys) };
    for state in [keyed(), keyless()] {
        for generation in 0..5 {
            for seconds in [0, 61, 90_000] {
                assert_eq!(at_both(&state, proven(generation, NO_KEYS), seconds), Evidence::ProvenReplay);
            }
        }
        assert_eq!(weighed(&state, proven(5, NO_KEYS), 0), Evidence::Rotate);
        assert_eq!(weighed(&state, proven(6, NO_KEYS), 0), Evidence::Regression);
    }
    assert_eq!(weighed(&keyed(), proven(0, newest(K3)), 0), Evidence::Replay, "its key made the generation");
    assert_eq!(weighed(&keyed(), proven(4, newest(K2)), 0), Evidence::ProvenReplay, "not superseded");
}

#[test]
fn weak_evidence_does_not_count_for_a_bound_session() {
    let unproven = |shown| Presentation { possession: Possession::Unproven, ..shown };
    for state in [keyed(), keyless()] {
        for seconds in [0, 9, 59, 3_600] {
            let shown = same_device_and_network(4, NO_KEYS);
            assert_ne!(
                weighed(&state, shown, seconds),
                Evidence::Reuse,
                "the same in a session without a key"
            );
            assert_eq!(weighed(&state, unproven(shown), seconds), Evidence::Reuse);
        }
    }
    assert_eq!(
        weighed(&keyed(), unproven(stranger(0, newest(K3))), 0),
        Evidence::Replay,
        "its key is evidence"
    );
}
