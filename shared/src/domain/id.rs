//! User and session ids. Their types are those of the crate `latchkey-verifier`; only the server makes session ids.

pub use latchkey_verifier::{IdError, SUBJECT_MAX_BYTES, SessionId, USER_PREFIX_MAX_BYTES, UserId};

/// The session id of a sign-in: a UUID of version 7 with the second of the sign-in and 74 bits of `digest`.
///
/// The digest is keyed (see [`crate::token::refresh`]), so that an attacker cannot choose an id, and a repeated login
/// gets the same one.
pub fn derive_session_id(second: i64, digest: &[u8; 32]) -> SessionId {
    let millis = u64::try_from(second.saturating_mul(1000)).unwrap_or(0);
    let mut random = [0_u8; 10];
    random.copy_from_slice(&digest[..10]);
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
    SessionId::from_bytes(id.into_bytes())
}

/// The second of the sign-in in a session id; `None` if it is no id of ours.
pub fn sign_in_second(session: &SessionId) -> Option<i64> {
    let bytes = session.as_bytes();
    let millis = bytes[..6].iter().fold(0, |sum, byte| sum << 8 | i64::from(*byte));
    (bytes[6] >> 4 == 7).then_some(millis / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_a_version_7_uuid_that_sorts_by_sign_in() {
        let early = derive_session_id(1_732_442_400, &[255; 32]);
        let late = derive_session_id(1_732_442_401, &[0; 32]);
        assert_eq!(early.as_bytes()[6] >> 4, 7);
        assert_eq!(
            (sign_in_second(&early), sign_in_second(&late)),
            (Some(1_732_442_400), Some(1_732_442_401))
        );
        assert_eq!(sign_in_second(&SessionId::from_bytes([0x44; 16])), None);
        assert!(early < late);
        assert_ne!(early, derive_session_id(1_732_442_400, &[0; 32]));
    }
}
