//! The headers of Device Bound Session Credentials.
//!
//! A browser sends these requests by itself. A page script can send every header of them but one combination: with
//! `Sec-Fetch-Mode: no-cors` a script cannot set `Secure-Session-Response`. So a script that has read an offer cannot register a
//! key of its own.
//!
//! *Source*: W3C Device Bound Session Credentials.

use http::{HeaderMap, HeaderName, HeaderValue};
use latchkey_verifier::{Refusal, RefusalCode};

use super::problem::{Code, Problem};
use crate::domain::id::SessionId;

/// Where browsers register a key.
const REGISTRATION_PATH: &str = "/api/auth/dbsc/registration";

/// Where browsers fetch the next access cookie.
pub const REFRESH_PATH: &str = "/api/auth/dbsc/refresh";

const REGISTRATION: HeaderName = HeaderName::from_static("secure-session-registration");
const CHALLENGE: HeaderName = HeaderName::from_static("secure-session-challenge");
const RESPONSE: HeaderName = HeaderName::from_static("secure-session-response");
const SESSION_ID: HeaderName = HeaderName::from_static("sec-secure-session-id");
const SKIPPED: HeaderName = HeaderName::from_static("secure-session-skipped");

/// The headers that only a browser's own request has.
const SENT_BY_BROWSER: [(&str, &str); 3] =
    [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "empty"), ("sec-fetch-site", "same-origin")];

/// Checks that the browser itself made the request, and no script in a page.
///
/// # Errors
/// `csrf_rejected`.
pub fn check_sent_by_browser(headers: &HeaderMap) -> Result<(), Problem> {
    let has = |(name, value): &(&str, &str)| {
        let mut values = headers.get_all(*name).iter();
        values.next().is_some_and(|sent| sent == value) && values.next().is_none()
    };
    match SENT_BY_BROWSER.iter().all(has) {
        true => Ok(()),
        false => Err(Refusal::of(RefusalCode::CsrfRejected).into()),
    }
}

/// The proof that the request has.
///
/// # Errors
/// 400: there are two, or one is not text.
pub fn proof(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    text(headers, &RESPONSE, "Secure-Session-Response")
}

/// The session for which a browser wants an access cookie.
///
/// # Errors
/// 400: the header is missing or has no session id.
pub fn session_id(headers: &HeaderMap) -> Result<SessionId, Problem> {
    let id = text(headers, &SESSION_ID, "Sec-Secure-Session-Id")?;
    let id = id.and_then(|id| id.parse().ok());
    id.ok_or_else(|| {
        Problem::field("Sec-Secure-Session-Id", "expected the session_identifier of a registration")
    })
}

/// Whether the browser notes that it has the key of this session and could not renew the cookie before the request: the network
/// or the server failed, or it may sign no more for a while.
pub fn could_not_renew(headers: &HeaderMap, session: &SessionId) -> bool {
    let id = session.to_string();
    let is_this = |parameter: &str| {
        parameter
            .split_once('=')
            .is_some_and(|(name, value)| name.trim() == "session_identifier" && unquoted(value.trim()) == id)
    };
    // A list of reasons with parameters, in one header or several. The browser alone sends it, and an id has no `,` or `;`.
    let lists = headers.get_all(&SKIPPED).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|reason| reason.split(';').skip(1).any(is_this))
}

/// The offer to register a device key.
pub fn offer(challenge: &str) -> (HeaderName, HeaderValue) {
    let value = format!("(ES256);path=\"{REGISTRATION_PATH}\";challenge=\"{challenge}\"");
    (REGISTRATION, HeaderValue::try_from(value).expect("base64url is valid in a header"))
}

/// The challenge that the next proof must answer.
pub fn next_challenge(challenge: &str, session: &SessionId) -> (HeaderName, HeaderValue) {
    let value = format!("\"{challenge}\";id=\"{session}\"");
    (CHALLENGE, HeaderValue::try_from(value).expect("base64url and a UUID are valid in a header"))
}

