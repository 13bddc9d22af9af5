//! Does the client have the key of its session? The proofs of sign-ins and refreshes, and the nonces for them.
//!
//! Every refusal of a sign-in or refresh is a 400 that clears no cookie and ends no session: the client signs another proof, or
//! signs in again. A 401 would end the session in all tabs of the browser. Where an access token is presented, a refusal is a 401.
//! *Source*: RFC 9449 sections 5 and 8.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use latchkey_verifier::dpop::{self, Expected, KeyRule, NonceRule, Proof, ProofError};
use latchkey_verifier::{Refusal, Transport};

use super::problem::{Code, Problem};
use crate::app::App;
use crate::config::BindingPolicy;
use crate::domain::session::binding::{BoundKey, ProofFault};
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;

/// The header with a proof.
pub const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The header with the nonce for the next proof.
pub const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// How much older than an access token the nonce of a refresh may be. The client has it from the refresh before.
const NONCE_LEEWAY: Duration = Duration::from_secs(600);

/// The proof of a sign-in. `None`: the session is not bound.
///
/// # Errors
/// 400: the proof is not valid, or there is none and `SESSION_BINDING` requires one.
pub fn of_login(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Option<Proof>, Problem> {
    let policy = app.config().binding.policy;
    let has_proof = headers.contains_key(DPOP);
    if policy == BindingPolicy::Off || policy == BindingPolicy::Prefer && !has_proof {
        return Ok(None);
    }
    if !has_proof {
        let detail = "DPoP: the header is missing; this server opens only sessions that are bound to a key";
        return Err(Problem::of(Code::DeviceProofRequired).detail(detail));
    }
    let expected = expected(app, "/api/auth/login", KeyRule::Any, NonceRule::Ignored, now);
    accept(app, headers, &expected).map(Some).map_err(refusal)
}

/// The proof of a refresh with a token that is bound to a key. A proof for an unbound token is ignored: only a sign-in binds,
/// because a thief with the token could bind it to another key.
///
/// If a script could read the token, the proof needs a recent nonce. Otherwise the script could sign proofs for later hours
/// and leave with the token.
///
/// # Errors
/// The proof is missing or not valid.
pub fn of_refresh(
    app: &App,
    headers: &HeaderMap,
    token: &RefreshToken,
    transport: Transport,
    now: Timestamp,
) -> Result<Option<Proof>, ProofError> {
    let Some(key) = token.bound_key else { return Ok(None) };
    let is_fresh = |nonce: &str| is_fresh(app, nonce, now);
    let nonce = match transport {
        Transport::Cookie if !token.was_in_body => NonceRule::Ignored,
        _ => NonceRule::Required(&is_fresh),
    };
    let key = KeyRule::Truncated(*key.as_bytes());
    accept(app, headers, &expected(app, "/api/auth/refresh", key, nonce, now)).map(Some)
}

/// The key whose possession a sign-out with this refresh token proves. A wrong proof counts as none, because a sign-out must not
/// fail for it. It needs no nonce: it is evidence only, and grants nothing.
pub fn of_sign_out(app: &App, headers: &HeaderMap, token: &RefreshToken, now: Timestamp) -> Option<BoundKey> {
    let key = KeyRule::Truncated(*token.bound_key?.as_bytes());
    let expected = expected(app, "/api/auth/revoke", key, NonceRule::Ignored, now);
    accept(app, headers, &expected).ok().map(|proof| bound_key(&proof))
}

/// The proof of a request with an access token that is bound to a key.
///
/// # Errors
/// 401: the proof is missing or not valid. A repeated proof is refused for methods that change something only, because
/// browsers and proxies repeat the others.
pub fn of_access(app: &App, headers: &HeaderMap, expected: &Expected<'_>) -> Result<Proof, Refusal> {
    if expected.method.parse().is_ok_and(|method: Method| method.is_safe()) {
        return Ok(dpop::verify(headers.get_all(DPOP), expected)?);
    }
    Ok(accept(app, headers, expected)?)
}

/// The key of a proof as rows and refresh tokens hold it.
pub fn bound_key(proof: &Proof) -> BoundKey {
    BoundKey::from_bytes(proof.thumbprint.truncated())
}

/// The refusal of a sign-in or a refresh.
pub fn refusal(error: ProofError) -> Problem {
    let code = match error {
        ProofError::Missing | ProofError::WrongKey => Code::DeviceProofRequired,
        error if error.is_only_time_or_nonce() => Code::UseDpopNonce,
        _ => Code::InvalidDpopProof,
    };
    Problem::of(code).detail(error.to_string())
}

/// The fault that the user's audit trail shows. A wrong time, an old nonce and a repeated proof are no sign of a thief:
/// clocks differ, and browsers repeat requests.
pub fn fault(error: ProofError) -> Option<ProofFault> {
    match error {
        ProofError::Missing => Some(ProofFault::Missing),
        ProofError::WrongKey => Some(ProofFault::OtherKey),
        ProofError::Repeated => None,
        error if error.is_only_time_or_nonce() => None,
        _ => Some(ProofFault::Invalid),
    }
}

/// Adds `DPoP-Nonce` to the response to a request with a proof, and to a refusal that asks for one.
pub async fn offer_nonce(State(app): State<App>, request: Request, next: Next) -> Response {
    let has_proof = request.headers().contains_key(DPOP);
    let mut response = next.run(request).await;
    let code = response.extensions().get::<Problem>().map(Problem::code);
    let asks = matches!(code, Some(Code::UseDpopNonce | Code::DeviceProofRequired));
    if (has_proof || asks)
        && let Ok(nonce) = HeaderValue::from_str(&app.nonces()[0].issue(app.now().into()))
    {
        response.headers_mut().insert(DPOP_NONCE, nonce);
    }
    response
}

fn expected<'r>(
    app: &'r App,
    path: &'r str,
    key: KeyRule,
    nonce: NonceRule<'r>,
    now: Timestamp,
) -> Expected<'r> {
    let base_urls = &app.config().base_urls;
    Expected {
        method: Method::POST.as_str(),
        base_urls,
        path,
        access_token: None,
        key,
        nonce,
        now: now.into(),
    }
}

/// Verifies a proof and remembers it, so that it cannot be used again.
fn accept(app: &App, headers: &HeaderMap, expected: &Expected<'_>) -> Result<Proof, ProofError> {
    let proof = dpop::verify(headers.get_all(DPOP), expected)?;
    app.seen_proofs().remember(&proof, expected.now)?;
    Ok(proof)
}

/// Whether a nonce is one of ours that the client can have from its last refresh. All refresh keys count, because another
/// instance may have issued it before a change of keys.
fn is_fresh(app: &App, nonce: &str, now: Timestamp) -> bool {
    let longest = app.config().lifetimes.access + NONCE_LEEWAY;
    app.nonces().iter().any(|nonces| nonces.age(nonce, now.into()).is_some_and(|age| age <= longest))
}
