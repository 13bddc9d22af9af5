//! Which request is this? A name that an answer and its log line share.

use std::fmt;

/// The id of a request. `RequireSignedIn` puts one into the request's extensions, or uses the one that it finds there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// Accepts an id from a server in front, for example API Gateway's: 1 to 64 letters, digits or `-_=+/.`.
    ///
    /// Never accept an id from a client: two requests could then share one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=+/.".contains(&byte);
        ((1..=64).contains(&text.len()) && text.bytes().all(is_legal)).then(|| Self(text.to_owned()))
    }

    /// A random id.
    pub fn generate() -> Self {
        Self(uuid::Builder::from_random_bytes(crate::crypto::random_name()).into_uuid().to_string())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
