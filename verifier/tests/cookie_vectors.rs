//! The cookies of `tests/vectors/cookies.json`, which the guard for Node also reads, so that both parsers agree.

use http::{HeaderMap, HeaderValue, header};
use latchkey_verifier::{CookieKind, CookiePolicy, Refusal};
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
    let policy = CookiePolicy { secure: name.starts_with("__Host-"), ..CookiePolicy::default() };
    let kinds = [CookieKind::Access, CookieKind::Refresh];
    let kind = kinds.into_iter().find(|kind| policy.name(*kind) == name).expect("the cookie is one of ours");
    policy.read(&headers(case), kind)
}

#[test]
fn cookies_are_read_as_the_shared_vectors_expect() {
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(VECTORS).unwrap()).unwrap();
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
