//! Refresh tokens: how they are sealed and opened.
//!
//! A refresh is one conditional write, so the token contains everything that this write must know before it reads the
//! row. The token is a JWS (HS256, `typ: refresh+jwt`) with user, session, generation and the session's nonce. The row has
//! only the SHA-256 of the nonce. Therefore
//!
//! - a stolen table is not enough to forge a token, because the nonce is not in it,
//! - a stolen key is not enough either, without a token of the same session,
//! - a made-up token costs one hash and no call to the store.
//!
//! A token is a pure function of row, nonce and key: the same row gives the same token, byte for byte. So a response that
//! was lost can be repeated without storing the token.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_verifier::TOKEN_MAX_BYTES;
use latchkey_verifier::dpop::Nonces;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroize;

use super::SecretToken;
use crate::domain::client_context::ClientContext;
use crate::domain::fingerprint::{Fingerprint, Part};
use crate::domain::id::{SessionId, UserId, derive_session_id};
use crate::domain::limit::Window;
use crate::domain::place::Network;
use crate::domain::session::binding::BoundKey;
use crate::domain::session::nonce::Nonce;
use crate::domain::session::refresh_token::{KeyTag, RefreshToken};
use crate::domain::time::Timestamp;

const TYP: &str = "refresh+jwt";

/// A key that seals and opens refresh tokens. To seal means to sign with HMAC-SHA256: the payload stays readable.
#[derive(Clone)]
pub struct RefreshKey {
    key: hmac::Key,
    header: String,
    tag: KeyTag,
}

/// The text is not a refresh token that one of our keys has sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a refresh token of this server")]
pub struct NotARefreshToken;

#[derive(Serialize, Deserialize)]
struct Payload {
    sub: UserId,
    sid: SessionId,
    #[serde(rename = "gen")]
    generation: u64,
    iat: i64,
    exp: i64,
    abs: i64,
    nonce: String,
    ws: i64,
    wc: u32,
    fp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
}

/// The key that a bound token belongs to.
#[derive(Serialize, Deserialize)]
struct Confirmation {
    jkt: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    in_body: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    device: bool,
}

