//! `POST /revoke`: end the calling session, another one, all others, all, or as an administrator those of other
//! users or of a network, and suspend or resume a user. When the response arrives, the sessions have ended.

mod admin;
mod current;
mod history;
mod network;
mod suspend;
mod token;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::request::Parts;
use serde::Deserialize;

use super::own_sessions::{end_all_others, end_by_id, own_session};
use super::revoke_response::RevokeResponse;
use super::{introspect, provider_order, sign_in_review};
use crate::app::App;
use crate::app::sign_out::{RevokeCommand, SessionSelector, end_many};
use crate::domain::client_context::ClientContext;
use crate::http::body::{self, MediaType};
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::idempotency_key;
use crate::http::problem::{OAuthForm, Problem};

use current::{clear_cookies, clearing_cookies};

/// The routes of the revoke function, which also answers what was revoked and whether a token is good, and takes the orders of
/// identity providers and the answers of users about their sign-ins.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/revoke", post(revoke).get(history::history))
        .route("/api/auth/introspect", post(introspect::introspect))
        .merge(provider_order::routes())
        .merge(sign_in_review::routes())
}

/// An unknown member is refused, because a misspelt `before` or `user_id` would end other sessions than intended.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeRequest {
    strategy: Strategy,
    session_id: Option<String>,
    user_id: Option<String>,
    refresh_token: Option<String>,
    token: Option<String>,
    reason: Option<String>,
    before: Option<String>,
    until: Option<String>,
    network: Option<String>,
    preview: Option<bool>,
    from: Option<String>,
    as_of: Option<String>,
    cursor: Option<String>,
    previous_keys: Option<Vec<String>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Strategy {
    Current,
    Session,
    Others,
    All,
    Token,
    User,
    Suspend,
    Resume,
    Network,
    Everyone,
}

impl RevokeRequest {
    /// Refuses a member that the strategy does not use, instead of doing less than the caller asked for.
    fn refuse_unused_members(&self) -> Result<(), Problem> {
        let used: &[&str] = match self.strategy {
            Strategy::Current => &["refresh_token", "previous_keys"],
            Strategy::Session if self.user_id.is_some() => &["session_id", "user_id", "reason"],
            Strategy::Session => &["session_id"],
            Strategy::Others | Strategy::All => &[],
            Strategy::Token => &["token", "previous_keys"],
            Strategy::User | Strategy::Resume => &["user_id", "reason"],
            Strategy::Suspend => &["user_id", "reason", "until"],
            Strategy::Network => &["network", "preview", "reason", "from", "as_of", "cursor"],
            Strategy::Everyone => &["before", "reason"],
        };
        let given = [
            ("session_id", self.session_id.is_some()),
            ("user_id", self.user_id.is_some()),
            ("refresh_token", self.refresh_token.is_some()),
            ("token", self.token.is_some()),
            ("reason", self.reason.is_some()),
            ("before", self.before.is_some()),
            ("until", self.until.is_some()),
            ("network", self.network.is_some()),
            ("preview", self.preview.is_some()),
            ("from", self.from.is_some()),
            ("as_of", self.as_of.is_some()),
            ("cursor", self.cursor.is_some()),
            ("previous_keys", self.previous_keys.is_some()),
        ];
        match given.into_iter().find(|(name, is_given)| *is_given && !used.contains(name)) {
            None => Ok(()),
            Some(("reason", _)) => Err(Problem::field(
                "reason",
                "is for administrators: the strategy user, suspend, resume, network or everyone, or session with user_id",
            )),
            Some((name, _)) => Err(Problem::field(name, "is not a member of this strategy")),
        }
    }
}

/// The caller, and where the request comes from.
struct Requester {
    caller: Caller,
    client: ClientContext,
}

async fn revoke(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let is_form = body::is_form(&parts.headers);
    let response = answer(app, &mut parts, Body::new(body)).await;
    response.map_err(|problem| if is_form { problem.as_oauth(OAuthForm::Authenticated) } else { problem })
}

