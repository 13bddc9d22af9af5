//! Challenges: the text that a device key signs.
//!
//! A challenge is a time with a MAC over purpose, session and time, so that it needs no store. It can be used several times while
//! it is fresh: a browser whose response was lost sends the same proof again within milliseconds, and a challenge for one use
//! would sign that user out. The MAC keeps clients from making a challenge of a later time.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use crate::domain::id::SessionId;
use crate::domain::time::Timestamp;
use crate::token::refresh::RefreshKey;

const MAC_BYTES: usize = 16;

/// How long a device key can be registered after the offer: 5 minutes.
const REGISTRATION_LIFETIME: Duration = Duration::from_secs(300);

/// How much older than the access cookie the challenge of a refresh may be, because it was sent together with that cookie: 5
/// minutes.
const REFRESH_SLACK: Duration = Duration::from_secs(300);

/// How far ahead of this instance's clock a challenge of another instance may be.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// The offer to register a device key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The session.
    pub session: SessionId,
    /// The generation of the session at the offer.
    pub generation: u64,
    /// The DPoP key of the session, by the first 16 bytes of its thumbprint.
    pub dpop_key: Option<[u8; 16]>,
}

impl Offer {
    /// The challenge of this offer.
    pub fn challenge(&self, key: &RefreshKey, now: Timestamp) -> String {
        let mac = self.mac(key, now);
        BASE64URL.encode([&stamp(now)[..], &self.generation.to_be_bytes(), &mac].concat())
    }

    /// The offer with this challenge to a session, if it was made by one of our keys and is fresh.
    pub fn open(
        text: &str,
        session: SessionId,
        dpop_key: Option<[u8; 16]>,
        keys: &[RefreshKey],
        now: Timestamp,
    ) -> Option<Self> {
        let bytes = BASE64URL.decode(text).ok()?;
        let (at, rest) = split_stamp(&bytes)?;
        let (generation, mac) = rest.split_first_chunk()?;
        let offer = Self { session, generation: u64::from_be_bytes(*generation), dpop_key };
        let is_ours = keys.iter().any(|key| is_equal(&offer.mac(key, at), mac));
        (is_ours && is_fresh(at, REGISTRATION_LIFETIME, now)).then_some(offer)
    }

    fn mac(&self, key: &RefreshKey, at: Timestamp) -> [u8; MAC_BYTES] {
        let Self { session, generation, dpop_key } = self;
        mac(key, "device registration", &format!("{session} {generation} {dpop_key:?} {}", at.seconds()))
    }
}

/// The challenge for the next refresh of a session with its device key.
pub fn refresh_challenge(key: &RefreshKey, session: &SessionId, now: Timestamp) -> String {
    BASE64URL.encode([&stamp(now)[..], &refresh_mac(key, session, now)].concat())
}

/// Whether this is such a challenge for the session that one of our keys made, at most as long ago as an access cookie lives
/// that was set with it.
pub fn is_refresh_challenge(
    text: &str,
    session: &SessionId,
    keys: &[RefreshKey],
    cookie_lifetime: Duration,
    now: Timestamp,
) -> bool {
    let Ok(bytes) = BASE64URL.decode(text) else { return false };
    let Some((at, mac)) = split_stamp(&bytes) else { return false };
    keys.iter().any(|key| is_equal(&refresh_mac(key, session, at), mac))
        && is_fresh(at, cookie_lifetime + REFRESH_SLACK, now)
}

fn refresh_mac(key: &RefreshKey, session: &SessionId, at: Timestamp) -> [u8; MAC_BYTES] {
    mac(key, "device refresh", &format!("{session} {}", at.seconds()))
}

fn mac(key: &RefreshKey, purpose: &str, text: &str) -> [u8; MAC_BYTES] {
    *key.keyed(purpose, text).first_chunk().expect("32 bytes begin with 16")
}

fn is_equal(ours: &[u8], theirs: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(ours, theirs).is_ok()
}

