//! What a signed-in client gets: tokens in the body or in cookies, and the same facts either way.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::domain::scope::{ADMIN, Scope};
use crate::domain::session::Session;
use crate::domain::session::nonce::Nonce;
use crate::domain::time::Timestamp;
use crate::http::caller::Transport;
use crate::http::problem::{Code, Problem};
use crate::token::SecretToken;
use crate::token::access::{self, Claims};

/// The two tokens of a session's current generation.
pub(super) struct Tokens {
    access: SecretToken,
    refresh: SecretToken,
    access_expires_at: Timestamp,
    refresh_expires_at: Timestamp,
    scope: Scope,
    now: Timestamp,
}

/// Mints both tokens of `session`: a new access token, and the one refresh token its row stands for.
pub(super) fn tokens(app: &App, session: &Session, nonce: Nonce, now: Timestamp) -> Result<Tokens, Problem> {
    let config = app.config();
    let key = config.keys.refresh().iter().find(|key| key.tag() == session.key);
    // While a new key is rolled out another instance may have sealed with it already: no 401, which would
    // sign the client out.
    let unknown = || Problem::of(Code::StoreUnavailable).because("the row's refresh key is not known here");
    let key = key.ok_or_else(unknown)?;
    let signer = config.keys.signer().map_err(|error| Problem::of(Code::Internal).because(error))?;
    let access_expires_at = session.access_expires_at(now, config.lifetimes.access);
    let scope = current_scope(session, now, config.admin_max_age);
    let claims = Claims {
        iss: config.issuer.clone(),
        sub: session.user.clone(),
        aud: config.audience.clone(),
        client_id: config.audience.clone(),
        iat: now.seconds(),
        exp: access_expires_at.seconds(),
        nbf: None,
        jti: token_id()?,
        sid: session.id,
        auth_time: session.auth_time.seconds(),
        scope: scope.clone(),
    };
    Ok(Tokens {
        access: access::mint(&claims, signer)?,
        refresh: key.seal(&session.refresh_token(nonce)),
        access_expires_at,
        refresh_expires_at: session.expires_at,
        scope,
        now,
    })
}

/// An administrator's scope leaves new tokens some hours after the sign-in: nobody stays one for 30 days.
fn current_scope(session: &Session, now: Timestamp, admin_max_age: Duration) -> Scope {
    if now > session.auth_time + admin_max_age { session.scope.without(ADMIN) } else { session.scope.clone() }
}

fn token_id() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    let filled = aws_lc_rs::rand::fill(&mut bytes);
    filled.map_err(|_| Problem::of(Code::Internal).because("no randomness"))?;
    Ok(BASE64URL.encode(bytes))
}

impl Tokens {
    /// The answer of a login or a refresh. `extra` adds members.
    pub(super) fn reply(
        self,
        app: &App,
        session: &Session,
        transport: Transport,
        status: StatusCode,
        extra: Value,
    ) -> Response {
        let refresh_expires_in = self.now.seconds_until(self.refresh_expires_at);
        let mut body = json!({
            "session_id": session.id,
            "user_id": session.user,
            "expires_in": self.now.seconds_until(self.access_expires_at),
            "expires_at": self.access_expires_at.to_rfc3339(),
            "session_expires_at": session.absolute_expires_at.to_rfc3339(),
        });
        merge(&mut body, extra);
        if transport == Transport::Cookie {
            let lifetime = Duration::from_secs(refresh_expires_in);
            let cookies = app.config().cookies.set(&self.access, &self.refresh, lifetime);
            return (status, cookies, Json(body)).into_response();
        }
        merge(
            &mut body,
            json!({
                "access_token": self.access.expose(),
                "token_type": "Bearer",
                "refresh_token": self.refresh.expose(),
                "refresh_expires_in": refresh_expires_in,
            }),
        );
        (status, Json(body)).into_response()
    }

    /// The members of RFC 6749 section 5.1 and no other.
    pub(super) fn oauth_reply(self) -> Response {
        Json(json!({
            "access_token": self.access.expose(),
            "token_type": "Bearer",
            "expires_in": self.now.seconds_until(self.access_expires_at),
            "refresh_token": self.refresh.expose(),
            "scope": self.scope,
        }))
        .into_response()
    }
}

fn merge(body: &mut Value, extra: Value) {
    if let (Some(body), Value::Object(extra)) = (body.as_object_mut(), extra) {
        body.extend(extra);
    }
}
