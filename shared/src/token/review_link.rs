//! The link of a sign-in review: which sign-in, sealed.
//!
//! The link goes out in a mail or a message, so that the token is encrypted: a forwarded mail must not show user ids. It is a pure
//! function of its event, so that a webhook that is delivered twice has the same body. AES-256-GCM-SIV (RFC 8452) is made for this:
//! a repeated nonce shows only that two messages are the same. The nonce is the random part of the event's id anyway.
//!
//! The keys are their own, because the function that writes the links must hold no key that opens or signs tokens of sessions.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use uuid::Uuid;

use super::SecretToken;
use crate::domain::id::SessionId;
use crate::domain::sign_in_review::SignInReview;
use crate::domain::time::Timestamp;

/// The path of the page below the issuer's URL.
const PAGE: &str = "/sign-in-review";

/// The purpose of a sealed text, so that no text that is sealed for another purpose is a link.
const PURPOSE: &[u8] = b"latchkey/sign-in review";

/// The longest token in bytes. That of the longest user id has 585.
const TOKEN_MAX_BYTES: usize = 1_024;

const ID_BYTES: usize = 16;

/// A key that seals and opens links.
pub struct ReviewKey(LessSafeKey);

/// The text is not a token that one of our keys has sealed for this deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sign-in review link of this server")]
pub struct NotAReviewLink;

impl ReviewKey {
    /// The key that is derived from this secret.
    pub fn new(secret: &[u8]) -> Self {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), PURPOSE);
        let key =
            UnboundKey::new(&AES_256_GCM_SIV, derived.as_ref()).expect("SHA-256 has the 32 bytes of a key");
        Self(LessSafeKey::new(key))
    }

    /// The token of a review, for the deployment with this issuer. The same review gives the same token.
    pub fn seal(&self, review: &SignInReview, issuer: &str) -> SecretToken {
        let event = review.event.as_bytes();
        let mut sealed = Vec::with_capacity(3 * ID_BYTES + review.user.as_str().len());
        sealed.extend(review.expires_at.seconds().to_be_bytes());
        sealed.extend(review.session.as_bytes());
        sealed.extend(review.user.as_str().as_bytes());
        self.0
            .seal_in_place_append_tag(nonce(event), context(event, issuer), &mut sealed)
            .expect("a few hundred bytes are within the limit of the cipher");
        SecretToken::new(BASE64URL.encode([&event[..], &sealed].concat()))
    }

    /// The page of a review, with its token.
    pub fn link(&self, review: &SignInReview, issuer: &str) -> SecretToken {
        SecretToken::new(format!("{issuer}{PAGE}?token={}", self.seal(review, issuer).expose()))
    }

    fn open(&self, event: &[u8; ID_BYTES], sealed: &[u8], issuer: &str) -> Option<SignInReview> {
        let mut sealed = sealed.to_vec();
        let opened = self.0.open_in_place(nonce(event), context(event, issuer), &mut sealed).ok()?;
        let (expires_at, rest) = opened.split_first_chunk()?;
        let (session, user) = rest.split_first_chunk()?;
        Some(SignInReview {
            user: std::str::from_utf8(user).ok()?.parse().ok()?,
            session: SessionId::from_bytes(*session),
            event: Uuid::from_bytes(*event),
            expires_at: Timestamp::from_seconds(i64::from_be_bytes(*expires_at)),
        })
    }
}

/// Opens a token that one of `keys` has sealed for the deployment with this issuer. It may have expired.
///
/// # Errors
/// No key opens it.
pub fn open(text: &str, keys: &[ReviewKey], issuer: &str) -> Result<SignInReview, NotAReviewLink> {
    if text.len() > TOKEN_MAX_BYTES {
        return Err(NotAReviewLink);
    }
    let bytes = BASE64URL.decode(text).map_err(|_| NotAReviewLink)?;
    let (event, sealed) = bytes.split_first_chunk().ok_or(NotAReviewLink)?;
    keys.iter().find_map(|key| key.open(event, sealed, issuer)).ok_or(NotAReviewLink)
}

/// The last 12 bytes of the event's id: all of its random bits.
fn nonce(event: &[u8; ID_BYTES]) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce.copy_from_slice(&event[ID_BYTES - NONCE_LEN..]);
    Nonce::assume_unique_for_key(nonce)
}

fn context(event: &[u8; ID_BYTES], issuer: &str) -> Aad<Vec<u8>> {
    Aad::from([PURPOSE, &[0], event, issuer.as_bytes()].concat())
}

