//! The actor of an end or of an event: a kind and, for an administrator, a user id.
//!
//! The kind is never left out, because a user id is any text that an identity provider chooses: an administrator may be
//! called `system` or `user`.

use serde::{Deserialize, Serialize};

use crate::domain::id::UserId;

/// The actor of an end or of an event. In the audit trail and in the API it is `{"kind": "admin", "id": "root"}`; only an
/// administrator has an `id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Actor {
    /// The session's own user.
    User,
    /// Latchkey itself.
    #[default]
    System,
    /// The identity provider of the user.
    Provider,
    /// An administrator, with their user id.
    Admin(UserId),
}

/// The text before an administrator's user id in a row.
const ADMIN: &str = "admin:";

impl Actor {
    /// The text for a row: `user`, `system`, `provider`, `admin:root`.
    pub fn encode(&self) -> String {
        match self {
            Self::User => "user".to_owned(),
            Self::System => "system".to_owned(),
            Self::Provider => "provider".to_owned(),
            Self::Admin(id) => format!("{ADMIN}{id}"),
        }
    }

    /// Parses what [`Actor::encode`] returns.
    pub fn decode(text: &str) -> Option<Self> {
        match text {
            "user" => Some(Self::User),
            "system" => Some(Self::System),
            "provider" => Some(Self::Provider),
            _ => text.strip_prefix(ADMIN)?.parse().ok().map(Self::Admin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// User ids that look like another actor.
    const IDS: [&str; 6] = ["carol", "system", "user", "provider", "admin", "admin:carol"];

    fn actors() -> impl Iterator<Item = Actor> {
        let admins = IDS.iter().map(|id| Actor::Admin(id.parse().unwrap()));
        [Actor::User, Actor::System, Actor::Provider].into_iter().chain(admins)
    }

    #[test]
    fn an_actor_survives_a_row_and_an_event() {
        for actor in actors() {
            assert_eq!(Actor::decode(&actor.encode()), Some(actor.clone()));
            assert_eq!(serde_json::from_value::<Actor>(json!(actor)).unwrap(), actor);
        }
        for text in ["", "carol", "admin", "admin:", "User"] {
            assert_eq!(Actor::decode(text), None, "{text}");
        }
    }

    #[test]
    fn no_two_actors_have_the_same_text() {
        let texts: std::collections::BTreeSet<String> = actors().map(|actor| actor.encode()).collect();
        assert_eq!(texts.len(), actors().count());
    }

    #[test]
    fn the_kind_of_an_actor_is_always_named() {
        assert_eq!(json!(Actor::System), json!({"kind": "system"}));
        assert_eq!(json!(Actor::User), json!({"kind": "user"}));
        let admin = Actor::Admin("system".parse().unwrap());
        assert_eq!(json!(admin), json!({"kind": "admin", "id": "system"}));
    }
}
