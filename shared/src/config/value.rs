//! Parsers for the values of settings: durations, limits, switches, lists.

use std::time::Duration;

use latchkey_verifier::dpop::BaseUrls;
use latchkey_verifier::normal_origin;

use crate::domain::limit::{LimitMode, Policy};

/// The problem with the text of a setting. It does not contain the text, because the text may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The text is not a number with a unit.
    #[error("expected a duration such as 90s, 15m, 12h or 7d, from {0} to {1}")]
    Duration(&'static str, &'static str),
    /// The duration or number is outside of the safe range.
    #[error("must be from {0} to {1}")]
    Range(&'static str, &'static str),
    /// The text is not a whole number.
    #[error("expected a whole number from {0} to {1}")]
    Number(&'static str, &'static str),
    /// The text is neither `true` nor `false`.
    #[error("expected true or false")]
    Switch,
    /// The text is not one of the words.
    #[error("expected one of {0}")]
    Word(&'static str),
    /// The text is not `attempts/window[/block][:mode]`, or a number is outside of its range.
    #[error(
        "expected attempts/window or attempts/window/block, such as 20/5m/15m, optionally with :shadow or :off; \
         from 1 to 1000000 attempts, a window from 1s to 30d, a block from 0s to 3660d"
    )]
    Limit,
    /// An entry is not an origin.
    #[error(
        "expected origins such as https://app.example.com, separated by commas, in lower case and without a path; \
         * is not allowed"
    )]
    Origin,
    /// An entry is not a base URL.
    #[error(
        "expected URLs such as https://api.example.com or https://api.example.com/v1, separated by commas, in lower case and \
         without a query"
    )]
    BaseUrls,
    /// The text is not the URL of a page.
    #[error(
        "expected an https URL such as https://id.example.com/password, without user name and at most 512 bytes long (http is allowed for localhost and 127.0.0.1)"
    )]
    PageUrl,
    /// A word is not a scope word.
    #[error("expected scope words such as latchkey:admin, separated by commas")]
    Scopes,
    /// The text is not a table name.
    #[error("expected 3 to 255 letters, digits, dots, hyphens or underscores")]
    TableName,
    /// The text is no list of URLs of queues.
    #[error(
        "expected the URLs of SQS queues, such as https://sqs.eu-central-1.amazonaws.com/123456789012/name, separated by commas"
    )]
    QueueUrls,
    /// The text is no ARN of a topic.
    #[error("expected the ARN of an SNS topic, such as arn:aws:sns:eu-central-1:123456789012:name")]
    TopicArn,
    /// The text is empty.
    #[error("must not be empty")]
    Empty,
    /// The text is not an issuer URL.
    #[error(
        "expected an https URL in lower case with the path /api/auth, without user name, default port or query (http \
         is allowed for localhost and 127.0.0.1)"
    )]
    IssuerUrl,
}

/// The longest duration of a setting, in seconds: 3,660 days.
const LONGEST_SECONDS: u64 = 3_660 * 86_400;

/// A duration, such as `90s`, `15m`, `12h` or `7d`, of `least` to `most` seconds. `0` needs no unit. `from` and `to`
/// are the same range for the message.
pub(super) fn duration(
    text: &str,
    least: u64,
    most: u64,
    from: &'static str,
    to: &'static str,
) -> Result<Duration, ValueError> {
    let seconds = seconds(text).ok_or(ValueError::Duration(from, to))?;
    let is_in_range = (least..=most).contains(&seconds);
    is_in_range.then_some(Duration::from_secs(seconds)).ok_or(ValueError::Range(from, to))
}

/// A duration without a range of its own.
pub(super) fn any_duration(text: &str) -> Result<Duration, ValueError> {
    duration(text, 0, LONGEST_SECONDS, "0s", "3660d")
}

/// The seconds of a duration. More than a `u64` has room for counts as the greatest number.
fn seconds(text: &str) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    let unit = text.chars().last()?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    Some(whole(text.strip_suffix(unit)?)?.saturating_mul(factor))
}

/// A whole number from `least` to `most`. `from` and `to` are the same range for the message.
pub(super) fn number(
    text: &str,
    least: u64,
    most: u64,
    from: &'static str,
    to: &'static str,
) -> Result<u64, ValueError> {
    let number = whole(text).ok_or(ValueError::Number(from, to))?;
    (least..=most).contains(&number).then_some(number).ok_or(ValueError::Range(from, to))
}

