//! The demo page at `/` and the security console at `/console`: serves the files of the client's build, read at each request.
//!
//! ```text
//! GET /              index.html, or instructions to build it
//! GET /console       console.html, or the same instructions
//! GET /demo/<name>   one file of the same directory, or the API's 404
//! GET /favicon.ico   the icon in the tab of the browser
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::{Method, header};

/// The page runs only scripts of this server, connects only to it, and cannot be put into a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A key. Browsers request it for every page without being asked to.
const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\" fill=\"none\" stroke=\"#36c\" \
    stroke-width=\"2\"><circle cx=\"5\" cy=\"8\" r=\"3\"/><path d=\"M8 8h7M12 8v3\"/></svg>";

const HOW_TO_BUILD: &str = "<!doctype html><html lang=\"en\"><title>Latchkey</title><h1>Latchkey is running</h1>\
    <p>The demo page is not built. <code>make run</code> builds it, or in <code>client/</code>: \
    <code>npm ci &amp;&amp; npm run build &amp;&amp; npm run demo</code>. Then load this page again.</p></html>";

/// Serves the files of `directory` in front of `routes`.
pub fn in_front_of(routes: Router, directory: Option<PathBuf>) -> Router {
    routes.layer(middleware::from_fn_with_state(Arc::new(directory), page))
}

async fn page(State(directory): State<Arc<Option<PathBuf>>>, request: Request, next: Next) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return next.run(request).await;
    }
    let path = request.uri().path();
    if path == "/favicon.ico" {
        return answer("image/svg+xml", ICON.into());
    }
    let page = match path {
        "/" => Some("index.html"),
        "/console" => Some("console.html"),
        _ => None,
    };
    let name = page.or_else(|| path.strip_prefix("/demo/"));
    let file = name.and_then(|name| Some((kind(name)?, read(directory.as_deref()?, name)?)));
    match file {
        Some((kind, bytes)) => answer(kind, bytes),
        None if page.is_some() => answer("text/html; charset=utf-8", HOW_TO_BUILD.into()),
        None => next.run(request).await,
    }
}

fn answer(kind: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, bytes).into_response()
}

/// Reads the file `name`. It must have no separator, no escape and no leading dot, so that no path leads out of
/// `directory`.
fn read(directory: &Path, name: &str) -> Option<Vec<u8>> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let safe = !name.starts_with('.') && name.bytes().all(plain);
    safe.then(|| std::fs::read(directory.join(name)).ok()).flatten()
}

fn kind(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::StatusCode;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn get(directory: Option<&Path>, path: &str) -> (StatusCode, String, String) {
        let router = in_front_of(Router::new(), directory.map(Path::to_owned));
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, kind.unwrap_or_default(), String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_built_page_is_served_with_its_script() {
        let built = tempfile::tempdir().unwrap();
        std::fs::write(built.path().join("index.html"), "the page").unwrap();
        std::fs::write(built.path().join("demo.js"), "the script").unwrap();
        let (_, kind, text) = get(Some(built.path()), "/").await;
        assert_eq!((kind.as_str(), text.as_str()), ("text/html; charset=utf-8", "the page"));
        let (_, kind, text) = get(Some(built.path()), "/demo/demo.js").await;
        assert_eq!((kind.as_str(), text.as_str()), ("text/javascript; charset=utf-8", "the script"));
    }

    #[tokio::test]
    async fn the_console_has_an_address_of_its_own() {
        let built = tempfile::tempdir().unwrap();
        std::fs::write(built.path().join("console.html"), "the console").unwrap();
        let (_, kind, text) = get(Some(built.path()), "/console").await;
        assert_eq!((kind.as_str(), text.as_str()), ("text/html; charset=utf-8", "the console"));
        assert_eq!(get(Some(built.path()), "/console/").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn every_page_has_an_icon() {
        let (status, kind, text) = get(None, "/favicon.ico").await;
        assert_eq!((status, kind.as_str()), (StatusCode::OK, "image/svg+xml"));
        assert!(text.starts_with("<svg") && text.ends_with("</svg>"), "{text}");
    }

    #[tokio::test]
    async fn without_a_build_each_page_shows_how_to_build_it() {
        for path in ["/", "/console"] {
            let (status, _, text) = get(None, path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(text.contains("make run"), "{path}: {text}");
        }
    }

    #[tokio::test]
    async fn no_path_leads_out_of_the_directory() {
        let outside = tempfile::tempdir().unwrap();
        let built = outside.path().join("built");
        std::fs::create_dir(&built).unwrap();
        std::fs::write(outside.path().join("secret.js"), "a secret").unwrap();
        for path in
            ["/demo/../secret.js", "/demo/..%2fsecret.js", "/demo//secret.js", "/demo/.js", "/secret.js"]
        {
            assert_eq!(get(Some(&built), path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }
}
