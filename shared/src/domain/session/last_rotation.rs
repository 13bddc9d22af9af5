//! The last rotation of a session, which its end record keeps.

use std::time::Duration;

use super::Session;
use super::binding::Possession;
use super::evidence::KeyHash;
use super::presented::Presented;
use crate::domain::client_context::ClientContext;
use crate::domain::place::Network;
use crate::domain::time::Timestamp;

/// The last rotation of a session that has ended, and the client that made it, so that a token that another client
/// presents later can be noticed.
#[derive(Clone, Debug, PartialEq)]
pub struct LastRotation {
    /// The last generation.
    pub generation: u64,
    /// The hashes of the idempotency keys that made the last three generations.
    pub made_by: [Option<KeyHash>; 3],
    /// The network and the device of the client that made it. An end record has nothing else of the client.
    pub client: ClientContext,
}

/// How long after the end a token of another client may be a request that was under way: 60 s.
const UNDER_WAY: Duration = Duration::from_secs(60);

impl LastRotation {
    /// The last rotation of `session`.
    pub fn of(session: &Session) -> Self {
        Self {
            generation: session.generation,
            made_by: session.made_by,
            client: ClientContext {
                ip: session.client.ip.map(|ip| Network::of(ip).address()),
                device: session.client.device.clone(),
                ..ClientContext::default()
            },
        }
    }

    /// Whether a token that is presented after the session `ended` shows that two clients had tokens of it: the token is an
    /// older one without a proof by the session's key, and neither its keys nor its device and network are those of the last
    /// rotation.
    pub fn is_foreign(&self, presented: &Presented<'_>, ended: Timestamp) -> bool {
        let shows_key = |made_by: &KeyHash| presented.keys.contains(*made_by);
        let is_same_client = self.client.is_same_network(presented.client)
            && self.client.device.is_same_device(&presented.client.device);
        presented.token.generation < self.generation
            && Possession::of(presented.token.bound_key, presented.proven_key) != Possession::Proven
            && presented.now > ended + UNDER_WAY
            && !is_same_client
            && !self.made_by.iter().flatten().any(shows_key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::device::Device;
    use crate::domain::fingerprint::Fingerprint;
    use crate::domain::session::binding::BoundKey;
    use crate::domain::session::evidence::RequestKeys;
    use crate::domain::session::nonce::Nonce;
    use crate::domain::session::refresh_token::RefreshToken;
    use crate::domain::session::tests::session;

    #[test]
    fn an_older_token_of_another_client_is_foreign_a_minute_after_the_end() {
        let (key, other_key) = (KeyHash::from_bytes([1; 8]), KeyHash::from_bytes([2; 8]));
        let client = |ip: &str, agent| ClientContext {
            ip: ip.parse().ok(),
            device: Device::parse(Some(agent)),
            ..ClientContext::default()
        };
        let last_client = client("203.0.113.7", "curl/8.0");
        let ended = Session {
            generation: 3,
            made_by: [None, Some(key), None],
            client: ClientContext { agent: Some("curl/8.0".into()), ..last_client.clone() },
            ..session(1)
        };
        let last = LastRotation::of(&ended);
        assert_eq!((last.generation, last.made_by), (3, ended.made_by));
        assert_eq!((last.client.ip, last.client.agent.clone()), ("203.0.113.0".parse().ok(), None));
        let at = |seconds: i64| Timestamp::from_seconds(5_000 + seconds);
        let is_foreign = |generation, keys, client: &ClientContext, now| {
            let mut token = ended.refresh_token(Nonce::new([1; 16]), Fingerprint::default());
            token.generation = generation;
            last.is_foreign(&Presented { token: &token, keys, proven_key: None, client, now }, at(0))
        };
        let (none, stranger) = (RequestKeys::default(), client("198.51.100.7", "wget/1.0"));
        assert!(is_foreign(2, none, &stranger, at(61)) && is_foreign(0, none, &stranger, at(90_000)));
        assert!(!is_foreign(2, none, &stranger, at(60)), "it may have been under way");
        assert!(!is_foreign(3, none, &stranger, at(61)), "the last token");
        assert!(!is_foreign(2, none, &last_client, at(61)), "the client that made the last rotation");
        assert!(is_foreign(2, none, &client("203.0.113.7", "wget/1.0"), at(61)), "another device");
        assert!(is_foreign(2, none, &client("198.51.100.7", "curl/8.0"), at(61)), "another network");
        let shows = |key| RequestKeys { previous: [None, Some(key)], ..none };
        assert!(!is_foreign(2, shows(key), &stranger, at(61)));
        assert!(is_foreign(2, shows(other_key), &stranger, at(61)));
        let bound_key = Some(BoundKey::from_bytes([1; 16]));
        let token = ended.refresh_token(Nonce::new([1; 16]), Fingerprint::default());
        let token = RefreshToken { generation: 2, bound_key, ..token };
        let proves = |proven_key| {
            let shown = Presented { token: &token, keys: none, proven_key, client: &stranger, now: at(61) };
            last.is_foreign(&shown, at(0))
        };
        assert!(!proves(bound_key), "the holder of the key of the session");
        assert!(proves(None));
    }
}
