//! Reads the revocation feed as a verifier does.

use std::collections::{BTreeSet, HashMap};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::Value;

use super::{RawRow, Reply, World, header, payload};

/// A feed whose signature, form and order were checked.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The response.
    pub reply: Reply,
    /// The header of the JWS.
    pub header: Value,
    /// The payload of the JWS.
    pub payload: Value,
    entries: BTreeSet<[u8; 8]>,
}

impl World {
    /// The whole feed.
    ///
    /// # Panics
    /// If there is none, or if it is malformed.
    pub async fn feed(&self) -> Feed {
        self.feed_at("/api/auth/.well-known/revocations").await
    }

    /// The entries that were written in or after this minute.
    ///
    /// # Panics
    /// As [`World::feed`].
    pub async fn feed_since(&self, minute: i64) -> Feed {
        self.feed_at(&format!("/api/auth/.well-known/revocations?since={minute}")).await
    }

    async fn feed_at(&self, path: &str) -> Feed {
        let reply = self.device().get(path).await;
        let text = reply.assert_status(200).body.as_str().expect("a JWS").to_owned();
        let (header, payload) = (header(&text), payload(&text));
        let jwks = self.device().get("/api/auth/.well-known/jwks.json").await.body;
        let keys = jwks["keys"].as_array().expect("keys");
        let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("the key is published");
        assert!(is_signed(&text, key), "the signature is wrong");
        let ended = payload["ended"].as_str().expect("a text");
        let bytes = BASE64URL.decode(ended).expect("base64url without padding");
        let (entries, rest) = bytes.as_chunks::<8>();
        assert!(rest.is_empty(), "{} bytes are no whole entries", bytes.len());
        assert!(entries.is_sorted_by(|one, next| one < next), "sorted without repeats");
        Feed { reply, header, payload, entries: entries.iter().copied().collect() }
    }

    /// The rows of the feed in the table.
    ///
    /// # Panics
    /// If the engine does not answer.
    pub async fn feed_rows(&self) -> Vec<RawRow> {
        let scan = self.dynamodb().scan().table_name(&self.tables().sessions).consistent_read(true);
        let rows = scan.send().await.expect("the engine answers").items.unwrap_or_default();
        rows.into_iter().filter(|row| row["pk"].as_s().is_ok_and(|key| key.starts_with("R#"))).collect()
    }

    /// Writes `rows` rows with `entries` different entries each into the running hour, as so many endings would.
    ///
    /// # Panics
    /// If the engine does not answer.
    pub async fn fill_feed(&self, rows: u64, entries: u64) {
        let seconds = self.now().seconds();
        let row = |number: u64| {
            let entry = |nth: u64| (number * entries + nth).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            let bytes: Vec<u8> = (0..entries).flat_map(entry).collect();
            HashMap::from([
                ("pk".to_owned(), AttributeValue::S(format!("R#{}#{}", seconds / 3_600, number % 4))),
                (
                    "sk".to_owned(),
                    AttributeValue::S(format!("{seconds}000#0193aaaa-0000-7000-8000-{number:012}")),
                ),
                ("en".to_owned(), AttributeValue::B(bytes.into())),
                ("ttl".to_owned(), AttributeValue::N((seconds + 3_720).to_string())),
            ])
        };
        let put = |number| {
            let put = PutRequest::builder().set_item(Some(row(number))).build().expect("the item is given");
            WriteRequest::builder().put_request(put).build()
        };
        let numbers: Vec<u64> = (0..rows).collect();
        for chunk in numbers.chunks(25) {
            let writes = chunk.iter().copied().map(put).collect();
            let batch = self.dynamodb().batch_write_item().request_items(&self.tables().sessions, writes);
            batch.send().await.expect("the engine answers");
        }
    }
}

impl Feed {
    /// Whether the feed has the entry of this session.
    ///
    /// # Panics
    /// If the text is no session id.
    pub fn lists(&self, session: &str) -> bool {
        let digits: String = session.chars().filter(|digit| *digit != '-').collect();
        let half = u64::from_str_radix(&digits[16..], 16).expect("a session id");
        self.entries.contains(&half.to_be_bytes())
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Whether this P-256 key has signed the JWS. The check shares no code with the server or with the verifier.
fn is_signed(text: &str, jwk: &Value) -> bool {
    let bytes = |text: &str| BASE64URL.decode(text).expect("base64url");
    let coordinate = |name: &str| bytes(jwk[name].as_str().expect("a coordinate"));
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let (input, signature) = text.rsplit_once('.').expect("a JWS has three parts");
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(input.as_bytes(), &bytes(signature)).is_ok()
}
