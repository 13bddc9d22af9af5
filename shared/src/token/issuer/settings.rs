//! Which entries does `LATCHKEY_TRUSTED_ISSUERS` accept, and what is wrong with the others?

use latchkey_verifier::{Jwk, JwkError, VerifyingKey};
use serde::Deserialize;

use super::key_url::{KeyUrls, key_url};
use super::logout::{self, LogoutEntry};
use super::{IssuerKeys, TrustedIssuer};
use crate::domain::id::USER_PREFIX_MAX_BYTES;
use crate::token::claim::{ClaimName, RequiredClaim};

/// The reason why the list of trusted issuers is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// The text is not JSON.
    #[error(
        "expected a JSON list of issuers with issuer, audience and jwks or jwks_url (line {0}, column {1})"
    )]
    NotJson(usize, usize),
    /// A member is unknown, missing or has the wrong type. The path leads to it, and the fault never contains its value.
    #[error("{path}: {fault}")]
    Shape {
        /// The path to the member.
        path: String,
        /// The fault, with what was expected.
        fault: String,
    },
    /// The list is empty, so that no sign-in could succeed.
    #[error("needs at least one issuer, whose assertions open sessions")]
    Empty,
    /// A member of an entry is wrong.
    #[error("[{0}].{1}: {2}")]
    Member(usize, &'static str, &'static str),
    /// No inline key can be used. This is the reason of the first one.
    #[error("[{0}].jwks.keys[{1}]: {2}")]
    Key(usize, usize, #[source] JwkError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    issuer: String,
    audience: String,
    jwks: Option<Jwks>,
    jwks_url: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    scope_claim: Option<String>,
    #[serde(default)]
    require: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    user_prefix: String,
    auth_time: Option<String>,
    logout: Option<LogoutEntry>,
    admin_of: Option<String>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

/// Parses `LATCHKEY_TRUSTED_ISSUERS`.
///
/// # Errors
/// The first entry that is wrong: for example our own issuer, an http URL, a shared secret as a key, or a user prefix
/// that begins with the prefix of another issuer, which could then sign in as users of the other one.
pub fn parse_trusted_issuers(
    text: &str,
    own_issuer: &str,
    key_urls: KeyUrls,
) -> Result<Vec<TrustedIssuer>, IssuerError> {
    let entries = parse_entries(text)?;
    if entries.is_empty() {
        return Err(IssuerError::Empty);
    }
    let mut issuers: Vec<TrustedIssuer> = vec![];
    for (index, entry) in entries.into_iter().enumerate() {
        let issuer = entry.into_issuer(index, key_urls)?;
        let wrong = |member, text| Err(IssuerError::Member(index, member, text));
        if issuer.issuer == own_issuer {
            return wrong("issuer", "is LATCHKEY_ISSUER itself: access tokens must not open sessions");
        }
        if issuers.iter().any(|other| other.issuer == issuer.issuer) {
            return wrong("issuer", "is listed twice");
        }
        let overlaps = |other: &TrustedIssuer| {
            other.user_prefix.starts_with(&issuer.user_prefix)
                || issuer.user_prefix.starts_with(&other.user_prefix)
        };
        if issuers.iter().any(overlaps) {
            return wrong(
                "user_prefix",
                "begins with the prefix of another issuer, so that one could sign in as the other's users",
            );
        }
        if issuers.iter().any(|other| logout::is_ambiguous(other, &issuer)) {
            return wrong("logout", "names an issuer whose orders another entry takes, too");
        }
        issuers.push(issuer);
    }
    Ok(issuers)
}

fn parse_entries(text: &str) -> Result<Vec<Entry>, IssuerError> {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| IssuerError::NotJson(error.line(), error.column()))?;
    serde_path_to_error::deserialize(&value).map_err(|error| {
        let path = Some(error.path().to_string()).filter(|path| path != ".");
        let fault = error.into_inner().to_string();
        // "invalid type: string \"..\", expected a number": the first half may hold a private key that was pasted by mistake.
        let fault = match fault.rsplit_once(", expected ") {
            Some((unknown, names)) if unknown.starts_with("unknown field ") => {
                format!("unknown member, expected {names}")
            }
            Some((_, expected)) => format!("expected {expected}"),
            None => fault.replace("field", "member"),
        };
        IssuerError::Shape { path: path.unwrap_or_else(|| "the list".to_owned()), fault }
    })
}

