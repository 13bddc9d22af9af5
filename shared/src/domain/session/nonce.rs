//! The nonce: the secret of a session. The table holds only its hash.

use std::fmt;

use aws_lc_rs::digest;
use zeroize::Zeroize;

/// The 128-bit secret of a session. Only its tokens carry it; the row holds [`Nonce::hash`], so that a stolen table
/// does not allow forging tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce([u8; 16]);

/// SHA-256 of a nonce. It is a type of its own, so that a nonce cannot be stored by mistake.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NonceHash([u8; 32]);

impl Nonce {
    /// A nonce of these bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The secret itself, for the token that carries it.
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// The hash that the row holds.
    pub fn hash(&self) -> NonceHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, &self.0).as_ref());
        NonceHash(hash)
    }
}

impl Drop for Nonce {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl NonceHash {
    /// The hash in a row.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes for a row.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Nonce(..)")
    }
}

impl fmt::Debug for NonceHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("NonceHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_the_sha_256_of_a_nonce() {
        let nonce = Nonce::new([7; 16]);
        assert_eq!(nonce.expose(), &[7; 16]);
        assert_eq!(nonce.hash().as_bytes()[..4], [0xd7, 0x61, 0xd4, 0x06]);
        assert_eq!(NonceHash::from_bytes(*nonce.hash().as_bytes()), nonce.hash());
        assert_ne!(nonce.hash(), Nonce::new([8; 16]).hash());
    }
}
