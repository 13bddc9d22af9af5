//! The cookies of `tests/vectors/cookies.json`, which the guard for Node also reads, so that both parsers agree.

use http::{HeaderMap, HeaderValue, header};
use latchkey_verifier::{CookieDomain, CookieKind, CookieName, CookiePolicy, Refusal};
use serde_json::Value;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/cookies.json");

/// The header lines of a case; each character stands for one byte.
fn headers(case: &Value) -> HeaderMap {
    let bytes = |line: &str| {
        line.chars().map(|c| u8::try_from(c).expect("a character stands for one byte")).collect::<Vec<u8>>()
    };
    let lines = case["lines"]
        .as_array()
        .expect("a case has lines")
        .iter()
        .map(|line| bytes(line.as_str().expect("a line is text")));
    lines.map(|line| (header::COOKIE, HeaderValue::from_bytes(&line).expect("a line fits a header"))).fold(
        HeaderMap::new(),
        |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        },
    )
}

/// Reads the cookie that the case names.
fn read(case: &Value) -> Result<Option<String>, Refusal> {
    let name = case["cookie"].as_str().expect("a case names a cookie");
    let policy = policy_of(name);
    let kinds = [CookieKind::Access, CookieKind::Refresh];
    let kind = kinds.into_iter().find(|kind| policy.name(*kind) == name).expect("the cookie is one of ours");
    policy.read(&headers(case), kind)
}

/// The policy with which one of the cookies has this name.
fn policy_of(cookie: &str) -> CookiePolicy {
    let name = cookie.trim_start_matches("__Host-").trim_start_matches("__Secure-");
    let name = name.trim_end_matches("_access").trim_end_matches("_refresh");
    let domain =
        || CookieDomain::parse("example.com", "https://auth.example.com/api/auth").expect("a domain");
    CookiePolicy {
        secure: cookie.starts_with("__"),
        name: CookieName::parse(name).expect("a name"),
        domain: cookie.starts_with("__Secure-").then(domain),
        ..CookiePolicy::default()
    }
}

fn vectors() -> Value {
    let text = std::fs::read_to_string(VECTORS).expect("the file of vectors exists");
    serde_json::from_str(&text).expect("the vectors are JSON")
}

#[test]
fn cookies_are_read_as_the_shared_vectors_expect() {
    let vectors = vectors();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() > 40);
    for case in cases {
        let (why, expected) = (&case["why"], &case["expect"]);
        match read(case) {
            Ok(value) => assert_eq!(value.as_deref(), expected["value"].as_str(), "{why}"),
            Err(_) => assert_eq!(expected["twice"], true, "{why}"),
        }
        assert!(expected["twice"] != true || read(case).is_err(), "{why}");
    }
}

/// The names of the access and the refresh cookie, or which setting is refused.
fn names(case: &Value) -> Result<[String; 2], &'static str> {
    let issuer = case["issuer"].as_str().expect("a case has an issuer");
    let policy = CookiePolicy::for_issuer(issuer);
    let policy = CookiePolicy {
        secure: case["secure"].as_bool().unwrap_or(true),
        name: match case["name"].as_str() {
            Some(name) => CookieName::parse(name).map_err(|_| "name")?,
            None => policy.name,
        },
        domain: case["domain"]
            .as_str()
            .map(|domain| CookieDomain::parse(domain, issuer))
            .transpose()
            .map_err(|_| "domain")?,
        ..policy
    };
    if policy.domain.is_some() && !policy.secure {
        return Err("domain");
    }
    Ok([policy.name(CookieKind::Access), policy.name(CookieKind::Refresh)])
}

#[test]
fn cookies_are_named_as_the_shared_vectors_expect() {
    let vectors = vectors();
    let cases = vectors["names"].as_array().unwrap();
    assert!(cases.len() > 30);
    for case in cases {
        let (why, expected) = (&case["why"], &case["expect"]);
        let text = |member: &str| expected[member].as_str().unwrap_or_default().to_owned();
        match names(case) {
            Ok(names) => assert_eq!(names, [text("access"), text("refresh")], "{why}"),
            Err(setting) => assert_eq!(text("refused"), setting, "{why}"),
        }
    }
}