/// A whole number. Only digits are allowed, because `parse` would also accept a plus sign. More than a `u64` has room
/// for counts as the greatest number.
fn whole(text: &str) -> Option<u64> {
    let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits_only.then(|| text.parse().unwrap_or(u64::MAX))
}

/// `true` or `false`.
pub(super) fn switch(text: &str) -> Result<bool, ValueError> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(ValueError::Switch),
    }
}

/// A rate limit, `attempts/window[/block][:mode]`, with 1 to 1,000,000 attempts and a window of 1 s to 30 d.
pub(super) fn limit(name: &'static str, text: &str) -> Result<Policy, ValueError> {
    let (quota, mode) = text.split_once(':').unwrap_or((text, "enforce"));
    let mode = match mode {
        "enforce" => LimitMode::Enforce,
        "shadow" => LimitMode::Shadow,
        "off" => LimitMode::Off,
        _ => return Err(ValueError::Limit),
    };
    let mut parts = quota.split('/');
    let attempts = whole(parts.next().unwrap_or_default()).ok_or(ValueError::Limit)?;
    let window = any_duration(parts.next().ok_or(ValueError::Limit)?).map_err(|_| ValueError::Limit)?;
    let block = parts.next().map(any_duration).transpose().map_err(|_| ValueError::Limit)?;
    let attempts = u32::try_from(attempts).map_err(|_| ValueError::Limit)?;
    let is_in_range = (1..=1_000_000).contains(&attempts)
        && (1..=30 * 86_400).contains(&window.as_secs())
        && parts.next().is_none();
    is_in_range.then_some(Policy { name, attempts, window, block, mode }).ok_or(ValueError::Limit)
}

/// The origins of the pages that may send cookies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AllowedOrigins {
    /// Single origins, as browsers send them, so without a default port.
    pub(super) listed: Vec<String>,
    /// Whether the word `loopback` allows every port of this machine.
    pub(super) loopback: bool,
}

/// Origins and the word `loopback`, separated by commas.
pub(super) fn origins(text: &str) -> Result<AllowedOrigins, ValueError> {
    let mut origins = AllowedOrigins::default();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        match entry {
            "loopback" => origins.loopback = true,
            entry => origins.listed.push(normal_origin(entry).ok_or(ValueError::Origin)?),
        }
    }
    Ok(origins)
}

/// Base URLs, separated by commas.
pub(super) fn base_urls(text: &str) -> Result<BaseUrls, ValueError> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    BaseUrls::parse(entries).map_err(|_| ValueError::BaseUrls)
}

/// The URL of a page to which a link leads, or none if the text is empty. A link must not run a script, so that only these schemes are
/// allowed.
pub(super) fn page_url(text: &str) -> Result<Option<String>, ValueError> {
    if text.is_empty() {
        return Ok(None);
    }
    let url = url::Url::parse(text).ok().filter(|_| text.len() <= 512).ok_or(ValueError::PageUrl)?;
    let is_local = matches!(url.host_str().unwrap_or_default(), "localhost" | "127.0.0.1" | "[::1]");
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    let has_user = !url.username().is_empty() || url.password().is_some();
    (is_safe && !has_user).then(|| Some(url.to_string())).ok_or(ValueError::PageUrl)
}

/// A DynamoDB table name.
pub(super) fn table_name(text: &str) -> Result<String, ValueError> {
    let is_legal = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    (is_legal && (3..=255).contains(&text.len())).then(|| text.to_owned()).ok_or(ValueError::TableName)
}

/// The issuer: an https URL whose path is the base path. The local server may use http.
///
/// Its origin must be written as browsers write it, because verifiers compare `iss` byte for byte, and pages of this
/// origin may send cookies.
pub(super) fn issuer(text: &str) -> Result<String, ValueError> {
    let origin = issuer_origin(text).ok_or(ValueError::IssuerUrl)?;
    let uri: http::Uri = text.parse().map_err(|_| ValueError::IssuerUrl)?;
    let is_local = matches!(uri.host().unwrap_or_default(), "localhost" | "127.0.0.1" | "[::1]");
    let is_safe = uri.scheme_str() == Some("https") || is_local;
    let is_normal = text == format!("{origin}{}", crate::config::BASE);
    (is_safe && is_normal).then(|| text.to_owned()).ok_or(ValueError::IssuerUrl)
}

