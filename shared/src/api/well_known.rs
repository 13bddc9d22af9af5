//! The public keys, the metadata and the revocation feed with which other services verify our access tokens.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header;
use serde::Serialize;

use super::revocation_feed;
use crate::app::App;

/// How long a verifier may cache the keys and the metadata.
const CACHE: &str = "public, max-age=300";

/// The issuer's metadata, for OAuth clients and for verifiers such as API Gateway's JWT authorizer. A list without
/// entries must be left out. *Source*: RFC 8414, OpenID Connect Discovery 1.0.
#[derive(Serialize)]
struct Metadata<'c> {
    issuer: &'c str,
    jwks_uri: String,
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'static str; 1],
    /// Our own member: the URL of the revocation feed.
    revocations_uri: String,
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: [&'static str; 1],
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 1],
    response_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: Vec<&'c str>,
    /// *Source*: RFC 9449 section 5.1.
    dpop_signing_alg_values_supported: [&'static str; 1],
}

/// The routes of the keys, the metadata and the revocation feed. OpenID Connect appends the well-known path to the issuer; RFC 8414
/// section 3.1 inserts it before the issuer's path.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/.well-known/jwks.json", get(jwks))
        .route("/api/auth/.well-known/revocations", get(revocation_feed::answer))
        .route("/api/auth/.well-known/openid-configuration", get(metadata))
        .route("/.well-known/oauth-authorization-server/api/auth", get(metadata))
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
        // Clients are public: the token itself is the proof.
        token_endpoint_auth_methods_supported: ["none"],
        revocations_uri: format!("{issuer}/.well-known/revocations"),
        revocation_endpoint: format!("{issuer}/revoke"),
        revocation_endpoint_auth_methods_supported: ["none"],
        introspection_endpoint: format!("{issuer}/introspect"),
        introspection_endpoint_auth_methods_supported: ["Bearer"],
        grant_types_supported: ["refresh_token"],
        // The member is required and must not be empty. There is no authorization endpoint that could return anything.
        response_types_supported: ["none"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: id_token_algorithms(app.config().keys.algorithms()),
        dpop_signing_alg_values_supported: ["ES256"],
    })
}

/// The algorithms of the keys, and RS256. OpenID Connect Discovery demands RS256 in this list, and libraries such as
/// Authlib refuse metadata without it. No ID tokens are issued, and a verifier accepts only algorithms of the published
/// keys, so the entry has no other effect.
fn id_token_algorithms(mut algorithms: Vec<&str>) -> Vec<&str> {
    if !algorithms.contains(&"RS256") {
        algorithms.push("RS256");
    }
    algorithms
}

fn cached(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, CACHE)], Json(body)).into_response()
}
