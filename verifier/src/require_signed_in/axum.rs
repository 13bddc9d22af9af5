//! `SignedIn` as an axum extractor, `Refusal` as an axum response, and the URL that a nested router has shortened.

use ::axum::extract::{FromRequestParts, OriginalUri};
use ::axum::response::{IntoResponse, Response};
use http::Extensions;
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

/// The path as the client sent it. `Router::nest` removes its prefix from the URI of the request.
pub(super) fn original_path(extensions: &Extensions) -> Option<&str> {
    extensions.get::<OriginalUri>().map(|OriginalUri(uri)| uri.path())
}
