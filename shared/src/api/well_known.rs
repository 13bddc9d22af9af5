//! The public keys and the metadata with which other services verify our access tokens.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header;
use serde_json::{Value, json};

use crate::app::App;

/// How long verifiers may keep them, the one exception to `no-store`.
const CACHE: &str = "public, max-age=300";

/// The two documents, under the issuer.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/.well-known/jwks.json", get(jwks))
        .route("/api/auth/.well-known/openid-configuration", get(configuration))
}

async fn jwks(State(app): State<App>) -> Response {
    cached(app.config().keys.public_jwks().clone())
}

/// Enough of OpenID Connect Discovery for verifiers such as API Gateway's JWT authorizer.
async fn configuration(State(app): State<App>) -> Response {
    let issuer = &app.config().issuer;
    cached(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "token_endpoint": format!("{issuer}/refresh"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "grant_types_supported": ["refresh_token"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": app.config().keys.algorithms(),
    }))
}

fn cached(body: Value) -> Response {
    ([(header::CACHE_CONTROL, CACHE)], Json(body)).into_response()
}
