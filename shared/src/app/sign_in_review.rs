//! The answer of a user to "Was this you?": recorded, and "It wasn't me" ends the session of that sign-in.

use crate::app::App;
use crate::app::sign_out::{can_end, end_one};
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::session::end::{EndReason, PendingEnd, SessionEnd};
use crate::domain::sign_in_review::{ReviewAnswer, SignInReview};
use crate::domain::time::Timestamp;
use crate::store::StoreError;

/// Records the answer, and ends the session if the sign-in was not the user's. The session ends whatever its generation is, so that
/// a refresh of the thief cannot save it. If it has ended before, for example because the thief signed out, the answer is recorded
/// all the same, because operators must see it. The first answer of an hour counts: a repetition, perhaps of a thief who has the link,
/// changes neither its client nor its time in the audit trail.
///
/// *Atomicity*: the session ends in the transaction that records the answer.
///
/// # Errors
/// The store failed, or the row stayed contended. Nothing is half written; the call can be repeated.
pub async fn record_answer(
    app: &App,
    review: &SignInReview,
    answer: ReviewAnswer,
    client: &ClientContext,
    now: Timestamp,
) -> Result<(), StoreError> {
    let event = review.answered(answer, client, now);
    let events = std::slice::from_ref(&event);
    if answer == ReviewAnswer::WasNotMe {
        let row = app.store().read_session(&review.user, &review.session, now).await?;
        if let Some(row) = row.filter(|row| can_end(row, now)) {
            let end = SessionEnd::of(&row, PendingEnd::new(EndReason::Reported, Actor::User, now));
            if end_one(app, &end, events).await? {
                return Ok(());
            }
        }
    }
    app.record_new(events).await
}
