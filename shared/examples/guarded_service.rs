//! A service of yours, open to whoever is signed in with Latchkey:
//!
//! ```text
//! curl https://app.example.com/api/auth/.well-known/jwks.json > jwks.json
//! LATCHKEY_ISSUER=https://app.example.com/api/auth LATCHKEY_AUDIENCE=shop \
//!     cargo run -p latchkey --example guarded_service jwks.json
//! ```

use std::error::Error;

use axum::{Router, routing::get};
use latchkey::http::problem::Problem;
use latchkey::http::signed_in::{IsSignedIn, SignedIn};
use latchkey::token::verifier::Verifier;

/// What is outside the layer is open to everybody.
pub(crate) fn service(check: IsSignedIn) -> Router {
    let guarded = Router::new().route("/orders", get(list).delete(clear)).layer(check);
    guarded.route("/health", get(|| async { "fine" }))
}

async fn list(caller: SignedIn) -> String {
    format!("orders of {}", caller.claims().sub)
}

async fn clear(caller: SignedIn) -> Result<&'static str, Problem> {
    caller.needs("orders:write")?;
    Ok("no orders are left")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let jwks = std::fs::read_to_string(std::env::args().nth(1).ok_or("which file has the JWKS?")?)?;
    let (issuer, audience) = (std::env::var("LATCHKEY_ISSUER")?, std::env::var("LATCHKEY_AUDIENCE")?);
    let check = IsSignedIn::offline(Verifier::parse(&jwks, &issuer, &audience)?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    Ok(axum::serve(listener, service(check)).await?)
}