impl RefreshKey {
    /// The key with this `kid` and secret.
    pub fn new(kid: &str, secret: &[u8]) -> Self {
        let header = json!({"alg": "HS256", "kid": kid, "typ": TYP}).to_string();
        let tag = BASE64URL.encode(&digest::digest(&digest::SHA256, kid.as_bytes()).as_ref()[..2]);
        let tag = [tag.as_bytes()[0], tag.as_bytes()[1]];
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, secret),
            header: BASE64URL.encode(header),
            tag: KeyTag::new(tag),
        }
    }

    /// The short name of the key in a row.
    pub fn tag(&self) -> KeyTag {
        self.tag
    }

    /// Makes the text of a token.
    pub fn seal(&self, token: &RefreshToken) -> SecretToken {
        let payload = Payload {
            sub: token.user.clone(),
            sid: token.session,
            generation: token.generation,
            iat: token.issued_at.seconds(),
            exp: token.expires_at.seconds(),
            abs: token.absolute_expires_at.seconds(),
            nonce: BASE64URL.encode(token.nonce.expose()),
            ws: token.window.start.seconds(),
            wc: token.window.count,
            fp: BASE64URL.encode(token.fingerprint.to_bytes()),
            cnf: token.bound_key.map(|key| Confirmation {
                jkt: BASE64URL.encode(key.as_bytes()),
                in_body: token.was_in_body,
                device: token.is_device_bound,
            }),
        };
        let payload =
            serde_json::to_vec(&payload).expect("a struct of strings and numbers can be written as JSON");
        let mut text = format!("{}.{}", self.header, BASE64URL.encode(payload));
        let seal = hmac::sign(&self.key, text.as_bytes());
        text.push('.');
        BASE64URL.encode_string(seal, &mut text);
        SecretToken::new(text)
    }

    /// The id of the session that a sign-in with this assertion opens. A repeated sign-in gets the same id.
    ///
    /// The id depends on the signing input and not on the signature, because an ECDSA signature can be changed into another
    /// valid one, and that must not open a second session.
    pub fn session_id(&self, assertion_signing_input: &str, issued_at: Timestamp) -> SessionId {
        derive_session_id(issued_at.seconds(), &self.keyed("session id", assertion_signing_input))
    }

    /// The nonce of the session that a sign-in with this assertion opens. It depends on the whole assertion with its
    /// signature, so that only a client that has all of it gets the same tokens again.
    pub fn nonce(&self, assertion: &str) -> Nonce {
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&self.keyed("session nonce", assertion)[..16]);
        Nonce::new(nonce)
    }

    /// The fingerprint of a client for the tokens of one session. A client in a trusted network has a device only, because no
    /// rule judges its place.
    pub fn fingerprint(&self, session: &SessionId, client: &ClientContext, is_trusted: bool) -> Fingerprint {
        let part = |label: &str, value: Option<String>| {
            let Some(value) = value else { return Part::default() };
            let digest = self.keyed(label, &format!("{session} {value}"));
            // All zeros stand for an unknown value.
            let part = [digest[0], digest[1], digest[2]];
            if part == Part::default() { [0, 0, 1] } else { part }
        };
        let network = client.ip.filter(|_| !is_trusted).map(Network::of);
        let family = network.map(|network| if network.is_ipv4() { "4" } else { "6" });
        let (browser, os) = client.device.family();
        let device = format!("{}|{}", browser.unwrap_or_default(), os.unwrap_or_default());
        Fingerprint {
            family: part("fingerprint family", family.map(str::to_owned)),
            network: part("fingerprint network", network.map(|network| network.to_string())),
            country: part("fingerprint country", client.place.country.clone().filter(|_| !is_trusted)),
            device: part("fingerprint device", Some(device)),
        }
    }

    /// The nonces for DPoP proofs, under a key that is derived from this one.
    pub fn nonces(&self) -> Nonces {
        Nonces::new(&self.keyed("dpop nonces", ""))
    }

    /// HMAC with a label for each purpose, so that the output for one purpose cannot be used for another.
    pub(crate) fn keyed(&self, label: &str, text: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"latchkey/");
        context.update(label.as_bytes());
        context.update(&[0]);
        context.update(text.as_bytes());
        let mut digest = [0; 32];
        digest.copy_from_slice(context.sign().as_ref());
        digest
    }
}

/// Opens a token with the key that its header names.
///
/// The header is compared with the header text of each key, so that nothing from outside is parsed before the seal has
/// been verified. The seal is compared in constant time.
///
/// # Errors
/// The text does not have a seal of one of `keys`.
pub fn open(text: &str, keys: &[RefreshKey]) -> Result<RefreshToken, NotARefreshToken> {
    if text.len() > TOKEN_MAX_BYTES {
        return Err(NotARefreshToken);
    }
    let (signed, seal) = text.rsplit_once('.').ok_or(NotARefreshToken)?;
    let (header, payload) = signed.split_once('.').ok_or(NotARefreshToken)?;
    let key = keys.iter().find(|key| key.header == header).ok_or(NotARefreshToken)?;
    let seal = BASE64URL.decode(seal).map_err(|_| NotARefreshToken)?;
    hmac::verify(&key.key, signed.as_bytes(), &seal).map_err(|_| NotARefreshToken)?;
    let payload = BASE64URL.decode(payload).map_err(|_| NotARefreshToken)?;
    let payload: Payload = serde_json::from_slice(&payload).map_err(|_| NotARefreshToken)?;
    payload.into_token(key.tag)
}

