//! A service on axum that accepts the access tokens of the local server.
//!
//! ```text
//! make run                                     # the local server, on http://127.0.0.1:9000
//! cargo run -p latchkey-verifier --features axum,hyper --example tower_service
//! ```
//!
//! Get a token. The local server signs in any user that you name:
//!
//! ```text
//! API=http://127.0.0.1:9000 JSON="content-type: application/json"
//! ASSERTION=$(curl -s $API/dev/assertion -H "$JSON" -d '{"sub":"alice"}' | jq -r .assertion)
//! LOGIN="{\"assertion\":\"$ASSERTION\",\"delivery\":\"body\"}"
//! TOKEN=$(curl -s $API/api/auth/login -H "$JSON" -d "$LOGIN" | jq -r .access_token)
//! ```
//!
//! `STRICT=1` also asks the local server, for each request, whether the session has ended. `LATCHKEY_ISSUER`,
//! `LATCHKEY_AUDIENCE` and `PORT` name another issuer, another audience and another port than 8080. `PUBLIC_URL` is the URL
//! that clients use, if it is another one: a token that is bound to a key needs a proof for that URL.

use std::env;
use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use latchkey_verifier::dpop::BaseUrls;
use latchkey_verifier::{
    CookiePolicy, HttpsFetch, Introspection, Refusal, RemoteVerifier, RequireSignedIn, SignedIn,
};

/// `/orders` needs a signed-in user. `/health` is outside the layer, so every client may call it.
pub(crate) fn service(check: RequireSignedIn) -> Router {
    let protected = Router::new().route("/orders", get(list_orders).delete(clear_orders)).layer(check);
    protected.route("/health", get(|| async { "ok\n" }))
}

async fn list_orders(user: SignedIn) -> String {
    format!("orders of {}\n", user.claims().sub)
}

async fn clear_orders(user: SignedIn) -> Result<&'static str, Refusal> {
    user.require_scope("orders:write")?;
    Ok("all orders were cleared\n")
}

fn check(issuer: &str, audience: &str, is_strict: bool) -> Result<RequireSignedIn, Box<dyn Error>> {
    let fetch = Arc::new(HttpsFetch::new());
    let verifier = RemoteVerifier::new(issuer, audience, fetch.clone())?;
    let check = if is_strict {
        RequireSignedIn::strict(verifier, Introspection::new(issuer, fetch)?)
    } else {
        RequireSignedIn::offline(verifier)
    };
    // The local server uses http, where browsers accept no cookie with the prefix `__Host-`.
    let is_local = issuer.starts_with("http://");
    Ok(check.cookies(CookiePolicy { secure: !is_local, ..CookiePolicy::for_issuer(issuer) }))
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what to try")]
async fn main() -> Result<(), Box<dyn Error>> {
    let setting = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let issuer = setting("LATCHKEY_ISSUER", "http://127.0.0.1:9000/api/auth");
    let audience = setting("LATCHKEY_AUDIENCE", "latchkey-local");
    let check = check(&issuer, &audience, env::var("STRICT").is_ok())?;
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", setting("PORT", "8080"))).await?;
    let address = listener.local_addr()?;
    let public_url = setting("PUBLIC_URL", &format!("http://{address}"));
    let check = check.public_urls(BaseUrls::parse([public_url.as_str()])?);
    println!("Accepts the tokens of {issuer}. Sign in there, put the access token into $TOKEN, and try:");
    println!("    curl -i http://{address}/orders -H \"Authorization: Bearer $TOKEN\"");
    println!("    curl -i http://{address}/orders");
    Ok(axum::serve(listener, service(check)).await?)
}
