//! In which order does a bulk revocation handle the users of a round?
//!
//! A user costs a read and a transaction in each round, however many sign-ins the user has in it. Otherwise some accounts that
//! sign in by turns would cost a read for each of their sign-ins, and use up the time of the call. The users are in the order of
//! their newest sign-ins, so that a call that stops between two users can continue above the newest sign-in of the second one.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::domain::id::{SessionId, UserId};
use crate::store::NetworkSignIn;

/// The sign-ins of one user in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignInsOfUser {
    /// The user.
    pub user: UserId,
    /// The sessions that were opened.
    pub sessions: BTreeSet<SessionId>,
    /// The place of the newest one in the round.
    pub newest: usize,
}

/// The sign-ins of a round by user, in the order of the newest one of each user.
pub(super) fn by_user(sign_ins: &[(Uuid, NetworkSignIn)]) -> Vec<SignInsOfUser> {
    let (mut users, mut places): (Vec<SignInsOfUser>, BTreeMap<&UserId, usize>) = Default::default();
    for (newest, (_, NetworkSignIn { user, session, .. })) in sign_ins.iter().enumerate() {
        let place = *places.entry(user).or_insert(users.len());
        if place == users.len() {
            users.push(SignInsOfUser { user: user.clone(), sessions: BTreeSet::new(), newest });
        }
        users[place].sessions.insert(*session);
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::derive_session_id;
    use crate::domain::time::Timestamp;

    #[test]
    fn users_are_in_the_order_of_their_newest_sign_ins_with_all_sessions() {
        let sign_in = |(number, user): (u8, &str)| NetworkSignIn {
            user: user.parse().unwrap(),
            session: derive_session_id(1_000, &[number; 32]),
            created_at: Timestamp::from_seconds(0),
            device: None,
        };
        let names = ["b", "b", "c", "b", "a", "c", "d"];
        let list: Vec<_> = (0..).zip(names).map(|entry| (Uuid::nil(), sign_in(entry))).collect();
        let users = by_user(&list);
        let summary: Vec<_> =
            users.iter().map(|found| (found.user.as_str(), found.newest, found.sessions.len())).collect();
        assert_eq!(summary, [("b", 0, 3), ("c", 2, 2), ("a", 4, 1), ("d", 6, 1)]);
        assert!(users[1].sessions.contains(&list[5].1.session));
        assert_eq!(by_user(&[]), []);
    }
}