impl fmt::Debug for ReviewKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ReviewKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{USER_PREFIX_MAX_BYTES, derive_session_id};

    const ISSUER: &str = "https://auth.example.com/api/auth";

    fn key(secret: u8) -> ReviewKey {
        ReviewKey::new(&[secret; 32])
    }

    fn review(user: &str) -> SignInReview {
        let session = derive_session_id(1_790_000_000, &[1; 32]);
        let event = Uuid::parse_str("01a0c4c1-2f80-7001-8222-333344445555").unwrap();
        SignInReview::of_event(user.parse().unwrap(), session, event, Timestamp::from_seconds(1_790_000_000))
    }

    #[test]
    fn a_link_is_the_same_each_time_and_gives_its_review_back() {
        let longest = "u".repeat(255 + USER_PREFIX_MAX_BYTES);
        for user in ["alice", "ü", longest.as_str()] {
            let token = key(1).seal(&review(user), ISSUER);
            assert_eq!(token, key(1).seal(&review(user), ISSUER));
            assert!(token.expose().len() <= 585, "{}", token.expose().len());
            assert_eq!(open(token.expose(), &[key(1)], ISSUER), Ok(review(user)));
        }
        let link = key(1).link(&review("alice"), ISSUER);
        let token = link.expose().strip_prefix("https://auth.example.com/api/auth/sign-in-review?token=");
        assert_eq!(token, Some(key(1).seal(&review("alice"), ISSUER).expose()));
    }

    /// A golden value: links that are in mailboxes must still open after an update.
    #[test]
    fn a_link_of_an_earlier_version_opens() {
        let token = "AaDEwS-AcAGCIjMzRERVVcnjZ_iBZinQzlAhpIHV6k1YQbZakt-KkMGpYw64TkQMkgluPJRFDwZMTzmN3A";
        assert_eq!(key(1).seal(&review("alice"), ISSUER).expose(), token);
        assert_eq!(open(token, &[key(1)], ISSUER), Ok(review("alice")));
    }

    #[test]
    fn a_link_shows_neither_user_nor_session() {
        let token = key(1).seal(&review("alice@example.com"), ISSUER);
        let bytes = BASE64URL.decode(token.expose()).unwrap();
        let contains = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(!contains(b"alice") && !contains(&review("alice").session.as_bytes()[..8]));
        assert_eq!(format!("{token:?} {:?}", key(1)), "SecretToken(..) ReviewKey(..)");
    }

    #[test]
    fn every_changed_or_missing_byte_breaks_a_link() {
        let token = key(1).seal(&review("alice"), ISSUER);
        let text = token.expose();
        for index in 0..text.len() {
            let mut changed = text.as_bytes().to_vec();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(open(&changed, &[key(1)], ISSUER), Err(NotAReviewLink), "byte {index}");
            assert_eq!(open(&text[..index], &[key(1)], ISSUER), Err(NotAReviewLink), "cut to {index}");
        }
        for longer in [format!("{text}A"), format!("{text}="), format!("{text}AAAA"), "A".repeat(1_025)] {
            assert_eq!(open(&longer, &[key(1)], ISSUER), Err(NotAReviewLink), "{longer}");
        }
    }

    #[test]
    fn another_key_and_another_deployment_open_nothing() {
        let token = key(1).seal(&review("alice"), ISSUER);
        assert_eq!(
            open(token.expose(), &[key(2), key(1)], ISSUER),
            Ok(review("alice")),
            "an older key opens"
        );
        assert_eq!(open(token.expose(), &[key(2)], ISSUER), Err(NotAReviewLink));
        assert_eq!(open(token.expose(), &[], ISSUER), Err(NotAReviewLink));
        let staging = "https://staging.example.com/api/auth";
        assert_eq!(open(token.expose(), &[key(1)], staging), Err(NotAReviewLink), "a copied key set");
    }

    /// A link must not be what the key seals for another purpose, and the id in clear text must be the sealed one.
    #[test]
    fn a_text_that_is_sealed_for_another_purpose_is_no_link() {
        let review = review("alice");
        let event = review.event.as_bytes();
        let plain = || {
            let expires_at = review.expires_at.seconds().to_be_bytes();
            [&expires_at[..], review.session.as_bytes(), review.user.as_str().as_bytes()].concat()
        };
        let sealed_as = |purpose: &[u8], event: &[u8; 16]| {
            let (mut sealed, key) = (plain(), key(1));
            let context = Aad::from([purpose, &[0], event, ISSUER.as_bytes()].concat());
            key.0.seal_in_place_append_tag(nonce(event), context, &mut sealed).unwrap();
            BASE64URL.encode([review.event.as_bytes(), &sealed[..]].concat())
        };
        assert_eq!(open(&sealed_as(PURPOSE, event), &[key(1)], ISSUER), Ok(review.clone()));
        assert_eq!(open(&sealed_as(b"latchkey/other", event), &[key(1)], ISSUER), Err(NotAReviewLink));
        let mut other = *event;
        other[0] ^= 1;
        assert_eq!(open(&sealed_as(PURPOSE, &other), &[key(1)], ISSUER), Err(NotAReviewLink));
    }
}
