//! `CLOUDFRONT_ORIGIN_SECRET`: proof that a request came through our own CloudFront distribution.

use subtle::ConstantTimeEq;

/// The accepted secrets: two during a rotation, none without CloudFront.
#[derive(Clone, Default)]
pub struct OriginSecrets(Vec<String>);

/// There are more than two secrets, or one is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one or two secrets of 16 bytes or more, separated by a comma")]
pub struct SecretsError;

impl OriginSecrets {
    /// Parses the setting. An empty text means that there is no CloudFront.
    ///
    /// # Errors
    /// There are more than two secrets, or one has less than 16 bytes, so that it could be guessed.
    pub fn parse(text: &str) -> Result<Self, SecretsError> {
        let secrets: Vec<String> =
            text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect();
        let good = secrets.len() <= 2 && secrets.iter().all(|secret| secret.len() >= 16);
        good.then_some(Self(secrets)).ok_or(SecretsError)
    }

    /// Whether requests must come through CloudFront.
    pub fn are_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether `given` is one of the secrets. Compares in constant time and with every secret, so that the
    /// time of a refusal does not depend on how much of a guess was right.
    pub fn contains(&self, given: &[u8]) -> bool {
        let is_equal = |secret: &String| secret.as_bytes().ct_eq(given);
        self.0.iter().map(is_equal).fold(0, |any, equal| any | equal.unwrap_u8()) == 1
    }
}

impl std::fmt::Debug for OriginSecrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "OriginSecrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_secrets_are_accepted() {
        let secrets = OriginSecrets::parse("first-secret-0001, second-secret-002").unwrap();
        for (given, expected) in [
            ("first-secret-0001", true),
            ("second-secret-002", true),
            ("first-secret-0002", false),
            ("", false),
        ] {
            assert_eq!(secrets.contains(given.as_bytes()), expected, "{given}");
        }
        assert!(OriginSecrets::parse("short").is_err() && !OriginSecrets::parse("").unwrap().are_set());
    }
}
