//! "Was this you?": the page behind the link in a message about a sign-in, and the answers of its user.

mod answers;
mod faults;
mod links;
mod page;
mod races;

use latchkey_tests::world::{Device, FIREFOX, Tokens, World};

/// A user with a session of their own, and a thief who has signed in as this user from another device.
struct Scene {
    world: World,
    owner: Device,
    own: Tokens,
    thief: Device,
    stolen: Tokens,
    /// The token of the link about the thief's sign-in.
    token: String,
}

impl Scene {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let world = World::with(settings).await;
        let (owner, thief) = (world.device(), world.device().agent(FIREFOX).elsewhere());
        let (own, stolen) = (owner.sign_in("alice").await, thief.sign_in("alice").await);
        let token = world.review_token("alice", "new_device").await;
        Self { world, owner, own, thief, stolen, token }
    }

    /// Succeeds only if both sessions live, and no answer is recorded.
    async fn assert_untouched(&self, what: &str) {
        assert_eq!(self.world.live("alice").await.len(), 2, "{what}");
        for event in ["session_ended", "sign_in_reported", "sign_in_confirmed"] {
            assert_eq!(self.world.count_events("alice", event).await, 0, "{what}: {event}");
        }
    }

    /// Succeeds only if the thief's session has ended for this reason, once, and the user's own lives.
    async fn assert_thief_is_out(&self) {
        assert_eq!(self.world.live("alice").await, std::slice::from_ref(&self.own.session));
        let events = self.world.events("alice").await;
        let ends: Vec<_> = events.iter().filter(|event| event.event_type == "session_ended").collect();
        assert_eq!(ends.len(), 1, "{ends:?}");
        assert_eq!(
            (ends[0].session.as_str(), ends[0].reason.as_str()),
            (self.stolen.session.as_str(), "reported")
        );
        let reports: Vec<_> = events.iter().filter(|event| event.event_type == "sign_in_reported").collect();
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert_eq!(
            (reports[0].session.as_str(), reports[0].severity.as_str()),
            (self.stolen.session.as_str(), "high")
        );
    }
}
