//! Responses as text, because every body that we send is UTF-8.
//!
//! The conversion of lambda_http would look for a charset in the content type. It links the decoders of all charsets,
//! which add 130 KB to every zipped function.

use http::Response;
use http_body_util::BodyExt as _;
use lambda_http::{Body, IntoResponse};

/// A response of the routes, with a body in UTF-8.
pub(super) struct TextResponse(pub(super) Response<axum::body::Body>);

impl IntoResponse for TextResponse {
    fn into_response(self) -> std::pin::Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        Box::pin(async {
            let (parts, body) = self.0.into_parts();
            let bytes = body.collect().await.expect("a body in memory can always be read").to_bytes();
            let text = String::from_utf8(bytes.into()).expect("every body of this server is UTF-8");
            Response::from_parts(parts, Body::Text(text))
        })
    }
}
