//! Successful responses with a status other than 200, so that the endpoints need not know status codes.

use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};

/// 201: the request has created a session.
pub fn created(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::CREATED;
    response
}

/// 202 without a body: the request was received and acted on, as far as it asks for an act.
pub fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}

/// 204: the request was carried out, and there is nothing to return.
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// 304 without a body: the client already has the response with this entity tag.
pub fn not_modified(etag: String) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response()
}
