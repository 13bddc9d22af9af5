//! Tests of the settings: the table, the parser and the documentation agree.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::token::keys::generate_key_set;

fn valid() -> BTreeMap<&'static str, String> {
    let jwks = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"idp","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let issuers = format!(r#"[{{"issuer":"https://idp.example.com","audience":"latchkey","jwks":{jwks}}}]"#);
    BTreeMap::from([
        ("LATCHKEY_KEYS", generate_key_set()),
        ("LATCHKEY_ISSUER", "https://app.example.com/api/auth".to_owned()),
        ("LATCHKEY_AUDIENCE", "https://app.example.com".to_owned()),
        ("LATCHKEY_TRUSTED_ISSUERS", issuers),
    ])
}

fn parse_with(name: &'static str, value: &str) -> Result<Config, ConfigError> {
    let mut vars = valid();
    vars.insert(name, value.to_owned());
    Config::parse(|name| vars.get(name).cloned())
}

fn parse_authorizer_with(name: &'static str, value: &str) -> Result<AuthorizerConfig, ConfigError> {
    let mut vars = valid();
    vars.insert(name, value.to_owned());
    AuthorizerConfig::parse(|name| vars.get(name).cloned())
}

#[test]
fn the_parsers_read_exactly_the_settings_of_the_table() {
    let looked_up = RefCell::new(BTreeSet::new());
    let vars = valid();
    let lookup = |name: &str| {
        looked_up.borrow_mut().insert(name.to_owned());
        vars.get(name).cloned()
    };
    Config::parse(lookup).unwrap();
    AuthorizerConfig::parse(lookup).unwrap();
    assert_eq!(NotifyConfig::parse(lookup).unwrap_err().name, "NOTIFY_DEAD_LETTERS", "it has no default");
    let with_letters = |name: &str| {
        let letters = (name == "NOTIFY_DEAD_LETTERS").then(|| "https://sqs.example.com/letters".to_owned());
        letters.or_else(|| lookup(name))
    };
    NotifyConfig::parse(with_letters).unwrap();
    LocalWebhooks::parse(lookup).unwrap();
    let table: BTreeSet<String> = SETTINGS.iter().map(|setting| setting.name.to_owned()).collect();
    assert_eq!(*looked_up.borrow(), table);
}

/// With `UPDATE_DOCS=1` this test writes the table, without it the test only compares.
#[test]
fn docs_settings_md_has_the_table_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, _) = page.split_once("| name |").unwrap_or((&page, ""));
    let wanted = format!("{before}{}", settings_markdown());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &wanted).unwrap();
        return;
    }
    assert!(page == wanted, "docs/settings.md is outdated: run this test with UPDATE_DOCS=1");
}

#[test]
fn the_error_names_a_required_setting_that_is_missing() {
    for setting in SETTINGS.iter().filter(|setting| setting.default.is_none()) {
        let mut vars = valid();
        vars.remove(setting.name);
        let error = Config::parse(|name| vars.get(name).cloned()).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: is required and not set", setting.name));
    }
}

#[test]
fn an_error_names_the_setting_and_never_repeats_its_value() {
    let wrong = "w\u{e4}rong-value";
    let free = ["LATCHKEY_AUDIENCE"];
    for setting in SETTINGS.iter().filter(|setting| !free.contains(&setting.name)) {
        let error = match setting.name {
            name if name.starts_with("AUTHORIZER_") => parse_authorizer_with(name, wrong).unwrap_err(),
            "WEBHOOKS_ALLOW_LOOPBACK" => LocalWebhooks::parse(|_| Some(wrong.to_owned())).unwrap_err(),
            name @ ("WEBHOOKS"
            | "WEBHOOK_QUEUES"
            | "ALERT_TOPIC"
            | "WEBHOOK_DEAD_LETTERS"
            | "NOTIFY_DEAD_LETTERS") => {
                let letters = ("NOTIFY_DEAD_LETTERS", "https://sqs.example.com/letters");
                let vars = BTreeMap::from([letters, (name, wrong)]);
                let parsed = NotifyConfig::parse(|name| vars.get(name).map(|text| (*text).to_owned()));
                parsed.and_then(|config| config.webhooks.map(drop)).unwrap_err()
            }
            name => parse_with(name, wrong).unwrap_err(),
        };
        assert_eq!(error.name, setting.name);
        assert!(!format!("{error} {error:?}").contains(wrong), "{error:?}");
    }
}

