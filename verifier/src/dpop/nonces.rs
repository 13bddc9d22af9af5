//! Is this nonce one of ours, and how old is it? Nonces that a server can check without storing them.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use crate::crypto::MacKey;
use crate::time::epoch_seconds;

/// The length of the time buckets in seconds. All nonces of a bucket are equal.
const BUCKET_SECONDS: i64 = 60;

/// Separates the use of the key from every other use that its owner may have for it.
const PURPOSE: &[u8] = b"latchkey dpop nonce 1";

/// Issues nonces for `DPoP-Nonce` and recognizes them. A nonce is a time and its MAC, so that all instances of a server
/// with the same key accept each other's nonces, and none is stored.
///
/// A nonce limits how far ahead of time a proof can be made: a script that can sign with a key but not copy it could
/// otherwise sign proofs for later hours.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use latchkey_verifier::dpop::Nonces;
///
/// let (nonces, now) = (Nonces::new(&[7; 32]), SystemTime::now());
/// let nonce = nonces.issue(now);
/// assert!(nonces.age(&nonce, now + Duration::from_secs(600)).is_some_and(|age| age.as_secs() >= 600));
/// assert_eq!(Nonces::new(&[8; 32]).age(&nonce, now), None);
/// ```
#[derive(Clone)]
pub struct Nonces(MacKey);

impl Nonces {
    /// Nonces with this secret key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(MacKey::new(key))
    }

    /// The nonce of this moment, 48 characters of base64url.
    pub fn issue(&self, now: SystemTime) -> String {
        let bucket = bucket(now).to_be_bytes();
        let tag = self.0.tag(&[PURPOSE, &bucket].concat());
        BASE64URL.encode([&bucket[..], &tag].concat())
    }

    /// How long ago a nonce was issued, rounded up to the start of its minute. `None` if it is not one of these.
    ///
    /// A nonce of the next minute counts as issued now, because the clocks of two instances differ.
    pub fn age(&self, nonce: &str, now: SystemTime) -> Option<Duration> {
        let bytes = BASE64URL.decode(nonce).ok()?;
        let (issued, tag) = bytes.split_first_chunk::<4>()?;
        if !self.0.verifies(&[PURPOSE, issued].concat(), tag) {
            return None;
        }
        let issued = u32::from_be_bytes(*issued);
        if issued > bucket(now).saturating_add(1) {
            return None;
        }
        let age = epoch_seconds(now).saturating_sub(i64::from(issued) * BUCKET_SECONDS);
        Some(Duration::from_secs(u64::try_from(age).unwrap_or(0)))
    }
}

/// The minutes since 1970.
fn bucket(now: SystemTime) -> u32 {
    u32::try_from(epoch_seconds(now).max(0) / BUCKET_SECONDS).unwrap_or(u32::MAX)
}

/// Without the key, which is a secret.
impl fmt::Debug for Nonces {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Nonces").finish_non_exhaustive()
    }
}
