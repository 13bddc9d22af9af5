//! Sessions that a browser binds to a key in the user's device: the registration of the key, and refreshes with it.

use std::time::Duration;

use crate::app::App;
use crate::app::forged_token::report_forged_token;
use crate::app::refresh::{RefreshAttempt, RefreshOutcome};
use crate::app::refused_proof::report_refused_proof;
use crate::app::sign_out;
use crate::config::BindingPolicy;
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind};
use crate::domain::session::Session;
use crate::domain::session::binding::ProofFault;
use crate::domain::session::device_key::{DeviceKey, DevicePoint, DeviceRegistration};
use crate::domain::session::end::{EndReason, PendingEnd, SessionEnd};
use crate::domain::session::evidence::RequestKeys;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;
use crate::store::{ConditionalWrite, StoreError};
use crate::token::device::challenge::Offer;
use crate::token::device::proof::DeviceProof;

/// A refresh by the device key is also a rotation if the last one is that long ago, because the end of a session in use must
/// move on: 1 h, or a quarter of the refresh token's lifetime.
const ROTATES_EVERY: Duration = Duration::from_secs(3_600);

/// A request of a browser with a refresh token whose seal has been checked.
#[derive(Clone, Copy)]
pub struct DeviceRequest<'a> {
    /// The application.
    pub app: &'a App,
    /// The refresh token.
    pub token: &'a RefreshToken,
    /// Where the request comes from.
    pub client: &'a ClientContext,
    /// The time of the request.
    pub now: Timestamp,
}

/// The outcome of a registration.
#[derive(Debug)]
pub enum RegistrationOutcome {
    /// The session with its device key, at its next generation.
    Registered(Box<Session>),
    /// The session was refreshed since the offer, or has a confirmed device key.
    Outdated,
    /// The session has ended.
    SessionEnded,
}

/// The outcome of a refresh by the device key.
#[derive(Debug)]
pub enum DeviceRefreshOutcome {
    /// The session, whose access token is the answer.
    Granted(Box<Session>),
    /// The proof is by another key.
    OtherKey,
    /// The session has ended, or has no device key.
    SessionEnded,
}

