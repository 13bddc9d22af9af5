//! `SignedIn` as an axum extractor, `Refusal` as an axum response.

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use super::SignedIn;
use crate::refusal::{Refusal, RefusalCode};
use crate::request_id::RequestId;

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Refusal;

    /// A route without a `RequireSignedIn` layer is a mistake of its service: it answers every request with 500.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let unguarded =
            || Refusal::of(RefusalCode::Internal).because("the route has no RequireSignedIn layer");
        parts.extensions.get::<Self>().cloned().ok_or_else(unguarded)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.to_response(&RequestId::generate())
    }
}
