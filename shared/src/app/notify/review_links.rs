//! The links with which users answer whether a sign-in was theirs, for the webhooks about such sign-ins.

use crate::domain::event::EventType;
use crate::domain::sign_in_review::SignInReview;
use crate::domain::webhook::message::StreamEvent;
use crate::token::SecretToken;
use crate::token::keys::ReviewKeys;

/// Makes the links of one deployment. `Debug` shows no key.
#[derive(Clone, Debug)]
pub struct ReviewLinks {
    keys: ReviewKeys,
    issuer: String,
}

impl ReviewLinks {
    /// The links of the deployment with this issuer. Without a key there are none.
    pub fn new(keys: ReviewKeys, issuer: String) -> Self {
        Self { keys, issuer }
    }

    /// The link for an event; `None` if users are not asked about it. It is a function of the event alone, so that a repeated webhook
    /// has the same one.
    pub fn link(&self, event: &StreamEvent, event_type: EventType) -> Option<SecretToken> {
        let key = self.keys.newest()?;
        let is_asked = matches!(event_type, EventType::NewDevice | EventType::NewCountry);
        let (user, session) = event.user.clone().zip(event.event.session).filter(|_| is_asked)?;
        let review = SignInReview::of_event(user, session, event.event.id, event.event.created_at);
        Some(key.link(&review, &self.issuer))
    }
}