/// The origin of the issuer's URL.
pub(super) fn issuer_origin(issuer: &str) -> Option<String> {
    normal_origin(issuer.strip_suffix(crate::config::BASE)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        assert_eq!(any_duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(any_duration("7d"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "15", "m", "-1s", "1.5h", "1 h", "+1s", "1w", "1µ"] {
            assert_eq!(any_duration(wrong), Err(ValueError::Duration("0s", "3660d")), "{wrong}");
        }
        for long in ["3661d", "99999999999999999999s", "99999999999999999999d"] {
            assert_eq!(any_duration(long), Err(ValueError::Range("0s", "3660d")), "{long}");
        }
    }

    #[test]
    fn a_limit_has_attempts_a_window_and_optionally_a_block() {
        let limit = |text| limit("refresh", text);
        let policy = limit("20/5m/15m").unwrap();
        assert_eq!((policy.attempts, policy.window.as_secs()), (20, 300));
        assert_eq!(policy.block, Some(Duration::from_secs(900)));
        assert_eq!(limit("3/1h").unwrap().block, None);
        assert_eq!(limit("3/1h").unwrap().mode, LimitMode::Enforce);
        assert_eq!(limit("3/1h:shadow").unwrap().mode, LimitMode::Shadow);
        assert_eq!(limit("20/5m/15m:off").unwrap().mode, LimitMode::Off);
        for wrong in [
            "",
            "0/5m",
            "1000001/5m",
            "99999999999999999999/5m",
            "20",
            "20/0s",
            "20/31d",
            "20/5m/3661d",
            "20/5m/",
            "20/5m/1m/1m",
            "x/5m",
            "20/5m/x",
            "20/5m:",
            "off",
        ] {
            assert_eq!(limit(wrong), Err(ValueError::Limit), "{wrong}");
        }
    }

    #[test]
    fn an_origin_is_exact_and_wildcards_are_refused() {
        let list = origins("https://a.example.com:443, http://127.0.0.1:9000,http://localhost:80").unwrap();
        assert_eq!(list.listed, ["https://a.example.com", "http://127.0.0.1:9000", "http://localhost"]);
        assert_eq!(origins(""), Ok(AllowedOrigins::default()));
        assert_eq!(origins("loopback"), Ok(AllowedOrigins { loopback: true, ..AllowedOrigins::default() }));
        for wrong in [
            "*",
            "Loopback",
            "http://localhost:*",
            "https://*.example.com",
            "https://a.example.com/",
            "null",
            "a.example.com",
            "https://A.example.com",
            "https://a.example.com:",
            "https://a.example.com:65536",
            "https://user@a.example.com",
        ] {
            assert_eq!(origins(wrong), Err(ValueError::Origin), "{wrong}");
        }
    }

    #[test]
    fn a_base_url_is_plain_and_absolute() {
        assert!(base_urls("").unwrap().is_empty());
        assert!(!base_urls("https://api.example.com, https://www.example.com/v1").unwrap().is_empty());
        for wrong in ["api.example.com", "https://api.example.com?a", "https://API.example.com", "*"] {
            assert_eq!(base_urls(wrong).err(), Some(ValueError::BaseUrls), "{wrong}");
        }
    }

    #[test]
    fn a_page_has_a_url_to_which_a_link_may_lead() {
        assert_eq!(page_url(""), Ok(None));
        for good in ["https://id.example.com/password?a=1#b", "http://127.0.0.1:9000/", "http://localhost/"] {
            assert_eq!(page_url(good), Ok(Some(good.to_owned())));
        }
        let long = format!("https://id.example.com/{}", "x".repeat(512));
        for wrong in [
            "javascript:alert(1)",
            "data:text/html,x",
            "http://id.example.com/",
            "//id.example.com/",
            "/password",
            "https://user:password@id.example.com/",
            &long,
        ] {
            assert_eq!(page_url(wrong), Err(ValueError::PageUrl), "{wrong}");
        }
    }

    #[test]
    fn the_issuer_is_an_https_url_at_the_base_path() {
        assert!(issuer("https://app.example.com/api/auth").is_ok());
        assert!(issuer("http://127.0.0.1:9000/api/auth").is_ok());
        for wrong in [
            "http://app.example.com/api/auth",
            "https://app.example.com",
            "https://app.example.com/api/auth/",
            "https://a/api/auth?x=1",
            "https://app.example.com:443/api/auth",
            "http://127.0.0.1:80/api/auth",
            "https://App.example.com/api/auth",
            "https://user:password@app.example.com/api/auth",
            "https://app.example.com:/api/auth",
            "x",
        ] {
            assert_eq!(issuer(wrong), Err(ValueError::IssuerUrl), "{wrong}");
        }
    }
}