impl Payload {
    fn into_token(mut self, sealed_by: KeyTag) -> Result<RefreshToken, NotARefreshToken> {
        let bytes = BASE64URL.decode(&self.nonce).map_err(|_| NotARefreshToken)?;
        self.nonce.zeroize();
        let nonce = Nonce::new(bytes.try_into().map_err(|_| NotARefreshToken)?);
        let fingerprint = BASE64URL.decode(&self.fp).map_err(|_| NotARefreshToken)?;
        let fingerprint = Fingerprint::from_bytes(fingerprint.try_into().map_err(|_| NotARefreshToken)?);
        let was_in_body = self.cnf.as_ref().is_some_and(|cnf| cnf.in_body);
        let is_device_bound = self.cnf.as_ref().is_some_and(|cnf| cnf.device);
        let bound_key = self.cnf.map(|cnf| bound_key(&cnf.jkt)).transpose()?;
        Ok(RefreshToken {
            user: self.sub,
            session: self.sid,
            generation: self.generation,
            issued_at: Timestamp::from_seconds(self.iat),
            expires_at: Timestamp::from_seconds(self.exp),
            absolute_expires_at: Timestamp::from_seconds(self.abs),
            nonce,
            window: Window { start: Timestamp::from_seconds(self.ws), count: self.wc },
            fingerprint,
            bound_key,
            was_in_body,
            is_device_bound,
            sealed_by,
        })
    }
}

fn bound_key(text: &str) -> Result<BoundKey, NotARefreshToken> {
    let bytes = BASE64URL.decode(text).map_err(|_| NotARefreshToken)?;
    bytes.try_into().map(BoundKey::from_bytes).map_err(|_| NotARefreshToken)
}