#[test]
fn the_authorizer_reads_the_feed_only_with_a_decision_for_its_outage() {
    let mode = |when_stale: &str, table: &str| {
        let mut vars = valid();
        vars.insert("AUTHORIZER_MODE", "feed".to_owned());
        vars.insert("AUTHORIZER_WHEN_STALE", when_stale.to_owned());
        vars.insert("TABLE_SESSIONS", table.to_owned());
        AuthorizerConfig::parse(|name| vars.get(name).cloned()).map(|config| config.mode)
    };
    assert_eq!(mode("accept", "?").unwrap(), AuthorizerMode::Feed(FeedStale::Accept), "it needs no table");
    assert_eq!(mode("refuse", "?").unwrap(), AuthorizerMode::Feed(FeedStale::Refuse), "it needs no table");
    let sessions = "own-sessions".to_owned();
    assert_eq!(mode("ask", &sessions).unwrap(), AuthorizerMode::Feed(FeedStale::Ask { sessions }));
    assert_eq!(mode("ask", "?").unwrap_err().name, "TABLE_SESSIONS");
    let missing = mode("", "own-sessions").unwrap_err();
    assert_eq!(missing.to_string(), "AUTHORIZER_WHEN_STALE: is required and not set");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    for (name, value) in [
        ("COOKIE_SAMESITE", "sideways"),
        ("ACCESS_TOKEN_TTL", "8d"),
        ("REFRESH_TOKEN_TTL", "31d"),
        ("REFRESH_GRACE", "601s"),
        ("REFRESH_LATE_RETRY", "8d"),
        ("SESSION_LIMIT", "31"),
        ("SESSION_LIMIT", "0"),
        ("ASSERTION_MAX_AGE", "11m"),
        ("TABLE_SESSIONS", "latchkey-rate-limits"),
    ] {
        assert_eq!(parse_with(name, value).unwrap_err().name, name, "{name}={value}");
    }
    // The same value is valid with one value of another setting and invalid with another.
    for (name, value, other, good, bad) in [
        ("COOKIE_SAMESITE", "none", "COOKIE_SECURE", "true", "false"),
        ("ACCESS_TOKEN_TTL", "45m", "REFRESH_TOKEN_TTL", "45m", "30m"),
        ("SESSION_BINDING_SCOPES", "latchkey:admin, orders:read", "SESSION_BINDING", "require", "off"),
        ("COOKIE_DOMAIN", "example.com", "COOKIE_SECURE", "true", "false"),
        (
            "COOKIE_DOMAIN",
            "example.com",
            "LATCHKEY_ISSUER",
            "https://auth.example.com/api/auth",
            "https://auth.example.org/api/auth",
        ),
        (
            "LATCHKEY_ALLOWED_ORIGINS",
            "loopback",
            "LATCHKEY_ISSUER",
            "http://127.0.0.1:9000/api/auth",
            "https://app.example.com/api/auth",
        ),
    ] {
        let both = |other_value: &str| {
            let mut vars = valid();
            vars.extend([(name, value.to_owned()), (other, other_value.to_owned())]);
            Config::parse(|name| vars.get(name).cloned()).map(drop).map_err(|error| error.name)
        };
        assert_eq!((both(good), both(bad)), (Ok(()), Err(name)), "{other}");
    }
}

