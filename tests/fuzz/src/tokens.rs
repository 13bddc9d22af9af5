//! Tokens: a changed token is refused, and the claims of an accepted token are within their limits.
//!
//! The first byte selects how the rest becomes a token:
//!
//! - the rest is the token,
//! - the rest is a list of edits of a genuine token,
//! - the rest is a payload, which gets a genuine signature,
//! - the rest is a header, a zero byte and a payload, which get a genuine signature.

use std::time::Duration;

use latchkey::domain::scope::SERVICE;
use latchkey::token::access;
use latchkey::token::{assertion, refresh};
use latchkey_verifier::{ACCESS_TOKEN_TYPE, verify_access_token};
use serde_json::Value;

use crate::edits::edited;
use crate::genuine::{self, ACCESS, ASSERTION, ISSUERS, KEYS, NOW, REFRESH};

const MAX_AGE: Duration = Duration::from_secs(600);

/// A token and its origin.
enum Token {
    /// Made without a key, so that it must be refused.
    Forged(String),
    /// Signed with a genuine key.
    Signed(String),
}

fn token_of(bytes: &[u8], genuine: &str, sign: impl Fn(Option<&[u8]>, &[u8]) -> String) -> Option<Token> {
    let (selector, rest) = bytes.split_first()?;
    Some(match selector % 4 {
        0 => Token::Forged(String::from_utf8_lossy(rest).into_owned()).filter(|text| text != genuine)?,
        1 => Token::Forged(edited(genuine, rest)?),
        2 => Token::Signed(sign(None, rest)),
        _ => {
            let end = rest.iter().position(|byte| *byte == 0)?;
            Token::Signed(sign(Some(&rest[..end]), &rest[end + 1..]))
        }
    })
}

impl Token {
    fn filter(self, keep: impl Fn(&str) -> bool) -> Option<Self> {
        let (Self::Forged(text) | Self::Signed(text)) = &self;
        keep(text).then_some(self)
    }
}

/// A refresh token: only a token with our seal opens, and sealing its content again gives a token that opens.
pub fn refresh_token(bytes: &[u8]) {
    let Some(token) = token_of(bytes, &REFRESH, |_, payload| genuine::sealed(payload)) else { return };
    match token {
        Token::Forged(text) => assert!(refresh::open(&text, KEYS.refresh()).is_err(), "{text}"),
        Token::Signed(text) => {
            let Ok(token) = refresh::open(&text, KEYS.refresh()) else { return };
            let again = genuine::refresh_key().seal(&token);
            let reopened = refresh::open(again.expose(), KEYS.refresh()).expect("a sealed token opens");
            assert_eq!(genuine::refresh_key().seal(&reopened), again);
            assert!((1..=382).contains(&token.user.as_str().len()));
            assert!(token.nonce == reopened.nonce && token.generation == reopened.generation);
        }
    }
}

/// An access token: it is accepted only with our signature, type, issuer and audience, and before its expiry.
pub fn access_token(bytes: &[u8]) {
    let header = br#"{"alg":"EdDSA","kid":"at","typ":"at+jwt"}"#;
    let sign = |own: Option<&[u8]>, payload: &[u8]| genuine::signed_by_us(own.unwrap_or(header), payload);
    let Some(token) = token_of(bytes, &ACCESS, sign) else { return };
    let verify = |text: &str| {
        verify_access_token(text, KEYS.verifying(), genuine::ISSUER, genuine::AUDIENCE, genuine::now().into())
    };
    match token {
        Token::Forged(text) => assert!(verify(&text).is_err(), "{text}"),
        Token::Signed(text) => {
            let Ok(claims) = verify(&text) else { return };
            assert!(claims.iss == genuine::ISSUER && claims.aud == genuine::AUDIENCE);
            assert!(
                claims.exp > NOW && claims.iat <= NOW + 60 && claims.nbf.is_none_or(|nbf| nbf <= NOW + 60)
            );
            assert!((1..=382).contains(&claims.sub.as_str().len()));
            let header = header_of(&text);
            let typ = header["typ"].as_str().expect("an accepted token has a type").to_ascii_lowercase();
            assert!(
                header["alg"] == "EdDSA" && (typ == ACCESS_TOKEN_TYPE || typ == "application/at+jwt"),
                "{header}"
            );
            let signer = KEYS.signer().expect("the set has a private key");
            let again = access::mint(&claims, signer).expect("claims that were read can be signed");
            let again = verify(again.expose()).expect("a signed token is accepted");
            assert_eq!(serde_json::to_value(again).ok(), serde_json::to_value(claims).ok());
        }
    }
}

/// An assertion: it is accepted only with the provider's signature, for our audience, in time, and with no scope that the
/// provider may not grant.
pub fn assertion(bytes: &[u8]) {
    let header = br#"{"alg":"EdDSA","kid":"idp","typ":"JWT"}"#;
    let sign =
        |own: Option<&[u8]>, payload: &[u8]| genuine::signed_by_provider(own.unwrap_or(header), payload);
    let Some(token) = token_of(bytes, &ASSERTION, sign) else { return };
    let (Token::Forged(text) | Token::Signed(text)) = &token;
    let Ok(issuer) = assertion::claimed_issuer(text, &ISSUERS) else { return };
    let latchkey::token::issuer::IssuerKeys::Inline(keys) = &issuer.keys else { return };
    let opened = assertion::verify(text, issuer, keys, genuine::now(), MAX_AGE);
    let served = SERVICE.map(|scope| assertion::verify_service(text, issuer, keys, scope, genuine::now()));
    if matches!(token, Token::Forged(_)) {
        assert!(opened.is_err() && served.iter().all(Result::is_err), "{text}");
    }
    // The provider may grant only the first of the scope words for backends.
    assert!(SERVICE[0] == "latchkey:attempts" && served[1].is_err(), "{text}");
    let Ok(opened) = opened else { return };
    assert!(served.iter().all(Result::is_err), "an assertion of a backend must not open a session: {text}");
    let user = opened.user.as_str();
    assert!(
        user.len() <= genuine::PREFIX.len() + 255
            && user.starts_with(genuine::PREFIX)
            && user != genuine::PREFIX,
        "{user}"
    );
    assert!(opened.scope.words().all(|word| word == "latchkey:admin"), "{}", opened.scope);
    assert!((NOW - 600..=NOW + 60).contains(&opened.issued_at.seconds()));
    assert!(opened.auth_time.is_none_or(|at| (1..=NOW).contains(&at.seconds())));
}

fn header_of(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').next().unwrap_or_default();
    let bytes =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("the header was parsed before");
    serde_json::from_slice(&bytes).expect("the header was parsed before")
}
