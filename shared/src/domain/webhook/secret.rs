//! The secret of an endpoint, and the signature with which a receiver recognises our webhooks.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::domain::time::Timestamp;

/// The text before the base64 of a secret.
const PREFIX: &str = "whsec_";

/// The sizes of a secret in bytes that the specification allows.
const SIZES: std::ops::RangeInclusive<usize> = 24..=64;

/// A symmetric secret of the specification: `whsec_` and 24 to 64 bytes in base64. It has no `Display`, and its `Debug` shows nothing.
#[derive(Clone)]
pub struct WebhookSecret(hmac::Key);

/// The text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected whsec_ and the base64 of 24 to 64 random bytes, such as the output of `echo whsec_$(openssl rand -base64 32)`"
)]
pub struct NotASecret;

impl FromStr for WebhookSecret {
    type Err = NotASecret;

    fn from_str(text: &str) -> Result<Self, NotASecret> {
        let bytes = text.strip_prefix(PREFIX).and_then(|rest| BASE64.decode(rest).ok()).ok_or(NotASecret)?;
        SIZES
            .contains(&bytes.len())
            .then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
            .ok_or(NotASecret)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("WebhookSecret(..)")
    }
}

/// The value of `webhook-signature`: a signature by each secret, separated by spaces, so that a receiver accepts the webhook before
/// and after it has changed its secret.
///
/// `id` and `at` are part of what is signed. Otherwise a thief could send a recorded webhook again with another id or time.
pub fn signatures(secrets: &[WebhookSecret], id: &str, at: Timestamp, body: &str) -> String {
    let signed = format!("{id}.{}.{body}", at.seconds());
    let sign =
        |secret: &WebhookSecret| format!("v1,{}", BASE64.encode(hmac::sign(&secret.0, signed.as_bytes())));
    secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let at = Timestamp::from_seconds(1_614_265_330);
        let signature = |secrets: &[WebhookSecret]| {
            signatures(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#)
        };
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature(std::slice::from_ref(&secret)), expected);
        assert_eq!(signature(&[secret.clone(), secret]), format!("{expected} {expected}"));
    }

    #[test]
    fn a_secret_has_the_form_of_the_specification() {
        let of = |bytes: usize| format!("whsec_{}", BASE64.encode(vec![7; bytes]));
        for good in [of(24), of(64)] {
            assert!(good.parse::<WebhookSecret>().is_ok());
        }
        for bad in
            [of(23), of(65), of(32)[6..].to_owned(), "whsec_".to_owned(), "whsec_not base64".to_owned()]
        {
            assert_eq!(bad.parse::<WebhookSecret>().unwrap_err(), NotASecret);
        }
        let secret: WebhookSecret = of(24).parse().unwrap();
        assert_eq!(format!("{secret:?}"), "WebhookSecret(..)");
    }
}
