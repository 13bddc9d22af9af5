//! Fields of a request: a field that is present twice is refused, and a parsed value has one spelling.

use http::{HeaderMap, HeaderValue, header};
use latchkey::domain::id::{SessionId, UserId};
use latchkey::domain::severity::Severity;
use latchkey::domain::sign_in_review::SignInReview;
use latchkey::http::body::{self, MediaType};
use latchkey::http::etag::{etag, is_known};
use latchkey::http::language::preferred;
use latchkey::token::cursor;
use latchkey::token::review_link::{self, ReviewKey};
use latchkey_verifier::{CookieKind, CookiePolicy};
use serde_json::json;
use uuid::Uuid;

use crate::edits::edited;
use crate::genuine;

/// Lines of `Cookie` headers: a cookie is read only if exactly one has its name.
pub fn cookies(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(header::COOKIE, line);
    }
    for secure in [true, false] {
        let cookies = CookiePolicy { secure, ..CookiePolicy::default() };
        for kind in [CookieKind::Access, CookieKind::Refresh] {
            let name = cookies.name(kind);
            let values = named(&headers, &name);
            match cookies.read(&headers, kind) {
                Ok(Some(value)) => assert_eq!(values, [value.as_bytes()], "{name}"),
                Ok(None) => assert!(values.len() <= 1, "{name} is present twice"),
                Err(_) => assert!(values.len() > 1, "{name}"),
            }
        }
    }
}

/// The values of all cookies with a name.
fn named<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h [u8]> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let split = pairs.filter_map(|pair| {
        let end = pair.iter().position(|byte| *byte == b'=')?;
        Some((&pair[..end], &pair[end + 1..]))
    });
    split.filter(|(own, _)| *own == name.as_bytes()).map(|(_, value)| value).collect()
}

/// A media type, a new line, and a form: a parameter is accepted once, and it survives being written and read again.
pub fn form(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let rest = &bytes[(end + 1).min(bytes.len())..];
    if let Ok(kind) = HeaderValue::from_bytes(&bytes[..end]) {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind.clone())]);
        let wanted = match body::media_type(&headers, &rest.to_vec().into()) {
            Ok(MediaType::Json) => "application/json",
            Ok(MediaType::Form) => "application/x-www-form-urlencoded",
            Ok(MediaType::Absent) => panic!("the header is present"),
            Err(_) => "",
        };
        let kind = kind.to_str().unwrap_or_default().trim().to_ascii_lowercase();
        assert!(kind.starts_with(wanted), "{kind}");
    }
    let Ok(form) = std::str::from_utf8(rest) else { return };
    for name in ["token", "refresh_token", "grant_type"] {
        let given = form_urlencoded::parse(rest).filter(|(own, _)| own == name).count();
        match body::parameter(form, name) {
            Ok(Some(value)) => {
                let rewritten =
                    form_urlencoded::Serializer::new(String::new()).append_pair(name, &value).finish();
                assert_eq!(body::parameter(&rewritten, name).ok().flatten(), Some(value));
                assert_eq!(given, 1);
            }
            Ok(None) => assert_eq!(given, 0),
            Err(_) => assert!(given > 1),
        }
    }
}

/// A query: a session id in capitals is the one in lower case; user ids and severities have one spelling each.
pub fn query(bytes: &[u8]) {
    let Ok(query) = std::str::from_utf8(bytes) else { return };
    for name in ["session_id", "user_id", "severity"] {
        let Ok(Some(text)) = body::parameter(query, name) else { continue };
        if let Ok(id) = text.parse::<SessionId>() {
            assert!(id.to_string() == text.to_ascii_lowercase() && text.len() == 36);
        }
        if let Ok(id) = text.parse::<UserId>() {
            assert!(id.as_str() == text && (1..=382).contains(&text.len()));
            assert!(!text.contains(char::is_control));
        }
        if let Some(severity) = Severity::parse(&text) {
            assert_eq!(severity.as_str(), text);
        }
    }
}

/// `If-None-Match`: it matches a body only by its whole tag or by `*`.
pub fn if_none_match(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let tag = etag(&json!({"sessions": []}));
    let text = value.to_str().unwrap_or_default();
    assert_eq!(is_known(&tag, &value), text.trim() == "*" || contains_tag(text, &tag), "{text}");
    let listed = HeaderValue::from_str(&format!("{tag}, {text}"));
    assert!(listed.is_err() || listed.is_ok_and(|listed| is_known(&tag, &listed)));
}

/// Whether the tag is an entry of the list, alone or after `W/`.
fn contains_tag(text: &str, tag: &str) -> bool {
    let around = |at: usize| {
        let before = text[..at].rsplit(',').next().unwrap_or_default().trim_start();
        let after = text[at + tag.len()..].split(',').next().unwrap_or_default().trim();
        matches!(before, "" | "W/") && after.is_empty()
    };
    text.match_indices(tag).any(|(at, _)| around(at))
}

/// `Accept-Language` headers: the language is an offered one, and the only offered one that the client names.
pub fn accept_language(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(header::ACCEPT_LANGUAGE, line);
    }
    let chosen = preferred(&headers, &["en", "de"]);
    assert!(["en", "de"].contains(&chosen), "{chosen}");
    let names_german = String::from_utf8_lossy(bytes).to_ascii_lowercase().contains("de");
    assert!(chosen == "en" || names_german, "{chosen}");
}

/// The token of a sign-in review: it does not open after a change, with another key or for another deployment.
pub fn review_link(bytes: &[u8]) {
    let (key, issuer) = (ReviewKey::new(&[5; 32]), genuine::ISSUER);
    let keys = std::slice::from_ref(&key);
    let event = Uuid::from_bytes([7; 16]);
    let text = String::from_utf8_lossy(bytes);
    let user = text.parse().unwrap_or_else(|_| genuine::user());
    let review = SignInReview::of_event(user, genuine::session(), event, genuine::now());
    let sealed = key.seal(&review, issuer);
    assert_eq!(review_link::open(sealed.expose(), keys, issuer), Ok(review));
    if let Some(changed) = edited(sealed.expose(), bytes) {
        assert!(review_link::open(&changed, keys, issuer).is_err(), "{changed}");
    }
    assert!(review_link::open(&text, keys, issuer).is_err(), "{text}");
    assert!(review_link::open(sealed.expose(), &[ReviewKey::new(&[6; 32])], issuer).is_err());
    assert!(text == issuer || review_link::open(sealed.expose(), keys, &text).is_err(), "{text}");
}

/// A cursor: it does not open after a change or for another user.
pub fn cursor(bytes: &[u8]) {
    let (user, keys) = (genuine::user(), genuine::KEYS.refresh());
    let event = Uuid::from_bytes([7; 16]);
    let sealed = cursor::seal(&user, event, &keys[0]);
    assert_eq!(cursor::open(&sealed, &user, keys), Ok(event));
    if let Some(changed) = edited(&sealed, bytes) {
        assert!(cursor::open(&changed, &user, keys).is_err(), "{changed}");
    }
    let text = String::from_utf8_lossy(bytes);
    assert!(text == sealed || cursor::open(&text, &user, keys).is_err(), "{text}");
    if let Ok(other) = text.parse::<UserId>() {
        assert!(other == user || cursor::open(&sealed, &other, keys).is_err(), "{text}");
        let others = cursor::seal(&other, event, &keys[0]);
        assert_eq!(cursor::open(&others, &other, keys), Ok(event));
    }
}