async fn answer(app: App, parts: &mut Parts, body: Body) -> Result<Response, Problem> {
    let bytes = body::read(body).await?;
    if body::media_type(&parts.headers, &bytes)? == MediaType::Form {
        return token::as_rfc7009(&app, parts, &bytes).await;
    }
    let request: RevokeRequest = body::json_of(&parts.headers, &bytes)?;
    request.refuse_unused_members()?;
    let previous_keys = idempotency_key::previous_of(request.previous_keys.as_deref())?;
    match request.strategy {
        Strategy::Current => {
            match current::end(&app, parts, request.refresh_token.as_deref(), &previous_keys).await {
                Ok(ended) => Ok((clear_cookies(&app, &parts.headers), ended).into_response()),
                Err(problem) => Err(clearing_cookies(&app, &parts.headers, problem)),
            }
        }
        Strategy::Token => {
            let text = request.token.ok_or_else(|| Problem::field("token", "is required"))?;
            token::end(&app, parts, &text, &previous_keys).await.map(RevokeResponse::into_response)
        }
        Strategy::Session => {
            let requester = Requester::of(parts, &app).await?;
            let id = request.session_id.ok_or_else(|| Problem::field("session_id", "is required"))?;
            let ended = match request.user_id {
                Some(user) => admin::end_session(&app, &requester, &user, &id, request.reason).await?,
                None => end_by_id(&app, &requester.caller, &requester.client, &id).await?,
            };
            Ok(ended.into_response())
        }
        Strategy::Others => {
            let requester = Requester::of(parts, &app).await?;
            end_all_others(&app, &requester.caller, &requester.client)
                .await
                .map(RevokeResponse::into_response)
        }
        Strategy::All => {
            let requester = Requester::of(parts, &app).await?;
            match end_all(&app, &requester).await {
                Ok(ended) => Ok((clear_cookies(&app, &parts.headers), ended).into_response()),
                Err(problem) => Err(clearing_cookies(&app, &parts.headers, problem)),
            }
        }
        Strategy::User => {
            let requester = Requester::of(parts, &app).await?;
            admin::end_user(&app, &requester, request.user_id, request.reason)
                .await
                .map(RevokeResponse::into_response)
        }
        Strategy::Suspend => {
            let requester = Requester::of(parts, &app).await?;
            suspend::suspend(&app, &requester, request.user_id, request.reason, request.until)
                .await
                .map(RevokeResponse::into_response)
        }
        Strategy::Resume => {
            let requester = Requester::of(parts, &app).await?;
            suspend::resume(&app, &requester, request.user_id, request.reason).await.map(Json::into_response)
        }
        Strategy::Network => {
            let requester = Requester::of(parts, &app).await?;
            Box::pin(network::end(&app, &requester, &request)).await
        }
        Strategy::Everyone => {
            let requester = Requester::of(parts, &app).await?;
            admin::end_everyone(&app, &requester, request.before, request.reason)
                .await
                .map(Json::into_response)
        }
    }
}

async fn end_all(app: &App, requester: &Requester) -> Result<RevokeResponse, Problem> {
    let caller = &requester.caller;
    let state = app.store().read_user_state(&caller.user, caller.now).await?;
    own_session(app, caller, &state).await?;
    let command = RevokeCommand::of_user(caller.session, &requester.client, caller.now);
    let ends = end_many(app, &caller.user, SessionSelector::All, &command, state).await?;
    Ok(RevokeResponse::new(app, ends, caller.now))
}

impl Requester {
    async fn of(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        Ok(Self { caller, client: client(parts, app).await })
    }
}

/// The client context of the request.
async fn client(parts: &mut Parts, app: &App) -> ClientContext {
    let Ok(Client(client)) = Client::from_request_parts(parts, app).await;
    client
}