impl Entry {
    fn into_issuer(self, index: usize, key_urls: KeyUrls) -> Result<TrustedIssuer, IssuerError> {
        let wrong = |member, text| IssuerError::Member(index, member, text);
        if self.issuer.is_empty() {
            return Err(wrong("issuer", "must not be empty"));
        }
        if self.audience.is_empty() {
            return Err(wrong("audience", "must not be empty"));
        }
        if self.user_prefix.len() > USER_PREFIX_MAX_BYTES || self.user_prefix.chars().any(char::is_control) {
            return Err(wrong(
                "user_prefix",
                "must be shorter than 128 bytes and have no control characters",
            ));
        }
        let keys = match (self.jwks, self.jwks_url) {
            (Some(jwks), None) => inline_keys(index, &jwks)?,
            (None, Some(url)) => {
                IssuerKeys::Url(key_url(&url, key_urls).map_err(|text| wrong("jwks_url", text))?)
            }
            _ => return Err(wrong("jwks", "give either jwks or jwks_url, not both")),
        };
        let iat_is_auth_time = match self.auth_time.as_deref() {
            None => false,
            Some("iat") => true,
            Some(_) => return Err(wrong("auth_time", "expected \"iat\" or no auth_time")),
        };
        let admin_of_all = match self.admin_of.as_deref() {
            None => false,
            Some("all") => true,
            Some(_) => return Err(wrong("admin_of", "expected \"all\" or no admin_of")),
        };
        let scope_claim =
            ClaimName::parse(self.scope_claim.as_deref().unwrap_or("scope")).ok_or_else(|| {
                wrong("scope_claim", "expected the name of a claim, or a path such as app_metadata.roles")
            })?;
        let require = self.require.into_iter().map(|(name, value)| RequiredClaim::parse(&name, value));
        let require = require.collect::<Option<Vec<_>>>().ok_or_else(|| {
            wrong(
                "require",
                "expected claims, each with a text, a whole number, true, false, or a list of these",
            )
        })?;
        let logout =
            self.logout.map(|entry| entry.into_settings((&self.issuer, &self.audience, &keys), key_urls));
        let logout = logout.transpose().map_err(|text| wrong("logout", text))?;
        Ok(TrustedIssuer {
            logout,
            issuer: self.issuer,
            audience: self.audience,
            keys,
            scopes: self.scopes,
            scope_claim,
            require,
            user_prefix: self.user_prefix,
            iat_is_auth_time,
            admin_of_all,
        })
    }
}

