//! Which sign-ins does a bulk revocation handle together?
//!
//! A batch is a part of the list without a gap, so that the call can stop after each batch and continue below its last sign-in.
//! Its size is a number of users and not of sign-ins, because a user costs a read and a transaction, however many sign-ins
//! the user has.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::domain::id::{SessionId, UserId};
use crate::store::NetworkSignIn;

/// How many sign-ins from the front belong to at most `users` users.
pub(super) fn end_of_batch(sign_ins: &[(Uuid, NetworkSignIn)], users: usize) -> usize {
    let mut known = BTreeSet::new();
    let beyond = sign_ins.iter().position(|(_, found)| known.insert(&found.user) && known.len() > users);
    beyond.unwrap_or(sign_ins.len())
}

/// The sessions of the sign-ins, by user.
pub(super) fn by_user(sign_ins: &[(Uuid, NetworkSignIn)]) -> BTreeMap<UserId, BTreeSet<SessionId>> {
    let mut users: BTreeMap<UserId, BTreeSet<SessionId>> = BTreeMap::new();
    for (_, NetworkSignIn { user, session, .. }) in sign_ins {
        users.entry(user.clone()).or_default().insert(*session);
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::derive_session_id;
    use crate::domain::time::Timestamp;

    fn sign_ins(users: &[&str]) -> Vec<(Uuid, NetworkSignIn)> {
        let sign_in = |user: &&str| NetworkSignIn {
            user: user.parse().unwrap(),
            session: derive_session_id(1_000, &[1; 32]),
            created_at: Timestamp::from_seconds(0),
            device: None,
        };
        users.iter().map(|user| (Uuid::nil(), sign_in(user))).collect()
    }

    #[test]
    fn a_batch_has_a_number_of_users_and_any_number_of_sign_ins() {
        let list = sign_ins(&["a", "a", "b", "a", "c", "b", "d"]);
        for (users, expected) in [(1, 2), (2, 4), (3, 6), (4, 7), (9, 7)] {
            assert_eq!(end_of_batch(&list, users), expected, "{users} users");
        }
        assert_eq!(end_of_batch(&sign_ins(&["a"; 400]), 1), 400);
        assert_eq!(end_of_batch(&[], 3), 0);
    }

    #[test]
    fn every_user_has_all_sessions_of_the_batch() {
        let mut list = sign_ins(&["a", "b", "a"]);
        list[2].1.session = derive_session_id(1_000, &[2; 32]);
        let users = by_user(&list);
        let of = |user: &str| users[&user.parse::<UserId>().unwrap()].len();
        assert_eq!((users.len(), of("a"), of("b")), (2, 2, 1));
    }
}