#[test]
fn a_bound_access_token_must_not_outlive_its_refresh_token() {
    let parse = |bound: &str, binding: &str| {
        let mut vars = valid();
        for (name, value) in [
            ("ACCESS_TOKEN_TTL", "5m"),
            ("REFRESH_TOKEN_TTL", "15m"),
            ("ACCESS_TOKEN_TTL_BOUND", bound),
            ("SESSION_BINDING", binding),
        ] {
            vars.insert(name, value.to_owned());
        }
        Config::parse(|name| vars.get(name).cloned()).map(drop)
    };
    for binding in ["prefer", "require"] {
        assert!(parse("15m", binding).is_ok());
        let error = parse("16m", binding).unwrap_err();
        assert_eq!(error.name, "ACCESS_TOKEN_TTL_BOUND");
        assert!(error.to_string().contains("REFRESH_TOKEN_TTL"), "{error}");
    }
    assert!(parse("16m", "off").is_ok());
}

#[test]
fn an_error_of_a_number_names_the_permitted_range() {
    let limit = "from 1 to 1000000 attempts, a window from 1s to 30d, a block from 0s to 3660d";
    let ranges = [
        ("ACCESS_TOKEN_TTL", "from 1s to 1d"),
        ("ACCESS_TOKEN_TTL_BOUND", "from 5m to 1h"),
        ("REFRESH_TOKEN_TTL", "from 1s to 366d"),
        ("SESSION_TTL", "from 1s to 366d"),
        ("REFRESH_GRACE", "from 0s to 600s"),
        ("REFRESH_LATE_RETRY", "from 0s to 7d"),
        ("NEAR_EXPIRY", "from 0s to 3660d"),
        ("SESSION_LIMIT", "from 1 to 30"),
        ("LIMIT_REFRESH", limit),
        ("LIMIT_LOGIN", limit),
        ("LIMIT_PASSWORD_RESET", limit),
        ("LIMIT_GENERAL", limit),
        ("ASSERTION_MAX_AGE", "from 1s to 10m"),
        ("ADMIN_MAX_AGE", "from 0s to 3660d"),
        ("EXPIRY_SHARDS", "from 1 to 1024"),
        ("EVENT_TTL", "from 1d to 3650d"),
        ("LOG_SAMPLE", "from 1 to 1000000"),
    ];
    let wrong = [
        "many",
        "-1",
        "1.5",
        "1e3",
        "99999999",
        "99999999d",
        "99999999999999999999",
        "99999999999999999999d",
        "10000000/15m",
        "0/15m",
        "99999999999999999999/15m",
        "5/0s",
        "5/31d",
        "5/15m/3661d",
        "5/15m/many",
    ];
    for (name, range) in ranges {
        for value in wrong {
            let error = parse_with(name, value).unwrap_err().to_string();
            assert!(error.starts_with(name) && error.contains(range), "{name}={value}: {error}");
        }
    }
    let numeric = |setting: &&Setting| {
        setting.unit.contains(" to ")
            || setting.unit.contains("duration")
            || setting.unit.starts_with("attempts")
            || setting.unit.contains("number")
    };
    for setting in SETTINGS.iter().filter(numeric) {
        assert!(ranges.iter().any(|(name, _)| *name == setting.name), "{} has no range here", setting.name);
    }
    let error = parse_with("RISK_RULES", "impossible_travel=alert:high:0").unwrap_err().to_string();
    assert!(error.contains("from 1 to 100000"), "{error}");
}

#[test]
fn an_origin_or_url_is_normalised_or_refused_at_start() {
    let origins =
        parse_with("LATCHKEY_ALLOWED_ORIGINS", "https://shop.example.com:443").unwrap().cookies.policy;
    assert_eq!(origins.allowed_origins, ["https://shop.example.com", "https://app.example.com"]);
    for issuer in [
        "https://app.example.com:443/api/auth",
        "https://App.example.com/api/auth",
        "http://localhost:80/api/auth",
    ] {
        assert_eq!(parse_with("LATCHKEY_ISSUER", issuer).unwrap_err().name, "LATCHKEY_ISSUER", "{issuer}");
        assert_eq!(
            parse_authorizer_with("LATCHKEY_ISSUER", issuer).unwrap_err().name,
            "LATCHKEY_ISSUER",
            "{issuer}"
        );
    }
}

