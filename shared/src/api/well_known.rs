//! The public keys and the metadata with which other services verify our access tokens.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header;
use serde::Serialize;

use crate::app::App;

/// How long a verifier may cache the documents. All other responses are `no-store`.
const CACHE: &str = "public, max-age=300";

/// The issuer's metadata. *Source*: RFC 8414 and OpenID Connect Discovery 1.0, as far as verifiers such as API
/// Gateway's JWT authorizer need it.
#[derive(Serialize)]
struct Metadata<'c> {
    issuer: &'c str,
    jwks_uri: String,
    token_endpoint: String,
    revocation_endpoint: String,
    grant_types_supported: [&'static str; 1],
    response_types_supported: [&'static str; 0],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: Vec<&'c str>,
}

/// The routes of both documents, below the issuer.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/.well-known/jwks.json", get(jwks))
        .route("/api/auth/.well-known/openid-configuration", get(metadata))
}

async fn jwks(State(app): State<App>) -> Response {
    cached(app.config().keys.public_jwks())
}

async fn metadata(State(app): State<App>) -> Response {
    let issuer = &app.config().issuer;
    cached(Metadata {
        issuer,
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        token_endpoint: format!("{issuer}/refresh"),
        revocation_endpoint: format!("{issuer}/revoke"),
        grant_types_supported: ["refresh_token"],
        response_types_supported: [],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: app.config().keys.algorithms(),
    })
}

fn cached(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, CACHE)], Json(body)).into_response()
}