/// The keys of an inline set that can verify assertions. Others, such as keys for encryption and new kinds of keys, are
/// skipped as in a set at a URL, because providers publish them in the same set.
fn inline_keys(index: usize, jwks: &Jwks) -> Result<IssuerKeys, IssuerError> {
    let key = |jwk| {
        let jwk = Jwk::deserialize(jwk).map_err(|_| JwkError::Member("kty"))?;
        VerifyingKey::from_jwk(&jwk)
    };
    let keys: Vec<Result<VerifyingKey, JwkError>> = jwks.keys.iter().map(key).collect();
    let usable: Vec<VerifyingKey> = keys.iter().filter_map(|key| key.as_ref().ok().cloned()).collect();
    match keys.first() {
        None => Err(IssuerError::Member(index, "jwks", "has no key")),
        Some(Err(error)) if usable.is_empty() => Err(IssuerError::Key(index, 0, *error)),
        _ => Ok(IssuerKeys::Inline(usable.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://app.example.com/api/auth";
    const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn member_of(text: &str) -> &'static str {
        match parse_trusted_issuers(text, OWN, KeyUrls::Https) {
            Err(IssuerError::Member(_, member, _)) => member,
            other => panic!("{:?}", other.map(|list| list.len())),
        }
    }

    #[test]
    fn an_issuer_with_an_unsafe_entry_is_refused_at_start() {
        let entry = |issuer: &str, rest: &str| {
            format!(r#"{{"issuer":"{issuer}","audience":"a","jwks":{{"keys":[{KEY}]}}{rest}}}"#)
        };
        let (one, two) = (entry("https://one", ""), entry("https://two", ""));
        assert_eq!(member_of(&format!("[{}]", entry(OWN, ""))), "issuer");
        assert_eq!(member_of(&format!("[{one},{one}]")), "issuer");
        assert_eq!(member_of(&format!("[{one},{two}]")), "user_prefix");
        assert_eq!(member_of(r#"[{"issuer":"x","audience":"a","jwks_url":"http://idp/jwks"}]"#), "jwks_url");
        assert_eq!(member_of(r#"[{"issuer":"x","audience":"a"}]"#), "jwks");
        assert_eq!(member_of(r#"[{"issuer":"x","audience":"a","jwks":{"keys":[]}}]"#), "jwks");
        assert_eq!(member_of(&format!("[{}]", entry("x", r#","auth_time":"now""#))), "auth_time");
        assert_eq!(member_of(&format!("[{}]", entry("x", r#","admin_of":"own""#))), "admin_of");
        assert_eq!(member_of(&format!("[{}]", entry("", ""))), "issuer");
        assert_eq!(member_of(&format!("[{}]", one.replace(r#""a""#, r#""""#))), "audience");
        for prefix in ["x".repeat(128), "a\\n".to_owned(), "\\u0085".to_owned()] {
            let prefixed = entry("x", &format!(r#","user_prefix":"{prefix}""#));
            assert_eq!(member_of(&format!("[{prefixed}]")), "user_prefix", "{prefix}");
        }
        for scope_claim in ["", "app_metadata.", "a..b"] {
            let named = entry("x", &format!(r#","scope_claim":"{scope_claim}""#));
            assert_eq!(member_of(&format!("[{named}]")), "scope_claim", "{scope_claim}");
        }
        for require in [r#"{"a":null}"#, r#"{"a":[]}"#, r#"{"a":{}}"#, r#"{"a.":1}"#, r#"{"a":1.5}"#] {
            let required = entry("x", &format!(r#","require":{require}"#));
            assert_eq!(member_of(&format!("[{required}]")), "require", "{require}");
        }
        for logout in [
            "{}",
            r#"{"backchannel":{"issuer":""}}"#,
            r#"{"backchannel":{"audience":""}}"#,
            r#"{"backchannel":{"jwks_url":"http://idp/jwks"}}"#,
            r#"{"events":{"types":[]}}"#,
            r#"{"events":{"types":["session-revoked","sign-in"]}}"#,
        ] {
            let wrong = entry("x", &format!(r#","logout":{logout}"#));
            assert_eq!(member_of(&format!("[{wrong}]")), "logout", "{logout}");
        }
        let first = entry("https://one", r#","user_prefix":"one|""#);
        let second = entry("https://two", r#","user_prefix":"two|""#);
        let within = entry("https://two", r#","user_prefix":"one|two|""#);
        assert_eq!(member_of(&format!("[{one},{second}]")), "user_prefix");
        assert_eq!(member_of(&format!("[{first},{within}]")), "user_prefix");
        assert_eq!(
            parse_trusted_issuers(&format!("[{first},{second}]"), OWN, KeyUrls::Https).map(|list| list.len()),
            Ok(2)
        );
    }

    #[test]
    fn a_misspelt_member_is_named_with_the_permitted_ones() {
        let fault = |entries: &str| match parse_trusted_issuers(entries, OWN, KeyUrls::Https) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{entries} was accepted"),
        };
        let entry =
            |rest: &str| format!(r#"[{{"issuer":"x","audience":"a","jwks":{{"keys":[{KEY}]}},{rest}}}]"#);
        for (rest, expected) in [
            (
                r#""logout":{"back_channel":{}}"#,
                "[0].logout.back_channel: unknown member, expected one of `backchannel`, `global_revocation`, `events`",
            ),
            (
                r#""logout":{"backchannel":{"aud":"x"}}"#,
                "[0].logout.backchannel.aud: unknown member, expected one of `issuer`, `audience`, `jwks_url`",
            ),
            (r#""logout":{"events":{}}"#, "[0].logout.events: missing member `types`"),
            (r#""logout":[]"#, "[0].logout"),
            (r#""user_prefix":5"#, "[0].user_prefix: expected a string"),
            (r#""scope":"a""#, "[0].scope: unknown member, expected one of `issuer`, `audience`"),
            (r#""scopes":"k7-private""#, "[0].scopes: expected a sequence"),
        ] {
            let text = fault(&entry(rest));
            assert!(text.starts_with(expected), "{text}");
            assert!(!text.contains("private"), "{text}");
        }
        assert_eq!(fault(r#"[{"audience":"a"}]"#), "[0]: missing member `issuer`");
        assert_eq!(fault("{}"), "the list: expected a sequence");
        assert!(fault(r#"[{"issuer":"x",]"#).contains("line 1, column 16"));
    }

    /// Otherwise an order could end the sessions of the users of either.
    #[test]
    fn two_entries_never_take_orders_of_the_same_issuer() {
        let entry = |name: &str, logout: &str| {
            format!(
                r#"{{"issuer":"https://{name}","audience":"a","user_prefix":"{name}|","jwks":{{"keys":[{KEY}]}},"logout":{logout}}}"#
            )
        };
        let parse = |one: &str, two: &str| {
            let text = format!("[{},{}]", entry("one", one), entry("two", two));
            parse_trusted_issuers(&text, OWN, KeyUrls::Https).map(|list| list.len())
        };
        let (own, of_org) = (r#"{"backchannel":{}}"#, r#"{"backchannel":{"issuer":"https://org"}}"#);
        assert_eq!(parse(own, own), Ok(2));
        assert_eq!(parse(own, of_org), Ok(2));
        assert_eq!(parse(of_org, r#"{"global_revocation":{"issuer":"https://org"}}"#), Ok(2), "another way");
        for (one, two) in [(of_org, of_org), (own, r#"{"backchannel":{"issuer":"https://one"}}"#)] {
            let error =
                IssuerError::Member(1, "logout", "names an issuer whose orders another entry takes, too");
            assert_eq!(parse(one, two), Err(error), "{one} {two}");
        }
    }

    #[test]
    fn a_shared_secret_never_verifies_an_assertion() {
        let text = r#"[{"issuer":"x","audience":"a","jwks":{"keys":[{"kty":"oct","k":"AAAA"}]}}]"#;
        assert_eq!(
            parse_trusted_issuers(text, OWN, KeyUrls::Https).err(),
            Some(IssuerError::Key(0, 0, JwkError::Unsupported))
        );
    }
}