#[test]
fn a_wrong_name_or_domain_of_cookies_is_refused_by_its_setting() {
    for (name, value) in [
        ("COOKIE_NAME", "__Host-shop"),
        ("COOKIE_NAME", "my shop"),
        ("COOKIE_NAME", "shop;"),
        ("COOKIE_DOMAIN", "com"),
        ("COOKIE_DOMAIN", ".example.com"),
        ("COOKIE_DOMAIN", "EXAMPLE.com"),
        ("COOKIE_DOMAIN", "other.example"),
        ("COOKIE_DOMAIN", "example.com; Path=/x"),
    ] {
        for error in [parse_with(name, value).unwrap_err(), parse_authorizer_with(name, value).unwrap_err()] {
            assert_eq!(error.name, name, "{value}");
        }
    }
    let policy = parse_with("COOKIE_DOMAIN", "example.com").unwrap().cookies.policy;
    assert_eq!(policy.domain.map(|domain| domain.to_string()).as_deref(), Some("example.com"));
    assert_eq!(parse_with("COOKIE_NAME", "shop").unwrap().cookies.policy.name.as_str(), "shop");
    let local = parse_with("LATCHKEY_ISSUER", "http://127.0.0.1:9000/api/auth").unwrap();
    assert_eq!(local.cookies.policy.name.as_str(), "latchkey_9000");
}

#[test]
fn the_defaults_are_as_documented() {
    let vars = valid();
    let config = Config::parse(|name| vars.get(name).cloned()).unwrap();
    let lifetimes = config.lifetimes;
    assert_eq!(lifetimes.access, Duration::from_secs(3_600));
    assert_eq!(lifetimes.refresh, Duration::from_secs(7 * 86_400));
    assert_eq!(lifetimes.session, Duration::from_secs(30 * 86_400));
    assert_eq!(lifetimes.grace, Duration::from_secs(60));
    assert_eq!(lifetimes.late_retry, Duration::from_secs(86_400));
    assert_eq!(config.session_limit, 5);
    assert_eq!(config.limits.refresh.attempts, 20);
    assert!(config.cookies.policy.secure && !config.cookies.policy.allows_loopback);
    assert_eq!((config.cookies.policy.name.as_str(), config.cookies.policy.domain), ("latchkey", None));
}

#[test]
fn debug_prints_no_key() {
    let vars = valid();
    let config = Config::parse(|name| vars.get(name).cloned()).unwrap();
    let keys: serde_json::Value = serde_json::from_str(&vars["LATCHKEY_KEYS"]).unwrap();
    for key in keys["keys"].as_array().unwrap() {
        for member in ["d", "k"].iter().filter_map(|name| key[name].as_str()) {
            assert!(!format!("{config:?} {:?}", config.keys).contains(member));
        }
    }
}

#[test]
fn the_authorizer_reads_only_the_settings_that_it_needs() {
    let always = [
        "AUTHORIZER_MODE",
        "AUTHORIZER_ON_INVALID",
        "AUTHORIZER_PUBLIC_URLS",
        "AUTHORIZER_WHEN_STALE",
        "COOKIE_DOMAIN",
        "COOKIE_NAME",
        "COOKIE_SECURE",
        "LATCHKEY_ALLOWED_ORIGINS",
        "LATCHKEY_AUDIENCE",
        "LATCHKEY_ISSUER",
        "LATCHKEY_KEYS",
        "SESSION_DEBUG",
    ];
    for (mode, more) in [("offline", None), ("strict", Some("TABLE_SESSIONS"))] {
        let looked_up = RefCell::new(BTreeSet::new());
        let mut vars = valid();
        vars.insert("AUTHORIZER_MODE", mode.to_owned());
        AuthorizerConfig::parse(|name| {
            looked_up.borrow_mut().insert(name.to_owned());
            vars.get(name).cloned()
        })
        .unwrap();
        let expected = always.into_iter().chain(more).map(str::to_owned).collect();
        assert_eq!(*looked_up.borrow(), expected, "{mode}");
    }
}

#[test]
fn the_authorizer_is_offline_by_default() {
    let mode = |value| parse_authorizer_with("AUTHORIZER_MODE", value).map(|config| config.mode);
    assert_eq!(mode("").unwrap(), AuthorizerMode::Offline);
    assert_eq!(mode("strict").unwrap(), AuthorizerMode::Strict { sessions: "latchkey-sessions".to_owned() });
    assert_eq!(mode("Strict").unwrap_err().name, "AUTHORIZER_MODE");
}

