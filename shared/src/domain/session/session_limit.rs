//! The session limit: which sessions end so that a new one fits.

use super::Session;

/// What happens to a sign-in at the session limit.
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
