//! The strategy `network` of `POST /revoke`: an administrator ends the sessions that were opened from a network.
//!
//! It needs a recent sign-in, because a copied session of an administrator could otherwise sign out hundreds of users. The
//! preview needs one, too, so that the administrator signs in again before the decision and not after it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::super::admin;
use super::super::fleet::parameters::{cursor_of, network_of, window_of};
use super::super::general_limit::{count, refuse_remembered};
use super::{Requester, RevokeRequest, admin as administrator};
use crate::app::App;
use crate::app::fleet::bulk_revocation::{BulkCommand, BulkMode, BulkPage, revoke_network};
use crate::domain::actor::Actor;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;

/// The time that a call covers if the request has no `from`: a day.
const COVERED: Duration = Duration::from_secs(86_400);

/// A preview ends this long ago by default, so that it lists all sessions that the revocation with its `as_of` can end: an older
/// sign-in has opened its session or has failed, because a request ends after 2.9 s. It is a second more, because `as_of` covers all
/// of its second.
const PREVIEW_DELAY: Duration = Duration::from_secs(4);

/// The body of the response.
#[derive(Serialize)]
struct NetworkRevocationResponse {
    network: String,
    preview: bool,
    from: Timestamp,
    as_of: Timestamp,
    users: Vec<UserView>,
    /// How many sessions `users` has.
    sessions: usize,
    /// The users whose sessions could not be read or ended.
    failed: BTreeSet<UserId>,
    next_cursor: Option<String>,
    /// A service that verifies tokens offline may accept an access token of these sessions until then.
    access_tokens_expire_by: Timestamp,
}

#[derive(Serialize)]
struct UserView {
    user_id: UserId,
    session_ids: Vec<SessionId>,
}

/// Ends the sessions, or returns what would end.
pub(super) async fn end(
    app: &App,
    requester: &Requester,
    request: &RevokeRequest,
) -> Result<Response, Problem> {
    let began = Instant::now();
    let (caller, client, now) = (&requester.caller, &requester.client, requester.caller.now);
    let network = request.network.as_deref().ok_or_else(|| Problem::field("network", "is required"))?;
    let network = network_of(network)?;
    let preview = request.preview.ok_or_else(|| {
        Problem::field("preview", "is required: true ends nothing and returns what would end")
    })?;
    let note = administrator::valid_reason(request.reason.clone())?;
    let as_of = as_of(request.as_of.as_deref(), preview, now)?;
    let (from, kept) = (request.from.as_deref(), app.store().sign_ins_kept());
    let until = if request.as_of.is_some() { "`as_of`" } else { "4 seconds ago, the default of `as_of`" };
    let window = window_of(from, Some(as_of), until, COVERED, kept, now)?;
    let after = request.cursor.as_deref().map(cursor_of).transpose()?;
    admin::require_scope(caller)?;
    refuse_remembered(app, caller)?;
    let (session, limit_headers) =
        tokio::join!(admin::require_recent_admin_session(app, caller), count(app, caller, client));
    session?;
    let limit_headers = limit_headers?;
    admin::record_reading(app, caller, client, ReadTarget::Network(network)).await?;
    let command = BulkCommand {
        network,
        window,
        after,
        mode: if preview { BulkMode::Preview } else { BulkMode::Revoke },
        by: Actor::Admin(caller.user.clone()),
        session: caller.session,
        note,
        client: client.clone(),
        now,
        began,
    };
    let reach = app.config().admin_reach(&caller.user);
    let BulkPage { ended, failed, next } = Box::pin(revoke_network(app, command, reach)).await?;
    let response = NetworkRevocationResponse {
        network: network.to_string(),
        preview,
        from: window.from(),
        as_of,
        sessions: ended.values().map(Vec::len).sum(),
        users: ended.into_iter().map(|(user_id, session_ids)| UserView { user_id, session_ids }).collect(),
        failed,
        next_cursor: next.map(|id| id.to_string()),
        // Until the last session has ended, its refresh may issue an access token.
        access_tokens_expire_by: app.now() + app.config().lifetimes.access,
    };
    Ok((limit_headers, Json(response)).into_response())
}

/// The moment up to which sessions end. A call that ends sessions must name the one of its preview.
fn as_of(text: Option<&str>, preview: bool, now: Timestamp) -> Result<Timestamp, Problem> {
    let Some(text) = text else {
        let expected = "is required with `preview` false: take it from the response with `preview` true";
        return preview.then(|| now.before(PREVIEW_DELAY)).ok_or_else(|| Problem::field("as_of", expected));
    };
    let moment = Timestamp::parse_rfc3339(text).filter(|moment| *moment <= now);
    moment.ok_or_else(|| Problem::field("as_of", "expected an RFC 3339 time that is not in the future"))
}
