//! Tokens: no changed token is accepted, and an accepted token has the genuine content.
//!
//! The first byte chooses how near to a genuine token the rest comes: any text at all; the genuine one with edits; the
//! rest as a payload under the genuine signature; header and payload, with a zero byte between, under it.

use std::time::Duration;

use latchkey::domain::scope::SERVICE;
use latchkey::token::access;
use latchkey::token::{assertion, refresh};
use latchkey_verifier::{ACCESS_TOKEN_TYPE, verify_access_token};
use serde_json::Value;

use crate::edits::edited;
use crate::genuine::{self, ACCESS, ASSERTION, ISSUERS, KEYS, NOW, REFRESH};

const MAX_AGE: Duration = Duration::from_secs(600);

/// How a token was made.
enum Made {
    /// Made without a key.
    Outside(String),
    /// Under a genuine signature.
    Inside(String),
}

fn made(bytes: &[u8], genuine: &str, sign: impl Fn(Option<&[u8]>, &[u8]) -> String) -> Option<Made> {
    let (how, rest) = bytes.split_first()?;
    Some(match how % 4 {
        0 => Made::Outside(String::from_utf8_lossy(rest).into_owned()).filter(|text| text != genuine)?,
        1 => Made::Outside(edited(genuine, rest)?),
        2 => Made::Inside(sign(None, rest)),
        _ => {
            let end = rest.iter().position(|byte| *byte == 0)?;
            Made::Inside(sign(Some(&rest[..end]), &rest[end + 1..]))
        }
    })
}

impl Made {
    fn filter(self, keep: impl Fn(&str) -> bool) -> Option<Self> {
        let (Self::Outside(text) | Self::Inside(text)) = &self;
        keep(text).then_some(self)
    }
}

/// A refresh token: only our own seal opens, and what it holds is sealed into the same again.
pub fn refresh_token(bytes: &[u8]) {
    let Some(made) = made(bytes, &REFRESH, |_, payload| genuine::sealed(payload)) else { return };
    match made {
        Made::Outside(text) => assert!(refresh::open(&text, KEYS.refresh()).is_err(), "{text}"),
        Made::Inside(text) => {
            let Ok(token) = refresh::open(&text, KEYS.refresh()) else { return };
            let again = genuine::refresh_key().seal(&token);
            let reopened = refresh::open(again.expose(), KEYS.refresh()).expect("what we seal, we open");
            assert_eq!(genuine::refresh_key().seal(&reopened), again);
            assert!((1..=128).contains(&token.user.as_str().len()));
            assert!(token.nonce == reopened.nonce && token.generation == reopened.generation);
        }
    }
}

/// An access token: only our signature, type, issuer, audience and time.
pub fn access_token(bytes: &[u8]) {
    let header = br#"{"alg":"EdDSA","kid":"at","typ":"at+jwt"}"#;
    let sign = |own: Option<&[u8]>, payload: &[u8]| genuine::signed_by_us(own.unwrap_or(header), payload);
    let Some(made) = made(bytes, &ACCESS, sign) else { return };
    let verify = |text: &str| {
        verify_access_token(text, KEYS.verifying(), genuine::ISSUER, genuine::AUDIENCE, genuine::now().into())
    };
    match made {
        Made::Outside(text) => assert!(verify(&text).is_err(), "{text}"),
        Made::Inside(text) => {
            let Ok(claims) = verify(&text) else { return };
            assert!(claims.iss == genuine::ISSUER && claims.aud == genuine::AUDIENCE);
            assert!(
                claims.exp > NOW && claims.iat <= NOW + 60 && claims.nbf.is_none_or(|nbf| nbf <= NOW + 60)
            );
            assert!((1..=128).contains(&claims.sub.as_str().len()));
            let header = header_of(&text);
            let typ = header["typ"].as_str().expect("a type").to_ascii_lowercase();
            assert!(
                header["alg"] == "EdDSA" && (typ == ACCESS_TOKEN_TYPE || typ == "application/at+jwt"),
                "{header}"
            );
            let signer = KEYS.signer().expect("a private key");
            let again = access::mint(&claims, signer).expect("what was read is written");
            let again = verify(again.expose()).expect("what we mint, we take");
            assert_eq!(serde_json::to_value(again).ok(), serde_json::to_value(claims).ok());
        }
    }
}

/// An assertion: only the provider's signature, for us, in time, and for no more than the provider may grant.
pub fn assertion(bytes: &[u8]) {
    let header = br#"{"alg":"EdDSA","kid":"idp","typ":"JWT"}"#;
    let sign =
        |own: Option<&[u8]>, payload: &[u8]| genuine::signed_by_provider(own.unwrap_or(header), payload);
    let Some(made) = made(bytes, &ASSERTION, sign) else { return };
    let (Made::Outside(text) | Made::Inside(text)) = &made;
    let Ok(issuer) = assertion::claimed_issuer(text, &ISSUERS) else { return };
    let latchkey::token::issuer::IssuerKeys::Inline(keys) = &issuer.keys else { return };
    let opened = assertion::verify(text, issuer, keys, genuine::now(), MAX_AGE);
    let served = SERVICE.map(|scope| assertion::verify_service(text, issuer, keys, scope, genuine::now()));
    if matches!(made, Made::Outside(_)) {
        assert!(opened.is_err() && served.iter().all(Result::is_err), "{text}");
    }
    // The provider may grant the first of them alone.
    assert!(SERVICE[0] == "latchkey:attempts" && served[1].is_err(), "{text}");
    let Ok(opened) = opened else { return };
    assert!(served.iter().all(Result::is_err), "a backend's assertion opens no session: {text}");
    let user = opened.user.as_str();
    assert!(user.len() <= 128 && user.starts_with(genuine::PREFIX) && user != genuine::PREFIX, "{user}");
    assert!(opened.scope.words().all(|word| word == "latchkey:admin"), "{}", opened.scope);
    assert!((NOW - 600..=NOW + 60).contains(&opened.issued_at.seconds()));
    assert!((0..=NOW).contains(&opened.auth_time.seconds()));
}

fn header_of(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').next().unwrap_or_default();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("it was read");
    serde_json::from_slice(&bytes).expect("it was read")
}
