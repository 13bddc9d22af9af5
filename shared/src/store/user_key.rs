//! The partition key of a user in the tables of sessions and events.
//!
//! A session's row must stay under 1,024 bytes, and a long user id alone would take a third of it. The key of a long id is
//! its hash. The id itself is in the user record and in the user's events, which no refresh writes.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use crate::domain::id::UserId;

/// The longest user id in bytes that is part of the key.
const KEY_ID_MAX_BYTES: usize = 128;

/// `U#` and the user id, or `H#` and the SHA-256 of a user id over 128 bytes. The prefixes differ, so that no user can have
/// an id that looks like the hash of another user's id.
pub fn user_key(user: &UserId) -> String {
    match long_id(user) {
        None => format!("U#{user}"),
        Some(id) => {
            let hash = digest::digest(&digest::SHA256, id.as_bytes());
            format!("H#{}", BASE64URL.encode(hash))
        }
    }
}

/// The user id, if it is too long to be part of the key.
pub(super) fn long_id(user: &UserId) -> Option<&str> {
    Some(user.as_str()).filter(|id| id.len() > KEY_ID_MAX_BYTES)
}

/// The user id in a key; `None` if the key has a hash instead.
pub(super) fn user_in_key(key: &str) -> Option<UserId> {
    key.strip_prefix("U#")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_user_id_has_a_short_key_of_its_own() {
        let user = |text: &str| text.parse::<UserId>().unwrap();
        let (short, long) = (user(&"ü".repeat(64)), user(&"u".repeat(129)));
        assert_eq!((user_key(&short), long_id(&short)), (format!("U#{short}"), None));
        assert_eq!(user_in_key(&user_key(&short)), Some(short));
        let key = user_key(&long);
        assert_eq!((key.len(), &key[..2], user_in_key(&key)), (45, "H#", None));
        assert_eq!(long_id(&long), Some(long.as_str()));
        assert_ne!(user_key(&user(&"u".repeat(130))), key);
        assert_ne!(user_key(&user(&key)), key, "no user has the key of another one");
    }
}
