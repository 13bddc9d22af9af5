//! `POST /login/attempts`: counts password attempts for the backend that owns the passwords.
//!
//! Attempts are counted per account and network, so that an attacker cannot lock a user out from elsewhere. When
//! one account is attempted from many networks, the response asks for more proof (`challenge`) and the
//! account stays open.

use std::net::IpAddr;

use aws_lc_rs::digest;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::app::App;
use crate::app::limiter::{CheckResult, LimitSubject, check, fails_closed};
use crate::domain::client_context::EventClient;
use crate::domain::event::Subject;
use crate::domain::limit::sliding_window::SubWindows;
use crate::domain::limit::{LimitMode, Policy};
use crate::domain::place::Network;
use crate::domain::scope::ATTEMPTS;
use crate::domain::time::Timestamp;
use crate::http::body;
use crate::http::problem::Problem;
use crate::http::{rate_limit, service_caller};
use crate::store::{Attempt, StoreError};

/// The longest account name, in characters. Only its hash is stored.
const SUBJECT_MAX_CHARS: usize = 256;

#[derive(Deserialize)]
struct AttemptRequest {
    policy: LimitName,
    subject: String,
    ip: Option<IpAddr>,
    outcome: Option<Outcome>,
}

/// The body of a counted attempt. A refused attempt is a 429.
#[derive(Serialize)]
struct AttemptResponse {
    allowed: bool,
    remaining: u32,
    challenge: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LimitName {
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
    service_caller::require_scope(&app, &headers, ATTEMPTS, now).await?;
    let request: AttemptRequest = body::json(&headers, body).await?;
    let account = account(&request.subject)?;
    let limits = &app.config().limits;
    let policy = match request.policy {
        LimitName::Login => &limits.login,
        LimitName::PasswordReset => &limits.password_reset,
    };
    if request.outcome == Some(Outcome::Success) {
        clear(&app, policy, &account, request.ip).await?;
        return Ok(AttemptResponse::new(policy.attempts, false));
    }
    let subject = limit_subject(&account, request.ip);
    // A count is not retried, and this limit fails closed, so a dead connection would refuse the attempt.
    app.store().replace_dead_connections(now).await;
    match fails_closed(&app, policy, check(&app, policy, &subject, now).await)? {
        CheckResult::OverLimit(until) => Err(rate_limit::refusal(policy, until, now)),
        CheckResult::Unlimited => Ok(AttemptResponse::new(policy.attempts, false)),
        CheckResult::WithinLimit(quota) => {
            // Counted only now, so that attempts that are refused for their network do not put the account's owner,
            // who comes from another network, under `challenge`.
            let challenge = is_attempted_from_many_networks(&app, policy, &account, now).await?;
            let mut response = AttemptResponse::new(quota.remaining, challenge);
            response.headers_mut().extend(rate_limit::headers(policy, quota));
            Ok(response)
        }
    }
}

impl AttemptResponse {
    #[expect(clippy::new_ret_no_self, reason = "the response is the only use of the body")]
    fn new(remaining: u32, challenge: bool) -> Response {
        Json(Self { allowed: true, remaining, challenge }).into_response()
    }
}

/// The key of an account. Different spellings give the same key (NFKC, lower case, trimmed), and the key is a hash,
/// so that the table holds no names.
fn account(subject: &str) -> Result<String, Problem> {
    let plain: String = subject.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let plain = plain.trim();
    if plain.is_empty() || subject.chars().count() > SUBJECT_MAX_CHARS || plain.chars().any(char::is_control)
    {
        return Err(Problem::field("subject", "expected 1 to 256 printable characters"));
    }
    Ok(BASE64URL.encode(&digest::digest(&digest::SHA256, plain.as_bytes()).as_ref()[..16]))
}

fn limit_subject(account: &str, ip: Option<IpAddr>) -> LimitSubject {
    let network = ip.map(Network::of);
    let place = network.map_or_else(|| "-".to_owned(), |network| network.to_string());
    LimitSubject {
        key: format!("{account}#{place}"),
        event_subject: network.map_or(Subject::Everyone, Subject::Network),
        session: None,
        // The request comes from a backend, whose device is not the client's.
        client: EventClient { ip, ..EventClient::default() },
        can_be_cleared: true,
    }
}

/// Whether an account is attempted more often, over all networks, than the limit of one network. This count never
/// blocks.
async fn is_attempted_from_many_networks(
    app: &App,
    policy: &Policy,
    account: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    match app.store().attempt(&account_key(policy, account), policy, now).await {
        Ok(Attempt::Counted(counts)) => {
            Ok(counts.total(SubWindows::of(policy), now) > i64::from(policy.attempts))
        }
        Ok(Attempt::Refused(_)) => Ok(true),
        // So many attempts at once that DynamoDB throttles the key come from more than one network.
        Err(error) if error.is_throttle() => Ok(true),
        Err(error) => Err(error),
    }
}

/// After the right password: removes the failures of the account and network, also from the account's sum, because
/// they were the user's own.
async fn clear(app: &App, policy: &Policy, account: &str, ip: Option<IpAddr>) -> Result<(), StoreError> {
    let own = format!("{}#{}", policy.name, limit_subject(account, ip).key);
    let forget = async {
        let failures = app.store().forget_attempts(&own).await?;
        app.store().subtract_attempts(&account_key(policy, account), &failures).await
    };
    match policy.mode {
        LimitMode::Off => Ok(()),
        LimitMode::Enforce => forget.await,
        // A limit in shadow mode must not make a call fail.
        LimitMode::Shadow => {
            if let Err(error) = forget.await {
                tracing::warn!(policy = policy.name, %error, "could not clear the attempts of a successful sign-in");
            }
            Ok(())
        }
    }
}

fn account_key(policy: &Policy, account: &str) -> String {
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
        let key = |ip: &str| limit_subject("a", Some(ip.parse().unwrap())).key;
        assert_eq!(key("203.0.113.9"), key("::ffff:203.0.113.200"));
        assert_eq!(key("2001:db8::1"), key("2001:0db8:0:0:ffff::2"));
        assert_ne!(key("203.0.113.9"), key("203.0.114.9"));
    }
}