/// 403 with a challenge: the browser signs it and repeats the request.
pub fn challenged(challenge: &str, session: &SessionId) -> Problem {
    let (name, value) = next_challenge(challenge, session);
    Problem::of(Code::DeviceChallenge).with_header(name, value.to_str().unwrap_or_default())
}

/// The only value of a header, with or without the quotation marks of a structured field: Chromium 156 sends none.
fn text<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
    shown: &'static str,
) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let value = value.to_str().ok().filter(|_| values.next().is_none());
    let value =
        value.map(str::trim).ok_or_else(|| Problem::field(shown, "expected one text of ASCII characters"))?;
    Ok(Some(unquoted(value)))
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_script_cannot_send_what_a_browser_sends() {
        assert!(check_sent_by_browser(&headers(&SENT_BY_BROWSER)).is_ok());
        for index in 0..3 {
            let mut without = SENT_BY_BROWSER.to_vec();
            let (name, _) = without.remove(index);
            assert!(check_sent_by_browser(&headers(&without)).is_err(), "without {name}");
            for other in ["cors", "document", "same-site", "none", "cross-site"] {
                let mut changed = without.clone();
                changed.push((name, other));
                assert!(check_sent_by_browser(&headers(&changed)).is_err(), "{name}: {other}");
                let twice = [&SENT_BY_BROWSER[..], &[(name, other)]].concat();
                assert!(check_sent_by_browser(&headers(&twice)).is_err(), "also {name}: {other}");
            }
        }
    }

    #[test]
    fn a_skipped_renewal_counts_for_the_sessions_that_it_names() {
        let session: SessionId = "01936b2f-5c00-7000-8000-000000000000".parse().unwrap();
        let of_another = "unreachable;session_identifier=\"01936b2f-5c00-7000-8000-000000000001\"";
        let noted = |values: &[&'static str]| {
            let sent: Vec<_> = values.iter().map(|value| ("secure-session-skipped", *value)).collect();
            could_not_renew(&headers(&sent), &session)
        };
        let quoted = "unreachable;session_identifier=\"01936b2f-5c00-7000-8000-000000000000\"";
        let plain = "quota_exceeded; session_identifier=01936b2f-5c00-7000-8000-000000000000";
        let second = "unreachable;session_identifier=\"x\", server_error;session_identifier=\"01936b2f-5c00-7000-8000-000000000000\"";
        for named in [&[quoted][..], &[plain], &[second], &[of_another, quoted], &[quoted, of_another]] {
            assert!(noted(named), "{named:?}");
        }
        let other_parameter = "unreachable;for=\"01936b2f-5c00-7000-8000-000000000000\"";
        let longer = "unreachable;session_identifier=\"01936b2f-5c00-7000-8000-0000000000000\"";
        let bare = "01936b2f-5c00-7000-8000-000000000000";
        let no_reason = "session_identifier=\"01936b2f-5c00-7000-8000-000000000000\"";
        for value in [&[][..], &[of_another], &[other_parameter], &[longer], &[bare], &[no_reason]] {
            assert!(!noted(value), "{value:?}");
        }
    }

    #[test]
    fn quotation_marks_around_a_value_are_optional() {
        let id = "01936b2f-5c00-7000-8000-000000000000";
        for value in [id, "\"01936b2f-5c00-7000-8000-000000000000\""] {
            let sent = headers(&[("sec-secure-session-id", value), ("secure-session-response", "\"a.b.c\"")]);
            assert_eq!(session_id(&sent).unwrap().to_string(), id);
            assert_eq!(proof(&sent).unwrap(), Some("a.b.c"));
        }
        assert!(
            session_id(&headers(&[])).is_err()
                && session_id(&headers(&[("sec-secure-session-id", "x")])).is_err()
        );
        assert_eq!(proof(&headers(&[])).unwrap(), None);
        assert!(
            proof(&headers(&[("secure-session-response", "a"), ("secure-session-response", "b")])).is_err()
        );
    }
}