impl fmt::Debug for RefreshKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RefreshKey").field("tag", &self.tag).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(nonce: u8) -> RefreshToken {
        let at = Timestamp::from_seconds(1_732_442_400);
        RefreshToken {
            user: "alice".parse().unwrap(),
            session: derive_session_id(at.seconds(), &[1; 32]),
            generation: 3,
            issued_at: at,
            expires_at: at,
            absolute_expires_at: at,
            nonce: Nonce::new([nonce; 16]),
            window: Window { start: at, count: 2 },
            fingerprint: Fingerprint { network: [1, 2, 3], ..Fingerprint::default() },
            bound_key: None,
            was_in_body: false,
            is_device_bound: false,
            sealed_by: key("a").tag(),
        }
    }

    fn key(kid: &str) -> RefreshKey {
        RefreshKey::new(kid, &[9; 32])
    }

    #[test]
    fn the_same_row_gives_the_same_token() {
        let key = key("a");
        assert_eq!(key.seal(&token(1)), key.seal(&token(1)));
        let opened = open(key.seal(&token(1)).expose(), std::slice::from_ref(&key)).unwrap();
        assert_eq!(key.seal(&opened), key.seal(&token(1)));
    }

    #[test]
    fn a_bound_token_keeps_its_key_and_its_delivery() {
        let key = key("a");
        for (was_in_body, is_device_bound) in [(false, false), (true, false), (false, true)] {
            let bound_key = Some(BoundKey::from_bytes([5; 16]));
            let token = RefreshToken { bound_key, was_in_body, is_device_bound, ..token(1) };
            let opened = open(key.seal(&token).expose(), std::slice::from_ref(&key)).unwrap();
            assert_eq!(opened.bound_key, bound_key);
            assert_eq!((opened.was_in_body, opened.is_device_bound), (was_in_body, is_device_bound));
        }
    }

    #[test]
    fn a_fingerprint_hides_its_values_and_depends_on_key_and_session() {
        use crate::domain::client_context::ContextChange;
        use crate::domain::device::Device;

        let client = |ip: &str, country: &str, agent| {
            let mut client = ClientContext { ip: ip.parse().ok(), ..ClientContext::default() };
            client.place.country = Some(country.to_owned());
            client.device = Device::parse(Some(agent));
            client
        };
        let (one, two) = (derive_session_id(0, &[1; 32]), derive_session_id(0, &[2; 32]));
        let home = client("203.0.113.7", "DE", "curl/8.0");
        let made = key("a").fingerprint(&one, &home, false);
        assert_eq!(made, key("a").fingerprint(&one, &client("203.0.113.99", "DE", "curl/9.0"), false));
        let other_key = RefreshKey::new("a", &[8; 32]);
        for other in [key("a").fingerprint(&two, &home, false), other_key.fingerprint(&one, &home, false)] {
            let parts = |made: Fingerprint| [made.family, made.network, made.country, made.device];
            assert!(parts(made).iter().zip(parts(other)).all(|(one, other)| *one != other));
        }
        let change = |now: &ClientContext| made.change_to(&key("a").fingerprint(&one, now, false));
        let none = ContextChange::default();
        let moved = ContextChange { network: true, ..none };
        assert_eq!(change(&client("203.0.114.7", "DE", "curl/8.0")), moved);
        assert_eq!(change(&client("2001:db8::7", "DE", "curl/8.0")), none, "another address family");
        let abroad = ContextChange { network: true, country: true, device: true };
        assert_eq!(change(&client("2001:db8::7", "PT", "wget/1.0")), abroad);
        let trusted = key("a").fingerprint(&one, &client("198.51.100.7", "PT", "curl/8.0"), true);
        assert_eq!((made.change_to(&trusted), trusted.change_to(&made)), (none, none));
        let nothing = key("a").fingerprint(&one, &ClientContext::default(), false);
        assert_eq!(made.change_to(&nothing), ContextChange { device: true, ..none });
    }

    #[test]
    fn every_changed_byte_breaks_the_seal() {
        let key = key("a");
        let sealed = key.seal(&token(1));
        let text = sealed.expose();
        for index in 0..text.len() {
            let mut changed = text.as_bytes().to_vec();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(
                open(&changed, std::slice::from_ref(&key)).err(),
                Some(NotARefreshToken),
                "byte {index}"
            );
        }
        for length in 0..text.len() {
            assert!(open(&text[..length], std::slice::from_ref(&key)).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn a_key_with_the_same_kid_and_another_secret_opens_nothing() {
        let sealed = key("a").seal(&token(1));
        let other = RefreshKey::new("a", &[8; 32]);
        assert!(open(sealed.expose(), &[other]).is_err());
        assert!(open(sealed.expose(), &[key("b")]).is_err());
    }

    #[test]
    fn a_token_over_the_longest_length_is_refused() {
        // JSON may end with spaces, so that a token with a valid seal can have any length.
        let sealed_with_spaces = |key: &RefreshKey, spaces: usize| {
            let sealed = key.seal(&token(1));
            let payload = sealed.expose().split('.').nth(1).unwrap();
            let payload = [BASE64URL.decode(payload).unwrap(), vec![b' '; spaces]].concat();
            let signed = format!("{}.{}", key.header, BASE64URL.encode(payload));
            let seal = BASE64URL.encode(hmac::sign(&key.key, signed.as_bytes()));
            format!("{signed}.{seal}")
        };
        let mut lengths = vec![];
        for key in ["a", "aa", "aaa"].map(key) {
            let spaces = (TOKEN_MAX_BYTES - key.seal(&token(1)).expose().len()) * 3 / 4;
            for spaces in spaces - 4..spaces + 5 {
                let text = sealed_with_spaces(&key, spaces);
                lengths.push((text.len(), open(&text, std::slice::from_ref(&key)).is_ok()));
            }
        }
        let longest = lengths.iter().filter(|(_, is_accepted)| *is_accepted).map(|(length, _)| *length).max();
        let refused = lengths.iter().filter(|(_, is_accepted)| !is_accepted).map(|(length, _)| *length).min();
        assert_eq!((longest, refused), (Some(TOKEN_MAX_BYTES), Some(TOKEN_MAX_BYTES + 1)));
    }

    #[test]
    fn debug_prints_no_secret() {
        let printed = format!("{:?} {:?} {:?}", token(7), token(7).nonce, key("a").seal(&token(7)));
        assert!(!printed.contains("7, 7") && !printed.contains("eyJ"), "{printed}");
        assert_eq!(format!("{:?}", token(7).nonce), "Nonce(..)");
        assert_eq!(format!("{:?}", token(7).nonce.hash()), "NonceHash(..)");
        assert_eq!(format!("{:?}", key("a").seal(&token(7))), "SecretToken(..)");
        assert!(printed.contains("generation: 3"), "{printed}");
        assert!(format!("{:?}", key("a")).contains("tag"));
    }
}
