//! Parsers for the values of settings: durations, limits, switches, lists.

use std::time::Duration;

use crate::domain::limit::{LimitMode, Policy};

/// The problem with the text of a setting. It does not contain the text, because the text may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The text is not a number with a unit.
    #[error("expected a duration such as 90s, 15m, 12h or 7d")]
    Duration,
    /// The duration or number is outside of the safe range.
    #[error("must be from {0} to {1}")]
    Range(&'static str, &'static str),
    /// The text is not a whole number.
    #[error("expected a whole number")]
    Number,
    /// The text is neither `true` nor `false`.
    #[error("expected true or false")]
    Switch,
    /// The text is not one of the words.
    #[error("expected one of {0}")]
    Word(&'static str),
    /// The text is not `attempts/window[/block][:mode]`, or a number is outside of its range.
    #[error(
        "expected attempts/window or attempts/window/block, such as 20/5m/15m, optionally with :shadow or :off"
    )]
    Limit,
    /// An entry is not an origin.
    #[error("expected origins such as https://app.example.com, separated by commas; * is not allowed")]
    Origin,
    /// The text is not a table name.
    #[error("expected 3 to 255 letters, digits, dots, hyphens or underscores")]
    TableName,
    /// The text is empty.
    #[error("must not be empty")]
    Empty,
    /// The text is not an issuer URL.
    #[error(
        "expected an https URL with the path /api/auth and no query (http is allowed for localhost and 127.0.0.1)"
    )]
    IssuerUrl,
}

/// A duration, such as `90s`, `15m`, `12h` or `7d`. `0` needs no unit.
pub(super) fn duration(text: &str) -> Result<Duration, ValueError> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let unit = text.chars().last().ok_or(ValueError::Duration)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(ValueError::Duration),
    };
    let digits = text.strip_suffix(unit).ok_or(ValueError::Duration)?;
    let count = whole(digits).map_err(|_| ValueError::Duration)?;
    count
        .checked_mul(factor)
        .filter(|seconds| *seconds <= 3_660 * 86_400)
        .map(Duration::from_secs)
        .ok_or(ValueError::Duration)
}

/// A whole number. Only digits are allowed, because `parse` would also accept a plus sign.
pub(super) fn whole(text: &str) -> Result<u64, ValueError> {
    let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits_only { text.parse().map_err(|_| ValueError::Number) } else { Err(ValueError::Number) }
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
    let attempts = whole(parts.next().unwrap_or_default()).map_err(|_| ValueError::Limit)?;
    let window = duration(parts.next().ok_or(ValueError::Limit)?).map_err(|_| ValueError::Limit)?;
    let block = match parts.next() {
        None => None,
        Some(text) => Some(duration(text).map_err(|_| ValueError::Limit)?),
    };
    let attempts = u32::try_from(attempts).map_err(|_| ValueError::Limit)?;
    let is_in_range = (1..=1_000_000).contains(&attempts)
        && (1..=30 * 86_400).contains(&window.as_secs())
        && parts.next().is_none();
    is_in_range.then_some(Policy { name, attempts, window, block, mode }).ok_or(ValueError::Limit)
}

/// Origins, separated by commas, as browsers write them: lower case, no path.
pub(super) fn origins(text: &str) -> Result<Vec<String>, ValueError> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(origin).collect()
}

fn origin(text: &str) -> Result<String, ValueError> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_host = |host: &str| {
        !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._:[]".contains(&b))
    };
    host.filter(|host| is_host(host)).map(|_| text.to_owned()).ok_or(ValueError::Origin)
}

/// A DynamoDB table name.
pub(super) fn table_name(text: &str) -> Result<String, ValueError> {
    let is_legal = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    (is_legal && (3..=255).contains(&text.len())).then(|| text.to_owned()).ok_or(ValueError::TableName)
}

/// The issuer: an https URL whose path is the base path. The local server may use http.
pub(super) fn issuer(text: &str) -> Result<String, ValueError> {
    let uri: http::Uri = text.parse().map_err(|_| ValueError::IssuerUrl)?;
    let host = uri.host().unwrap_or_default();
    let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let is_safe = uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_local);
    let is_issuer =
        is_safe && uri.query().is_none() && !text.contains('#') && uri.path() == crate::config::BASE;
    is_issuer.then(|| text.to_owned()).ok_or(ValueError::IssuerUrl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(duration("7d"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "15", "m", "-1s", "1.5h", "1 h", "+1s", "1w", "99999999999999999999d", "1µ"] {
            assert_eq!(duration(wrong), Err(ValueError::Duration), "{wrong}");
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
        for wrong in ["", "0/5m", "20", "20/0s", "20/5m/", "20/5m/1m/1m", "x/5m", "20/5m/x", "20/5m:", "off"]
        {
            assert_eq!(limit(wrong), Err(ValueError::Limit), "{wrong}");
        }
    }

    #[test]
    fn an_origin_is_exact_and_wildcards_are_refused() {
        assert_eq!(origins("https://a.example.com, http://127.0.0.1:9000").unwrap().len(), 2);
        assert_eq!(origins(""), Ok(vec![]));
        for wrong in [
            "*",
            "https://*.example.com",
            "https://a.example.com/",
            "null",
            "a.example.com",
            "https://A.example.com",
        ] {
            assert_eq!(origins(wrong), Err(ValueError::Origin), "{wrong}");
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
            "x",
        ] {
            assert_eq!(issuer(wrong), Err(ValueError::IssuerUrl), "{wrong}");
        }
    }
}
