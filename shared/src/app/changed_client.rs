//! Has the client changed since it received this refresh token?

use super::App;
use crate::domain::client_context::{ClientContext, ContextChange};
use crate::domain::session::refresh_token::RefreshToken;

/// Compares a request with the client that made the presented generation, by the fingerprint in its token. `None`: the key
/// that sealed the fingerprint is gone.
pub(crate) fn change_since(app: &App, token: &RefreshToken, client: &ClientContext) -> Option<ContextChange> {
    let config = app.config();
    let key = config.keys.refresh().iter().find(|key| key.tag() == token.sealed_by)?;
    let is_trusted = config.risk_rules.is_allowed(client.ip);
    Some(token.fingerprint.change_to(&key.fingerprint(&token.session, client, is_trusted)))
}
