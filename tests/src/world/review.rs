//! The link "Was this you?" of a sign-in, and the answer to it.

use latchkey::domain::sign_in_review::SignInReview;
use latchkey::domain::time::Timestamp;
use latchkey::token::review_link;
use uuid::Uuid;

use super::{Device, Reply, World};

/// The path of the page.
pub const REVIEW: &str = "/api/auth/sign-in-review";

impl World {
    /// The token of the link that a message about this event of a user has.
    ///
    /// # Panics
    /// If the user has no such event, or the world has no key.
    pub async fn review_token(&self, user: &str, event_type: &str) -> String {
        let rows = self.raw_events(user, event_type).await;
        let row = rows.last().unwrap_or_else(|| panic!("{user} has no {event_type}"));
        let text = |name: &str| row[name].as_s().expect("a text").clone();
        let at = row["created_at"].as_n().expect("a number").parse().expect("a second");
        let review = SignInReview::of_event(
            user.parse().expect("a user id"),
            text("session_id").parse().expect("a session id"),
            text("event_id").parse().expect("an event id"),
            Timestamp::from_seconds(at),
        );
        self.seal_review(&review)
    }

    /// The token of any link, with the newest key of this world.
    ///
    /// # Panics
    /// If the world has no key.
    pub fn seal_review(&self, review: &SignInReview) -> String {
        let config = self.server.app.config();
        let key = config.sign_in_review.keys.newest().expect("the world has a key");
        let token = key.seal(review, &config.issuer).expose().to_owned();
        assert!(review_link::open(&token, config.sign_in_review.keys.all(), &config.issuer).is_ok());
        token
    }

    /// The link of an event that is not in the table.
    ///
    /// # Panics
    /// If the ids are malformed.
    pub fn review_token_without_event(&self, user: &str, session: &str) -> String {
        let (user, session) = (user.parse().expect("a user id"), session.parse().expect("a session id"));
        self.seal_review(&SignInReview::of_event(user, session, Uuid::from_bytes([7; 16]), self.now()))
    }
}

impl Device {
    /// Opens the page of a link.
    pub async fn open_review(&self, token: &str) -> Reply {
        self.get(&format!("{REVIEW}?token={token}")).await
    }

    /// Presses a button of the page.
    pub async fn answer_review(&self, token: &str, answer: &str) -> Reply {
        self.send_review(&format!("token={token}&answer={answer}")).await
    }

    /// Sends the form with these fields.
    pub async fn send_review(&self, form: &str) -> Reply {
        self.send("POST", REVIEW, Some("application/x-www-form-urlencoded"), form.to_owned()).await
    }
}

impl Reply {
    /// The page, if the response is one with this status.
    ///
    /// # Panics
    /// For any other response.
    #[track_caller]
    pub fn page(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8");
        self.body.as_str().unwrap_or_else(|| panic!("no page: {}", self.body))
    }
}