fn parse_changed(changes: &[(&'static str, &str)]) -> Result<Config, ConfigError> {
    let mut vars = valid();
    vars.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Config::parse(|name| vars.get(name).cloned())
}

/// The names and reasons of the settings without effect.
fn warnings_with(changes: &[(&'static str, &str)]) -> Vec<String> {
    let config = parse_changed(changes).unwrap();
    config.warnings.iter().map(ToString::to_string).collect()
}

fn issuers_with(members: &str) -> String {
    valid()["LATCHKEY_TRUSTED_ISSUERS"].replace("}]}}]", &format!("}}]}},{members}}}]"))
}

#[test]
fn a_setting_without_effect_is_a_warning() {
    assert_eq!(warnings_with(&[]), [""; 0]);
    let admin = issuers_with(r#""scopes":["latchkey:admin"]"#);
    for (changes, beginning) in [
        (vec![("ADMIN_MAX_AGE", "1h")], "ADMIN_MAX_AGE: has no effect"),
        (vec![("RISK_RULES", "ip_changed=off, impossible_travel = alert")], "RISK_RULES: new_country"),
        (
            vec![
                ("NETWORK_ALLOWLIST", "10.0.0.0/8"),
                ("RISK_RULES", "ip_changed=off,new_country=off,country_changed=off,impossible_travel=off"),
            ],
            "NETWORK_ALLOWLIST: has no effect",
        ),
        (
            vec![("LATCHKEY_TRUSTED_ISSUERS", issuers_with(r#""scope_claim":"roles""#).as_str())],
            "LATCHKEY_TRUSTED_ISSUERS: [0].scope_claim has no effect",
        ),
        (
            vec![(
                "LATCHKEY_TRUSTED_ISSUERS",
                issuers_with(r#""scopes":["orders:read","two words"]"#).as_str(),
            )],
            "LATCHKEY_TRUSTED_ISSUERS: [0].scopes[1] has no effect",
        ),
        (vec![("PROVIDER_ORDERS", "true")], "PROVIDER_ORDERS: opens endpoints that refuse every request"),
    ] {
        let warnings = warnings_with(&changes);
        assert_eq!(warnings.len(), 1, "{changes:?}: {warnings:?}");
        assert!(warnings[0].starts_with(beginning), "{}", warnings[0]);
    }
    for changes in [
        vec![("ADMIN_MAX_AGE", "1h"), ("LATCHKEY_TRUSTED_ISSUERS", admin.as_str())],
        vec![("RISK_RULES", "new_country=off,device_changed=end,ip_changed=alert")],
        vec![("RISK_RULES", "impossible_travel=alert"), ("CLOUDFRONT_ORIGIN_SECRET", "0123456789abcdef")],
        vec![("NETWORK_ALLOWLIST", "10.0.0.0/8")],
        vec![("PROVIDER_ORDERS", "true"), ("LATCHKEY_TRUSTED_ISSUERS", ends_sessions().as_str())],
    ] {
        assert_eq!(warnings_with(&changes), [""; 0], "{changes:?}");
    }
}

/// An issuer that may end sessions.
fn ends_sessions() -> String {
    issuers_with(r#""logout":{"backchannel":{}}"#)
}

/// Its administrator relies on orders that would reach no endpoint.
#[test]
fn an_issuer_that_may_end_sessions_needs_the_endpoints() {
    let text = ends_sessions();
    for given in [None, Some("false")] {
        let mut changes = vec![("LATCHKEY_TRUSTED_ISSUERS", text.as_str())];
        changes.extend(given.map(|no| ("PROVIDER_ORDERS", no)));
        let error = parse_changed(&changes).unwrap_err();
        assert_eq!(error.name, "PROVIDER_ORDERS");
        let text = error.to_string();
        assert!(
            text.contains("LATCHKEY_TRUSTED_ISSUERS") && text.contains("parameter ProviderOrders"),
            "{text}"
        );
    }
}
