//! A response goes back to the gateway as text: every body of ours is UTF-8.
//!
//! lambda_http would ask the content type for a charset, and the decoders of all the others are 130 KB of
//! every zipped function.

use http::Response;
use http_body_util::BodyExt as _;
use lambda_http::{Body, IntoResponse};

/// A response of the routes.
pub(super) struct Answer(pub(super) Response<axum::body::Body>);

impl IntoResponse for Answer {
    fn into_response(self) -> std::pin::Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        Box::pin(async {
            let (parts, body) = self.0.into_parts();
            let bytes = body.collect().await.expect("a body in memory cannot break off").to_bytes();
            let text = String::from_utf8(bytes.into()).expect("a body of ours is UTF-8");
            Response::from_parts(parts, Body::Text(text))
        })
    }
}
