//! The users that an administrator may see and sign out: those of the administrator's own issuer.
//!
//! An issuer may grant `latchkey:admin` to its users. Without this limit, the administrators of one customer's identity
//! provider would read and sign out the users of all other customers.

use super::Config;
use crate::domain::id::UserId;

/// The users that one administrator reaches: those whose ids have this prefix. `None` reaches no user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminReach<'c>(Option<&'c str>);

impl AdminReach<'_> {
    /// Whether the administrator reaches `user`.
    pub fn contains(self, user: &UserId) -> bool {
        self.0.is_some_and(|prefix| user.as_str().starts_with(prefix))
    }

    /// Whether the administrator reaches what concerns `user`, or without a user what concerns no particular one.
    pub fn contains_or_everyone(self, user: Option<&UserId>) -> bool {
        user.map_or(self.is_everyone(), |user| self.contains(user))
    }

    /// Whether the administrator reaches every user, and so what concerns no particular user.
    pub fn is_everyone(self) -> bool {
        self.0 == Some("")
    }
}

impl Config {
    /// The users that `admin` reaches. An administrator whose issuer is no longer trusted reaches none.
    pub fn admin_reach(&self, admin: &UserId) -> AdminReach<'_> {
        let is_own = |prefix: &str| admin.as_str().starts_with(prefix);
        // At most one issuer fits, because no prefix begins with another one.
        let issuer = self.trusted_issuers.iter().find(|issuer| is_own(&issuer.user_prefix));
        AdminReach(issuer.map(|issuer| if issuer.admin_of_all { "" } else { &issuer.user_prefix }))
    }
}
