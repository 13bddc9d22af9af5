//! Cursors: where the next page of a list of events begins.
//!
//! A cursor is sealed for one user, so that it cannot be used with the list of another user, and so that a client cannot
//! make cursors of its own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use uuid::Uuid;

use crate::domain::id::UserId;
use crate::token::refresh::RefreshKey;

const SEAL_BYTES: usize = 16;

/// The cursor was altered, belongs to another user, or was sealed with a key that is no longer in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this list")]
pub struct NotACursor;

/// Makes the cursor of `user` that continues after `event`.
pub fn seal(user: &UserId, event: Uuid, key: &RefreshKey) -> String {
    let seal = &seal_of(user, event, key)[..SEAL_BYTES];
    BASE64URL.encode([seal, event.as_bytes()].concat())
}

/// Opens a cursor of `user` and returns the id of the last event that the client has.
///
/// # Errors
/// The cursor is not one of this user.
pub fn open(text: &str, user: &UserId, keys: &[RefreshKey]) -> Result<Uuid, NotACursor> {
    let bytes = BASE64URL.decode(text).map_err(|_| NotACursor)?;
    let (seal, event) = bytes.split_at_checked(SEAL_BYTES).ok_or(NotACursor)?;
    let event = Uuid::from_slice(event).map_err(|_| NotACursor)?;
    let has_sealed = |key: &RefreshKey| {
        aws_lc_rs::constant_time::verify_slices_are_equal(&seal_of(user, event, key)[..SEAL_BYTES], seal)
            .is_ok()
    };
    keys.iter().any(has_sealed).then_some(event).ok_or(NotACursor)
}

fn seal_of(user: &UserId, event: Uuid, key: &RefreshKey) -> [u8; 32] {
    key.keyed("event cursor", &format!("{event}{user}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_for_its_own_user() {
        let (alice, bob): (UserId, UserId) = ("alice".parse().unwrap(), "bob".parse().unwrap());
        let (key, event) = (RefreshKey::new("a", &[1; 32]), Uuid::from_bytes([7; 16]));
        let cursor = seal(&alice, event, &key);
        let open_as = |user, text: &str| open(text, user, std::slice::from_ref(&key));
        assert_eq!(open_as(&alice, &cursor), Ok(event));
        assert_eq!(open_as(&bob, &cursor), Err(NotACursor));
        for index in 0..cursor.len() {
            let mut altered = cursor.clone().into_bytes();
            altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                open_as(&alice, std::str::from_utf8(&altered).unwrap()),
                Err(NotACursor),
                "byte {index}"
            );
        }
        assert_eq!(open_as(&alice, ""), Err(NotACursor));
    }
}
