//! The session at the identity provider from which a session of ours came: its `sid`, hashed.
//!
//! A `sid` is any text that a provider chooses. The tables hold a hash of it with the issuer, so that it has a fixed length and
//! never equals that of another issuer.

use aws_lc_rs::digest;

/// The first 16 bytes of SHA-256 of an issuer and a `sid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpstreamSession([u8; 16]);

/// The first 8 bytes of an [`UpstreamSession`], as a session's row holds them. They are compared only between sessions of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpstreamMark([u8; 8]);

impl UpstreamSession {
    /// The session `sid` at `issuer`.
    pub fn of(issuer: &str, sid: &str) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(issuer.as_bytes());
        context.update(&[0]);
        context.update(sid.as_bytes());
        let mut hash = [0; 16];
        hash.copy_from_slice(&context.finish().as_ref()[..16]);
        Self(hash)
    }

    /// The bytes of the hash, for the key of its row.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Its mark in the rows of sessions.
    pub fn mark(&self) -> UpstreamMark {
        let mut mark = [0; 8];
        mark.copy_from_slice(&self.0[..8]);
        UpstreamMark(mark)
    }
}

impl UpstreamMark {
    /// The mark with these bytes.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The bytes of the mark.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_sid_at_another_issuer_is_another_session() {
        let session = UpstreamSession::of("https://one.example", "s");
        assert_eq!(session, UpstreamSession::of("https://one.example", "s"));
        for (issuer, sid) in
            [("https://two.example", "s"), ("https://one.example", "t"), ("https://one.examples", "")]
        {
            let other = UpstreamSession::of(issuer, sid);
            assert!(other != session && other.mark() != session.mark(), "{issuer} {sid}");
        }
    }
}
