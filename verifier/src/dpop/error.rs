//! Why is a proof refused?

/// Why a proof of possession is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProofError {
    /// The request has no header `DPoP`.
    #[error("DPoP: the header is missing; send a proof of the key that the session or the token is bound to")]
    Missing,
    /// The request has two headers `DPoP`.
    #[error("DPoP: send exactly one header with one proof")]
    Several,
    /// The proof is longer than 4 KiB.
    #[error("DPoP: the proof is longer than 4096 bytes; leave out what RFC 9449 does not require")]
    TooLong,
    /// The proof does not have three parts in base64url, or header and payload are not the JSON of RFC 9449.
    #[error(
        "DPoP: expected a compact JWS with typ, alg, jwk in its header and jti, htm, htu, iat in its payload"
    )]
    Malformed,
    /// `typ` is another one, so that another kind of token never passes for a proof.
    #[error("DPoP: typ must be dpop+jwt")]
    Type,
    /// `alg` is another one.
    #[error("DPoP: alg must be ES256")]
    Algorithm,
    /// The header requires an extension.
    #[error("DPoP: crit is not supported; leave it out")]
    Critical,
    /// `jwk` is not a public key on P-256.
    #[error("DPoP: jwk must be a public EC key on P-256")]
    Key,
    /// `jwk` has a private member, so that the key must count as stolen.
    #[error("DPoP: jwk contains the private key; replace the key and send the public members only")]
    PrivateKey,
    /// The signature is not one of the key in `jwk`.
    #[error("DPoP: the signature is wrong")]
    Signature,
    /// `jti` is empty or too long.
    #[error("DPoP: jti must have 1 to 64 characters")]
    Jti,
    /// `htm` is another method than the request's.
    #[error("DPoP: htm must be the method of the request")]
    Method,
    /// `htu` is another URL than the request's.
    #[error("DPoP: htu must be the public URL of the request")]
    Url,
    /// `ath` is missing or belongs to another token.
    #[error("DPoP: ath must be the SHA-256 hash of the access token")]
    AccessToken,
    /// The proof is by another key than the one that the session or the token is bound to.
    #[error("DPoP: the proof is by another key than the one that the session or the token is bound to")]
    WrongKey,
    /// `iat` is too far from the server's time.
    #[error("DPoP: iat must be within 60 seconds of the server's time; take the time from the header Date")]
    Time,
    /// `nonce` is missing, is not one of this server's, or is too old.
    #[error("DPoP: nonce must be the value of the header DPoP-Nonce of the last response")]
    Nonce,
    /// A request that changes something came with a proof that has been used already.
    #[error("DPoP: the proof has been used already; make a new one for each request")]
    Repeated,
}

impl ProofError {
    /// Whether a new proof with the right time and a fresh nonce would pass, so that `use_dpop_nonce` is the answer.
    /// Every other check has passed: a proof by another key is never such a case.
    ///
    /// *Source*: RFC 9449 section 8.
    pub const fn is_only_time_or_nonce(self) -> bool {
        matches!(self, Self::Time | Self::Nonce)
    }
}
