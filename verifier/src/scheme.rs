//! With which scheme is an access token presented?

/// The scheme of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// The token alone is enough. A token in a cookie counts as one of this scheme.
    Bearer,
    /// The token is bound to a key, and a proof in the header `DPoP` comes with it (RFC 9449).
    Dpop,
}

impl Scheme {
    /// The scheme with this name, in any case.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        if text.eq_ignore_ascii_case(b"bearer") {
            Some(Self::Bearer)
        } else {
            text.eq_ignore_ascii_case(b"dpop").then_some(Self::Dpop)
        }
    }
}
