//! `POST /login/attempts`: may this account be tried once more? For the backend that owns the passwords.
//!
//! Attempts count per account and network, so that nobody can lock a stranger out. An account that is tried
//! from many networks is told apart: `challenge` asks for more proof, and still nobody is locked out.

use std::net::IpAddr;

use aws_lc_rs::digest;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use crate::app::App;
use crate::app::limiter::{CheckResult, LimitSubject, check, fails_closed};
use crate::domain::event::Subject;
use crate::domain::limit::sliding_window::WindowBuckets;
use crate::domain::limit::{LimitMode, Policy};
use crate::domain::place::Network;
use crate::domain::scope::ATTEMPTS;
use crate::domain::time::Timestamp;
use crate::http::body;
use crate::http::problem::Problem;
use crate::http::{rate_limit, service_caller};
use crate::store::{Attempt, StoreError};

/// The longest name of an account, in characters, as openapi.yaml counts. Only its hash is kept.
const SUBJECT_MAX_CHARS: usize = 256;

#[derive(Deserialize)]
struct AttemptRequest {
    policy: Named,
    subject: String,
    ip: Option<IpAddr>,
    outcome: Option<Outcome>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    Login,
    PasswordReset,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Failure,
    Success,
}

pub(super) async fn attempts(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let now = app.now();
    service_caller::expect(&app, &headers, ATTEMPTS, now).await?;
    let request: AttemptRequest = body::json(&headers, body).await?;
    let account = account(&request.subject)?;
    let limits = &app.config().limits;
    let policy = match request.policy {
        Named::Login => &limits.login,
        Named::PasswordReset => &limits.password_reset,
    };
    if request.outcome == Some(Outcome::Success) {
        clear(&app, policy, &account, request.ip).await?;
        return Ok(answer(policy.attempts, false));
    }
    let who = attempter(&account, request.ip);
    match fails_closed(&app, policy, check(&app, policy, &who, now).await)? {
        CheckResult::OverLimit(until) => Err(rate_limit::refusal(policy, until, now)),
        CheckResult::Unlimited => Ok(answer(policy.attempts, false)),
        CheckResult::WithinLimit(standing) => {
            // Only now: what one network is refused must not put a stranger on `challenge`.
            let challenge = is_tried_from_many(&app, policy, &account, now).await?;
            let mut response = answer(standing.remaining, challenge);
            response.headers_mut().extend(rate_limit::headers(policy, standing));
            Ok(response)
        }
    }
}

fn answer(remaining: u32, challenge: bool) -> Response {
    Json(json!({"allowed": true, "remaining": remaining, "challenge": challenge})).into_response()
}

/// One key for one account, however it is spelt, and no name in the table: NFKC, lower case, no blanks
/// around.
fn account(subject: &str) -> Result<String, Problem> {
    let plain: String = subject.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let plain = plain.trim();
    if plain.is_empty() || subject.chars().count() > SUBJECT_MAX_CHARS || plain.chars().any(char::is_control)
    {
        return Err(Problem::field("subject", "expected 1 to 256 printable characters"));
    }
    Ok(BASE64URL.encode(&digest::digest(&digest::SHA256, plain.as_bytes()).as_ref()[..16]))
}

fn attempter(account: &str, ip: Option<IpAddr>) -> LimitSubject {
    let network = ip.map(Network::of);
    let place = network.map_or_else(|| "-".to_owned(), |network| network.to_string());
    LimitSubject {
        key: format!("{account}#{place}"),
        subject: network.map_or(Subject::Everyone, Subject::Network),
        session: None,
        ip,
        can_be_cleared: true,
    }
}

/// Whether an account is tried more often, over all networks, than one network may. It blocks nobody.
async fn is_tried_from_many(
    app: &App,
    policy: &Policy,
    account: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    match app.store().attempt(&everywhere(policy, account), policy, now).await {
        Ok(Attempt::Counted(counts)) => {
            Ok(counts.total(WindowBuckets::of(policy), now) > i64::from(policy.attempts))
        }
        Ok(Attempt::Refused(_)) => Ok(true),
        // So many at once that DynamoDB slows them down come from more than one network.
        Err(error) if error.is_throttle() => Ok(true),
        Err(error) => Err(error),
    }
}

/// The password was right: its failures were the user's own. They leave the account's sum, too.
async fn clear(app: &App, policy: &Policy, account: &str, ip: Option<IpAddr>) -> Result<(), StoreError> {
    let own = format!("{}#{}", policy.name, attempter(account, ip).key);
    let forget = async {
        let failures = app.store().forget_attempts(&own).await?;
        app.store().take_back(&everywhere(policy, account), &failures).await
    };
    match policy.mode {
        LimitMode::Off => Ok(()),
        LimitMode::Enforce => forget.await,
        // Who refuses nobody fails nobody.
        LimitMode::Shadow => {
            if let Err(error) = forget.await {
                tracing::warn!(policy = policy.name, %error, "a success could not be counted");
            }
            Ok(())
        }
    }
}

fn everywhere(policy: &Policy, account: &str) -> String {
    format!("{}#{account}", policy.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_one_key_however_it_is_spelt() {
        let key = account("bob@example.com").unwrap();
        for spelling in
            [" bob@example.com ", "BOB@Example.COM", "ｂｏｂ@example.com", "bob@ｅｘａｍｐｌｅ.com\u{a0}"]
        {
            assert_eq!(account(spelling).unwrap(), key, "{spelling}");
        }
        assert_eq!(account("\u{212b}ngstrom").unwrap(), account("a\u{30a}ngstrom").unwrap());
        assert_ne!(account("bob@example.org").unwrap(), key);
    }

    #[test]
    fn an_account_needs_a_printable_name() {
        for wrong in ["", "  ", "a\u{0}b", &"a".repeat(257)] {
            assert!(account(wrong).is_err(), "{wrong:?}");
        }
        assert!(account(&"\u{fc}".repeat(256)).is_ok(), "characters are counted, not bytes");
    }

    #[test]
    fn an_address_has_one_network_however_it_is_spelt() {
        let key = |ip: &str| attempter("a", Some(ip.parse().unwrap())).key;
        assert_eq!(key("203.0.113.9"), key("::ffff:203.0.113.200"));
        assert_eq!(key("2001:db8::1"), key("2001:0db8:0:0:ffff::2"));
        assert_ne!(key("203.0.113.9"), key("203.0.114.9"));
    }
}