fn stamp(at: Timestamp) -> [u8; 8] {
    at.seconds().to_be_bytes()
}

fn split_stamp(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (stamp, rest) = bytes.split_first_chunk()?;
    Some((Timestamp::from_seconds(i64::from_be_bytes(*stamp)), rest))
}

fn is_fresh(at: Timestamp, lifetime: Duration, now: Timestamp) -> bool {
    at <= now + CLOCK_SKEW && now < at + lifetime
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::derive_session_id;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_000 + seconds)
    }

    fn keys() -> [RefreshKey; 2] {
        [RefreshKey::new("a", &[1; 32]), RefreshKey::new("b", &[2; 32])]
    }

    fn session(number: u8) -> SessionId {
        derive_session_id(1_000, &[number; 32])
    }

    #[test]
    fn an_offer_opens_for_its_session_and_dpop_key_only_for_five_minutes() {
        let offer = Offer { session: session(1), generation: 7, dpop_key: Some([3; 16]) };
        let text = offer.challenge(&keys()[1], at(0));
        let open = |session, dpop_key, now| Offer::open(&text, session, dpop_key, &keys(), now);
        assert_eq!(open(session(1), Some([3; 16]), at(299)), Some(offer));
        assert_eq!(open(session(1), Some([3; 16]), at(-60)), Some(offer), "the clocks of instances differ");
        assert_eq!(open(session(1), Some([3; 16]), at(-61)), None);
        assert_eq!(open(session(1), Some([3; 16]), at(300)), None);
        assert_eq!(open(session(2), Some([3; 16]), at(0)), None);
        assert_eq!(open(session(1), Some([4; 16]), at(0)), None);
        assert_eq!(open(session(1), None, at(0)), None);
        assert_eq!(Offer::open(&text, session(1), Some([3; 16]), &keys()[..1], at(0)), None);
    }

    #[test]
    fn a_refresh_challenge_lives_as_long_as_the_cookie_and_five_minutes() {
        let text = refresh_challenge(&keys()[0], &session(1), at(0));
        let lifetime = Duration::from_secs(600);
        let opens = |session, now| is_refresh_challenge(&text, &session, &keys(), lifetime, now);
        assert!(opens(session(1), at(0)) && opens(session(1), at(899)) && opens(session(1), at(-60)));
        assert!(!opens(session(1), at(900)) && !opens(session(1), at(-61)) && !opens(session(2), at(0)));
        assert!(!is_refresh_challenge(&text, &session(1), &keys()[1..], lifetime, at(0)));
    }

    #[test]
    fn a_challenge_serves_one_purpose_and_every_changed_byte_breaks_it() {
        let (session, keys, lifetime) = (session(1), keys(), Duration::from_secs(600));
        let offer = Offer { session, generation: 0, dpop_key: None };
        let (offered, refresh) =
            (offer.challenge(&keys[0], at(0)), refresh_challenge(&keys[0], &session, at(0)));
        assert_eq!(Offer::open(&refresh, session, None, &keys, at(0)), None);
        assert!(!is_refresh_challenge(&offered, &session, &keys, lifetime, at(0)));
        for (text, is_open) in [
            (
                &offered,
                (|text, session, keys| Offer::open(text, session, None, keys, at(0)).is_some()) as Opens,
            ),
            (&refresh, |text, session, keys| {
                is_refresh_challenge(text, &session, keys, Duration::from_secs(600), at(0))
            }),
        ] {
            assert!(is_open(text, session, &keys));
            for index in 0..text.len() {
                let mut bytes = text.clone().into_bytes();
                bytes[index] = if bytes[index] == b'B' { b'C' } else { b'B' };
                let changed = String::from_utf8(bytes).unwrap();
                assert!(changed == *text || !is_open(&changed, session, &keys), "byte {index}");
                assert!(!is_open(&text[..index], session, &keys), "cut to {index}");
            }
        }
    }

    type Opens = fn(&str, SessionId, &[RefreshKey]) -> bool;
}
