//! Which proof fits this request?

use std::fmt;
use std::time::SystemTime;

use super::base_urls::BaseUrls;
use super::thumbprint::Thumbprint;

/// The facts of a request that its proof must fit.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The method of the request, such as `POST`.
    pub method: &'a str,
    /// The public URLs of the service. They come from its settings, never from `Host`, which an attacker can choose.
    pub base_urls: &'a BaseUrls,
    /// The path of the request below the base URL, such as `/orders/7`, without its query.
    pub path: &'a str,
    /// The access token of the request. With one, the proof must have its hash as `ath`.
    pub access_token: Option<&'a str>,
    /// The key that the session or the token is bound to.
    pub key: KeyRule,
    /// Whether the proof must have a nonce.
    pub nonce: NonceRule<'a>,
    /// The time of the request.
    pub now: SystemTime,
}

/// Which key must have signed a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRule {
    /// Any key: nothing is bound yet, or the caller compares the key itself.
    Any,
    /// The key with this thumbprint.
    Thumbprint(Thumbprint),
    /// The key whose thumbprint begins with these bytes ([`Thumbprint::truncated`]).
    Truncated([u8; 16]),
}

impl KeyRule {
    pub(super) fn allows(&self, thumbprint: &Thumbprint) -> bool {
        match self {
            Self::Any => true,
            Self::Thumbprint(bound) => bound == thumbprint,
            Self::Truncated(bound) => *bound == thumbprint.truncated(),
        }
    }
}

/// Whether a proof must have a nonce of the server.
#[derive(Clone, Copy)]
pub enum NonceRule<'a> {
    /// None is needed, and one that comes is ignored.
    Ignored,
    /// One is needed for which this function returns true: a nonce of this server that is recent enough
    /// ([`Nonces::age`](super::Nonces::age)).
    Required(&'a dyn Fn(&str) -> bool),
}

impl NonceRule<'_> {
    pub(super) fn allows(&self, nonce: Option<&str>) -> bool {
        match self {
            Self::Ignored => true,
            Self::Required(is_fresh) => nonce.is_some_and(is_fresh),
        }
    }
}

impl fmt::Debug for NonceRule<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Ignored => "Ignored",
            Self::Required(_) => "Required",
        })
    }
}
