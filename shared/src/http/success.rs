//! Successful responses with a status other than 200, so that the endpoints need not know status codes.

use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};

/// 201: the request has created a session.
pub fn created(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::CREATED;
    response
}

/// 304 without a body: the client already has the response with this entity tag.
pub fn not_modified(etag: String) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response()
}
