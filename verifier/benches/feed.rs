//! The CPU time that the revocation feed adds to a request. The target is less than 1 us.
//!
//! ```text
//! cargo bench -p latchkey-verifier --bench feed
//! ```
//!
//! *Check* is the whole check of a session by a fresh copy with so many entries, *renewal* the fetch of a whole feed with as
//! many: its signature, its form and the copy.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use http::{Request, Response};
use latchkey_verifier::{
    Claims, Fetch, FetchFuture, FetchLimits, RevocationFeed, SessionCheck as _, Verifier, WhenStale,
};
use serde_json::json;

const ISSUER: &str = "https://app.example.com/api/auth";
const NOW: u64 = 1_790_000_000;

/// Answers every request with the same feed.
struct Published(Bytes);

impl Fetch for Published {
    fn fetch(&self, _: Request<Bytes>, _: FetchLimits) -> FetchFuture<'_> {
        Box::pin(async { Ok(Response::new(self.0.clone())) })
    }
}

fn signed_feed(key: &Ed25519KeyPair, entries: u64) -> Bytes {
    // Spread over the whole range, as random ids are.
    let step = u64::MAX / (entries + 1);
    let ended: Vec<u8> = (1..=entries).flat_map(|number| (number * step).to_be_bytes()).collect();
    let payload =
        json!({"iss": ISSUER, "iat": NOW, "not_before": NOW - 90_000, "ended": BASE64URL.encode(ended)});
    let header = json!({"alg": "EdDSA", "kid": "a", "typ": "revocations+jwt"});
    let input = [header, payload].map(|part| BASE64URL.encode(part.to_string())).join(".");
    let signature = BASE64URL.encode(key.sign(input.as_bytes()));
    format!("{input}.{signature}").into()
}

/// The result of a future that needs not wait.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("the feed is there"),
    }
}

fn checking(criterion: &mut Criterion) {
    let key = Ed25519KeyPair::generate().expect("a key");
    let x = BASE64URL.encode(key.public_key());
    let jwks = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": x}]}).to_string();
    let verifier = Verifier::parse(&jwks, ISSUER, "shop").expect("a key set");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
    let claims: Claims = serde_json::from_value(json!({
        "iss": ISSUER, "sub": "alice", "aud": "shop", "client_id": "shop", "iat": NOW, "exp": NOW + 3600, "sst": NOW,
        "jti": "j", "sid": "0190a5d2-7b3c-7def-8123-456789abcdef", "scope": "orders:read orders:write",
    }))
    .expect("claims");
    let mut group = criterion.benchmark_group("feed");
    for entries in [0, 100, 10_000, 100_000] {
        let published = Arc::new(Published(signed_feed(&key, entries)));
        eprintln!("feed with {entries} entries: {} bytes", published.0.len());
        let feed = || {
            RevocationFeed::new(verifier.clone(), published.clone(), WhenStale::Refuse)
                .expect("an https issuer")
        };
        let warm = feed();
        let check =
            |feed: &RevocationFeed| ready(feed.check("", black_box(&claims), now)).expect("it is live");
        check(&warm);
        group.bench_function(BenchmarkId::new("check", entries), |bencher| bencher.iter(|| check(&warm)));
        group.bench_function(BenchmarkId::new("renewal", entries), |bencher| bencher.iter(|| check(&feed())));
    }
    group.finish();
}

criterion_group!(benches, checking);
criterion_main!(benches);
