//! The session limit: which sessions end so that a new one fits.

use super::Session;

/// The effect of the session limit on a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionLimitPolicy {
    /// The least recently active session ends.
    Evict,
    /// The sign-in is refused with 409.
    Reject,
}

/// The user is at the session limit, and the policy is to refuse another session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitReached;

/// The sessions that must end so that one more makes at most `limit`: the least recently active first, and of two
/// that were active in the same second the older one.
///
/// # Errors
/// [`LimitReached`] when a session would have to end and the policy is [`SessionLimitPolicy::Reject`].
pub fn make_room<'s>(
    live: impl IntoIterator<Item = &'s Session>,
    limit: usize,
    policy: SessionLimitPolicy,
) -> Result<Vec<&'s Session>, LimitReached> {
    let mut live: Vec<&Session> = live.into_iter().collect();
    let surplus = (live.len() + 1).saturating_sub(limit);
    if surplus > 0 && policy == SessionLimitPolicy::Reject {
        return Err(LimitReached);
    }
    live.sort_by_key(|session| (session.last_activity, session.created_at, session.id));
    live.truncate(surplus);
    Ok(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::tests::session;
    use crate::domain::time::Timestamp;

    #[test]
    fn the_least_recently_active_sessions_make_room() {
        let mut sessions = [session(1), session(2), session(3)];
        for (session, active) in sessions.iter_mut().zip([300, 100, 200]) {
            session.last_activity = Timestamp::from_seconds(active);
        }
        let room = |limit| {
            let ends = make_room(&sessions, limit, SessionLimitPolicy::Evict).unwrap();
            ends.iter().map(|session| session.last_activity.seconds()).collect::<Vec<_>>()
        };
        assert_eq!(room(4), [0; 0]);
        assert_eq!(room(3), [100]);
        assert_eq!(room(1), [100, 200, 300]);
    }

    #[test]
    fn a_sign_in_over_the_limit_is_refused_if_the_policy_is_reject() {
        let sessions = [session(1), session(2)];
        assert_eq!(make_room(&sessions, 2, SessionLimitPolicy::Reject).err(), Some(LimitReached));
        assert!(make_room(&sessions, 3, SessionLimitPolicy::Reject).is_ok_and(|ends| ends.is_empty()));
    }
}