impl DeviceRequest<'_> {
    /// Registers a device key. It is provisional until the first refresh with it.
    ///
    /// *Atomicity*: one conditional write.
    ///
    /// # Errors
    /// The store failed. The session works without the key, and a later offer repeats the registration.
    pub async fn register(
        &self,
        offer: &Offer,
        point: DevicePoint,
    ) -> Result<RegistrationOutcome, StoreError> {
        let config = self.app.config();
        let registration = DeviceRegistration {
            offered_at: offer.generation,
            point,
            expires_at: self.token.absolute_expires_at.min(self.now + config.lifetimes.refresh),
            sealed_by: config.keys.refresh()[0].tag(),
            now: self.now,
        };
        Ok(match self.app.store().register_device_key(self.token, &registration).await? {
            ConditionalWrite::Applied(before) => {
                RegistrationOutcome::Registered(Box::new(registration.apply(&before)))
            }
            ConditionalWrite::AppliedToEnded(row) => {
                if let Some(end) = SessionEnd::marked(&row) {
                    sign_out::record_pending_end(self.app, &end).await;
                }
                RegistrationOutcome::SessionEnded
            }
            ConditionalWrite::Rejected(Some(row)) if row.is_live(self.now) => {
                if is_forged(self.token, &row) {
                    report_forged_token(self.app, &row.user, row.id, self.client).await;
                    return Ok(RegistrationOutcome::SessionEnded);
                }
                RegistrationOutcome::Outdated
            }
            ConditionalWrite::Rejected(_) => RegistrationOutcome::SessionEnded,
        })
    }

    /// Answers a proof by the device key with the session. The challenge has been checked.
    ///
    /// *Atomicity*: one consistent read. A write follows at the first proof, and once an hour.
    ///
    /// # Errors
    /// The store failed. The same proof can be sent again.
    pub async fn refresh(&self, proof: &DeviceProof<'_>) -> Result<DeviceRefreshOutcome, StoreError> {
        let row = self.app.store().read_session(&self.token.user, &self.token.session, self.now).await?;
        let Some(row) = row.filter(|row| row.is_live(self.now)) else {
            return Ok(DeviceRefreshOutcome::SessionEnded);
        };
        if row.nonce_hash != self.token.nonce.hash() {
            report_forged_token(self.app, &row.user, row.id, self.client).await;
            return Ok(DeviceRefreshOutcome::SessionEnded);
        }
        let Some(key) = row.device_key else { return Ok(DeviceRefreshOutcome::SessionEnded) };
        if !proof.is_by(&key.point) {
            report_refused_proof(self.app, self.token, self.client, ProofFault::OtherKey, self.now).await;
            return Ok(DeviceRefreshOutcome::OtherKey);
        }
        if self.lacks_required_key(&row, &key) {
            let pending = PendingEnd::new(EndReason::Unbound, Actor::System, self.now);
            sign_out::end_one(self.app, &SessionEnd::of(&row, pending), &[]).await?;
            return Ok(DeviceRefreshOutcome::SessionEnded);
        }
        let row = if key.is_confirmed { row } else { self.confirm(row, &key).await? };
        match self.is_due(&row) {
            true => self.rotate(row).await,
            false => Ok(DeviceRefreshOutcome::Granted(Box::new(row))),
        }
    }

    /// Whether `SESSION_BINDING` requires a DPoP key and the session has only the device key, which does not count.
    fn lacks_required_key(&self, row: &Session, key: &DeviceKey) -> bool {
        let has_dpop_key = row.bound_key.is_some_and(|bound| bound != key.point.bound_key());
        self.app.config().binding.policy == BindingPolicy::Require && !has_dpop_key
    }

    /// Confirms the key. If another registration or an end came first, the browser repeats its request and meets the new row.
    async fn confirm(&self, row: Session, key: &DeviceKey) -> Result<Session, StoreError> {
        if !self.app.store().confirm_device_key(&row, key).await? {
            return Err(StoreError::Contended);
        }
        let row = row.with_confirmed_device_key();
        let kind = EventKind::SessionBound { binding: row.binding() };
        let event = Event::once_an_hour(&row.user, row.id, row.rotated_at, self.now, "session_bound", kind);
        self.app.record_events(&[event.from_client(self.client)], std::future::ready(Ok(()))).await;
        Ok(row)
    }

    /// Whether the refresh is a rotation. An older refresh token shows that the response to the last rotation was lost: then the
    /// current one is the answer.
    fn is_due(&self, row: &Session) -> bool {
        let every = ROTATES_EVERY.min(self.app.config().lifetimes.refresh / 4);
        self.token.generation == row.generation && self.now.before(every) >= row.rotated_at
    }

    async fn rotate(&self, row: Session) -> Result<DeviceRefreshOutcome, StoreError> {
        // The cookie may be from before the key was confirmed.
        let token = RefreshToken { bound_key: row.bound_key, was_in_body: false, ..self.token.clone() };
        let attempt = RefreshAttempt {
            app: self.app,
            token: &token,
            // The browser has no idempotency key here. The client's newest one stays, so that it is evidence of the client
            // also if this response is lost.
            keys: RequestKeys { newest: row.made_by[0], ..RequestKeys::default() },
            proven_key: row.bound_key,
            client: self.client,
            now: self.now,
        };
        Ok(match attempt.run().await? {
            RefreshOutcome::Rotated(session) | RefreshOutcome::Replayed(session) => {
                DeviceRefreshOutcome::Granted(session)
            }
            RefreshOutcome::SessionEnded(_) | RefreshOutcome::ForgedToken => {
                DeviceRefreshOutcome::SessionEnded
            }
            // A limit on rotations is a passing reason, which must not end the browser's session.
            RefreshOutcome::Blocked(_) | RefreshOutcome::Superseded | RefreshOutcome::DeviceProofRequired => {
                DeviceRefreshOutcome::Granted(Box::new(row))
            }
        })
    }
}

/// Whether a token whose seal is right belongs to no session like this one. A token without a key may be from before the device
/// key was confirmed.
fn is_forged(token: &RefreshToken, row: &Session) -> bool {
    let is_of_earlier_binding = row.is_device_bound() && token.bound_key.is_none();
    row.nonce_hash != token.nonce.hash() || (row.bound_key != token.bound_key && !is_of_earlier_binding)
}
