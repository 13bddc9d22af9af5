//! The header `Date` shows the time of the movable clock, as that of a real server shows its time.
//!
//! A client takes the time of its proofs from this header. With the system's time it could prove nothing once the clock was
//! moved.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::DATE;
use latchkey::app::App;

/// Adds the header to a response.
pub(super) async fn add_date(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let text = DateTime::from_secs(app.now().seconds()).fmt(Format::HttpDate).ok();
    if let Some(date) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt;

    use super::*;
    use crate::server::LocalServer;

    #[tokio::test]
    async fn the_date_follows_the_clock() {
        let server = LocalServer::memory(&[]).await.unwrap();
        let date = async || {
            let request = http::Request::get("/api/auth/refresh").header("host", "127.0.0.1");
            let response = server.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let text = response.headers()[DATE].to_str().unwrap().to_owned();
            DateTime::from_str(&text, Format::HttpDate).unwrap().secs()
        };
        let before = date().await;
        server.clock.advance(std::time::Duration::from_secs(86_400));
        assert!((86_400..86_460).contains(&(date().await - before)));
    }
}
